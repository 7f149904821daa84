"""Submitting as a client of the API does it: the real handlers, and what is in the tables."""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from seealso.http.problems import PROBLEMS
from seealso.store.calls import query_items
from seealso.store.tables import Store, current_store, reset_store
from seealso.store.values import Json, marshal_item
from seealso.tables import links
from seealso.tables.articles import Article, put_articles
from seealso.tables.links import Link
from tests.support import faulty
from tests.support.events import Event, event
from tests.support.functions import handler
from tests.support.gateway import Response
from tests.support.transitions import change_link

# Published articles: of a domain without a site, and two of a site that publishes at once.
WAITING, SHOWN, OTHER = 100, 101, 102
DRAFT, DELETED, MISSING = 104, 105, 999
SITE = {
    "domain": 8,
    "hosts": ["heat.example.com"],
    "name": "Heat",
    "article_url": "https://heat.example.com/a/{id}",
    "publish": "at_once",
    "blocked_hosts": ["spam.example.net"],
}
BLOCKED_EVERYWHERE = {"domain": -1, "blocked_hosts": ["casino.example.org"]}
URL = "https://example.com/page"
ADDRESS = "192.0.2.7"
KEY = "0123456789abcdef"
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


# ---- the tables ------------------------------------------------------------------------------


def article(article_id: int, domain: int, state: str = "published") -> Article:
    return Article(article_id, domain, f"The {article_id}th", "Words.", "2026-02-25", state=state)


def fill(store: Store) -> None:
    """Put the articles above, the site and the hosts that are blocked everywhere."""
    made = [
        article(WAITING, 7),
        article(SHOWN, 8),
        article(OTHER, 8),
        article(DRAFT, 8, "draft"),
        article(DELETED, 8, "deleted"),
    ]
    put_articles(store, [(each, None) for each in made])
    put_site(store)
    put_item(store, store.sites, BLOCKED_EVERYWHERE)


def put_item(store: Store, table: str, item: Json) -> None:
    store.client.call("PutItem", {"TableName": table, "Item": marshal_item(item)})


def put_site(store: Store, **changes: Any) -> None:
    """Give the site other settings, as containers see them that start afterwards."""
    put_item(store, store.sites, SITE | changes)
    new_container()


def set_state(store: Store, article_id: int, state: str, domain: int = 8) -> None:
    there = article(article_id, domain)
    put_articles(store, [(article(article_id, domain, state), there)])


def new_container() -> None:
    """Let this thread's next request meet a function that has read nothing yet."""
    current_store().client.close()
    reset_store()


def contents(store: Store) -> dict[str, list[Json]]:
    """Every item of every table."""
    found: dict[str, list[Json]] = {}
    for table in (store.articles, store.links, store.sites, store.skips):
        request: Json = {"TableName": table, "ConsistentRead": True}
        found[table] = []
        while True:
            answer = store.client.call("Scan", request)
            found[table] += query_items(answer)
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        found[table].sort(key=str)
    return found


def uncounted(store: Store) -> dict[str, list[Json]]:
    """Every item but those that count clients."""
    found = contents(store)
    found[store.links] = [each for each in found[store.links] if not is_count(each)]
    return found


def forget_links(store: Store) -> None:
    """Empty the links table of all but what counts clients."""
    for item in uncounted(store)[store.links]:
        key = marshal_item({"pk": item["pk"]})
        store.client.call("DeleteItem", {"TableName": store.links, "Key": key})


def is_count(item: Json) -> bool:
    return str(item["pk"]).startswith(("client#", "day-key#"))


def kept(store: Store, kind: str) -> list[Json]:
    """The items of the links table of a kind: link, claim, page, client or day-key."""
    return [each for each in contents(store)[store.links] if each["pk"].startswith(f"{kind}#")]


def link_of(store: Store, receipt: Json) -> Link:
    found = links.get_link(store, receipt["link_id"])
    assert found is not None
    return found


def change(store: Store, receipt: Json, *statuses: links.Status) -> None:
    """Give a link one status after the other, as editors, verifier and schedule do."""
    for status in statuses:
        change_link(store, link_of(store, receipt), status, datetime.now(UTC), "test", cap=20)


def check_books(store: Store) -> None:
    """Counters are the links that they count, claims are the links that hold one."""
    all_links = [links.link_of(item) for item in kept(store, "link")]
    by_id = {link.link_id: link for link in all_links}
    for page in kept(store, "page"):
        article_id = int(page["pk"].removeprefix("page#"))
        statuses = Counter(each.status for each in all_links if each.article_id == article_id)
        assert page.get("published", 0) == statuses["published"]
        assert page.get("pending", 0) == statuses["pending"]
        shown = {each["link_id"] for each in links.page_links(page)}
        assert shown == {
            each.link_id
            for each in all_links
            if each.article_id == article_id and each.status == "published"
        }
    holding = {each["link_id"] for each in kept(store, "claim") if not each.get("blocked")}
    assert holding == {
        link_id for link_id, each in by_id.items() if each.status in links.CLAIM_HOLDERS
    }


# ---- requests --------------------------------------------------------------------------------


def fields(url: Any = URL, **changes: Any) -> Json:
    """A submission's members with nothing wrong."""
    return {"url": url, "has_right_to_share": True, "agrees_to_link_back": True, **changes}


def post(
    article_id: object = SHOWN,
    body: Json | str | bytes | None = None,
    *,
    key: str | None = None,
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
    address: str = ADDRESS,
) -> Response:
    """The answer to a submission; a body in bytes comes in base64, as the gateway has forms."""
    if body is None or isinstance(body, dict):
        body = json.dumps(body or fields())
    sent = {"Content-Type": media_type} | (headers or {})
    if key is not None:
        sent["Idempotency-Key"] = key
    return call("POST /articles/{id}/links", {"id": str(article_id)}, sent, body, address)


def posted(article_id: object = SHOWN, url: str = URL, key: str | None = None) -> Json:
    """The receipt of a submission that is accepted."""
    response = post(article_id, fields(url), key=key)
    assert response.status == 201, response
    receipt: Json = response.json()
    return receipt


def read(link_id: str) -> Response:
    return call("GET /links/{link_id}", {"link_id": link_id})


def status_of(receipt: Json) -> str:
    return str(read(receipt["link_id"]).json()["status"])


def withdraw(link_id: str, authorization: str | None) -> Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return call("DELETE /links/{link_id}", {"link_id": link_id}, headers)


def withdrawn(receipt: Json) -> None:
    response = withdraw(receipt["link_id"], f"Bearer {receipt['withdraw_token']}")
    assert response.status == 204, response


def call(
    route: str,
    path: dict[str, str],
    headers: dict[str, str] | None = None,
    body: str | bytes | None = None,
    address: str = ADDRESS,
) -> Response:
    made = event(route, path, "", headers, body)
    made["requestContext"]["http"]["sourceIp"] = address
    return answer(made)


def answer(made: Event) -> Response:
    """The handler's answer; what holds for every answer is checked here."""
    answer = handler("submit_link")(made, None)
    response = Response(answer["statusCode"], answer["headers"], answer.get("body", ""))
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    if response.status < 300:
        return response
    problem = response.json()
    name = problem["type"].removeprefix("/problems/")
    assert (response.status, problem["title"]) == PROBLEMS[name]
    assert problem["status"] == response.status
    assert problem["request_id"] == made["requestContext"]["requestId"]
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status != 500, problem
    assert ("retry-after" in response.headers) is (response.status in (429, 503))
    assert all(set(each) == {"field", "detail"} for each in problem.get("errors", []))
    for inner in (faulty.INTERNAL, "Table", "Traceback", "Exception", "dynamodb"):
        # The names of members that the client made up are its own words.
        assert inner not in response.body or inner in _sent(made)
    assert made["requestContext"]["http"]["sourceIp"] not in response.body
    return response


def _sent(made: Event) -> str:
    body = made.get("body", "")
    if made["isBase64Encoded"]:
        body = base64.b64decode(body).decode(errors="replace")
    return unquote_plus(body)


def problem(response: Response) -> str:
    """The problem's name."""
    name: str = response.json()["type"].removeprefix("/problems/")
    return name


def at_fault(response: Response) -> list[str]:
    return [each["field"] for each in response.json().get("errors", [])]


def without_request_id(response: Response) -> Json:
    body: Json = response.json()
    del body["request_id"]
    return body


def at_once[T, R](do: Callable[[T], R], values: Iterable[T]) -> list[R]:
    """Do all at the same time, each in a container (a thread with a store) of its own."""

    def alone(value: T) -> R:
        try:
            return do(value)
        finally:
            new_container()

    each = list(values)
    with ThreadPoolExecutor(len(each)) as pool:
        return list(pool.map(alone, each))
