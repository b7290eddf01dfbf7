// Block Kit's layout blocks (https://docs.slack.dev/reference/block-kit/blocks).
// Lays out and reports what was clicked; decides nothing, sends nothing itself.
import { h, freshId } from "./dom.js";
import { element } from "./elements.js";
import { markdown as markdownNodes } from "./markdown.js";
import { plain, textNodes } from "./mrkdwn.js";
import { richText } from "./richtext.js";

/**
 * Nodes for a list of blocks. `ctx` is {names, people, form, confirm(object),
 * act(fields)}: names resolves ids, act sends an interaction of this surface.
 */
export function renderBlocks(blocks, ctx) {
  return (blocks ?? []).map((block) => renderBlock(block, ctx)).filter(Boolean);
}

function renderBlock(block, ctx) {
  const render = Object.hasOwn(BLOCKS, block?.type ?? "") ? BLOCKS[block.type] : unknown;
  return render(block, { ...ctx, dispatch: true });
}

const BLOCKS = {
  header,
  section,
  context,
  divider,
  actions,
  input,
  image,
  markdown,
  rich_text: (block, ctx) => h("div", { class: "bk-section" }, richText(block, ctx.names)),
};

function header(block) {
  return h("h3", { class: "bk-header" }, plain(block.text));
}

function section(block, ctx) {
  const fields = (block.fields ?? []).map((field) =>
    h("div", { class: "bk-field" }, textNodes(field, ctx.names)),
  );
  const accessory = block.accessory && element(block.accessory, block.block_id, ctx);
  return h(
    "div",
    { class: accessory ? "bk-section bk-beside" : "bk-section" },
    h(
      "div",
      { class: "bk-body" },
      block.text && h("div", { class: "bk-text" }, textNodes(block.text, ctx.names)),
      fields.length > 0 && h("div", { class: "bk-fields" }, fields),
    ),
    accessory && h("div", { class: "bk-accessory" }, accessory),
  );
}

function context(block, ctx) {
  return h(
    "div",
    { class: "bk-context" },
    (block.elements ?? []).map((part) =>
      h(
        "span",
        { class: "bk-context-item" },
        part.type === "image" ? omitted(part) : textNodes(part, ctx.names),
      ),
    ),
  );
}

function divider() {
  return h("hr", { class: "bk-divider" });
}

function actions(block, ctx) {
  return h(
    "div",
    { class: "bk-actions" },
    (block.elements ?? []).map((part) => element(part, block.block_id, ctx)),
  );
}

function input(block, ctx) {
  const [inputId, labelId, noteId] = [freshId("field"), freshId("label"), freshId("note")];
  const error = h("div", { class: "bk-error", role: "alert", "data-testid": "field-error" });
  const fail = (message) => {
    error.textContent = message ?? "";
    holder.classList.toggle("bk-invalid", Boolean(message));
    holder
      .querySelectorAll("input, textarea, select")
      .forEach((node) => node.setAttribute("aria-invalid", String(Boolean(message))));
  };
  const built = element(block.element, block.block_id, {
    ...ctx,
    inputId,
    labelId,
    describedBy: noteId,
    required: !block.optional,
    fail,
    dispatch: block.dispatch_action === true,
  });
  const holder = h(
    "div",
    { class: "bk-inputblock", "data-block": block.block_id },
    h(
      "label",
      { class: "bk-label", id: labelId, for: inputId },
      plain(block.label),
      block.optional && h("span", { class: "bk-optional" }, " (optional)"),
    ),
    built ?? unknown(block.element),
    h("div", { id: noteId }, error, block.hint && h("div", { class: "bk-hint" }, plain(block.hint))),
  );
  return holder;
}

// Pictures live on other hosts, which this page never asks; their text stands in.
function omitted(part) {
  return h("span", { class: "bk-image" }, `[image: ${part.alt_text ?? "no description"}]`);
}

function image(block) {
  return h("div", { class: "bk-section" }, omitted(block));
}

function markdown(block) {
  return h("div", { class: "bk-section bk-markdown" }, markdownNodes(block.text));
}

function unknown(block) {
  return h(
    "div",
    { class: "bk-unknown" },
    `This page does not draw the block "${block?.type ?? "without a type"}".`,
  );
}
