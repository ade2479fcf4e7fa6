// The form of a target in the admin: of the parts for channels only the chosen one is shown, open. Without this script
// all are there, folded.
document.addEventListener("DOMContentLoaded", () => {
  const chosen = document.getElementById("id_channel");
  const parts = document.querySelectorAll("fieldset[class*='channel-part-']");
  if (!chosen || !parts.length) return;
  const show = () => {
    for (const part of parts) {
      part.hidden = !part.classList.contains(`channel-part-${chosen.value}`);
      const fold = part.querySelector("details");
      if (fold && !part.hidden) fold.open = true;
    }
  };
  chosen.addEventListener("change", show);
  show();
});
