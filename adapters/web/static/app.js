// What every page does with a script beside what it does without one.
"use strict";

// A form that is sent twice by a hasty hand counts once. Browsers bring a page back from their
// memory as it was left, so its buttons are given back then.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// What is wrong, or was done, is where a keyboard goes on from.
const told = document.querySelector("main [aria-invalid='true']");
if (told) told.focus();
