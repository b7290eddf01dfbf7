// The list of conversations beside the messages; the same for both platforms.
import { h, reconcile } from "./dom.js";

/** A sidebar; `show(groups)` takes [{label, items: [{id, name, icon, pending, unread, current, choose}]}]. */
export function sidebar(label, title) {
  const list = h("ul", { class: "side-list" });
  const heading = h("div", { class: "workspace" });
  const node = h("nav", { class: "side", "aria-label": label }, heading, list);
  return {
    node,
    show(text, groups) {
      heading.textContent = text ?? title;
      reconcile(
        list,
        groups
          .filter((group) => group.items.length)
          .flatMap((group) => [
            {
              key: `group ${group.label}`,
              stamp: group.label,
              build: () => h("li", { class: "side-group" }, group.label),
            },
            ...group.items.map(entry),
          ]),
      );
    },
  };
}

function entry(item) {
  const { id, name, icon, pending, unread, current, choose } = item;
  const button = () =>
    h(
      "button",
      {
        type: "button",
        class: unread ? "side-item unread" : "side-item",
        "aria-current": current && "true",
        onclick: choose,
      },
      icon(),
      h("span", { class: "side-name" }, name),
      pending > 0 && h("span", { class: "badge", title: `${pending} to decide` }, String(pending)),
    );
  return {
    key: `item ${id}`,
    stamp: JSON.stringify([name, pending, unread, current]),
    build: () => h("li", {}, button()),
  };
}
