// One Teams message, with its cards as the chosen person sees them.
import { h } from "./dom.js";
import { avatar, appAvatar } from "./avatar.js";
import { withPeople } from "./cardpeople.js";
import { clock, moment } from "./dates.js";
import { markdown } from "./markdown.js";
import { renderCard } from "./mscards.js";
import { asksForDialog } from "./teamsdialog.js";

const ADAPTIVE = "application/vnd.microsoft.card.adaptive";

/**
 * A message. `cards` are what this person sees; `view` is {me, botName, people, person(oid),
 * act(fields), task(activity, task)}, act being about this conversation, people everyone who can be
 * chosen, and task what shows a dialog.
 */
export function activityRow(activity, cards, view) {
  const byBot = activity.from === "bot";
  const mine = activity.from === view.me;
  const person = view.person(activity.from);
  const name = byBot ? view.botName : (person?.name ?? "Someone");
  const at = moment(activity.at);
  const head = h(
    "div",
    { class: "msg-head" },
    !mine && h("strong", {}, name),
    at && h("time", { datetime: at.toISOString(), title: at.toLocaleString() }, clock(at)),
    activity.edited && h("span", { class: "msg-edited" }, "Edited"),
  );
  const plain = activity.textFormat === "plain";
  const words = () => (plain ? String(activity.text) : markdown(activity.text));
  const text =
    activity.text &&
    h("div", { class: plain ? "bubble plain" : "bubble" }, byBot ? words() : spoken(activity.text));
  return h(
    "li",
    {
      class: `act${mine ? " mine" : ""}${activity.root ? " reply" : ""}`,
      "data-testid": "teams-activity",
      "data-activity": activity.id,
    },
    !mine && (byBot ? appAvatar("round") : avatar(name, "round", person?.email)),
    h(
      "div",
      { class: "act-main" },
      head,
      text,
      cards.map((card) => cardFrame(card, activity, view)),
    ),
  );
}

/** The Adaptive Cards attached to an activity. */
export const attachedCards = (activity) =>
  (activity.attachments ?? []).filter((one) => one.contentType === ADAPTIVE).map((one) => one.content);

// What a person wrote: plain text in which <at>name</at> is a mention.
function spoken(text) {
  return String(text)
    .split(/(<at>[^<>]*<\/at>)/)
    .map((part) => {
      const name = /^<at>([^<>]*)<\/at>$/.exec(part);
      return name ? h("span", { class: "at" }, name[1]) : part;
    });
}

function cardFrame(card, activity, view) {
  const problem = h("div", { class: "act-problem", role: "alert", "data-testid": "teams-problem" });
  const run = async (action, inputs) => {
    problem.textContent = "";
    frame.classList.add("busy");
    const kind = action.type === "Action.Execute" ? "execute" : "submit";
    const asks = asksForDialog(action);
    const answer = await view.act({ do: asks ? "fetch" : kind, activity: activity.id, action, inputs });
    frame.classList.remove("busy");
    if (asks && answer.ok) view.task(activity, answer.body?.task);
    problem.textContent = complaint(answer);
  };
  const frame = h("div", { class: "card", "data-testid": "teams-card" }, renderCard(withPeople(card, view.people), run));
  return h("div", {}, frame, problem);
}

// What the client itself says under the card. Once the bot was asked (that took some
// time), what went wrong comes as a notice instead.
function complaint(answer) {
  return answer.ok || answer.ms > 0 ? "" : (answer.error ?? "The card was not sent.");
}

/** A message only this person sees. */
export function noticeRow(notice, view) {
  return h(
    "li",
    { class: "act notice", "data-testid": "teams-notice" },
    appAvatar("round"),
    h(
      "div",
      { class: "act-main" },
      h(
        "div",
        { class: "msg-head" },
        h("strong", {}, view.botName),
        h("span", { class: "only-you" }, "Only you can see this"),
      ),
      h("div", { class: "bubble" }, markdown(notice.text)),
    ),
  );
}
