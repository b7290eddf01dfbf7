// Slack's mrkdwn as DOM nodes (https://docs.slack.dev/messaging/formatting-message-text).
// Builds nodes only; whatever it does not understand stays visible as text.
import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { slackDate } from "./dates.js";

const STYLES = { "*": "strong", _: "em", "~": "s" };
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };

// Undoes Slack's three entities, and only those.
const decode = (text) => text.replace(/&(?:amp|lt|gt);/g, (entity) => ENTITIES[entity]);

const shortcodes = (text) => text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji(name) ?? whole);

/**
 * The text of a plain_text object, without formatting: entities, and shortcodes unless it says
 * `emoji: false` (https://docs.slack.dev/reference/block-kit/composition-objects/text-object).
 */
export function plain(object) {
  const text = decode(String(object?.text ?? object ?? ""));
  return object?.emoji === false ? text : shortcodes(text);
}

/** Nodes for a mrkdwn string; `names` resolves users and channels. */
export function mrkdwn(text, names) {
  const nodes = [];
  String(text ?? "")
    .split(/```([\s\S]*?)```/)
    .forEach((part, index) => {
      if (index % 2) nodes.push(h("pre", { class: "mk-pre" }, bare(part.replace(/^\n|\n$/g, ""), names)));
      else nodes.push(...paragraphs(index ? part.replace(/^\n/, "") : part, names));
    });
  return nodes;
}

/** Nodes for a text object: mrkdwn with formatting, plain_text without. */
export function textNodes(object, names) {
  return object?.type === "mrkdwn" ? mrkdwn(object.text, names) : plainLines(plain(object));
}

// One node a line, with no formatting.
function plainLines(text) {
  return text.split("\n").map((line) => h("div", { class: line ? "mk-line" : "mk-line mk-gap" }, line));
}

const QUOTED = /^(?:&gt;|>) ?/;
const LISTED = /^(\s*)(•|◦|-|\d{1,3}\.)\s+(.*)$/;

function paragraphs(text, names) {
  if (!text) return [];
  const nodes = [];
  let quote = null;
  for (const line of text.split("\n")) {
    const quoted = QUOTED.test(line);
    if (quoted && !quote) nodes.push((quote = h("blockquote", { class: "mk-quote" })));
    if (!quoted) quote = null;
    (quote ?? { append: (node) => nodes.push(node) }).append(
      oneLine(quoted ? line.replace(QUOTED, "") : line, names),
    );
  }
  return nodes;
}

function oneLine(line, names) {
  const item = LISTED.exec(line);
  if (item) {
    return h(
      "div",
      { class: item[1].length > 1 ? "mk-li mk-deep" : "mk-li" },
      h("span", { class: "mk-dot" }, item[2]),
      h("span", {}, inline(item[3], names, "")),
    );
  }
  return h("div", { class: line.trim() ? "mk-line" : "mk-line mk-gap" }, inline(line, names, ""));
}

const isWord = (char) => char !== undefined && /[\p{L}\p{N}]/u.test(char);
const isSpace = (char) => char === undefined || /\s/.test(char);

// The end of a *bold*, _italic_ or ~strike~ run that starts at `start`, or -1.
function closing(text, start) {
  const mark = text[start];
  if (isWord(text[start - 1]) || isSpace(text[start + 1])) return -1;
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === "`" || text[at] === "<") {
      const end = text.indexOf(text[at] === "<" ? ">" : "`", at + 1);
      if (end > 0) at = end;
    } else if (text[at] === mark && at > start + 1 && !isSpace(text[at - 1]) && !isWord(text[at + 1]))
      return at;
  }
  return -1;
}

// `active` holds the marks already open, so nesting is at most three deep.
function inline(text, names, active) {
  const nodes = [];
  let run = "";
  const flush = () => {
    if (run) nodes.push(decode(run));
    run = "";
  };
  const push = (node, next) => {
    flush();
    nodes.push(node);
    return next;
  };
  let at = 0;
  while (at < text.length) {
    const found = special(text, at, names, active);
    if (found) at = push(found.node, found.next);
    else {
      run += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function special(text, at, names, active) {
  const char = text[at];
  if (char === "`") return code(text, at);
  if (char === "<") return control(text, at, names);
  if (char === ":") return shortcode(text, at);
  if (char === "h" && !isWord(text[at - 1])) return address(text, at);
  if (STYLES[char] && !active.includes(char)) {
    const end = closing(text, at);
    if (end > 0)
      return {
        node: h(STYLES[char], {}, inline(text.slice(at + 1, end), names, active + char)),
        next: end + 1,
      };
  }
  return null;
}

function code(text, at) {
  const end = text.indexOf("`", at + 1);
  if (end <= at + 1) return null;
  return { node: h("code", { class: "mk-code" }, decode(text.slice(at + 1, end))), next: end + 1 };
}

function shortcode(text, at) {
  const match = /^:([a-z0-9_+-]+):/.exec(text.slice(at, at + 60));
  const symbol = match && emoji(match[1]);
  return symbol
    ? { node: h("span", { class: "mk-emoji", title: match[0] }, symbol), next: at + match[0].length }
    : null;
}

function address(text, at) {
  const match = /^https?:\/\/[^\s<>|]+/.exec(text.slice(at));
  if (!match) return null;
  const shown = match[0].replace(/[.,;:!?)*_~]+$/, "");
  return { node: link(decode(shown), decode(shown)), next: at + shown.length };
}

function control(text, at, names) {
  const end = text.indexOf(">", at + 1);
  if (end < 0) return null;
  const node = sequence(text.slice(at + 1, end), names);
  return node ? { node, next: end + 1 } : null;
}

// One <...> sequence without its brackets; null when it is not one of Slack's.
function sequence(body, names) {
  const [target, label] = body.includes("|")
    ? [body.slice(0, body.indexOf("|")), body.slice(body.indexOf("|") + 1)]
    : [body, null];
  if (/^@[UW]/.test(target))
    return mention(
      `@${names.user(target.slice(1)) ?? label ?? target.slice(1)}`,
      names.isMe(target.slice(1)),
    );
  if (/^#C/.test(target)) return mention(`#${names.channel(target.slice(1)) ?? label ?? target.slice(1)}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!subteam^")) return mention(label ? decode(label) : `@${target.slice(9)}`);
  if (/^!(here|channel|everyone)$/.test(target)) return mention(`@${target.slice(1)}`, true);
  if (/^(https?:\/\/|mailto:)/.test(target))
    return link(decode(target), decode(label ?? target.replace(/^mailto:/, "")));
  return null;
}

function mention(text, toMe = false) {
  return h("span", { class: toMe ? "mk-mention mk-me" : "mk-mention" }, text);
}

function date(target, label) {
  const [, seconds, format = "", address] = target.split("^");
  const shown = slackDate(seconds, decode(format), decode(label ?? ""));
  const node = h("time", { title: decode(label ?? "") }, shown);
  return address ? link(decode(address), node) : node;
}

// Inside ``` only entities and <...> sequences are understood.
function bare(text, names) {
  return text
    .split(/(<[^<>]+>)/)
    .map((part) => (/^<.+>$/.test(part) && sequence(part.slice(1, -1), names)) || decode(part));
}

/** A short one-line version of a message, for previews and announcements. */
export function preview(text, names) {
  const holder = h("div", {}, mrkdwn(text, names));
  return holder.textContent.replace(/\s+/g, " ").trim().slice(0, 140);
}
