// What each person has read (kept in this browser) and what waits for them.
import { actionable as cardWaits } from "./cardinfo.js";

const STORE = "playground.seen";
const seen = read();

function read() {
  try {
    return JSON.parse(localStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}

/** Remembers that the person has read the conversation up to `mark`. */
export function markSeen(email, conversation, mark) {
  const key = `${email} ${conversation}`;
  if (seen[key] === mark || mark === undefined) return;
  seen[key] = mark;
  try {
    localStorage.setItem(STORE, JSON.stringify(seen));
  } catch {
    // Without storage, what was read is forgotten with the page.
  }
}

export const isUnread = (email, conversation, mark) =>
  mark !== undefined && seen[`${email} ${conversation}`] !== mark;

/** The newest message of a Slack conversation that the app wrote, as a mark. */
export const slackMark = (conversation, botUser) =>
  conversation.messages.findLast((message) => message.user === botUser)?.ts;

/** The newest activity of a Teams conversation that the bot wrote, as a mark. */
export const teamsMark = (conversation) =>
  conversation.activities.findLast((activity) => activity.from === "bot")?.id;

// A message waits for a decision when it offers a primary or a danger button.
const messageWaits = (message) =>
  (message.blocks ?? []).some(
    (block) =>
      block.type === "actions" &&
      (block.elements ?? []).some(
        (part) => part.type === "button" && ["primary", "danger"].includes(part.style),
      ),
  );

/** The Slack conversations a person sees: their own and those of channels they are in. */
export function slackConversations(state, person) {
  if (!person.slack_user) return [];
  const channels = new Set(
    state.slack.channels
      .filter((channel) => channel.members.includes(person.slack_user))
      .map((channel) => channel.id),
  );
  return Object.values(state.slack.conversations).filter((one) =>
    one.kind === "im" ? one.user === person.slack_user : channels.has(one.id),
  );
}

/** The Teams conversations a person sees. */
export function teamsConversations(state, person) {
  if (!person.teams_oid) return [];
  return Object.values(state.teams.conversations).filter((one) =>
    one.kind === "personal" ? one.oid === person.teams_oid : (one.members ?? []).includes(person.teams_oid),
  );
}

// The card a person sees for an attachment: their own view, or everybody's.
const cardFor = (state, activity, oid, attachment) =>
  state.teams.views[`${activity.id}|${oid}`] ?? attachment.content;

/** The letters in a person's mailbox, oldest first. */
export const lettersOf = (state, person) => state.mail.letters.filter((one) => one.to === person.email);

export const slackPending = (conversation) => conversation.messages.filter(messageWaits).length;

export const teamsPending = (state, conversation, oid) =>
  conversation.activities.filter((activity) =>
    (activity.attachments ?? []).some((attachment) => cardWaits(cardFor(state, activity, oid, attachment))),
  ).length;

/** How many cards wait for a person in their own chats, and whether anything there is unread. */
export function summary(state, person) {
  const slack = slackConversations(state, person).filter((one) => one.kind === "im");
  const teams = teamsConversations(state, person).filter((one) => one.kind === "personal");
  const pendingSlack = slack.reduce((sum, one) => sum + slackPending(one), 0);
  const pendingTeams = teams.reduce((sum, one) => sum + teamsPending(state, one, person.teams_oid), 0);
  const unread =
    slack.some((one) => isUnread(person.email, one.id, slackMark(one, state.slack.bot_user))) ||
    teams.some((one) => isUnread(person.email, one.id, teamsMark(one)));
  return { pendingSlack, pendingTeams, pending: pendingSlack + pendingTeams, unread };
}
