// The Teams side: chats, channels, cards and composer of one person.
import { h, reconcile } from "./dom.js";
import { teamsAct } from "./api.js";
import { appAvatar } from "./avatar.js";
import { refreshes } from "./cardinfo.js";
import { menuButton } from "./menu.js";
import { composer } from "./composer.js";
import { moment } from "./dates.js";
import { isUnread, markSeen, teamsConversations, teamsMark, teamsPending } from "./seen.js";
import { Overlay } from "./overlay.js";
import { sidebar } from "./sidebar.js";
import { showTask } from "./teamsdialog.js";
import { activityRow, attachedCards, noticeRow } from "./teamsmessage.js";
import { Announcer, messageList } from "./thread.js";

const HINTS = ["queue", "status ", "ooo"];

/** The pane; call `update(state, person)` after every change of either. */
export class TeamsPane {
  #state = null;
  #person = null;
  #chosen = new Map();
  #refreshed = new Map();
  #notices = [];
  #announcer = new Announcer();
  #list = messageList("Messages");
  #side = sidebar("Teams chats", "Chat");
  #title = h("header", { class: "conv-head" });
  #absent = h("p", { class: "absent", hidden: true });
  #composer = composer({
    testid: "composer-teams",
    label: "Type a message",
    hints: HINTS,
    send: (text) => this.#say(text),
  });
  #body;
  #dialogs;

  constructor(host) {
    const main = h("div", { class: "conv" }, this.#title, this.#list.node, this.#composer.node);
    this.#body = h("div", { class: "pane-body" }, this.#side.node, main);
    host.append(this.#body, this.#absent);
    this.#dialogs = new Overlay(host, [this.#body]);
  }

  update(state, person) {
    if (person !== this.#person && person.email !== this.#person?.email) this.#dialogs.close();
    this.#state = state;
    this.#person = person;
    this.#body.hidden = !person.teams_oid;
    this.#absent.hidden = Boolean(person.teams_oid);
    this.#absent.textContent = `${person.name} has no Microsoft Teams account.`;
    if (person.teams_oid) this.#draw();
  }

  #draw() {
    const conversations = this.#conversations();
    const current = this.#current(conversations);
    if (this.#body.offsetParent) markSeen(this.#person.email, current.id, teamsMark(current));
    this.#drawSide(conversations, current);
    this.#drawTitle(current);
    this.#drawMessages(current);
    this.#composer.offer(
      current.kind === "personal" ? HINTS : HINTS.map((hint) => `@${this.#botName()} ${hint}`),
    );
    this.#composer.rename(
      current.kind === "personal"
        ? "Type a message"
        : `Post in ${current.name}, @${this.#botName()} to ask the bot`,
    );
    this.#refresh(current);
    this.#announcer.look(
      this.#person.email,
      conversations.flatMap((one) =>
        one.activities.map((activity) => ({
          key: activity.id,
          say: () => `Teams, ${this.#label(one)}: ${activity.text || activity.summary || "a card"}`,
        })),
      ),
    );
  }

  // The chat with the bot is always offered, also before its first message.
  #conversations() {
    const seen = teamsConversations(this.#state, this.#person);
    const own = seen.filter((one) => one.kind === "personal");
    const chats = own.length
      ? own
      : [{ id: "", kind: "personal", oid: this.#person.teams_oid, name: "", activities: [] }];
    return [
      ...chats,
      ...seen.filter((one) => one.kind === "channel").sort((a, b) => a.name.localeCompare(b.name)),
    ];
  }

  #current(conversations) {
    return conversations.find((one) => one.id === this.#chosen.get(this.#person.email)) ?? conversations[0];
  }

  #botName() {
    return this.#state.teams.bot.name;
  }

  #label(conversation) {
    return conversation.kind === "personal" ? this.#botName() : conversation.name;
  }

  async #act(fields) {
    return teamsAct({ oid: this.#person.teams_oid, ...fields });
  }

  #drawSide(conversations, current) {
    const items = (kind) =>
      conversations
        .filter((one) => one.kind === kind)
        .map((one) => ({
          id: one.id || "bot",
          name: this.#label(one),
          current: one === current,
          unread: isUnread(this.#person.email, one.id, teamsMark(one)),
          icon: () =>
            kind === "personal"
              ? appAvatar("small round")
              : h("span", { class: "hash", "aria-hidden": "true" }, "▦"),
          pending: kind === "personal" ? teamsPending(this.#state, one, this.#person.teams_oid) : 0,
          choose: () => {
            this.#chosen.set(this.#person.email, one.id);
            this.#draw();
          },
        }));
    this.#side.show(null, [
      { label: "Chats", items: items("personal") },
      { label: "Channels", items: items("channel") },
    ]);
  }

  #installed() {
    const installed = this.#state.teams.installed;
    return !Array.isArray(installed) || installed.includes(this.#person.teams_oid);
  }

  #appButton(installed) {
    const act = (verb) => this.#act({ do: verb });
    if (!installed)
      return h("button", { type: "button", class: "quiet", onclick: () => act("install") }, "Add app");
    return menuButton(
      "⋯",
      "Chat options",
      [{ label: "Remove app", choose: () => act("uninstall") }],
      "quiet plain",
    );
  }

  #drawTitle(current) {
    const installed = this.#installed();
    const personal = current.kind === "personal";
    const build = () =>
      h(
        "div",
        { class: "conv-title" },
        h("h2", {}, this.#label(current)),
        h("span", { class: "conv-note" }, personal ? "Bot" : "Channel"),
        personal && this.#appButton(installed),
      );
    reconcile(this.#title, [
      { key: "title", stamp: JSON.stringify([current.id, this.#label(current), installed]), build },
    ]);
  }

  #drawMessages(current) {
    const view = {
      me: this.#person.teams_oid,
      botName: this.#botName(),
      people: this.#state.people
        .filter((one) => one.teams_oid)
        .map((one) => ({ title: one.name, value: one.teams_oid })),
      person: (oid) => this.#state.people.find((one) => one.teams_oid === oid),
      act: (fields) => this.#act({ conversation: current.id, ...fields }),
      task: (activity, task) => showTask(this.#dialogs, view, activity, task),
    };
    const entries = [...this.#activityEntries(current, view), ...this.#noticeEntries(current, view)];
    entries.sort((a, b) => a.at - b.at || a.after - b.after);
    const what = this.#installed()
      ? `This is the start of your chat with ${this.#label(current)}.`
      : `${this.#botName()} is not installed for you; add the app to chat with it.`;
    const empty = () => h("li", { class: "empty" }, appAvatar("large round"), h("p", {}, what));
    this.#list.show(
      `${this.#person.email} ${current.id}`,
      entries.length ? entries : [{ key: "empty", stamp: what, build: empty }],
    );
  }

  #activityEntries(current, view) {
    const times = new Map(current.activities.map((activity) => [activity.id, Number(moment(activity.at))]));
    return current.activities.map((activity) => {
      const own = this.#state.teams.views[`${activity.id}|${this.#person.teams_oid}`];
      const cards = own ? [own] : attachedCards(activity);
      return {
        key: activity.id,
        at: times.get(activity.root) ?? times.get(activity.id),
        after: activity.root ? times.get(activity.id) : 0,
        stamp: JSON.stringify([activity, own]),
        build: () => activityRow(activity, cards, view),
      };
    });
  }

  #noticeEntries(current, view) {
    const own = [...this.#state.teams.notices, ...this.#notices].filter(
      (one) => one.oid === this.#person.teams_oid && one.conversation === current.id,
    );
    return own.map((one) => ({
      key: `n${one.id}`,
      at: Number(moment(one.at)),
      after: 0,
      stamp: JSON.stringify(one),
      build: () => noticeRow(one, view),
    }));
  }

  // What the client does by itself: ask once for the person's view of each card that wants that.
  #refresh(current) {
    for (const activity of current.activities) {
      const own = this.#state.teams.views[`${activity.id}|${this.#person.teams_oid}`];
      if (own) this.#refreshed.delete(`${activity.id}|${this.#person.teams_oid}`);
      const card = own ? null : attachedCards(activity).find((one) => refreshes(one, this.#person.teams_mri));
      const asked = `${activity.id}|${this.#person.teams_oid}`;
      if (!card || this.#refreshed.get(asked) === JSON.stringify(card)) continue;
      this.#refreshed.set(asked, JSON.stringify(card));
      this.#act({
        do: "refresh",
        conversation: current.id,
        activity: activity.id,
        action: card.refresh.action,
      });
    }
  }

  async #say(text) {
    const current = this.#current(this.#conversations());
    const oid = this.#person.teams_oid;
    const name = `@${this.#botName()}`;
    const mention = current.kind === "personal" || text.startsWith(name);
    const written = current.kind === "channel" && mention ? text.slice(name.length).trim() : text;
    const answer = await this.#act({
      do: "message",
      conversation: current.id || undefined,
      text: written,
      mention,
    });
    if (answer.ok) return;
    const now = Date.now();
    const what = answer.error ?? "The message was not sent.";
    this.#notices.push({ id: `local${now}`, oid, conversation: current.id, at: now / 1000, text: what });
    this.#draw();
  }
}
