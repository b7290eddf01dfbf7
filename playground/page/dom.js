// Builds DOM nodes. Message content only ever becomes a text node or an
// attribute value: nothing in this page parses a string as HTML.

/** Makes an element; `on*` properties are listeners, children are nodes or text. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "value" || name === "checked" || name === "disabled") node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

/** Empties a node and gives it new children. */
export function fill(node, ...children) {
  node.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return node;
}

/** Returns the address if it is one a chat client would open, else null. */
export function safeUrl(address) {
  try {
    const url = new URL(String(address));
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** A link that opens outside the page, or plain text when the address is not one. */
export function link(address, label, props = {}) {
  const href = safeUrl(address);
  if (!href) return h("span", {}, label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", ...props }, label);
}

const stamps = new WeakMap();

/**
 * Makes a container's children match `entries` ({key, stamp, build}) and keeps
 * every node whose stamp is unchanged, so that typed text and focus survive.
 */
export function reconcile(container, entries) {
  const old = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let place = container.firstElementChild;
  for (const { key, stamp, build } of entries) {
    let node = old.get(key);
    old.delete(key);
    if (!node || stamps.get(node) !== stamp) {
      const fresh = build(node ?? null);
      fresh.dataset.key = key;
      stamps.set(fresh, stamp);
      if (node) {
        if (place === node) place = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
  for (const node of old.values()) node.remove();
}

let counter = 0;

/** A fresh element id, for labels and descriptions. */
export function freshId(prefix) {
  counter += 1;
  return `${prefix}-${counter}`;
}
