// Completes the word at the caret of a search box: a combobox with a listbox, as the ARIA Authoring Practices describe it.
// Without this script the box is a plain field, with the browser's own suggestions. Where the box says data-whole, the
// field is one name, of the kind that data-kind says, or else the select of its row.
"use strict";
(() => {
  const WAIT = 120; // ms without a key before suggestions are asked for

  // Where the word that ends at the caret begins: after the last blank that is neither quoted nor within a list.
  const wordStart = (text) => {
    let start = 0;
    let quoted = false;
    let listed = false;
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at];
      if (letter === '"' && text[at - 1] !== "\\") quoted = !quoted;
      else if (!quoted && letter === "[") listed = true;
      else if (!quoted && letter === "]") listed = false;
      else if (!quoted && !listed && /\s/.test(letter)) start = at + 1;
    }
    return start;
  };

  const start = (box) => {
    if ("ready" in box.dataset) return;
    box.dataset.ready = "";
    const input = box.querySelector("input, textarea");
    const whole = "whole" in box.dataset;
    const beginning = whole ? () => 0 : wordStart;
    const list = document.createElement("ul");
    const status = document.createElement("span");
    list.id = `${input.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    list.hidden = true;
    status.className = "visually-hidden";
    status.setAttribute("role", "status");
    box.append(list, status);
    input.removeAttribute("list");
    Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })
      .forEach(([name, value]) => input.setAttribute(name, value));

    let active = -1;
    let timer = 0;
    let asked = null; // the request under way

    const options = () => Array.from(list.children);
    const close = () => {
      clearTimeout(timer);
      asked?.abort();
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const activate = (index) => {
      active = index;
      options().forEach((option, at) => option.setAttribute("aria-selected", String(at === index)));
      const option = options()[index];
      if (!option) return input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-activedescendant", option.id);
      return option.scrollIntoView({ block: "nearest" });
    };

    const choose = (option) => {
      const caret = input.selectionStart;
      const before = input.value.slice(0, beginning(input.value.slice(0, caret)));
      const rest = whole ? "" : input.value.slice(caret);
      const isKey = !whole && option.dataset.word.endsWith(":");
      const ends = whole || isKey || option.dataset.word.includes("[") ? "" : " ";
      const typed = before + option.dataset.word + ends;
      input.value = typed + (ends ? rest.replace(/^\S*\s*/, "") : rest);
      input.setSelectionRange(typed.length, typed.length);
      input.focus();
      if (whole) box.dispatchEvent(new Event("input", { bubbles: true })); // for a preview of the form
      close();
      if (isKey) ask();
    };

    const show = (words) => {
      active = -1;
      input.removeAttribute("aria-activedescendant");
      list.replaceChildren(...words.map(({ word, says }, index) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${index}`;
        option.dataset.word = word;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        const code = document.createElement("code");
        code.textContent = word;
        option.append(code);
        if (says) {
          const words = document.createElement("span");
          words.textContent = says;
          option.append(words);
        }
        return option;
      }));
      list.hidden = !words.length;
      input.setAttribute("aria-expanded", String(words.length > 0));
      const n = words.length;
      status.textContent = n ? `${n} suggestion${n === 1 ? "" : "s"}; arrow keys choose one.` : "No suggestions.";
    };

    const ask = async () => {
      const text = input.value.slice(0, input.selectionStart);
      const word = text.slice(beginning(text));
      asked?.abort();
      asked = new AbortController();
      try {
        const asking = new URLSearchParams({ [box.dataset.parameter ?? "word"]: word });
        if (whole) asking.set("kind", box.dataset.kind || box.closest("[data-rows-row]").querySelector("select").value);
        const url = `${box.dataset.complete}?${asking}`;
        const answer = await fetch(url, { signal: asked.signal, headers: { Accept: "application/json" } });
        if (answer.ok && !answer.redirected && document.activeElement === input) {
          const { words } = await answer.json();
          show(words.filter((each) => each.word !== word));
        }
      } catch (error) {
        if (error.name !== "AbortError") close(); // the console is away: the search works without suggestions
      }
    };

    const askSoon = () => {
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT);
    };

    input.addEventListener("input", askSoon);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const shown = options().length && !list.hidden;
      if (event.key === "ArrowDown" && !shown) {
        ask();
      } else if (shown && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
        const count = options().length + 1; // the field itself is between the last and the first
        activate(((active + 1 + (event.key === "ArrowDown" ? 1 : count - 1)) % count) - 1);
      } else if (shown && active >= 0 && (event.key === "Enter" || event.key === "Tab")) {
        choose(options()[active]);
      } else if (shown && event.key === "Escape") {
        close();
      } else {
        return;
      }
      event.preventDefault();
    });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
  };

  const startAll = () => document.querySelectorAll("[data-complete]").forEach(start);
  document.addEventListener("rows:added", startAll);
  document.addEventListener("htmx:afterSettle", startAll);
  startAll();
})();
