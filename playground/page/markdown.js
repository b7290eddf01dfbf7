// The small Markdown of Adaptive Cards in Teams as DOM nodes
// (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format):
// bold, italic, lists, links. Headings, tables, images and HTML stay text, as Teams leaves them.
import { h, link, safeUrl } from "./dom.js";
import { cardDates } from "./dates.js";

const BULLET = /^\s*[-*+]\s+(.*)$/;
const NUMBER = /^\s*(\d{1,3})[.)]\s+(.*)$/;
const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": "\u00a0" };

/** Nodes for a card's text: paragraphs and lists. */
export function markdown(source) {
  const nodes = [];
  let [list, paragraph] = [null, null];
  for (const line of cardDates(String(source ?? "")).split(/\r\n|\n|\r/)) {
    const item = BULLET.exec(line) ?? NUMBER.exec(line);
    if (item) {
      const tag = item.length === 2 ? "ul" : "ol";
      if (list?.localName !== tag)
        nodes.push((list = h(tag, { class: "md-list", start: item.length === 3 && item[1] })));
      list.append(h("li", {}, inline(item.at(-1), "")));
      paragraph = null;
    } else if (line.trim() === "") [list, paragraph] = [null, null];
    else {
      // A single newline is a space in Markdown; Teams asks for two.
      if (paragraph) paragraph.append(" ");
      else nodes.push((paragraph = h("p", { class: "md-p" })));
      paragraph.append(...inline(line.trim(), ""));
      list = null;
    }
  }
  return nodes;
}

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const isSpace = (char) => char === undefined || /\s/.test(char);
const isWord = (char) => char !== undefined && /[\p{L}\p{N}]/u.test(char);

// `active` holds the marks already open, so that nesting is bounded.
function inline(text, active) {
  const nodes = [];
  let run = "";
  const push = (found) => {
    if (run) nodes.push(run);
    run = "";
    nodes.push(found.node);
    return found.next;
  };
  let at = 0;
  while (at < text.length) {
    const escaped = text[at] === "\\" && PUNCTUATION.test(text[at + 1] ?? "");
    const found = escaped ? null : special(text, at, active);
    if (found) at = push(found);
    else {
      run += text[at + (escaped ? 1 : 0)];
      at += escaped ? 2 : 1;
    }
  }
  if (run) nodes.push(run);
  return nodes;
}

function special(text, at, active) {
  if (text[at] === "[") return anchor(text, at, active);
  if (text[at] === "&") return entity(text, at);
  if (text[at] !== "*" && text[at] !== "_") return null;
  return (
    emphasis(text, at, text[at] + text[at], "strong", active) ?? emphasis(text, at, text[at], "em", active)
  );
}

function emphasis(text, at, mark, tag, active) {
  const from = at + mark.length;
  if (!text.startsWith(mark, at) || active.includes(tag) || isSpace(text[from])) return null;
  if (mark[0] === "_" && isWord(text[at - 1])) return null;
  let end = closing(text, from, mark);
  while (end > 0 && mark[0] === "_" && isWord(text[end + mark.length])) end = closing(text, end + 1, mark);
  if (end < 0) return null;
  return { node: h(tag, {}, inline(text.slice(from, end), active + tag)), next: end + mark.length };
}

// Where the mark stands again, not escaped, not after a space, and not as a part of a longer run.
function closing(text, from, mark) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (mark.length === 1 && text[at] === mark && text[at + 1] === mark) at += 1;
    else if (text.startsWith(mark, at) && at > from && !isSpace(text[at - 1])) return at;
  }
  return -1;
}

function anchor(text, at, active) {
  const match = /^\[((?:\\.|[^\]\\])+)\]\(([^()\s]+)\)/.exec(text.slice(at));
  if (!match || active.includes("a") || !safeUrl(match[2])) return null;
  return { node: link(match[2], inline(match[1], `${active}a`)), next: at + match[0].length };
}

function entity(text, at) {
  const match = /^&(?:amp|lt|gt|quot|#39|nbsp);/.exec(text.slice(at, at + 7));
  return match && { node: ENTITIES[match[0]], next: at + match[0].length };
}

/** The same as HTML text, for Microsoft's renderer; made from nodes, so everything is escaped. */
export function markdownHtml(source) {
  const holder = document.implementation.createHTMLDocument("").createElement("div");
  holder.append(...markdown(source));
  return holder.innerHTML;
}
