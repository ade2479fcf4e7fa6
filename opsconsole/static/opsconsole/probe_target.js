// The form of a probe's target in the admin: of an invariant's fields only those of the chosen kind are shown and sent,
// and the rows of the split can be added. Without this script all are there.
"use strict";

// The part of a form that holds one field: its line, or its place in a line of several.
const placeOf = (input) => input.closest(".form-multiline > div") ?? input.closest(".form-row");

const showKind = (part) => {
  const chosen = part.querySelector("select[name$='-kind']");
  if (!chosen) return;
  for (const input of part.querySelectorAll("[data-kinds]")) {
    const own = input.dataset.kinds.split(" ").includes(chosen.value);
    input.disabled = !own;
    const place = placeOf(input);
    if (place) place.hidden = !own;
  }
  for (const line of part.querySelectorAll(".form-row")) {
    const places = [...line.querySelectorAll(":scope > .form-multiline > div")];
    if (places.length) line.hidden = places.every((place) => place.hidden);
  }
};

const addRow = (button) => {
  const body = button.previousElementSibling.tBodies[0];
  const number = body.rows.length;
  const row = body.rows[number - 1].cloneNode(true);
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.name = input.name.replace(/-\d+-/, `-${number}-`);
    input.id = `id_${input.name}`;
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, number + 1));
  }
  body.append(row);
  row.querySelector("input").focus();
};

document.addEventListener("DOMContentLoaded", () => {
  for (const part of document.querySelectorAll(".inline-related")) showKind(part);
  for (const button of document.querySelectorAll("[data-add-row]")) {
    button.hidden = false;
    button.addEventListener("click", () => addRow(button));
  }
});
document.addEventListener("formset:added", (event) => showKind(event.target));
document.addEventListener("change", (event) => {
  if (event.target.matches("select[name$='-kind']")) showKind(event.target.closest(".inline-related"));
});
