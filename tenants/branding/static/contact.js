// Keys of the contact centre: read by their place on the keyboard, so they work in any layout; silent in fields.
"use strict";

const KEPT = "contact-keys";
const on = () => localStorage.getItem(KEPT) !== "off";
const rows = () => [...document.querySelectorAll("[data-row]")];
const inField = (target) => target.closest("input, select, textarea, [contenteditable]") !== null;

const step = (way) => {
  const all = rows();
  if (!all.length) return;
  const focused = all.indexOf(document.activeElement);
  const from = focused >= 0 ? focused : all.findIndex((row) => row.ariaCurrent === "true");
  const next = focused < 0 && from < 0 ? 0 : Math.min(Math.max((focused < 0 ? from : focused) + way, 0), all.length - 1);
  all[next].focus();
};

const press = (place) => {
  const found = document.querySelector(`[data-key="${place}"]`);
  if (!found) return false;
  if (found.tagName === "DETAILS") {
    found.open = !found.open;
    (found.open && found.querySelector("select, input:not([type=hidden])") || found.querySelector("summary")).focus();
  } else if (found.tagName === "SECTION") {
    const row = document.activeElement.closest("[data-row]");
    if (row && row.ariaCurrent !== "true") row.click();
    else found.focus();
  } else if (found.offsetParent !== null || place !== "Escape") {
    found.click();
  } else {
    return false;
  }
  return true;
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.code === "Escape" && inField(event.target)) {
    event.target.blur();
    return;
  }
  if (inField(event.target) || !on()) return;
  let done = true;
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) done = press("Slash?");
  else if (event.key === "/" || event.code === "Slash") document.querySelector("[data-seek]")?.focus();
  else if (event.code === "KeyJ") step(1);
  else if (event.code === "KeyK") step(-1);
  else done = !event.shiftKey && press(event.code);
  if (done) event.preventDefault();
});

// The chosen row is marked, and its explanation is where the reader is next.
document.addEventListener("htmx:afterSwap", (event) => {
  if (!event.detail.elt.matches("#explanation") && event.detail.target.id !== "explanation") return;
  const chosen = event.detail.requestConfig.elt;
  for (const row of rows()) row.removeAttribute("aria-current");
  chosen.setAttribute("aria-current", "true");
  document.querySelector("#explanation")?.focus({ preventScroll: window.innerWidth > 768 });
});

// What was shown goes after its minute, even if the page cannot be asked for anew.
for (const value of document.querySelectorAll("[data-revealed]")) {
  setTimeout(() => value.remove(), 60000);
}

const box = document.querySelector("[data-keys]");
if (box) {
  box.checked = on();
  box.addEventListener("change", () => localStorage.setItem(KEPT, box.checked ? "on" : "off"));
}
