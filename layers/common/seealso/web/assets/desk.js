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

if (find("article")) writeArticle(find("article"));

// Who changes their version means to keep it.
find("conflict")?.addEventListener("input", ({ target }) => {
  const mine = find(`mine-${target.name}`);
  if (mine) mine.checked = true;
});

find("problem")?.focus();
