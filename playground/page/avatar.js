// Initials on a colour, the same for a person everywhere on the page and after each reload.
import { h } from "./dom.js";

const TINTS = 8;
let seats = new Map();

/** Gives the people their colours in turn, so that a company's first ones all differ. */
export function seat(people) {
  seats = new Map(people.map((person, number) => [person.email, number % TINTS]));
}

/** A round or square badge with a person's initials; hidden from screen readers, the name stands beside it. */
export function avatar(name, extra = "", email = "") {
  const words = String(name).trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
  return h("span", { class: `avatar tint-${seats.get(email) ?? 0} ${extra}`, "aria-hidden": "true" }, initials);
}

/** The app's own picture. */
export function appAvatar(extra = "") {
  return h("span", { class: `avatar app ${extra}`, "aria-hidden": "true" }, "✓");
}
