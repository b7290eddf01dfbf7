// Slack's confirm dialogs (https://docs.slack.dev/reference/block-kit/composition-objects
// /confirmation-dialog-object) and modals (https://docs.slack.dev/surfaces/modals).
import { h } from "./dom.js";
import { Form } from "./form.js";
import { renderBlocks } from "./blocks.js";
import { plain, textNodes } from "./mrkdwn.js";
import { dialogFrame } from "./overlay.js";

/** Asks a confirm dialog's question; resolves to whether it was confirmed. */
export function confirmDialog(overlay, object, names) {
  return new Promise((answer) => {
    const done = (confirmed) => {
      overlay.close();
      answer(confirmed);
    };
    const style = object.style === "danger" ? "bk-danger" : "bk-primary";
    overlay.open(
      dialogFrame({
        title: plain(object.title),
        "data-testid": "confirm",
        class: "dialog dialog-small",
        close: () => done(false),
        body: textNodes(object.text, names),
        buttons: [
          h(
            "button",
            { type: "button", class: "bk-btn", onclick: () => done(false) },
            plain(object.deny ?? "Cancel"),
          ),
          h(
            "button",
            { type: "button", class: `bk-btn ${style}`, "data-first": true, onclick: () => done(true) },
            plain(object.confirm ?? "Yes"),
          ),
        ],
      }),
      () => done(false),
    );
  });
}

const TROUBLE = "We had some trouble connecting. Try again?";

/** Shows the modal a person has open, and keeps what they typed when the app updates it. */
export class ViewModal {
  #overlay;
  #context;
  #send;
  #shown = "";
  #viewId = null;
  #form = new Form();
  #problem = null;

  /** `context()` gives what blocks need; `send(fields)` acts as the person. */
  constructor(overlay, context, send) {
    this.#overlay = overlay;
    this.#context = context;
    this.#send = send;
  }

  /** Makes the dialog match the view, or closes it for null. */
  show(view) {
    const stamp = view ? JSON.stringify(view) : "";
    if (stamp === this.#shown) return;
    this.#shown = stamp;
    if (!view) {
      this.#viewId = null;
      this.#overlay.close();
      return;
    }
    const same = this.#viewId === view.id;
    const typed = same ? this.#form.values() : {};
    this.#viewId = view.id;
    this.#form = new Form();
    const frame = this.#frame(view);
    this.#form.restore(typed);
    this.#overlay.open(frame, () => this.#close(view), !same);
  }

  #frame(view) {
    const form = this.#form;
    const context = {
      ...this.#context(),
      form,
      act: (fields) => this.#send({ view_id: view.id, ...fields, state: form.values() }),
    };
    this.#problem = h("div", { class: "dialog-problem", role: "alert", "data-testid": "modal-problem" });
    const buttons = [
      h(
        "button",
        { type: "button", class: "bk-btn", onclick: () => this.#close(view) },
        view.close ? plain(view.close) : "Cancel",
      ),
    ];
    if (view.submit)
      buttons.push(
        h(
          "button",
          { type: "submit", class: "bk-btn bk-primary", "data-testid": "modal-submit" },
          plain(view.submit),
        ),
      );
    const submit = (event) => {
      event.preventDefault();
      this.#submit(view);
    };
    return dialogFrame({
      tag: "form",
      "data-testid": "modal",
      title: plain(view.title),
      close: () => this.#close(view),
      novalidate: true,
      onsubmit: submit,
      body: [this.#problem, renderBlocks(view.blocks, context)],
      buttons,
    });
  }

  #close(view) {
    return this.#send({ do: "close", view_id: view.id });
  }

  async #submit(view) {
    if (!view.submit || !this.#form.complete()) return;
    const frame = this.#problem.closest("form");
    frame.classList.add("busy");
    this.#problem.textContent = "";
    const answer = await this.#send({ do: "submit", view_id: view.id, values: this.#form.values() });
    frame.classList.remove("busy");
    if (answer.errors) this.#refused(answer.errors);
    else if (!answer.ok) this.#problem.textContent = answer.shown ?? TROUBLE;
  }

  // An error for a block without a field is still shown, above the form.
  #refused(errors) {
    if (!this.#form.showErrors(errors))
      this.#problem.textContent = Object.values(errors).join(" ") || TROUBLE;
  }
}
