// <see-also article="6646098" api="https://api.example.com"> shows what to read next, related links
// and the form that submits one, on any page. See docs/widget.md.

// By language, filled in when this file is served (widget.py). English words are the keys.
const WORDS = {};

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
:host { display: block; --accent: var(--see-also-accent, LinkText);
  --bad: var(--see-also-bad, light-dark(#a3180f, #ff9d92));
  --line: var(--see-also-line, color-mix(in srgb, currentcolor 20%, transparent)); }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
[part=content] { overflow-wrap: anywhere; }
[part=section] { margin-top: 1.75em; padding-top: 1.25em; border-top: 1px solid var(--line); }
h2, h3 { font-size: 1.05em; line-height: 1.25; margin: 0 0 .5em; }
ul, ol { list-style: none; margin: 0; padding: 0; }
li { padding: .4em 0; }
a { color: var(--accent); text-underline-offset: .18em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
small { display: block; opacity: .8; }
form, [part=status] { padding: 1.25em; margin-top: 1.25em; border-radius: 8px;
  background: color-mix(in srgb, currentcolor 5%, transparent); }
label { font-weight: 600; }
form > div { margin: 1em 0; }
input { font: inherit; color: inherit; accent-color: var(--accent); }
[part=input] { display: block; width: 100%; min-height: 2.75rem; margin-top: .25em; padding: .4em .6em;
  background: var(--see-also-paper, none); border: 1px solid GrayText; border-radius: 5px; }
[part=input][aria-invalid=true] { border: 2px solid var(--bad); }
.check { display: grid; grid-template-columns: 1.5rem 1fr; gap: .1em .7em; }
.check label { font-weight: 400; }
.check .error { grid-column: 1 / -1; }
[part=checkbox] { width: 1.5rem; height: 1.5rem; margin: 0; }
button { min-height: 2.75rem; padding: .5em 1.25em; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--see-also-paper, Canvas); background: var(--accent); border: 0; border-radius: 5px; }
[part=status] p:last-child { margin: 0; }
.error, [part=error] a { color: var(--bad); font-weight: 600; margin: 0; }
:is(.error, ol):empty { display: none; }
[part=error] { border: 3px solid var(--bad); border-radius: 6px; padding: 1em; margin: 0 0 1em; }
`);

const isLoopback = (host) => /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host);
// Undefined, which sets no attribute, for what a browser might run.
const safe = (url) => (/^https?:\/\//i.test(url) ? url : undefined);

// An element; what was typed by others only ever becomes text.
const h = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter(Boolean));
  return element;
};

class SeeAlso extends HTMLElement {
  static observedAttributes = ["article", "api", "lang"];
  #loading = new AbortController();

  connectedCallback() {
    this.#load();
  }

  attributeChangedCallback(_name, before, after) {
    if (this.isConnected && before !== after) this.#load();
  }

  disconnectedCallback() {
    this.#loading.abort();
  }

  // Until all is there, and if anything fails, the page shows what is inside the element.
  async #load() {
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    // Attributes that change together are loaded together.
    await null;
    if (signal.aborted) return;
    try {
      const { href, host } = new URL(this.getAttribute("api") || "/", import.meta.url);
      const api = href.replace(/\/+$/, "");
      const get = async (path) => {
        const response = await fetch(api + path, { signal });
        if (!response.ok) throw Error(`${path}: ${response.status}`);
        return response.json();
      };
      const page = await get(`/articles/${encodeURIComponent(this.getAttribute("article"))}`);
      const own = page.article.domain;
      const others = [page.source, ...page.other_domains].map((article) => article?.domain ?? own);
      const answer = await get(`/sites?domain=${[...new Set([own, ...others])]}`);
      const sites = new Map(answer.sites.map((site) => [site.domain, site]));
      const tag = (this.closest("[lang]")?.lang || sites.get(own)?.language || "en").toLowerCase();
      const language = [tag, tag.split("-")[0]].find((each) => WORDS[each]) ?? "en";
      const isOwn =
        sites.get(own)?.hosts.includes(location.host) || (isLoopback(location.host) && isLoopback(host));
      // Without the promises' wording there is no form, but all else.
      const consent =
        isOwn && page.places_left
          ? await get(`/consent?language=${sites.get(own)?.language ?? "en"}`).catch(() => null) : null;
      if (!signal.aborted) this.#show({ api, get, page, sites, own, language, consent, isOwn });
    } catch (error) {
      if (signal.aborted) return;
      console.warn(`see-also: ${error.message}`);
      this.shadowRoot?.replaceChildren(h("slot", {}));
    }
  }

  #show(view) {
    const { api, page, sites, own, language, consent, isOwn } = view;
    const _ = (message, values) =>
      (WORDS[language]?.[message] ?? message).replace(/(?:{|%\()(\w+)(?:}|\)s)/g, (_all, name) => values[name]);
    const nameOf = (domain) => sites.get(domain)?.name || _("Site {number}", { number: domain });
    const articleLink = ({ id, domain = own, title }) => {
      const site = sites.get(domain);
      const href = safe(site?.article_url?.replace("{id}", id) || `${api}/a/${id}`);
      return h("a", { part: "link", dir: "auto", lang: site?.language, href }, title);
    };
    const section = (title, ...content) =>
      h("section", { part: "section" }, h("h2", { part: "heading" }, title), ...content);
    const articles = (title, list) =>
      list.length && section(title, h("ul", { part: "list" }, list.map((article) =>
        h("li", {}, articleLink(article),
          article.domain !== undefined && h("small", { part: "host" }, nameOf(article.domain))))));
    const linkItem = ({ url, title }) => {
      const { host, pathname } = new URL(url);
      const short = host + pathname.replace(/\/$/, "");
      const text = title || (short.length > 60 ? `${short.slice(0, 59)}…` : short);
      return h("li", {},
        h("a", { part: "link", dir: "auto", rel: "ugc nofollow noopener", href: safe(url) }, text),
        h("small", { part: "host" }, host));
    };
    const links = h("ol", { part: "list" }, page.links.map(linkItem));
    const none = !page.links.length && h("p", {}, _("No links yet."));
    const published = (link) => {
      if (none) none.remove();
      links.append(linkItem(link));
    };
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    root.replaceChildren(h("div", { lang: language, dir: "ltr", part: "content" },
      page.source && h("p", { part: "source" }, _("Based on"), " ", articleLink(page.source)),
      articles(_("More from %(site)s", { site: nameOf(own) }), page.same_domain),
      articles(_("Elsewhere"), page.other_domains),
      section(_("Related links"), none, links,
        consent ? this.#form(view, _, published)
          : !page.places_left && (isOwn || none) ? h("p", {}, !page.links.length ? _("This site takes no links.") : _("All places on this page are taken. A place is free again when one of its links is withdrawn or removed."))
            : h("p", {}, h("a", { part: "link", href: `${api}/a/${page.article.id}#submit` }, _("Submit a link from your own page"))))));
  }

  #form({ api, get, page, consent, language }, _, published) {
    const failed = _("The link could not be sent. Check your connection and try again.");
    const cap = page.links.length + page.places_left;
    let key;
    const inputs = {};
    const errorAt = {};
    const field = (name, text, attributes, lang) => {
      const isCheck = attributes.type === "checkbox";
      const id = `${name}-error`;
      errorAt[name] = h("p", { id, class: "error" });
      inputs[name] = h("input", { id: name, part: isCheck ? "checkbox" : "input", "aria-describedby": id, ...attributes });
      const label = h("label", { for: name, lang }, text);
      return isCheck
        ? h("div", { class: "check" }, errorAt[name], inputs[name], label)
        : h("div", {}, label, errorAt[name], inputs[name]);
    };
    const promise = (name) => field(name, consent[name], { type: "checkbox", required: "" }, consent.language);
    const button = h("button", { part: "button" }, _("Submit link"));
    const form = h("form", { part: "form", novalidate: "" },
      h("h3", {}, _("Submit a link from your own page")),
      h("p", { id: "rule" },
        h("span", { lang: consent.language }, consent[cap === 1 ? "rule_for_one" : "rule"].replace("{cap}", cap)),
        " ", _("Places left: {number}.", { number: page.places_left })),
      field("url", _("Address of your page"),
        { type: "url", autocomplete: "url", required: "", "aria-describedby": "url-error rule" }),
      field("title", _("Title (optional)"), { autocomplete: "off" }),
      promise("has_right_to_share"), promise("agrees_to_link_back"), button);

    const refuse = (errors) => {
      for (const [name, input] of Object.entries(inputs)) {
        const error = errors.find(({ field }) => field === name);
        input.setAttribute("aria-invalid", !!error);
        errorAt[name].textContent = error?.detail ?? "";
      }
      const items = errors.map(({ field, detail }) => {
        const link = h("a", { href: "#" }, detail);
        link.onclick = (event) => {
          event.preventDefault();
          (inputs[field] ?? inputs.url).focus();
        };
        return h("li", {}, link);
      });
      const summary = h("div", { part: "error", role: "alert", tabindex: -1 },
        h("h3", {}, _("There is a problem")), h("ul", {}, items));
      form.querySelector("[part=error]")?.remove();
      form.prepend(summary);
      summary.focus();
    };

    // Another submission than the one that this key was sent with.
    form.oninput = () => (key = "");
    form.onsubmit = async (event) => {
      event.preventDefault();
      if (button.ariaDisabled === "true") return;
      const { url, title, has_right_to_share: right, agrees_to_link_back: back } = inputs;
      const early = [
        !url.value.trim() && { field: "url", detail: _("Enter the address of your page.") },
        !right.checked && { field: right.id, detail: _("Confirm that you have the right to share the link.") },
        !back.checked && { field: back.id, detail: _("Confirm that your page will link back to the article.") },
      ].filter(Boolean);
      if (early.length) return refuse(early);
      button.ariaDisabled = "true";
      button.textContent = _("Sending …");
      key ||= crypto.getRandomValues(new Uint32Array(4)).join("-");
      try {
        const response = await fetch(`${api}/articles/${page.article.id}/links?language=${language}`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": key },
          body: JSON.stringify({ url: url.value, title: title.value, [right.id]: true, [back.id]: true }),
          signal: AbortSignal.timeout(30000),
        });
        const answer = await response.json();
        // The gateway's own refusals have no detail.
        if (!response.ok) return refuse(answer.errors?.length ? answer.errors : [{ detail: answer.detail ?? failed }]);
        const isPublished = answer.status === "published";
        const status = h("div", { part: "status", role: "status", tabindex: -1 },
          h("h3", {}, isPublished ? _("Your link is on the page") : _("Your link is waiting for an editor")),
          h("p", {}, h("a", { href: `${api}/l/${answer.link_id}?token=${answer.withdraw_token}` }, _("Keep this address"))),
          h("p", {}, _("It is the only way to withdraw your link. Do not share it: whoever has it can withdraw the link, too.")));
        form.replaceWith(status);
        status.focus();
        if (isPublished) published(await get(`/links/${answer.link_id}`));
      } catch {
        // The key stays, so that sending the same again cannot submit it twice.
        if (form.isConnected) refuse([{ detail: failed }]);
      } finally {
        button.ariaDisabled = "false";
        button.textContent = _("Submit link");
      }
    };
    return form;
  }
}

customElements.define("see-also", SeeAlso);
