// What a page does beyond HTML: the time of its own view, the query run in place, and a form that is
// checked as you type and sent without a reload. Words come from the page, so that they have its
// language; nothing here is needed to read or to submit.

const find = (id, root = document) => root.getElementById(id);

// ---- the view's own time ----------------------------------------------------------------------

const [view] = performance.getEntriesByType("navigation");
const timing = Object.fromEntries((view?.serverTiming ?? []).map((entry) => [entry.name, entry]));
// A page from the browser's own cache was another view.
if (timing.app && view.transferSize && find("query-time")) {
  find("query-time").textContent = ` · ${Math.max(1, Math.round(timing.app.duration))} ms`;
  const cost = find("query-cost");
  const [requests, round_trips, read_units] = timing.store?.description.match(/[\d.]+/g) ?? [];
  const numbers = { milliseconds: timing.app.duration, requests, round_trips, read_units };
  cost.textContent = cost.dataset.words.replace(/{(\w+)}/g, (_, name) =>
    Number(numbers[name] ?? 0).toLocaleString(document.documentElement.lang),
  );
  cost.hidden = false;
}

// ---- the query --------------------------------------------------------------------------------

const run = find("query-run");
if (run) {
  run.hidden = false;
  run.addEventListener("click", async ({ target }) => {
    const button = target.closest("button");
    if (!button || button.ariaDisabled === "true") return;
    button.ariaDisabled = "true";
    const [query, variables] = find("query").querySelectorAll("code");
    const answer = find("query-answer");
    const shown = document.createElement("pre");
    try {
      const response = await fetch("/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          query: query.textContent,
          variables: JSON.parse(variables.textContent),
          extensions: { cost: true },
        }),
      });
      const data = await response.json();
      // A query that is refused is answered, too; the gateway's own answers have no data.
      if (!response.ok && !data.errors) throw new Error(response.status);
      shown.textContent = JSON.stringify(data, null, 2);
    } catch {
      shown.textContent = answer.dataset.failed;
    }
    answer.replaceChildren(shown);
    answer.hidden = false;
    button.ariaDisabled = "false";
  });
}

// ---- the form ---------------------------------------------------------------------------------

// A key of its own for each submission: sent twice, it is still one.
const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

const focusOn = (element) => {
  element?.setAttribute("tabindex", "-1");
  element?.focus();
  element?.scrollIntoView({ block: "nearest" });
};

// Puts the server's answer, which is a whole page, in place of the form that was sent.
const showAnswer = (page, address) => {
  const status = find("status", page);
  const problem = find("problem", page);
  const links = find("related-links", page);
  if (!status && !links) throw new Error(page.querySelector(".lead")?.textContent);
  document.title = page.title;
  find("problem")?.remove();
  if (status) return showStatus(status, address);
  find("related-links").replaceWith(links);
  if (problem) find("main").prepend(problem);
  watchForm();
  focusOn(problem);
};

// The address of the status page holds the only token that withdraws the link: it becomes that of
// this view, so that a reload or a bookmark keeps it, and Back leads to the article.
let shown = location.pathname;
addEventListener("popstate", () => {
  if (location.pathname !== shown) location.reload();
});

const showStatus = (status, address) => {
  // As the status page itself: no request from here tells the address.
  const referrer = document.createElement("meta");
  referrer.name = "referrer";
  referrer.content = "no-referrer";
  document.head.append(referrer);
  history.pushState(null, "", address);
  shown = location.pathname;
  // Its headings are those of a page; here they are within the section of related links.
  for (const [from, to] of [["h2", "h4"], ["h1", "h3"]]) {
    for (const heading of status.querySelectorAll(from)) {
      const lower = document.createElement(to);
      lower.id = heading.id;
      lower.append(...heading.childNodes);
      heading.replaceWith(lower);
    }
  }
  find("submit").replaceWith(status);
  focusOn(find("status-heading"));
};

const send = async (form) => {
  const button = form.querySelector("button");
  if (button.ariaDisabled === "true") return;
  const words = button.textContent;
  const preview = find("preview");
  stopChecking();
  form.elements.idempotency_key.value ||= newKey();
  button.ariaDisabled = "true";
  button.textContent = button.dataset.busy;
  try {
    const response = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: AbortSignal.timeout(30_000),
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const isPublished = find("status", page)?.dataset.status === "published";
    showAnswer(page, response.url);
    if (isPublished) await refreshLinks();
  } catch (error) {
    // The key stays, so that sending the same again cannot submit it twice.
    preview.textContent = (error.name === "Error" && error.message) || button.dataset.failed;
    preview.classList.add("bad");
    preview.scrollIntoView({ block: "nearest" });
  } finally {
    button.ariaDisabled = "false";
    button.textContent = words;
  }
};

// The link that was just published, if the list that is read has it already.
const article = location.pathname;
const refreshLinks = async () => {
  const response = await fetch(article, { cache: "reload" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const links = find("links", page);
  if (links) find("links").replaceWith(links);
};

let timer;
let checking = new AbortController();
const stopChecking = () => {
  clearTimeout(timer);
  checking.abort();
  checking = new AbortController();
};

const check = async (form, signal) => {
  const { url, title } = form.elements;
  const preview = find("preview");
  const response = await fetch(form.dataset.preview, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ url: url.value, title: title.value }),
    signal,
  });
  // Too long, too many checks, or a fault: the form itself will say what is wrong.
  if (response.status === 413 || response.status === 429 || response.status >= 500) return;
  const answer = await response.json();
  if (signal.aborted) return;
  const error = answer.errors?.find(({ field }) => field === "url" || field === "title");
  const message = response.ok
    ? preview.dataset.words.replace("{url}", answer.url)
    : (error?.detail ?? answer.detail);
  if (!message) return; // the gateway's own answers have none
  preview.textContent = message;
  preview.classList.toggle("bad", !response.ok);
};

function watchForm() {
  const form = find("submit");
  if (form?.tagName !== "FORM") return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
  form.addEventListener("input", (event) => {
    if (event.target !== form.elements.url && event.target !== form.elements.title) return;
    // Another submission than the one that this key was sent with.
    form.elements.idempotency_key.value = "";
    stopChecking();
    const { signal } = checking;
    const preview = find("preview");
    preview.textContent = "";
    preview.classList.remove("bad");
    // A screen reader reads the result once typing has stopped, not each step.
    if (form.elements.url.value.trim().length > 8) {
      timer = setTimeout(() => check(form, signal).catch(() => {}), 700);
    }
  });
}

watchForm();
focusOn(find("problem"));
