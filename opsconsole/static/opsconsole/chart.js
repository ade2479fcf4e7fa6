// Reads a chart (lib/charts) under pointer, finger and arrow keys. Without it the columns' tooltips and the table remain.
"use strict";
(() => {
  const READ = new WeakMap(); // cursor: what it reads
  let seen = null; // what was read before a swap replaced the charts: { key, time, focused }

  const make = (name, parent, attributes) => {
    const element = document.createElement("div");
    element.className = name;
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return parent.appendChild(element);
  };

  // A slider: screen readers pass it the arrow keys and say its text by themselves, so it needs no live region.
  const prepare = (frame) => {
    const svg = frame.querySelector("svg.chart");
    const columns = Array.from(svg?.querySelectorAll(".chart-hit") ?? []);
    if (!columns.length || frame.querySelector(".chart-cursor")) return;
    const [title, about] = svg.getAttribute("aria-labelledby").split(" ");
    const cursor = make("chart-cursor", frame, {
      role: "slider", tabindex: "0", "aria-label": `Values: ${document.getElementById(title)?.textContent ?? "chart"}`,
      "aria-describedby": about, "aria-valuemin": "1", "aria-valuemax": String(columns.length),
    });
    const words = columns.map((column) => column.querySelector("title").textContent.split("\n"));
    READ.set(cursor, { frame, columns, words, key: title, tip: make("chart-tip", frame, { "aria-hidden": "true" }), at: 0 });
    point(cursor, columns.length - 1, false);
  };

  const point = (cursor, index, shown = true) => {
    const { frame, columns, words, tip, at } = READ.get(cursor);
    const now = Math.min(Math.max(index, 0), columns.length - 1);
    READ.get(cursor).at = now;
    cursor.setAttribute("aria-valuenow", String(now + 1));
    cursor.setAttribute("aria-valuetext", words[now].join(", "));
    columns[at].classList.remove("is-at");
    tip.hidden = !shown;
    if (!shown) return;
    columns[now].classList.add("is-at");
    tip.replaceChildren(...words[now].map((line) => Object.assign(document.createElement("span"), { textContent: line })));
    place(tip, columns[now].getBoundingClientRect(), frame.getBoundingClientRect());
  };

  // Beside the column, on the side that has room.
  const place = (tip, column, frame) => {
    const right = column.right - frame.left + 8;
    const left = column.left - frame.left - 8 - tip.offsetWidth;
    const fits = right + tip.offsetWidth <= frame.width;
    tip.style.left = `${Math.min(Math.max(fits ? right : left, 0), Math.max(frame.width - tip.offsetWidth, 0))}px`;
  };

  const hide = (cursor) => point(cursor, READ.get(cursor).at, false);
  const cursorOf = (event) => (READ.has(event.target) ? event.target : null);

  const follow = (event) => {
    const cursor = cursorOf(event);
    if (!cursor) return;
    const box = cursor.getBoundingClientRect();
    point(cursor, Math.floor(((event.clientX - box.left) / box.width) * READ.get(cursor).columns.length));
  };

  document.addEventListener("pointermove", follow, { passive: true });
  // A finger reads by a tap or by going along; what it read stays until the next tap elsewhere.
  document.addEventListener("pointerdown", (event) => {
    cursors().filter((each) => each !== event.target).forEach(hide);
    follow(event);
  });
  document.addEventListener("pointerout", (event) => {
    const cursor = cursorOf(event);
    if (cursor && event.pointerType === "mouse" && document.activeElement !== cursor) hide(cursor);
  });
  document.addEventListener("focusin", (event) => {
    const cursor = cursorOf(event);
    if (cursor?.matches(":focus-visible")) point(cursor, READ.get(cursor).at);
  });
  document.addEventListener("focusout", (event) => { if (cursorOf(event)) hide(event.target); });

  document.addEventListener("keydown", (event) => {
    const cursor = cursorOf(event);
    if (!cursor || event.ctrlKey || event.metaKey || event.altKey) return;
    const { at, columns } = READ.get(cursor);
    const far = Math.max(Math.round(columns.length / 10), 2);
    const to = {
      ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
      PageDown: at - far, PageUp: at + far, Home: 0, End: columns.length - 1,
    }[event.key];
    if (event.key === "Escape") hide(cursor);
    if (to === undefined) return;
    event.preventDefault();
    point(cursor, to);
  });

  // ---- a poll replaces the chart: it is read on at the same time
  const cursors = () => Array.from(document.querySelectorAll(".chart-cursor")).filter((each) => READ.has(each));

  document.addEventListener("htmx:beforeSwap", () => {
    const cursor = cursors().find((each) => !READ.get(each).tip.hidden);
    if (!cursor) return;
    const { key, words, at } = READ.get(cursor);
    seen = { key, time: words[at][0], focused: document.activeElement === cursor };
  });

  const restore = () => {
    const cursor = seen && cursors().find((each) => READ.get(each).key === seen.key && READ.get(each).tip.hidden);
    if (cursor) {
      const { words } = READ.get(cursor);
      const index = words.findIndex((each) => each[0] === seen.time);
      if (seen.focused) cursor.focus({ preventScroll: true });
      if (index >= 0) point(cursor, index);
    }
    seen = null;
  };

  const prepareAll = () => document.querySelectorAll(".chart-frame").forEach(prepare);
  document.addEventListener("htmx:afterSettle", () => { prepareAll(); restore(); });
  prepareAll();
})();
