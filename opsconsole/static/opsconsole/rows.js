// Inline rows of a form: adds, moves and removes them. Without this script there is an empty row to fill in, a position
// and a box that removes. Names in the form keep the number that a row was made with; the position says the order.
"use strict";
(() => {
  const own = (rows, selector) => Array.from(rows.querySelectorAll(selector))
    .filter((each) => each.closest("[data-rows]") === rows);
  const listOf = (rows) => own(rows, "[data-rows-list]")[0];
  const controls = (row) => Array.from(row.querySelectorAll("input:not([type=hidden]), select, textarea"));
  const mine = (rows, row, selector) => own(rows, selector).find((each) => row.contains(each));
  const named = (row, name) => controls(row).find((each) => each.name.endsWith(`-${name}`) && depth(each) === depth(row));
  const depth = (element) => {
    let count = 0;
    for (let at = element.closest("[data-rows]"); at; at = at.parentElement.closest("[data-rows]")) count += 1;
    return count;
  };
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const isRemoved = (row) => Boolean(named(row, "DELETE")?.checked);
  const isControl = (each) => /-(ORDER|DELETE)$/.test(each.name);
  const isBlank = (row) => "blank" in row.dataset && controls(row).every((each) => {
    if (isControl(each)) return true;
    if (each.type === "checkbox") return !each.checked;
    return each.tagName === "SELECT" ? each.selectedIndex === 0 : each.value === each.defaultValue;
  });

  // Positions, numbers and buttons as the rows now stand.
  const number = (rows) => {
    const all = Array.from(listOf(rows).children);
    const kept = all.filter((row) => !isRemoved(row));
    all.forEach((row, index) => { named(row, "ORDER").value = index + 1; });
    kept.forEach((row, index) => {
      row.setAttribute("aria-label", `${capital(rows.dataset.noun)} ${index + 1}`);
      mine(rows, row, "[data-rows-up]").disabled = index === 0;
      mine(rows, row, "[data-rows-down]").disabled = index === kept.length - 1;
    });
    own(rows, "[data-rows-none]").forEach((each) => { each.hidden = kept.length > 0; });
    own(rows, "[data-rows-add]")[0].disabled = kept.length >= Number(rows.dataset.most);
  };

  const show = (rows, row) => {
    const removed = isRemoved(row);
    row.classList.toggle("is-removed", removed);
    row.hidden = removed && isBlank(row);
    mine(rows, row, "[data-rows-content]").hidden = removed;
    mine(rows, row, "[data-rows-gone]").hidden = !removed;
    mine(rows, row, "[data-rows-name]").textContent = title(row);
  };

  const title = (row) => {
    const first = controls(row).find((each) => !isControl(each));
    return (first?.tagName === "SELECT" ? first.selectedOptions[0]?.text : first?.value) ?? "";
  };

  const say = (rows, text) => { own(rows, "[data-rows-status]")[0].textContent = text; };

  // Others listen to changes of the form, such as a preview.
  const changed = (rows) => {
    number(rows);
    rows.dispatchEvent(new Event("input", { bubbles: true }));
  };

  const add = (rows) => {
    const total = own(rows, "[data-rows-total]")[0];
    const made = document.createElement("template");
    const text = own(rows, "[data-rows-template]")[0].innerHTML;
    made.innerHTML = text.replaceAll(`${rows.dataset.rows}-__prefix__`, `${rows.dataset.rows}-${total.value}`);
    const row = made.content.querySelector("[data-rows-row]");
    total.value = Number(total.value) + 1;
    listOf(rows).append(row);
    prepare(row);
    dress(rows, row);
    changed(rows);
    say(rows, `${capital(rows.dataset.noun)} added.`);
    row.dispatchEvent(new CustomEvent("rows:added", { bubbles: true }));
    controls(row).find((each) => !isControl(each))?.focus();
  };

  const remove = (rows, row, removed) => {
    named(row, "DELETE").checked = removed;
    show(rows, row);
    changed(rows);
    say(rows, `${capital(rows.dataset.noun)} ${removed ? "removed" : "put back"}.`);
    const next = removed ? mine(rows, row, "[data-rows-back]") : mine(rows, row, "[data-rows-remove]");
    (row.hidden ? own(rows, "[data-rows-add]")[0] : next).focus();
  };

  const move = (rows, row, button, back) => {
    let other = back ? row.previousElementSibling : row.nextElementSibling;
    while (other && isRemoved(other)) other = back ? other.previousElementSibling : other.nextElementSibling;
    if (!other) return;
    if (back) other.before(row);
    else other.after(row);
    changed(rows);
    const kept = Array.from(listOf(rows).children).filter((each) => !isRemoved(each));
    say(rows, `${capital(rows.dataset.noun)} is number ${kept.indexOf(row) + 1} of ${kept.length}.`);
    const opposite = mine(rows, row, back ? "[data-rows-down]" : "[data-rows-up]");
    (button.disabled ? opposite : button).focus();
  };

  const dress = (rows, row) => {
    mine(rows, row, "[data-rows-plain]").hidden = true;
    mine(rows, row, "[data-rows-moves]").hidden = false;
    show(rows, row);
  };

  // Rows within `place` get their buttons; empty rows at the end go, since there is a button that adds one.
  const prepare = (place) => {
    place.querySelectorAll("[data-rows]:not([data-ready])").forEach((rows) => {
      rows.dataset.ready = "";
      const total = own(rows, "[data-rows-total]")[0];
      const all = Array.from(listOf(rows).children);
      const isSpare = (row) => isBlank(row) && named(row, "ORDER").name === `${rows.dataset.rows}-${total.value - 1}-ORDER`;
      while (all.length && isSpare(all.at(-1))) {
        all.pop().remove();
        total.value = Number(total.value) - 1;
      }
      own(rows, "[data-rows-add]")[0].hidden = false;
      all.forEach((row) => dress(rows, row));
      number(rows);
    });
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".rows-button");
    const rows = button?.closest("[data-rows]");
    if (!rows) return;
    const row = button.closest("[data-rows-row]");
    const { dataset } = button;
    if ("rowsAdd" in dataset) add(rows);
    else if ("rowsRemove" in dataset) remove(rows, row, true);
    else if ("rowsBack" in dataset) remove(rows, row, false);
    else if ("rowsUp" in dataset) move(rows, row, button, true);
    else if ("rowsDown" in dataset) move(rows, row, button, false);
  });

  // A card is called what its first field says.
  document.addEventListener("input", (event) => {
    const row = event.target.closest("[data-rows-row]");
    const shown = row?.querySelector("[data-rows-title]");
    if (shown && event.target === controls(row).find((each) => each.type === "text")) {
      shown.textContent = event.target.value || `New ${row.closest("[data-rows]").dataset.noun}`;
    }
  });

  document.addEventListener("htmx:afterSettle", () => prepare(document));
  prepare(document);
})();
