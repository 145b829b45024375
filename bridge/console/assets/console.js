// What scripts add to pages that work without them: a question before unsaved changes are left,
// and one tick that ticks all.
(() => {
  "use strict";

  let isChanged = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-asks-before-leaving]")) isChanged = true;
  });
  document.addEventListener("submit", (event) => {
    isChanged = false;
    // A second click sends nothing: the first one is on its way.
    for (const button of event.target.querySelectorAll("button")) {
      setTimeout(() => { button.disabled = true; });
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
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
  document.querySelector("[data-summary]")?.focus();
})();
