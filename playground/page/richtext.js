// Slack's rich_text block (https://docs.slack.dev/reference/block-kit/blocks/rich-text-block).
import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { slackDate } from "./dates.js";

/** Nodes for the block; `names` resolves users and channels. */
export function richText(block, names) {
  return (block.elements ?? []).map((part) => group(part, names));
}

function group(part, names) {
  const inner = (part.elements ?? []).map((one) =>
    part.type === "rich_text_list" ? h("li", {}, group(one, names)) : leaf(one, names),
  );
  if (part.type === "rich_text_list")
    return h(part.style === "ordered" ? "ol" : "ul", { class: "md-list" }, inner);
  if (part.type === "rich_text_quote") return h("blockquote", { class: "mk-quote mk-line" }, inner);
  if (part.type === "rich_text_preformatted") return h("pre", { class: "mk-pre" }, inner);
  return h("div", { class: "mk-line" }, inner);
}

const LEAVES = {
  text: (one) => String(one.text ?? ""),
  link: (one) => link(one.url, one.text ?? one.url),
  emoji: (one) => emoji(one.name) ?? `:${one.name}:`,
  user: (one, names) => h("span", { class: "mk-mention" }, `@${names.user(one.user_id) ?? one.user_id}`),
  channel: (one, names) =>
    h("span", { class: "mk-mention" }, `#${names.channel(one.channel_id) ?? one.channel_id}`),
  usergroup: (one) => h("span", { class: "mk-mention" }, `@${one.usergroup_id}`),
  broadcast: (one) => h("span", { class: "mk-mention mk-me" }, `@${one.range}`),
  date: (one) => slackDate(String(one.timestamp), String(one.format ?? ""), String(one.fallback ?? "")),
};

function leaf(one, names) {
  const draw = Object.hasOwn(LEAVES, one?.type ?? "") ? LEAVES[one.type] : () => "";
  const style = one?.style ?? {};
  let node = draw(one, names);
  if (style.code) node = h("code", { class: "mk-code" }, node);
  if (style.strike) node = h("s", {}, node);
  if (style.italic) node = h("em", {}, node);
  return style.bold ? h("strong", {}, node) : node;
}
