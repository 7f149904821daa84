// What the desk does beyond HTML. Nothing here is needed to do the work.

// ---- signing in -------------------------------------------------------------------------------

// On to where the issuer's session ends, which a form's answer must not do by itself.
document.querySelector("a[data-follow]")?.click();

const find = (id, root = document) => root.getElementById(id);

// ---- articles ---------------------------------------------------------------------------------

// A click on Preview, or a pause in typing, asks for the page that the button Preview leads to, and
// takes its preview from there.
const writeArticle = (form) => {
  const note = find("preview-note");
  let timer;
  let asking = new AbortController();
  let isDirty = Boolean(find("problem"));

  const preview = async () => {
    clearTimeout(timer);
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const body = new URLSearchParams(new FormData(form));
    body.set("do", "preview");
    try {
      const response = await fetch(form.action, { method: "POST", body, signal });
      if (response.status === 401) {
        note.textContent = "No preview: you are signed out. Save to sign in; your text is kept.";
        return;
      }
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const error = page.querySelector("#problem li");
      if (!response.ok && !error) throw new Error(response.status);
      for (const id of ["domain-hint", "source_id-hint", ...(error ? [] : ["preview"])]) {
        find(id).replaceWith(find(id, page) ?? find(id));
      }
      note.textContent = error ? `No preview: ${error.textContent}` : "";
    } catch (fault) {
      if (fault.name !== "AbortError") note.textContent = "The preview cannot be shown just now.";
    }
  };

  find("do-preview").addEventListener("click", (event) => {
    event.preventDefault();
    preview();
  });
  form.addEventListener("input", () => {
    isDirty = true;
    clearTimeout(timer);
    timer = setTimeout(preview, 900);
  });
  form.addEventListener("submit", () => {
    isDirty = false;
    clearTimeout(timer);
    asking.abort();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    form.requestSubmit(find("save"));
  });
  addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
};

if (find("do-preview")) writeArticle(find("article"));

// Who changes their version means to keep it.
find("conflict")?.addEventListener("input", ({ target }) => {
  const mine = find(`mine-${target.name}`);
  if (mine) mine.checked = true;
});

find("problem")?.focus();

const parse = (text) => new DOMParser().parseFromString(text, "text/html");

// Sends a form and returns the page that it leads to.
const post = async (form, more = {}) => {
  const fields = new URLSearchParams(new FormData(form));
  for (const [name, value] of Object.entries(more)) fields.append(name, value);
  // Not `form.action`, which may be a field of this name.
  const response = await fetch(form.getAttribute("action"), { method: "POST", body: fields });
  if (response.status === 401) {
    // Signed out: sent as a page, it leads to the sign-in, and what was typed is kept meanwhile. Not
    // `form.submit`, which may be a field of this name.
    HTMLFormElement.prototype.submit.call(form);
    await new Promise(() => {});
  }
  return parse(await response.text());
};

// ---- queue ------------------------------------------------------------------------------------

const queue = document.querySelector("[data-queue]");
const panel = document.querySelector("[data-keys]");

// Says what was done, for those who do not see the list change.
const say = (words) => {
  panel.querySelector("[data-said]").textContent = words;
};

const itemOf = (element) => element?.closest("[data-queue] > li");

const moveFrom = (item, step) => {
  const items = [...queue.children];
  const next = items[item ? items.indexOf(item) + step : 0];
  const target = next ?? (step > 0 ? document.querySelector("a[rel=next]") : null);
  target?.focus();
  target?.scrollIntoView({ block: "nearest" });
};

// Puts the answer in the place of the link that was decided on.
const decide = async (form, item) => {
  const button = form.querySelector("button");
  if (button.ariaDisabled === "true") return;
  button.ariaDisabled = "true";
  try {
    const page = await post(form, { by_script: "1" });
    const outcome = page.querySelector("[data-outcome]");
    if (!outcome) throw new Error(page.querySelector(".lead")?.textContent);
    const hadFocus = item.contains(document.activeElement) || document.activeElement === document.body;
    item.replaceChildren(outcome);
    say(outcome.querySelector("p").textContent);
    if (!hadFocus) return;
    // What was undone is decided on anew.
    if (outcome.dataset.outcome === "done" && button.dataset.key !== "undo") moveFrom(item, 1);
    else item.focus();
  } catch (error) {
    button.ariaDisabled = "false";
    say((error.name === "Error" && error.message) || "That could not be sent. Try again.");
  }
};

const press = (item, name) => item?.querySelector(`[data-key="${name}"]`);

const keys = {
  j: (item) => moveFrom(item, 1),
  k: (item) => moveFrom(item, -1),
  a: (item) => press(item, "approve")?.click(),
  u: (item) => press(item, "undo")?.click(),
  x: (item) => press(item, "choose")?.click(),
  r: (item) => {
    const details = press(item, "reject");
    if (!details) return;
    details.open = true;
    details.querySelector("input[name=reason]").focus();
  },
  "?": () => {
    const details = panel.querySelector("details");
    details.open = !details.open;
    if (details.open) details.querySelector("summary").focus();
  },
};

const OFF = "desk-keys-off";
const areOff = () => localStorage.getItem(OFF) === "1";

const onKey = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const item = itemOf(event.target);
  if (event.key === "Escape" && item) {
    const details = event.target.closest("details");
    if (details) details.open = false;
    item.focus();
    return;
  }
  if (areOff() || event.target.matches("input:not([type=checkbox]), select, textarea")) return;
  if (!Object.hasOwn(keys, event.key)) return;
  event.preventDefault();
  keys[event.key](item);
};

if (queue) {
  panel.hidden = false;
  for (const item of queue.children) item.tabIndex = -1;
  queue.addEventListener("submit", (event) => {
    event.preventDefault();
    decide(event.target, itemOf(event.target));
  });
  addEventListener("keydown", onKey);
  const off = panel.querySelector("[data-keys-off]");
  const show = () => off.setAttribute("aria-pressed", String(areOff()));
  off.addEventListener("click", () => {
    localStorage.setItem(OFF, areOff() ? "0" : "1");
    show();
  });
  show();
}

// ---- several links at once --------------------------------------------------------------------

const chooseAll = document.querySelector("[data-choose-all]");
if (chooseAll) {
  chooseAll.hidden = false;
  chooseAll.addEventListener("click", () => {
    for (const box of document.querySelectorAll("input[form=choose][name=link]")) box.checked = true;
  });
}

// Presses the button for the rest until there is none.
const finish = async (form) => {
  while (form) {
    const button = form.querySelector("button");
    button.ariaDisabled = "true";
    try {
      const page = await post(form);
      const outcomes = page.querySelector("[data-outcomes]");
      if (!outcomes) throw new Error(page.querySelector(".lead")?.textContent);
      document.querySelector("[data-outcomes]").append(...outcomes.children);
      document.querySelector("[data-tally]").replaceChildren(...page.querySelector("[data-tally]").children);
      const next = page.querySelector("form[data-rest]");
      if (next) form.replaceWith(next);
      else form.remove();
      form = next;
    } catch {
      // The button is there for whoever looks.
      button.ariaDisabled = "false";
      return;
    }
  }
};

finish(document.querySelector("form[data-rest]"));
