// A client whose types openapi-typescript made from docs/openapi.json. It is compiled, not run.
// Each @ts-expect-error is an error itself if the line below it compiles.

import createClient from "openapi-fetch";
import type { components, operations, paths } from "./api";

type Status = components["schemas"]["Status"];
type Problem = components["schemas"]["Problem"];

const client = createClient<paths>({ baseUrl: "https://articles.example" });

export async function page(id: number): Promise<string[]> {
  const { data, error } = await client.GET("/articles/{id}", { params: { path: { id } } });
  if (data === undefined) {
    return "detail" in error ? [error.detail] : [error.message];
  }
  // @ts-expect-error The member is other_domains.
  void data.otherDomains;
  const source: number | null = data.article.source_id;
  const links = data.links.map((link) => link.title ?? link.url);
  return [data.article.title, String(source), ...data.same_domain.map((a) => a.title), ...links];
}

export async function articleUrl(id: number, domain: number): Promise<string> {
  const query = { domain: String(domain) };
  const { data } = await client.GET("/sites", { params: { query } });
  // @ts-expect-error A list of domains is a string with commas.
  void client.GET("/sites", { params: { query: { domain: [domain] } } });
  return data?.sites[0]?.article_url?.replace("{id}", String(id)) ?? `/a/${id}`;
}

export async function submit(id: number, url: string): Promise<[Status, string] | Problem> {
  const { data, error } = await client.POST("/articles/{id}/links", {
    params: { path: { id }, header: { "Idempotency-Key": crypto.randomUUID() } },
    body: { url, has_right_to_share: true, agrees_to_link_back: true },
  });
  // @ts-expect-error Consent cannot be refused.
  const refused: components["schemas"]["Submission"]["has_right_to_share"] = false;
  void refused;
  if (data !== undefined) {
    return [data.status, data.withdraw_token];
  }
  if ("message" in error) {
    throw new Error(error.message);
  }
  return error;
}

export async function withdraw(link_id: string, token: string): Promise<boolean> {
  // @ts-expect-error The parameter is link_id.
  void client.DELETE("/links/{link_id}", { params: { path: { id: link_id } } });
  const { response } = await client.DELETE("/links/{link_id}", {
    params: { path: { link_id } },
    headers: { Authorization: `Bearer ${token}` },
  });
  return response.status === 204;
}

export function explain(status: Status): string {
  switch (status) {
    case "pending":
      return "An editor has yet to decide.";
    case "published":
      return "It is on the page.";
    case "lapsed":
    case "rejected":
    case "expired":
    case "withdrawn":
    case "removed":
      return "It is not on the page.";
  }
}

export async function reject(link_id: string, version: number, token: string): Promise<Status> {
  // @ts-expect-error A change requires If-Match.
  void client.POST("/admin/links/{link_id}/approve", { params: { path: { link_id } } });
  const { data, error } = await client.POST("/admin/links/{link_id}/reject", {
    params: { path: { link_id }, header: { "If-Match": `"${version}"` } },
    headers: { Authorization: `Bearer ${token}` },
    body: { reason: "The page does not exist." },
  });
  if (data === undefined) {
    throw new Error("detail" in error ? error.detail : error.message);
  }
  // @ts-expect-error No link has this status.
  void (data.status === "approved");
  return data.status;
}

// Every operation has a name and, unless it answers without a body, a type for its answer.
export type ListedLinks = operations["listLinks"]["responses"][200]["content"]["application/json"];
export const isLast = (page: ListedLinks): boolean => page.next_cursor === null;
