// The list of messages of one conversation: keeps nodes, keeps the place scrolled to.
import { h, reconcile } from "./dom.js";

const NEAR = 80;

/** A scrolling list; `show(key, entries)` takes reconcile's entries of conversation `key`. */
export function messageList(label) {
  const list = h("ol", { class: "messages", "aria-label": label, tabindex: "0" });
  let shown = null;
  let atEnd = true;
  // The end, or the head of a newest message that is taller than the list.
  const newest = () => {
    const end = list.scrollHeight - list.clientHeight;
    const last = list.lastElementChild;
    if (!last) return end;
    const head = last.getBoundingClientRect().top - list.getBoundingClientRect().top + list.scrollTop;
    return Math.min(end, head);
  };
  // Only ever down: who has read on below a tall message's head stays there.
  const toEnd = () => {
    list.scrollTop = Math.max(list.scrollTop, newest());
  };
  list.addEventListener("scroll", () => {
    atEnd = newest() - list.scrollTop < NEAR;
  });
  new ResizeObserver(() => {
    if (atEnd) toEnd();
  }).observe(list);
  return {
    node: list,
    show(key, entries) {
      const other = key !== shown;
      if (other) list.replaceChildren();
      const before = list.lastElementChild?.dataset.key;
      reconcile(list, entries);
      shown = key;
      atEnd ||= other || list.lastElementChild?.dataset.key !== before;
      if (atEnd) toEnd();
    },
  };
}

const region = document.getElementById("announcer");

// Says something to screen readers without moving the focus.
function announce(text) {
  region.textContent = text;
}

/** Tells of messages that were not there before, once each; the first look is silent. */
export class Announcer {
  #known = new Map();

  look(who, messages) {
    const known = this.#known.get(who);
    if (known) {
      const fresh = messages.filter((message) => !known.has(message.key));
      if (fresh.length) announce(fresh.at(-1).say());
    }
    this.#known.set(who, new Set(messages.map((message) => message.key)));
  }
}
