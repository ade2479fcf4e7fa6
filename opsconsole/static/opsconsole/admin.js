// The admin: hovering a time adds the viewer's time zone, as app.js does on the console's pages.
"use strict";

document.addEventListener("pointerover", (event) => {
  const time = event.target.closest?.("time[title]");
  if (!time || time.dataset.local) return;
  time.dataset.local = "1";
  const words = new Date(time.dateTime).toLocaleString([], { dateStyle: "medium", timeStyle: "long" });
  time.title = `${time.title}\n${words}`;
});
