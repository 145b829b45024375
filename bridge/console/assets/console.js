// What scripts add to pages that work without them: a question before unsaved changes are left,
// and one tick that ticks all.
(() => {
  "use strict";

  document.addEventListener("input", (event) => {
    event.target.closest("form[data-asks-before-leaving]")?.setAttribute("data-unsaved", "");
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-downloads]")) return; // the page stays, and may be asked again
    for (const form of document.querySelectorAll("form[data-unsaved]")) form.removeAttribute("data-unsaved");
    // A second click sends nothing: the first one is on its way.
    for (const button of event.target.querySelectorAll("button")) {
      setTimeout(() => { button.disabled = true; });
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (document.querySelector("form[data-unsaved]")) event.preventDefault();
  });
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button:disabled:not([data-stays-off])")) {
      button.disabled = false;
    }
  });
  document.addEventListener("change", (event) => {
    const all = event.target;
    if (!all.matches("input[data-ticks]")) return;
    for (const box of document.querySelectorAll(`input[name="${all.dataset.ticks}"]:enabled`)) {
      box.checked = all.checked;
    }
  });
  // A fault leads to its line in the text.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    const area = document.querySelector("textarea[data-lines]");
    if (!link || !area) return;
    event.preventDefault();
    const lines = area.value.split("\n");
    const line = Math.min(Number(link.dataset.line), lines.length) - 1;
    const begin = lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0);
    area.focus();
    area.setSelectionRange(begin, begin + lines[line].length);
    area.scrollTop = (area.scrollHeight / lines.length) * Math.max(line - 3, 0);
  });
  // What is checked while one types is marked as old where nobody answers.
  const stale = (isStale) => {
    for (const note of document.querySelectorAll("[data-stale]")) note.hidden = !isStale;
  };
  document.addEventListener("htmx:response:error", () => stale(true));
  document.addEventListener("htmx:error", () => stale(true));
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail?.ctx?.response?.status < 400) stale(false);
  });
  // In a frame of Salesforce scripts ask for each page, so what browsers do by themselves elsewhere is done here: what is
  // no page is saved as a file, unsaved changes are not left at the first click, and a fault has the focus.
  document.addEventListener("htmx:before:response", (event) => {
    const { raw } = event.detail.ctx.response;
    const named = /^attachment; filename="([^"]+)"/.exec(raw.headers.get("content-disposition") ?? "");
    if (!named) return;
    event.preventDefault();
    raw.blob().then((file) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(file);
      link.download = named[1];
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    });
  });
  document.addEventListener("htmx:before:request", (event) => {
    const link = event.detail.ctx.sourceElement;
    const form = document.querySelector("form[data-unsaved]");
    if (!form || !link.matches("a") || link.hasAttribute("data-leaves")) return;
    event.preventDefault();
    link.setAttribute("data-leaves", "");
    const says = document.createElement("p");
    says.textContent = "Something here is not saved. Press again to leave it.";
    document.querySelector(".toast")?.replaceChildren(says);
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (event.detail?.ctx?.target === document.body) document.querySelector("[data-summary]")?.focus();
  });
  document.querySelector("[data-summary]")?.focus();
})();
