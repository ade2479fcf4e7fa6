// Buttons beside the form of a rule that put their value into one of its fields: a route that was found, the nearest
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
