// One Slack message, ephemeral message or reply, as Slack lays it out.
import { h } from "./dom.js";
import { avatar, appAvatar } from "./avatar.js";
import { clock, moment } from "./dates.js";
import { Form } from "./form.js";
import { renderBlocks } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";

const DEAD = "This app did not respond. Try again.";

/**
 * A message row. `view` is {names, people, botUser, botName, confirm, send};
 * `place` are the members that identify the message in an interaction.
 */
export function messageRow(message, place, view) {
  const byBot = message.user === view.botUser || Boolean(message.bot_id);
  const name = byBot ? view.botName : (view.names.user(message.user) ?? message.user ?? "Someone");
  const at = moment(message.ts ?? message.at);
  const problem = h("div", { class: "act-problem", role: "alert", "data-testid": "slack-problem" });
  const head = h(
    "div",
    { class: "msg-head" },
    h("strong", {}, name),
    byBot && h("span", { class: "app-tag" }, "APP"),
    at && h("time", { datetime: at.toISOString(), title: at.toLocaleString() }, clock(at)),
  );
  return h(
    "li",
    { class: place.reply ? "msg reply" : "msg", "data-testid": "slack-message", "data-ts": message.ts },
    byBot ? appAvatar("square") : avatar(name, "square"),
    h(
      "div",
      { class: "msg-main" },
      head,
      content(message, place, view, problem),
      message.edited && !message.blocks?.length && h("span", { class: "msg-edited" }, "(edited)"),
      problem,
    ),
  );
}

function content(message, place, view, problem) {
  if (!message.blocks?.length) return h("div", { class: "bk-text" }, mrkdwn(message.text ?? "", view.names));
  const form = new Form();
  const act = async (fields) => {
    problem.textContent = "";
    const answer = await view.send({ ...place.target, ...fields, state: form.values() });
    if (!answer.ok) problem.textContent = answer.shown ?? DEAD;
  };
  return h(
    "div",
    { class: "bk" },
    renderBlocks(message.blocks, {
      names: view.names,
      people: view.people,
      confirm: view.confirm,
      form,
      act,
    }),
  );
}

/** A message only this person sees; `dismiss` forgets it. */
export function ephemeralRow(message, place, view, dismiss) {
  const row = messageRow({ ...message, user: view.botUser }, place, view);
  row.classList.add("ephemeral");
  row.dataset.testid = "ephemeral";
  const note = h(
    "div",
    { class: "only-you" },
    h("span", { "aria-hidden": "true" }, "👁 "),
    "Only visible to you",
  );
  row.querySelector(".msg-main").prepend(note);
  row
    .querySelector(".msg-main")
    .append(h("button", { type: "button", class: "dismiss", onclick: dismiss }, "Dismiss message"));
  return row;
}

/** A line the client itself shows after a command that failed. */
export function slackbotRow(notice, dismiss) {
  return h(
    "li",
    { class: "msg ephemeral", "data-testid": "ephemeral" },
    avatar("Slackbot", "square"),
    h(
      "div",
      { class: "msg-main" },
      h("div", { class: "only-you" }, "Only visible to you"),
      h("div", { class: "msg-head" }, h("strong", {}, "Slackbot")),
      h("div", { class: "bk-text" }, notice.text),
      h("button", { type: "button", class: "dismiss", onclick: dismiss }, "Dismiss message"),
    ),
  );
}
