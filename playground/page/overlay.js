// Dialogs above a pane; what lies beneath cannot be reached meanwhile.
import { h, freshId } from "./dom.js";

const FOCUSABLE = "input, textarea, select, button";
const held = new WeakMap();

function hold(node, by) {
  held.set(node, (held.get(node) ?? 0) + by);
  node.inert = held.get(node) > 0;
}

/** A layer that shows one dialog at a time over `pane`; `below` becomes inert under it. */
export class Overlay {
  #below;
  #before = null;
  #cancel = null;

  constructor(pane, below) {
    this.#below = below;
    this.layer = h("div", {
      class: "overlay",
      hidden: true,
      onkeydown: (event) => {
        if (event.key === "Escape") this.cancel();
      },
    });
    pane.append(this.layer);
  }

  /** Shows a dialog; `cancel` is what Escape does, `focus` whether to move the focus there. */
  open(dialog, cancel, focus = true) {
    if (this.layer.hidden) {
      this.#before = document.activeElement;
      this.#below.forEach((node) => hold(node, 1));
    }
    this.#cancel = cancel;
    this.layer.replaceChildren(dialog);
    this.layer.hidden = false;
    if (focus) first(dialog)?.focus();
  }

  /** Does what Escape does, if a dialog is open. */
  cancel() {
    if (!this.layer.hidden) this.#cancel?.();
  }

  close() {
    if (this.layer.hidden) return;
    this.layer.hidden = true;
    this.layer.replaceChildren();
    this.#below.forEach((node) => hold(node, -1));
    if (this.#before?.isConnected) this.#before.focus();
  }
}

const first = (dialog) =>
  dialog.querySelector("[data-first]") ??
  dialog.querySelector(".dialog-body").querySelector(FOCUSABLE) ??
  dialog.querySelector(".dialog-foot button:last-child") ??
  dialog.querySelector(FOCUSABLE);

/** The frame of a dialog: title, close button, body, buttons. */
export function dialogFrame({ title, body, buttons, close, tag = "div", ...props }) {
  const titleId = freshId("title");
  return h(
    tag,
    { class: "dialog", role: "dialog", "aria-labelledby": titleId, ...props },
    h(
      "header",
      { class: "dialog-head" },
      h("h3", { id: titleId }, title),
      h("button", { type: "button", class: "dialog-x", "aria-label": "Close", onclick: close }, "×"),
    ),
    h("div", { class: "dialog-body" }, body),
    h("footer", { class: "dialog-foot" }, buttons),
  );
}
