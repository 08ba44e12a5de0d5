// Shortens the road; every page works without it.
"use strict";

// "Why?" opens over the page instead of leaving it.
const sheet = () => document.querySelector("dialog.sheet");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.matches("dialog.sheet")) {
    event.detail.target.showModal();
  }
});

document.addEventListener("click", (event) => {
  const open = sheet();
  if (!open || !open.open) return;
  const closer = event.target.closest("[data-close]");
  if (closer || event.target === open) {
    event.preventDefault();
    open.close();
  }
});

// A pressed button says what it does, and its form cannot be sent twice: a second click may land on its neighbour.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target.querySelector("[aria-busy=true][data-label]")) {
    event.preventDefault();
    return;
  }
  if (!button || !button.dataset.busy) return;
  button.setAttribute("aria-busy", "true");
  button.dataset.label = button.textContent;
  button.textContent = button.dataset.busy;
});

// Coming back by the browser's arrow finds the buttons usable again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy=true][data-label]")) {
    button.removeAttribute("aria-busy");
    button.textContent = button.dataset.label;
  }
});

// After a refused form the reader starts at what went wrong; in a rail that lies down the section one is in is in sight.
window.addEventListener("DOMContentLoaded", () => {
  document.querySelector("[data-focus]")?.focus();
  const here = document.querySelector(".side [aria-current]");
  if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;
});
