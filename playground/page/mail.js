// The mail side: the letters of one person, newest first, one of them open.
import { h, reconcile } from "./dom.js";
import { clock, moment } from "./dates.js";
import { lettersOf } from "./seen.js";

/** The pane; call `update(state, person)` after every change of either. */
export class MailPane {
  #host;
  #person = null;
  #open = new Map();
  #list = h("ul", { class: "letters", "aria-label": "Letters" });
  #reading = h("div", { class: "letter" });

  constructor(host) {
    this.#host = host;
    host.append(h("div", { class: "mail-body" }, this.#list, this.#reading));
  }

  update(state, person) {
    this.#person = person;
    const letters = lettersOf(state, person).reverse();
    this.#host.hidden = letters.length === 0;
    if (letters.length) this.#draw(letters);
  }

  // What is open stays open; the newest is, where nothing was chosen.
  #draw(letters) {
    const email = this.#person.email;
    const open = letters.find((one) => one.id === this.#open.get(email)) ?? letters[0];
    const choose = (id) => {
      this.#open.set(email, id);
      this.#draw(letters);
    };
    reconcile(
      this.#list,
      letters.map((one) => ({
        key: one.id,
        stamp: String(one === open),
        build: () => line(one, one === open, choose),
      })),
    );
    reconcile(this.#reading, [{ key: open.id, stamp: open.id, build: () => reader(open) }]);
  }
}

function line(one, current, choose) {
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "letter-line",
        "aria-current": current ? "true" : undefined,
        onclick: () => choose(one.id),
      },
      h("span", { class: "letter-subject" }, one.subject),
      h("span", { class: "letter-at" }, clock(moment(one.at))),
    ),
  );
}

function reader(one) {
  return h(
    "article",
    { class: "letter-page" },
    h("h2", {}, one.subject),
    h("p", { class: "letter-from" }, `${one.from} · ${clock(moment(one.at))}`),
    h("iframe", {
      class: "letter-frame",
      title: one.subject,
      sandbox: "allow-popups allow-popups-to-escape-sandbox",
      src: `/_play/mail/${encodeURIComponent(one.id)}`,
      "data-testid": "letter",
    }),
  );
}
