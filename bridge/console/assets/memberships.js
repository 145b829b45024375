// What scripts add to the page of a client's memberships: the keyboard stays where the work is,
// long lists of lists are filtered, and the page knows whether something is unsaved.
(() => {
  "use strict";

  const form = () => document.getElementById("memberships");
  const boxes = () => [...form().querySelectorAll('input[name="remove"]')];
  const lists = new WeakMap();

  function look() {
    if (!form()) return;
    form().elements.scripted.value = "1";
    const flagged = boxes().filter((box) => box.checked);
    form().toggleAttribute("data-unsaved", flagged.length > 0 || form().querySelector("tr.entry") !== null);
    const all = form().querySelector("input[data-ticks]");
    if (all) {
      all.checked = flagged.length > 0 && flagged.length === boxes().length;
      all.indeterminate = flagged.length > 0 && !all.checked;
    }
    for (const filter of form().querySelectorAll("input[data-filters]")) filter.hidden = false;
  }

  function filtered(filter) {
    const select = document.getElementById(filter.dataset.filters);
    if (!lists.has(select)) lists.set(select, [...select.options]);
    const wanted = filter.value.trim().toLowerCase();
    const chosen = select.value;
    const [none, ...options] = lists.get(select);
    const fitting = options.filter((option) => option.text.toLowerCase().includes(wanted));
    select.replaceChildren(none, ...fitting);
    select.value = fitting.some((option) => option.value === chosen) ? chosen
      : fitting.length === 1 ? fitting[0].value : "";
    if (select.value !== chosen) select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Before anybody else hears of it: whoever does then sees all boxes as they are.
  document.addEventListener("change", (event) => {
    if (!event.target.matches("#memberships input[data-ticks]")) return;
    for (const box of boxes()) box.checked = event.target.checked;
  }, true);
  document.addEventListener("change", look);
  document.addEventListener("input", (event) => {
    if (event.target.matches("input[data-filters]")) filtered(event.target);
  });

  document.addEventListener("keydown", (event) => {
    const row = event.target.closest("#memberships tr.entry");
    if (!row || event.target.matches("button")) return;
    if (event.key === "Escape") {
      event.preventDefault();
      row.querySelector("button.drop").click();
    } else if (event.key === "Enter") {
      event.preventDefault();
      const open = [...row.querySelectorAll("select")].find((select) => !select.value);
      (open ?? document.getElementById("add")).focus();
    }
  });

  document.addEventListener("submit", (event) => {
    if (event.target !== form() || event.submitter?.id !== "save") return;
    for (const pill of form().querySelectorAll("tr.entry .pill")) pill.textContent = "Saving";
    document.getElementById("plan").textContent = "Saving";
  });

  // What is entered while an answer is on its way is not in it: it is put into the new page.
  const fields = () => [...form().querySelectorAll('input[name="remove"], tr.entry select')];
  const held = (field) => field.type === "checkbox" ? field.checked : field.value;
  const given = (field) => field.type === "checkbox" ? field.defaultChecked
    : ([...field.options].find((option) => option.defaultSelected) ?? field.options[0]).value;
  const asked = new WeakMap();
  const meanwhile = new WeakMap();
  const entries = () => form().querySelectorAll("tr.entry").length;
  const replaces = (event) => form() !== null && event.detail?.ctx?.target === form();

  document.addEventListener("htmx:before:request", (event) => {
    if (!replaces(event)) return;
    const knows = event.detail.ctx.request.method === "GET" ? given : held;
    asked.set(event.detail.ctx, new Map(fields().map((field) => [field.id, knows(field)])));
  });
  document.addEventListener("htmx:before:swap", (event) => {
    if (!replaces(event)) return;
    const { ctx } = event.detail;
    if (ctx.request.method === "GET" && entries() > 0) {
      event.preventDefault(); // it knows of no row that is being entered
      return;
    }
    const before = asked.get(ctx);
    const changed = fields().filter((field) => before?.get(field.id) !== held(field));
    meanwhile.set(ctx, { rows: entries(), changed: changed.map((field) => [field.id, held(field)]) });
  });
  function carriedOver({ rows, changed }) {
    const isSame = entries() >= rows; // else another row has the place of the one that was dropped
    for (const [id, value] of changed) {
      const field = document.getElementById(id);
      if (field?.type === "checkbox") field.checked = value;
      else if (field && isSame && [...field.options].some((one) => one.value === value)) field.value = value;
    }
    if (changed.length > 0) form().dispatchEvent(new Event("change", { bubbles: true }));
  }

  let dropped = false;
  document.addEventListener("click", (event) => {
    dropped = event.target.closest("button.drop, button[name=undo]") !== null;
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const change = meanwhile.get(event.detail?.ctx);
    if (change && form()) carriedOver(change);
    look();
    const place = form()?.querySelector("[data-summary]") ?? form()?.querySelector("[data-focus]");
    if (place && document.activeElement === document.body || place?.matches("[data-focus]")) {
      place.focus();
      place.removeAttribute("data-focus");
    } else if (dropped && document.activeElement === document.body) {
      document.getElementById("add")?.focus();
    }
  });
  look();
})();
