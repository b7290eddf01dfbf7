// The picker: everybody in the company, with what waits for them.
import { h, reconcile } from "./dom.js";
import { avatar } from "./avatar.js";
import { summary } from "./seen.js";

/** Draws the picker into `list`; `choose(email)` is called for a click. */
export function drawPeople(list, state, chosen, choose) {
  reconcile(
    list,
    state.people.map((person) => {
      const { pending, unread } = summary(state, person);
      const current = person.email === chosen.email;
      return {
        key: person.email,
        stamp: JSON.stringify([person, pending, unread, current]),
        build: (old) => keepFocus(old, entry(person, pending, unread, current, choose)),
      };
    }),
  );
  showMore(list);
  if (list.dataset.chosen === chosen.email) return;
  list.dataset.chosen = chosen.email;
  list.querySelector("[aria-pressed=true]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

/** Keeps the picker's edges faded where more people are to be scrolled to. */
export function watchEdges(list) {
  list.addEventListener("scroll", () => showMore(list), { passive: true });
  new ResizeObserver(() => showMore(list)).observe(list);
}

function showMore(list) {
  list.classList.toggle("more-before", list.scrollLeft > 1);
  list.classList.toggle("more-after", list.scrollWidth - list.clientWidth - list.scrollLeft > 1);
}

// A chosen person's entry is drawn anew; the keyboard stays where it was.
function keepFocus(old, node) {
  if (old?.contains(document.activeElement))
    queueMicrotask(() => node.querySelector("button").focus({ preventScroll: true }));
  return node;
}

function waiting(pending, unread) {
  if (pending) return h("span", { class: "badge", "data-testid": "badge" }, String(pending));
  return unread ? h("span", { class: "dot", "data-testid": "unread" }) : null;
}

function spoken(person, pending, unread) {
  const where =
    [person.slack_user && "Slack", person.teams_oid && "Teams"].filter(Boolean).join(" and ") ||
    "no chat account";
  const what = pending ? `, ${pending} to decide` : unread ? ", new messages" : "";
  return `${person.name}, ${person.title || "no title"}, ${where}${what}`;
}

function entry(person, pending, unread, current, choose) {
  const on = (name, letter, has) => has && h("span", { class: `on on-${name}`, title: name }, letter);
  return h(
    "li",
    {},
    h(
      "button",
      {
        type: "button",
        class: "person",
        "aria-pressed": String(current),
        "aria-label": spoken(person, pending, unread),
        "data-testid": `person-${person.email}`,
        onclick: () => choose(person.email),
      },
      h("span", { class: "person-face" }, avatar(person.name, "round", person.email), waiting(pending, unread)),
      h(
        "span",
        { class: "person-text" },
        h("span", { class: "person-name" }, person.name),
        h(
          "span",
          { class: "person-title" },
          person.title,
          " ",
          on("slack", "S", person.slack_user),
          on("teams", "T", person.teams_oid),
        ),
      ),
    ),
  );
}
