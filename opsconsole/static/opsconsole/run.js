// The page of a run: it keeps its place, finds items, and leads to the next one. All of it works without this, by links
// and the page's address.
"use strict";
(() => {
  const PLACE = "opsconsole.run-place"; // where an item stood when its form was sent; kept while the password is asked for

  const FILTERS = ["show", "level", "q"]; // of the page's address; the level is there where the checklist has some

  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const run = () => document.getElementById("run");
  const items = () => all(".check[data-part]", run());
  const top = (element) => element.getBoundingClientRect().top;
  const isShown = (element) => element.getClientRects().length > 0;
  const inView = (element) => isShown(element) && top(element) < innerHeight && element.getBoundingClientRect().bottom > 0;
  const named = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));

  // ---- swapping only what changed: the run consists of parts, each with an id, whose HTML is compared with that of the
  // answer. What has not changed stays as it is, with its focus, its opened details and what was typed.
  const known = new Map(); // id of a part: its HTML as the server made it
  const plain = (part) => part.outerHTML
    .replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1")
    .replace(/(<time [^>]*data-ago[^>]*>)[^<]*/g, "$1")
    .replace(/ data-off=""/g, "");
  const parts = (root) => all("[data-part]", root);
  const shape = (root) => parts(root).map((part) => `${part.id} in ${part.parentElement.closest("[id]")?.id}`).join();
  const remember = (root) => parts(root).forEach((part) => known.set(part.id, plain(part)));

  const replacePart = (old, fresh) => {
    // The forms of an item belong to a number of acts on it: while that is the same, they stay as they are.
    all("[data-kept]", fresh).forEach((empty) => {
      const opened = document.getElementById(empty.id);
      if (opened) empty.replaceWith(opened);
    });
    all("details[open][id]", old).forEach((each) => fresh.querySelector(`#${CSS.escape(each.id)}`)?.setAttribute("open", ""));
    const hadFocus = old.contains(document.activeElement);
    old.replaceWith(fresh);
    // Not the button in the same place: it may be the one that takes the act back.
    if (hadFocus) fresh.querySelector(".check-meta a[href]")?.focus({ preventScroll: true });
  };

  const swapWhole = (target, next, settling) => {
    const filters = FILTERS.map((name) => [name, field(name)?.value ?? ""]);
    target.replaceWith(next);
    filters.forEach(([name, value]) => { if (field(name)) field(name).value = value; });
    known.clear();
    remember(next);
    settling.elts.push(next);
    return [next];
  };

  const swapParts = (target, fragment, settling) => {
    const next = fragment.querySelector(`#${target.id}`);
    if (!next) return false;
    if (shape(next) !== shape(target)) return swapWhole(target, next, settling);
    return parts(next).flatMap((part) => {
      const html = plain(part);
      if (known.get(part.id) === html) return [];
      known.set(part.id, html);
      replacePart(document.getElementById(part.id), part);
      return [part];
    });
  };

  window.htmx.defineExtension("parts", {
    isInlineSwap: (style) => style === "parts",
    handleSwap: (style, target, fragment, settling) => style === "parts" && swapParts(target, fragment, settling),
  });

  // ---- keeping the place: an item is where it was before, whatever was swapped in above it
  let acted = ""; // id of the item that was acted on last
  let anchor = null;

  const anchored = () => {
    const focused = document.activeElement?.closest?.(".check");
    const candidates = [document.getElementById(acted), focused, ...items()];
    const found = candidates.find((each) => each && inView(each));
    return found ? { id: found.id, top: top(found) } : null;
  };

  // Of an opened item one sees the end of its forms; when they are gone it would be out of sight with its beginning.
  const placeOf = (item, wanted) => (item.id === acted ? Math.max(wanted, parseFloat(getComputedStyle(item).scrollMarginTop)) : wanted);

  const putBack = () => {
    const found = anchor && document.getElementById(anchor.id);
    if (found && isShown(found)) scrollBy({ top: top(found) - placeOf(found, anchor.top), behavior: "instant" });
  };

  const isOfRun = (event) => Boolean(run()?.contains(event.detail.target ?? event.target));

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (isOfRun(event) && event.detail.target.id === "run") anchor = anchored();
  });
  document.addEventListener("htmx:afterSwap", () => { show(); putBack(); });
  document.addEventListener("htmx:afterSettle", () => { putBack(); anchor = null; });

  const keepPlace = (form) => {
    const item = form.closest(".check");
    if (!item) return;
    acted = item.id;
    sessionStorage.setItem(PLACE, JSON.stringify({ path: location.pathname, id: item.id, top: top(item) }));
    history.replaceState(null, "", `#${item.id}`);
  };
  document.addEventListener("submit", (event) => { if (run()?.contains(event.target)) keepPlace(event.target); });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (run()?.contains(event.detail.elt) && event.detail.elt.matches("form")) keepPlace(event.detail.elt);
  });
  document.addEventListener("htmx:afterSwap", () => sessionStorage.removeItem(PLACE));

  const returnToPlace = () => {
    const kept = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
    sessionStorage.removeItem(PLACE);
    const item = named();
    if (!kept || kept.path !== location.pathname || kept.id !== item?.id) return;
    acted = kept.id;
    const move = () => scrollBy({ top: top(item) - placeOf(item, kept.top), behavior: "instant" });
    move();
    addEventListener("load", () => requestAnimationFrame(move)); // after the browser went to the hash
  };

  // ---- finding: the server marks what does not match when it makes the page; here it is done at once
  const field = (name) => run().querySelector(`.run-find [name="${name}"]`);
  let stays = new Set(); // items that matched when the filter was chosen: an act does not make its item vanish

  const matcher = () => {
    const words = field("q").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = field("show").selectedOptions[0];
    const level = field("level")?.value ?? "";
    const states = (chosen.dataset.states ?? "").split(" ").filter(Boolean);
    const fits = (item) => (states.length ? states.includes(item.dataset.state) : !chosen.value || chosen.value in item.dataset);
    const text = (item) => [item.id.slice(5), item.dataset.names, ...all(".check-text, .check-text + .prose", item).map((each) => each.textContent)]
      .join(" ").toLowerCase();
    return {
      narrows: Boolean(words.length || chosen.value || level),
      shows: (item) => fits(item) && (!level || item.dataset.level === level) && (!words.length || words.every((word) => text(item).includes(word))),
    };
  };

  const show = () => {
    if (!run()?.querySelector(".run-find")) return;
    const { narrows, shows } = matcher();
    const list = items();
    const matching = list.filter((item) => shows(item) || stays.has(item.id) || item.id === acted);
    stays = new Set(narrows ? matching.map((item) => item.id) : []);
    list.forEach((item) => item.toggleAttribute("data-off", narrows && !stays.has(item.id)));
    run().toggleAttribute("data-filtered", narrows);
    run().toggleAttribute("data-scripted", true);
    if (narrows) all("details[data-unused]", run()).forEach((each) => { each.open = true; });
    document.getElementById("run-count").textContent = narrows ? `${matching.length} shown` : "";
  };

  const choose = () => {
    stays = new Set();
    acted = "";
    const query = new URLSearchParams();
    FILTERS.forEach((name) => { if (field(name)?.value.trim()) query.set(name, field(name).value.trim()); });
    const address = `${location.pathname}${query.size ? `?${query}` : ""}`;
    history.replaceState(null, "", address);
    show();
  };

  document.addEventListener("input", (event) => { if (event.target.closest?.(".run-find")) choose(); });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches(".run-find")) return;
    event.preventDefault();
    choose();
    document.activeElement.blur(); // what was found is live again
  });

  // ---- going on
  const go = (item) => {
    item.removeAttribute("data-off");
    history.replaceState(null, "", `#${item.id}`);
    item.dispatchEvent(new CustomEvent("opsconsole:select", { bubbles: true }));
    item.scrollIntoView({ block: "start", behavior: "instant" });
  };

  const nextOpen = () => {
    const list = items();
    const at = list.findIndex((item) => item.classList.contains("is-selected"));
    const here = at >= 0 ? at : list.indexOf(named());
    const round = [...list.slice(here + 1), ...list.slice(0, here + 1)].filter((item) => "can" in item.dataset);
    return round.find(isShown) ?? round[0];
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || !run()?.contains(link)) return;
    if ("next" in link.dataset) {
      event.preventDefault();
      const next = nextOpen();
      if (next) go(next);
    } else if (link.closest(".run-none")) {
      event.preventDefault();
      FILTERS.forEach((name) => { if (field(name)) field(name).value = ""; });
      choose();
    } else if (link.hash.startsWith("#item-") && link.pathname === location.pathname) {
      document.getElementById(decodeURIComponent(link.hash.slice(1)))?.removeAttribute("data-off");
    }
    if (link.closest(".run-sections")) document.getElementById("run-jump").open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.getElementById("run-jump");
    if (event.key === "Escape" && menu?.open) menu.open = false;
  });

  remember(run());
  returnToPlace();
  if (named()?.matches(".check")) acted = named().id; // what the address names is shown, whatever the filter says
  show();
})();
