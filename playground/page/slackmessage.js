// Slack's messages, replies and ephemeral messages as rows of a message list.
import { h } from "./dom.js";
import { avatar, appAvatar } from "./avatar.js";
import { clock, moment } from "./dates.js";
import { Form } from "./form.js";
import { renderBlocks } from "./blocks.js";
import { mrkdwn } from "./mrkdwn.js";

const DEAD = "This app did not respond. Try again.";

/**
 * The messages of a conversation for `messageList`, replies after their message.
 * `view` is {names, people, botUser, botName, confirm, send, reply}.
 */
export function messageEntries(conversation, view) {
  return conversation.messages.map((message) => {
    const thread = message.thread_ts && message.thread_ts !== message.ts ? message.thread_ts : null;
    const place = { reply: Boolean(thread), target: { channel: conversation.id, ts: message.ts } };
    return {
      key: message.ts,
      at: Number(thread ?? message.ts),
      after: thread ? Number(message.ts) : 0,
      stamp: JSON.stringify(message),
      build: () => messageRow(message, place, view),
    };
  });
}

/** Messages only this person sees. */
export function ephemeralEntries(ephemerals, view) {
  return ephemerals.map((one) => ({
    key: `e${one.id}`,
    at: Number(one.thread_ts ?? one.at),
    after: one.thread_ts ? Number(one.at) : 0,
    stamp: JSON.stringify(one),
    build: () =>
      ephemeralRow(one, { reply: Boolean(one.thread_ts), target: { ephemeral: one.id } }, view, () =>
        view.send({ do: "dismiss", ephemeral: one.id }),
      ),
  }));
}

/** What the client itself says, {id, at, text}; `forget(notice)` takes one away. */
export function noticeEntries(notices, forget) {
  return notices.map((one) => ({
    key: one.id,
    at: one.at,
    after: 0,
    stamp: "",
    build: () => slackbotRow(one, () => forget(one)),
  }));
}

/** What stands in a conversation without messages. */
export function emptyEntry(label) {
  const text = `This is the start of your conversation with ${label}.`;
  const build = () => h("li", { class: "empty" }, appAvatar("large"), h("p", {}, text));
  return { key: "empty", stamp: text, build };
}

// `place.target` are the members that identify the message in an interaction.
function messageRow(message, place, view) {
  const byBot = message.user === view.botUser || Boolean(message.bot_id);
  const person = view.people.find((one) => one.slack_user === message.user);
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
    byBot ? appAvatar("square") : avatar(name, "square", person?.email),
    h(
      "div",
      { class: "msg-main" },
      head,
      content(message, place, view, problem),
      message.edited && !message.blocks?.length && h("span", { class: "msg-edited" }, "(edited)"),
      problem,
      place.target.ts &&
        !place.reply &&
        h(
          "button",
          {
            type: "button",
            class: "reply-button",
            "data-testid": "slack-reply",
            onclick: () => view.reply(message),
          },
          "Reply in thread",
        ),
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

// A message only this person sees; `dismiss` forgets it.
function ephemeralRow(message, place, view, dismiss) {
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

// A line the client itself shows after a command that failed.
function slackbotRow(notice, dismiss) {
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
