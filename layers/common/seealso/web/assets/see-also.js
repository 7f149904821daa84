// <see-also article="6646098" api="https://api.example.com"> shows what to read next, related links
// and the form that submits one, on any page. See docs/widget.md.

// By language, filled in when this file is served (widget.py). English words are the keys.
const WORDS = {};

const STYLE = new CSSStyleSheet();
STYLE.replaceSync(`
:host { display: block; font: inherit; --accent: var(--see-also-accent, LinkText);
  --bad: var(--see-also-bad, light-dark(#a3180f, #ff9d92));
  --line: var(--see-also-line, color-mix(in srgb, currentcolor 22%, transparent)); }
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
section { margin: 1.5em 0; overflow-wrap: anywhere; }
h2, h3 { font-size: 1.05em; line-height: 1.25; margin: 0 0 .5em; }
ul, ol { list-style: none; margin: 0; padding: 0; }
li { padding: .35em 0; }
a { color: var(--accent); text-underline-offset: .18em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
small { opacity: .8; margin-inline-start: .4em; }
form, [part=status] { border: 1px solid var(--line); border-radius: 8px; padding: 1em; margin-top: 1em; }
label { display: block; font-weight: 600; margin: .9em 0 .25em; }
input[type=url], input[type=text] { width: 100%; min-height: 2.75rem; padding: .4em .6em; font: inherit;
  color: inherit; background: Field; border: 1px solid GrayText; border-radius: 5px; }
[aria-invalid=true] { border: 2px solid var(--bad) !important; }
.check { display: grid; grid-template-columns: 1.5rem 1fr; gap: .1rem .7rem; margin-top: .9em; }
.check label { font-weight: 400; margin: 0; }
.check .error { grid-column: 1 / -1; }
.check input { width: 1.5rem; height: 1.5rem; margin: 0; accent-color: var(--accent); }
button { min-height: 2.75rem; margin-top: 1em; padding: .5em 1.2em; font: inherit; font-weight: 650;
  color: inherit; background: none; border: 2px solid var(--accent); border-radius: 5px; cursor: pointer; }
.error { color: var(--bad); font-weight: 600; margin: .2em 0; }
.summary { border: 3px solid var(--bad); border-radius: 6px; padding: .8em 1em; }
.summary a { color: var(--bad); }
`);

const HOME = new URL(import.meta.url).origin;
const FIELDS = ["url", "title", "has_right_to_share", "agrees_to_link_back"];
const isLoopback = (host) => /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host);
const isWeb = (url) => /^https?:\/\//i.test(url);

// An element; what was typed by others only ever becomes text.
const h = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
};

const newKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

class SeeAlso extends HTMLElement {
  static observedAttributes = ["article", "api", "lang"];
  #loading = new AbortController();
  #key = "";

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
    const id = this.getAttribute("article");
    const api = (this.getAttribute("api") || HOME).replace(/\/+$/, "");
    const get = async (path) => {
      const response = await fetch(api + path, { signal });
      if (!response.ok) throw new Error(`${path}: ${response.status}`);
      return response.json();
    };
    try {
      const page = await get(`/articles/${encodeURIComponent(id)}`);
      const own = page.article.domain;
      const domains = new Set([own, page.source?.domain ?? own, ...page.other_domains.map((a) => a.domain)]);
      const { sites: list } = await get(`/sites?domain=${[...domains]}`);
      const sites = new Map(list.map((site) => [site.domain, site]));
      const lang = this.closest("[lang]")?.lang || sites.get(own)?.language || "en";
      const words = WORDS[lang.toLowerCase()] ?? WORDS[lang.split("-")[0].toLowerCase()];
      const language = words ? lang.split("-")[0] : "en";
      const isOwn =
        sites.get(own)?.hosts.includes(location.host) ||
        (isLoopback(location.host) && isLoopback(new URL(api).host));
      const consent = isOwn && page.places_left ? await get(`/consent?language=${language}`) : null;
      if (signal.aborted) return;
      this.#show({ api, id, page, sites, own, language, consent, isOwn, words: words ?? {} });
    } catch (error) {
      if (!signal.aborted) console.warn(`see-also: ${error.message}`);
    }
  }

  #show(view) {
    const { api, id, page, sites, own, language, consent, isOwn, words } = view;
    const _ = (message, values = {}) =>
      (words[message] ?? message).replace(/\{(\w+)\}/g, (_all, name) => values[name]);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    const nameOf = (domain) => sites.get(domain)?.name || _("Site {number}", { number: domain });
    const href = (article) => {
      const pattern = sites.get(article.domain ?? own)?.article_url;
      const url = pattern ? pattern.replace("{id}", article.id) : `${api}/a/${article.id}`;
      return isWeb(url) ? url : undefined;
    };
    const section = (title, ...content) =>
      h("section", { part: "section", "aria-label": title }, h("h2", { part: "heading" }, title), ...content);
    const articles = (list) =>
      h("ul", { part: "list" }, list.map((article) =>
        h("li", {}, h("a", { part: "link", href: href(article) }, article.title),
          article.domain === undefined ? null : h("small", { part: "host" }, nameOf(article.domain)))));
    const linkItem = (link) => {
      const { host, pathname } = new URL(link.url);
      const text = link.title || host + (pathname === "/" ? "" : pathname);
      return h("li", {}, h("a", { part: "link", dir: "auto", rel: "ugc nofollow noopener",
        href: isWeb(link.url) ? link.url : undefined }, text), h("small", { part: "host" }, host));
    };
    const links = h("ol", { part: "list" }, page.links.map(linkItem));
    const parts = [];
    if (page.same_domain.length) {
      parts.push(section(_("More from %(site)s").replace("%(site)s", nameOf(own)), articles(page.same_domain)));
    }
    if (page.other_domains.length) parts.push(section(_("Elsewhere"), articles(page.other_domains)));
    const related = section(_("Related links"), links);
    parts.push(related);
    if (!page.links.length) links.before(h("p", {}, _("No links yet.")));
    if (consent) related.append(this.#form(view, _, links, linkItem));
    else if (!isOwn) {
      related.append(h("p", {}, h("a", { part: "link", href: `${api}/a/${id}#submit` },
        _("Submit a link from your own page"))));
    } else related.append(h("p", {}, _("All places on this page are taken. A place is free again when one of its links is withdrawn or removed.")));
    root.replaceChildren(h("div", { lang: language, part: "content" }, parts));
  }

  #form({ api, id, page, consent, language }, _, links, linkItem) {
    const cap = page.links.length + page.places_left;
    const field = (name, label, attributes, isCheck) => {
      const input = h("input", { id: name, name, part: "input", ...attributes });
      const about = h("label", { for: name, lang: isCheck && consent.language }, label);
      return h("div", { class: isCheck ? "check" : "field" }, isCheck ? [input, about] : [about, input]);
    };
    const form = h("form", { part: "form", novalidate: true },
      h("h3", {}, _("Submit a link from your own page")),
      h("p", { id: "rule" }, consent[cap === 1 ? "rule_for_one" : "rule"].replace("{cap}", cap)),
      field("url", _("Address of your page"), { type: "url", autocomplete: "url", "aria-describedby": "rule" }),
      field("title", _("Title (optional)"), { type: "text", autocomplete: "off", maxlength: 200 }),
      FIELDS.slice(2).map((name) => field(name, consent[name], { type: "checkbox" }, true)),
      h("button", { part: "button" }, _("Submit link")));
    const input = (name) => form.elements.namedItem(name);
    // Another submission than the one that this key was sent with.
    form.addEventListener("input", () => (this.#key = ""));

    const refuse = (errors) => {
      form.querySelectorAll(".error, .summary").forEach((old) => old.remove());
      for (const name of FIELDS) {
        const error = errors.find((each) => each.field === name);
        input(name).setAttribute("aria-invalid", Boolean(error));
        const hint = name === "url" ? "rule" : "";
        const ids = error ? `${hint} ${name}-error`.trim() : hint;
        if (ids) input(name).setAttribute("aria-describedby", ids);
        else input(name).removeAttribute("aria-describedby");
        if (error) input(name).parentElement.prepend(h("p", { class: "error", id: `${name}-error` }, error.detail));
      }
      const items = errors.map(({ field: name, detail }) => {
        const link = h("a", { href: `#${name}` }, detail);
        link.addEventListener("click", (event) => {
          event.preventDefault();
          input(FIELDS.includes(name) ? name : "url").focus();
        });
        return h("li", {}, link);
      });
      const summary = h("div", { class: "summary", part: "error", role: "alert", tabindex: "-1" },
        h("h3", {}, _("There is a problem")), h("ul", {}, items));
      form.prepend(summary);
      summary.focus();
    };

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      if (button.ariaDisabled === "true") return;
      const url = input("url").value;
      const early = [];
      if (!url.trim()) early.push({ field: "url", detail: _("Enter the address of your page.") });
      if (!input(FIELDS[2]).checked) early.push({ field: FIELDS[2], detail: _("Confirm that you have the right to share the link.") });
      if (!input(FIELDS[3]).checked) early.push({ field: FIELDS[3], detail: _("Confirm that your page will link back to the article.") });
      if (early.length) return refuse(early);
      button.ariaDisabled = "true";
      button.textContent = _("Sending …");
      this.#key ||= newKey();
      try {
        const response = await fetch(`${api}/articles/${id}/links?language=${language}`, {
          method: "POST",
          headers: { "content-type": "application/json", "idempotency-key": this.#key },
          body: JSON.stringify({ url, title: input("title").value, [FIELDS[2]]: true, [FIELDS[3]]: true }),
          signal: AbortSignal.timeout(30000),
        });
        const answer = await response.json();
        if (!response.ok) return refuse(answer.errors?.length ? answer.errors : [{ field: "url", detail: answer.detail ?? answer.message }]);
        const isPublished = answer.status === "published";
        const status = h("div", { part: "status", role: "status", tabindex: "-1" },
          h("h3", {}, _(isPublished ? "Your link is on the page" : "Your link is waiting for an editor")),
          h("p", {}, h("a", { href: `${api}/l/${answer.link_id}?token=${answer.withdraw_token}` }, _("Keep this address"))),
          h("p", {}, _("It is the only way to withdraw your link. Do not share it: whoever has it can withdraw the link, too.")));
        form.replaceWith(status);
        if (isPublished) {
          if (links.previousElementSibling?.matches("p")) links.previousElementSibling.remove();
          links.append(linkItem({ url, title: input("title").value }));
        }
        status.focus();
      } catch {
        // The key stays, so that sending the same again cannot submit it twice.
        refuse([{ field: "url", detail: _("The link could not be sent. Check your connection and try again.") }]);
      } finally {
        button.ariaDisabled = "false";
        button.textContent = _("Submit link");
      }
    });
    return form;
  }
}

customElements.define("see-also", SeeAlso);
