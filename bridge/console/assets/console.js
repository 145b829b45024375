// What scripts add to pages that work without them: a question before unsaved changes are left,
// and one tick that ticks all.
(() => {
  "use strict";

  document.addEventListener("input", (event) => {
    event.target.closest("form[data-asks-before-leaving]")?.setAttribute("data-unsaved", "");
  });
  document.addEventListener("submit", (event) => {
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
    for (const box of document.querySelectorAll(`input[name="${all.dataset.ticks}"]`)) {
      box.checked = all.checked;
    }
  });
  document.querySelector("[data-summary]")?.focus();
})();
