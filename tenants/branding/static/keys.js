// Keys of lists at the desk: J and K go along the rows, Enter opens one, a letter on a button presses it.
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
  const rows = [...document.querySelectorAll("[data-row]")];
  const link = event.target.closest?.("[data-open]");
  const from = rows.findIndex((row) => row.contains(link)) >= 0
    ? rows.findIndex((row) => row.contains(link))
    : rows.findIndex((row) => row.classList.contains("picked"));
  // By the key's place, so that they work in the Russian layout, too. Enter opens the link that has the focus by itself.
  if (event.code === "KeyJ" || event.code === "KeyK") {
    const to = rows[Math.max(0, Math.min(rows.length - 1, from + (event.code === "KeyJ" ? 1 : -1)))];
    to?.querySelector("[data-open]")?.focus();
    event.preventDefault();
    return;
  }
  const button = document.querySelector(`[data-key="${CSS.escape(event.code.replace("Key", ""))}"]`);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
