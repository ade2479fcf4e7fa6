// The form of a rule. Buttons beside it that put their value into one of its fields: a route that was found, the nearest
// name. Without this script nothing offers them: the panels that have them are loaded by htmx.
"use strict";
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-fill]");
  if (!button) return;
  const form = button.closest("form") ?? document.querySelector("form[data-rule-form]");
  const field = form?.elements.namedItem(button.dataset.fill);
  if (!field) return;
  field.value = button.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
});

// A second click while the first is under way would save twice: two new rules. Buttons that open a panel stay free.
const ONCE_IN = 3000; // ms; then a save that was stopped or lost can be tried again
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.submitter?.formTarget || !form.querySelector("[data-rows]")) return;
  if ("sent" in form.dataset) event.preventDefault();
  form.dataset.sent = "";
  setTimeout(() => { delete form.dataset.sent; }, ONCE_IN);
});
