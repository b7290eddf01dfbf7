// Initials on a colour, the same for a name everywhere on the page.
import { h } from "./dom.js";

const TINTS = 8;
const seen = new Map();

// Names take the colours in turn, so that a company's first people all differ.
function tint(name) {
  if (!seen.has(name)) seen.set(name, seen.size % TINTS);
  return seen.get(name);
}

/** A round or square badge with a person's initials; hidden from screen readers, the name stands beside it. */
export function avatar(name, extra = "") {
  const words = String(name).trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ""]
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
  return h("span", { class: `avatar tint-${tint(name)} ${extra}`, "aria-hidden": "true" }, initials);
}

/** The app's own picture. */
export function appAvatar(extra = "") {
  return h("span", { class: `avatar app ${extra}`, "aria-hidden": "true" }, "✓");
}
