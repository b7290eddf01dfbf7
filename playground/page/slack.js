// The Slack side: conversations, messages, composer, App Home and modal of one person.
import { h, reconcile } from "./dom.js";
import { slackAct } from "./api.js";
import { appAvatar } from "./avatar.js";
import { composer } from "./composer.js";
import { Form } from "./form.js";
import { renderBlocks } from "./blocks.js";
import { confirmDialog, ViewModal } from "./modal.js";
import { preview } from "./mrkdwn.js";
import { Overlay } from "./overlay.js";
import { sidebar } from "./sidebar.js";
import { isUnread, markSeen, slackConversations, slackMark, slackPending } from "./seen.js";
import { emptyEntry, ephemeralEntries, messageEntries, noticeEntries } from "./slackmessage.js";
import { Announcer, messageList } from "./thread.js";

const HINTS = ["/approvals", "/approvals request", "/approvals status ", "/approvals delegate @", "/approvals ooo", "/approvals stats"];

/** The pane; call `update(state, person)` after every change of either. */
export class SlackPane {
  #state = null;
  #person = null;
  #chosen = new Map();
  #tab = "messages";
  #notices = [];
  #announcer = new Announcer();
  #list = messageList("Messages");
  #side = sidebar("Slack conversations");
  #title = h("header", { class: "conv-head" });
  #home = h("div", { class: "home", "data-testid": "slack-home", hidden: true });
  #absent = h("p", { class: "absent", hidden: true });
  #body;
  #question;
  #modal;
  #thread = null;
  #replying = h("div", { class: "replying", "data-testid": "slack-replying", hidden: true });
  #composer = composer({
    testid: "composer-slack",
    label: "Message",
    hints: HINTS,
    send: (text) => this.#say(text),
  });

  constructor(host) {
    const foot = [this.#replying, this.#composer.node];
    const main = h("div", { class: "conv" }, this.#title, this.#home, this.#list.node, ...foot);
    this.#body = h("div", { class: "pane-body" }, this.#side.node, main);
    host.append(this.#body, this.#absent);
    const modals = new Overlay(host, [this.#body]);
    this.#question = new Overlay(host, [this.#body, modals.layer]);
    this.#modal = new ViewModal(
      modals,
      () => this.#context(),
      (fields) => this.#act(fields),
    );
  }

  update(state, person) {
    if (person.email !== this.#person?.email) {
      this.#tab = "messages";
      this.#question.cancel();
      this.#thread = null;
    }
    this.#state = state;
    this.#person = person;
    this.#body.hidden = !person.slack_user;
    this.#absent.hidden = Boolean(person.slack_user);
    this.#absent.textContent = `${person.name} has no Slack account.`;
    if (person.slack_user) this.#draw();
    else this.#modal.show(null);
  }

  #draw() {
    const conversations = this.#conversations();
    const current = this.#current(conversations);
    if (this.#body.offsetParent)
      markSeen(this.#person.email, current.id, slackMark(current, this.#state.slack.bot_user));
    this.#drawSide(conversations, current);
    this.#drawTitle(current);
    this.#drawMessages(current);
    this.#drawHome();
    this.#drawThread(current);
    this.#composer.rename(
      this.#thread ? "Reply in the thread" : this.#reads(current) ? `Message ${this.#label(current)}` : `Slash commands only, such as ${HINTS[0]}`,
    );
    this.#modal.show(this.#view());
    this.#tell(conversations);
  }

  // Which message the next one answers, and how to leave its thread.
  #drawThread(current) {
    if (this.#thread?.channel !== current.id) this.#thread = null;
    this.#replying.hidden = !this.#thread || this.#tab === "home";
    if (!this.#thread) return;
    const { ts, text } = this.#thread;
    const leave = () => this.#reply(null);
    const build = () =>
      h(
        "div",
        { class: "replying-to" },
        h("span", {}, `Thread: ${preview(text, this.#names())}`),
        h("button", { type: "button", class: "dismiss", onclick: leave }, "Leave the thread"),
      );
    reconcile(this.#replying, [{ key: ts, stamp: text, build }]);
  }

  #reply(thread) {
    this.#thread = thread;
    this.#draw();
    if (thread) this.#composer.focus();
  }

  // The chat with the app is always offered, also before its first message.
  #conversations() {
    const seen = slackConversations(this.#state, this.#person);
    const own = seen.filter((one) => one.kind === "im");
    const direct = own.length
      ? own
      : [{ id: "", kind: "im", user: this.#person.slack_user, name: "", messages: [] }];
    const channels = seen.filter((one) => one.kind === "channel" && one.messages.length > 0);
    return [...direct, ...channels.sort((a, b) => a.name.localeCompare(b.name))];
  }

  #current(conversations) {
    return conversations.find((one) => one.id === this.#chosen.get(this.#person.email)) ?? conversations[0];
  }

  #botName() {
    return this.#state.slack.bot_name ?? this.#state.teams.bot.name;
  }

  #label(conversation) {
    return conversation.kind === "im" ? this.#botName() : `#${conversation.name}`;
  }

  // Slack sends the app a message only if the app subscribes to that.
  #reads(conversation) {
    return conversation.kind !== "im" || (this.#state.slack.events ?? ["message.im"]).includes("message.im");
  }

  // Slack has the tab where the manifest switches it on, so where an app listens to its opening.
  #hasHome() {
    const { homes, events } = this.#state.slack;
    return Boolean(homes[this.#person.slack_user]) || (events ?? []).includes("app_home_opened");
  }

  #names() {
    const { people, slack } = this.#state;
    return {
      user: (id) =>
        id === slack.bot_user ? this.#botName() : people.find((person) => person.slack_user === id)?.name,
      channel: (id) => slack.channels.find((channel) => channel.id === id)?.name,
      isMe: (id) => id === this.#person.slack_user,
    };
  }

  #context() {
    const names = this.#names();
    return {
      names,
      people: this.#state.people.filter((person) => person.slack_user),
      confirm: (object) => confirmDialog(this.#question, object, names),
    };
  }

  #act(fields) {
    return slackAct({ user: this.#person.slack_user, ...fields });
  }

  #view() {
    return this.#state.slack.modals[this.#person.slack_user]?.at(-1) ?? null;
  }

  #drawSide(conversations, current) {
    const items = (kind) =>
      conversations
        .filter((one) => one.kind === kind)
        .map((one) => ({
          id: one.id || "app",
          name: kind === "im" ? this.#botName() : one.name,
          current: one === current,
          icon: () =>
            kind === "im"
              ? appAvatar("small square")
              : h("span", { class: "hash", "aria-hidden": "true" }, "#"),
          pending: kind === "im" ? slackPending(one) : 0,
          unread: this.#unread(one),
          choose: () => this.#choose(one.id),
        }));
    this.#side.show(this.#state.company, [
      { label: "Apps", items: items("im") },
      { label: "Channels", items: items("channel") },
    ]);
  }

  #choose(id) {
    this.#chosen.set(this.#person.email, id);
    this.#tab = "messages";
    this.#draw();
    // Slack tells the app that somebody opened it, if the app listens to that.
    if (this.#state.slack.conversations[id]?.kind !== "channel")
      this.#act({ do: "home", tab: "messages" });
  }

  #unread(one) {
    return isUnread(this.#person.email, one.id, slackMark(one, this.#state.slack.bot_user));
  }

  #drawTitle(current) {
    const members = this.#state.slack.channels.find((channel) => channel.id === current.id)?.members.length;
    const home = current.kind === "im" && this.#hasHome();
    if (!home) this.#tab = "messages";
    const tab = (name, label) =>
      h(
        "button",
        {
          type: "button",
          role: "tab",
          class: "tab",
          "aria-selected": String(this.#tab === name),
          onclick: () => this.#openTab(name),
        },
        label,
      );
    const build = () =>
      h(
        "div",
        { class: "conv-title" },
        h("h2", {}, this.#label(current)),
        current.kind === "im" && h("span", { class: "app-tag" }, "APP"),
        members && h("span", { class: "conv-note" }, `${members} members`),
        home &&
          h(
            "div",
            { class: "tabs", role: "tablist", "aria-label": "App" },
            tab("home", "Home"),
            tab("messages", "Messages"),
          ),
      );
    reconcile(this.#title, [
      { key: "title", stamp: JSON.stringify([current.id, members, this.#tab, Boolean(home)]), build },
    ]);
  }

  #openTab(name) {
    this.#tab = name;
    this.#draw();
    if (name === "home") this.#act({ do: "home" });
  }

  #drawHome() {
    const shown = this.#tab === "home";
    const view = this.#state.slack.homes[this.#person.slack_user];
    this.#home.hidden = !shown;
    this.#list.node.hidden = shown;
    this.#composer.node.hidden = shown;
    if (!shown) return;
    if (!view) {
      const build = () => h("p", { class: "absent" }, "The app has shown nothing here yet.");
      reconcile(this.#home, [{ key: "none", stamp: "", build }]);
      return;
    }
    reconcile(this.#home, [
      {
        key: view.id ?? "home",
        stamp: JSON.stringify(view),
        build: () => {
          const form = new Form();
          const context = {
            ...this.#context(),
            form,
            act: (fields) => this.#act({ view_id: view.id, ...fields, state: form.values() }),
          };
          return h("div", { class: "bk" }, renderBlocks(view.blocks, context));
        },
      },
    ]);
  }

  #drawMessages(current) {
    const view = {
      ...this.#context(),
      botUser: this.#state.slack.bot_user,
      botName: this.#botName(),
      send: (fields) => this.#act(fields),
      reply: ({ ts, text }) => this.#reply({ channel: current.id, ts, text: text ?? "" }),
    };
    const { email, slack_user } = this.#person;
    const forget = (gone) => {
      this.#notices = this.#notices.filter((one) => one !== gone);
      this.#draw();
    };
    const mine = this.#state.slack.ephemerals.filter(
      (one) => one.user === slack_user && one.channel === current.id,
    );
    const notices = this.#notices.filter((one) => one.email === email && one.channel === current.id);
    const rows = [
      ...messageEntries(current, view),
      ...ephemeralEntries(mine, view),
      ...noticeEntries(notices, forget),
    ].sort((a, b) => a.at - b.at || a.after - b.after);
    this.#list.show(`${email} ${current.id}`, rows.length ? rows : [emptyEntry(this.#label(current))]);
  }

  async #say(text) {
    const { email } = this.#person;
    const current = this.#current(this.#conversations());
    const channel = current.id;
    const [, command, rest] = /^(\/\S+)\s*([\s\S]*)$/.exec(text) ?? [];
    const thread = this.#thread;
    if (thread && command) {
      this.#notify(email, channel, `${command} is not supported in threads. Nothing was sent.`);
      return false;
    }
    if (!command && !thread && !this.#reads(current)) {
      const what = `${this.#botName()} reads slash commands only, such as ${HINTS[0]}. Nothing was sent.`;
      this.#notify(email, channel, what);
      return false;
    }
    const answer = await this.#act(
      command
        ? { do: "command", command, text: rest, channel }
        : { do: "message", channel, text, ...(thread && { thread_ts: thread.ts }) },
    );
    if (!answer.ok)
      this.#notify(email, channel, answer.shown ?? answer.error ?? "The message was not sent.");
    return true;
  }

  #notify(email, channel, text) {
    const now = Date.now();
    this.#notices.push({ id: `n${now}`, channel, email, at: now / 1000, text });
    this.#draw();
  }

  #tell(conversations) {
    const names = this.#names();
    this.#announcer.look(
      this.#person.email,
      conversations.flatMap((one) =>
        one.messages.map((message) => ({
          key: message.ts,
          say: () => `Slack, ${this.#label(one)}: ${preview(message.text, names)}`,
        })),
      ),
    );
  }
}
