// A button that opens a small menu, with the keyboard behaviour menus have.
import { h, freshId } from "./dom.js";

/** A menu button; `entries` are {label, choose, href?}: one with an address opens it too. */
export function menuButton(symbol, label, entries, className) {
  const id = freshId("menu");
  const items = entries.map((entry) => {
    const props = {
      role: "menuitem",
      tabindex: "-1",
      class: "menu-item",
      onclick: () => {
        close(true);
        entry.choose();
      },
    };
    return entry.href
      ? h("a", { ...props, href: entry.href, target: "_blank", rel: "noopener noreferrer" }, entry.label)
      : h("button", { ...props, type: "button" }, entry.label);
  });
  const list = h("div", { id, role: "menu", class: "menu", hidden: true, "aria-label": label }, items);
  const opener = h(
    "button",
    {
      type: "button",
      class: className,
      "aria-haspopup": "menu",
      "aria-expanded": "false",
      "aria-controls": id,
      "aria-label": label,
      onclick: () => (list.hidden ? open() : close(true)),
    },
    symbol,
  );
  const holder = h("span", { class: "menu-holder", onkeydown: keys }, opener, list);

  function outside(event) {
    if (!holder.contains(event.target)) close(false);
  }
  function open() {
    list.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    document.addEventListener("pointerdown", outside);
    items[0]?.focus();
  }
  function close(focus) {
    list.hidden = true;
    opener.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (focus) opener.focus();
  }
  function keys(event) {
    if (list.hidden) return;
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
  }
  return holder;
}
