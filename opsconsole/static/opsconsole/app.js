// The console's script: polling, keyboard shortcuts, copy buttons, relative times. Every page works without it.
"use strict";
(() => {
  const QUICK = 5000; // ms between polls after activity
  const SLOW = 30000; // ms between polls when the user is idle and nothing has changed
  const ACTIVE_FOR = 60000; // ms for which input or a change counts as activity
  const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const one = (selector) => document.querySelector(selector);
  const visible = (element) => element.getClientRects().length > 0;

  // ---- polling: one timer of the page triggers `poll` on each [data-poll] element, which htmx then requests again
  const live = { paused: false, timer: 0, lastActive: Date.now() };
  const acts = { changes: 0, seenBy: new WeakMap(), disabled: new Map() }; // changes: acts that began or ended

  // What was typed or chosen and not sent yet: the answer of a poll would replace it.
  const chosenFirst = (select) => Math.max(Array.from(select.options).findIndex((option) => option.defaultSelected), 0);
  const typedIn = (field) => (field.matches("select")
    ? field.options.length > 0 && field.selectedIndex !== chosenFirst(field)
    : field.value !== field.defaultValue);

  const busy = (element) => {
    const focused = document.activeElement;
    const fields = all("input:not([type=hidden], [type=checkbox], [type=radio], [type=submit]), textarea, select", element);
    // data-local: what is typed narrows what is shown in the browser, and is sent to nobody.
    return (element.contains(focused) && focused.matches(TYPING)) || fields.some((field) => typedIn(field) && !field.closest("[data-local]"));
  };

  const pollNow = () => {
    if (acts.disabled.size) return; // the response of the act updates the page
    all("[data-poll]").filter((element) => !busy(element)).forEach((element) => window.htmx.trigger(element, "poll", { clock: true }));
  };

  const schedule = () => {
    clearTimeout(live.timer);
    if (live.paused || document.hidden || !one("[data-poll]")) return;
    const wait = Date.now() - live.lastActive < ACTIVE_FOR ? QUICK : SLOW;
    live.timer = setTimeout(() => { pollNow(); schedule(); }, wait);
  };

  const touched = () => {
    const wasIdle = Date.now() - live.lastActive >= ACTIVE_FOR;
    live.lastActive = Date.now();
    if (wasIdle) schedule();
  };

  const showState = (state) => {
    const box = one("[data-live]");
    if (box) box.dataset.state = live.paused ? "paused" : state;
  };

  const setPaused = (paused) => {
    live.paused = paused;
    one("[data-live-pause]")?.setAttribute("aria-pressed", String(paused));
    showState("live");
    if (!paused) pollNow();
    schedule();
  };

  const startPolling = () => {
    if (!one("[data-poll]")) return;
    const button = one('[data-poll]:not([data-poll="quiet"])') && one("[data-live-pause]");
    if (button) {
      button.hidden = false;
      button.addEventListener("click", () => setPaused(!live.paused));
    }
    ["pointerdown", "keydown", "scroll"].forEach((name) => addEventListener(name, touched, { passive: true }));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && !live.paused) pollNow();
      schedule();
    });
    schedule();
  };

  // The response to an act may also trigger a poll (HX-Trigger), which belongs to the act and shows its message.
  const cause = (event) => event.detail.requestConfig?.triggeringEvent ?? event.detail.triggeringEvent;
  const isPoll = (event) => cause(event)?.type === "poll";
  const isTick = (event) => isPoll(event) && cause(event).detail?.clock;

  // ---- acts: while a request is under way, other buttons of its region are disabled, and the result of a poll that
  // overlaps it is dropped: either would replace the button that sent it, and the message of its response would be lost
  const isAct = (event) => (event.detail.requestConfig?.verb ?? "get") !== "get";

  const guard = (event) => {
    const overlaps = acts.disabled.size > 0 || acts.seenBy.get(event.detail.xhr) !== acts.changes;
    if (isTick(event) && (overlaps || busy(event.detail.target))) event.detail.shouldSwap = false;
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target, xhr } = event.detail;
    if (isTick(event)) {
      acts.seenBy.set(xhr, acts.changes);
      // On the target: an event on an element that was removed from the page does not reach the document.
      target.addEventListener("htmx:beforeSwap", guard);
    }
    if (!isAct(event)) return;
    acts.changes += 1;
    const buttons = all("form button", elt.closest("[data-poll]") ?? elt).filter((each) => !each.disabled);
    acts.disabled.set(xhr, buttons.filter((each) => each !== document.activeElement));
    acts.disabled.get(xhr).forEach((each) => { each.disabled = true; });
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    acts.disabled.get(event.detail.xhr)?.forEach((each) => { each.disabled = false; });
    if (acts.disabled.delete(event.detail.xhr)) acts.changes += 1;
  });

  document.addEventListener("htmx:configRequest", (event) => {
    const { fragment, poll } = event.detail.elt.dataset;
    if (poll !== undefined && (isTick(event) || !isPoll(event))) event.detail.headers["X-Poll"] = "1";
    if (isPoll(event) && fragment) event.detail.headers["X-Fragment-Seen"] = fragment;
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const hash = event.detail.xhr.getResponseHeader("X-Fragment");
    const same = event.detail.xhr.status === 204;
    // Of an answer that is not shown nothing is remembered: the next poll would be told that nothing is new.
    if (hash && event.detail.target.id && (event.detail.shouldSwap || same)) fragments.set(event.detail.target.id, hash);
    if (hash && same) event.detail.target.dataset.fragment = hash; // it has newer facts
    if (!event.detail.shouldSwap) return;
    openBefore = all("details[open][id]").map((details) => details.id);
    chosenBefore = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
    if (isPoll(event) && event.detail.xhr.status === 200) touched();
  });
  const fragments = new Map();
  let openBefore = [];

  // After settling: until then htmx restores the attributes of elements with the same id.
  document.addEventListener("htmx:afterSettle", () => {
    fragments.forEach((hash, id) => {
      const element = document.getElementById(id);
      if (element) element.dataset.fragment = hash;
    });
    openBefore.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
    prepare();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (!isPoll(event) || event.detail.elt.dataset.poll === "quiet") return; // not part of the content that "Updated" is about
    const date = event.detail.xhr.getResponseHeader("Date");
    const shown = one("[data-live-time] time");
    if (event.detail.xhr.status < 400 && event.detail.xhr.status > 0 && date && shown) {
      const at = new Date(date);
      shown.dateTime = at.toISOString();
      shown.textContent = `${at.toISOString().slice(11, 19)} UTC`;
      showState("live");
    } else {
      showState("failing");
    }
  });

  // ---- relative times in the format of lib/text/humanize.py; hovering shows the viewer's time zone
  const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const ago = (seconds) => {
    const size = Math.abs(seconds);
    if (size < 5) return "just now";
    const [length, unit] = UNITS.find(([each]) => size >= each);
    const words = `${Math.floor(size / length)} ${unit}`;
    return seconds > 0 ? `${words} ago` : `in ${words}`;
  };

  const refreshTimes = () => all("time[data-ago]").forEach((time) => {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    if (Math.abs(seconds) < 30 * 86400) time.textContent = ago(seconds);
  });

  document.addEventListener("pointerover", (event) => {
    const time = event.target.closest?.("time[title]");
    if (!time || time.dataset.local) return;
    time.dataset.local = "1";
    const words = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "long" });
    time.title = `${time.title}\n${words}`;
  });

  // ---- copying
  const copy = async (button) => {
    const source = document.getElementById(button.dataset.copy);
    const word = button.querySelector("[data-copy-word]");
    try {
      await navigator.clipboard.writeText(source.textContent);
      if (word) word.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source); // without https there is no clipboard: select the text for Ctrl-C
      if (word) word.textContent = "Press Ctrl-C";
    }
    if (word) setTimeout(() => { word.textContent = "Copy"; }, 2000);
  };

  // ---- keys
  const KEYS_OFF = "opsconsole.keys-off";
  let chord = "";

  const rows = () => all("[data-row]").filter(visible);
  const selected = () => one("[data-row].is-selected");

  const select = (row) => {
    selected()?.classList.remove("is-selected");
    row.classList.add("is-selected");
    selectedId = row.id;
    row.scrollIntoView({ block: "nearest" });
    row.querySelector("a[href]")?.focus({ preventScroll: true });
  };
  let selectedId = "";
  document.addEventListener("opsconsole:select", (event) => select(event.target)); // by the script of a page

  const move = (by) => {
    const list = rows();
    if (!list.length) return;
    const at = list.indexOf(selected());
    select(list[Math.min(Math.max(at < 0 ? (by > 0 ? 0 : list.length - 1) : at + by, 0), list.length - 1)]);
  };

  const press = (key) => {
    const match = (root) => all(`[data-key="${CSS.escape(key)}"]`, root).filter((element) => visible(element) || element.closest(".menu"));
    const inRow = selected() ? match(selected()) : [];
    const anywhere = match(document).filter((element) => !selected() || !element.closest("[data-row]"));
    const only = anywhere.length === 1 || key.startsWith("g ") ? anywhere[0] : null;
    const target = inRow[0] || only || anywhere.find((element) => "keyFirst" in element.dataset);
    const next = "keyNext" in (target?.dataset ?? {}) ? nextWith(key, target.closest("[data-row]")) : null;
    target?.click();
    if (next) select(next);
    return Boolean(target);
  };

  // The row after this one, else the first before it, that has a button of the key.
  const nextWith = (key, row) => {
    const list = rows();
    const at = list.indexOf(row);
    const others = at < 0 ? [] : [...list.slice(at + 1), ...list.slice(0, at)];
    return others.find((each) => each.querySelector(`[data-key="${CSS.escape(key)}"]`)) ?? null;
  };

  const openKeys = () => one("#keys")?.showModal();

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING) || one("dialog[open]")) return;
    if (localStorage.getItem(KEYS_OFF)) return;
    const key = chord ? `${chord} ${event.key}` : event.key;
    chord = "";
    const actions = {
      "?": openKeys,
      "/": () => one("[data-search]")?.focus(),
      j: () => move(1),
      k: () => move(-1),
      p: () => one("[data-live-pause]:not([hidden])")?.click(),
      g: () => { chord = "g"; setTimeout(() => { chord = ""; }, 1200); },
    };
    if (actions[key]) {
      actions[key]();
      event.preventDefault();
    } else if (/^(g )?[a-z]$/.test(key) && press(key)) {
      event.preventDefault();
    }
  };

  const showKeys = () => {
    document.documentElement.dataset.keys = localStorage.getItem(KEYS_OFF) ? "off" : "on";
  };

  const startKeys = () => {
    document.addEventListener("keydown", onKey);
    showKeys();
    all("[data-keys-open]").forEach((button) => { button.hidden = false; button.addEventListener("click", openKeys); });
    const enabled = one("[data-keys-enabled]");
    if (!enabled) return;
    enabled.checked = !localStorage.getItem(KEYS_OFF);
    enabled.addEventListener("change", () => {
      if (enabled.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "1");
      showKeys();
    });
  };

  // ---- selecting rows: a poll replaces the list; a row stays selected while its value (id and revision) is the same
  const boxes = (root = document) => all("[data-select]", root);
  let chosenBefore = new Set();

  const showChosen = () => all("form.bulk").forEach((form) => {
    const own = boxes().filter((box) => box.form === form);
    const chosen = own.filter((box) => box.checked).length;
    form.classList.toggle("has-chosen", chosen > 0);
    form.querySelector("[data-select-count]").textContent = chosen ? `With the ${chosen} chosen:` : "With the chosen ones:";
    const whole = one(`[data-select-all="${CSS.escape(form.id)}"]`);
    if (!whole) return;
    whole.hidden = own.length === 0;
    whole.checked = chosen > 0 && chosen === own.length;
    whole.indeterminate = chosen > 0 && chosen < own.length;
  });

  document.addEventListener("change", (event) => {
    const form = event.target.dataset?.selectAll;
    if (form) boxes().filter((box) => box.form?.id === form).forEach((box) => { box.checked = event.target.checked; });
    if (form || event.target.matches?.("[data-select]")) showChosen();
  });

  // ---- after HTML was loaded or swapped
  const prepare = () => {
    boxes().filter((box) => chosenBefore.has(box.value)).forEach((box) => { box.checked = true; });
    chosenBefore = new Set();
    showChosen();
    all("[data-copy][hidden]").forEach((button) => { button.hidden = false; });
    if (selectedId) document.getElementById(selectedId)?.classList.add("is-selected");
    refreshTimes();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) copy(button);
  });
  // A filter form is submitted when a choice changes; its button is for browsers without JavaScript.
  document.addEventListener("change", (event) => {
    if (event.target.matches?.("form[data-autosubmit] select")) event.target.form.requestSubmit();
  });

  prepare();
  startPolling();
  startKeys();
  setInterval(refreshTimes, 15000);
})();
