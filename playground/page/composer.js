// The box one types messages and commands into.
import { h, freshId, reconcile } from "./dom.js";

/** A composer; `send(text)` may return a promise, and false for what was not taken; `hints` are texts one click puts in the box. */
export function composer({ testid, label, hints, send }) {
  const id = freshId("composer");
  const box = h("textarea", {
    id,
    rows: 1,
    "data-testid": testid,
    class: "composer-box",
    onkeydown: keys,
    oninput: grow,
  });
  const name = h("label", { for: id, class: "hidden-label" }, label);
  const button = h("button", { type: "submit", class: "composer-send", "aria-label": "Send" }, "➤");
  const offered = h("div", { class: "composer-hints" });
  const node = h(
    "form",
    { class: "composer", onsubmit: submit },
    offered,
    h("div", { class: "composer-frame" }, name, box, button),
  );
  offer(hints);

  function offer(texts) {
    const put = (text) => {
      box.value = text;
      box.focus();
    };
    const build = (text) => h("button", { type: "button", class: "hint", onclick: () => put(text) }, text);
    reconcile(
      offered,
      texts.map((text) => ({ key: text, stamp: "", build: () => build(text) })),
    );
  }
  function grow() {
    box.rows = Math.min(6, box.value.split("\n").length);
  }
  function keys(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
  }
  async function submit(event) {
    event.preventDefault();
    const text = box.value.trim();
    if (!text) return;
    box.value = "";
    grow();
    if ((await send(text)) === false) box.value ||= text;
    grow();
  }
  return {
    node,
    offer,
    focus: () => box.focus(),
    /** Names the box for the conversation it now writes to. */
    rename(text) {
      name.textContent = text;
      box.placeholder = text;
    },
  };
}
