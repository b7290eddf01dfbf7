// Draws Adaptive Cards 1.5 as Teams shows them (https://adaptivecards.io/explorer/).
// Used when Microsoft's own renderer is not installed. Sends nothing itself.
import { h, safeUrl } from "./dom.js";
import { Inputs, inputElement, isInput } from "./cardinputs.js";
import { markdown } from "./markdown.js";
import { menuButton } from "./menu.js";

/** A card as a node; `run(action, inputs)` is called for Execute and Submit. */
export function renderCard(card, run) {
  const root = h("div", {
    class: card?.msteams?.width === "Full" ? "ac ac-full" : "ac",
    "data-renderer": "own",
  });
  root.append(...contents(card, { inputs: new Inputs(), run, root }));
  return root;
}

function contents(card, ctx) {
  return [...elements(card?.body, ctx), actionSet(card?.actions, ctx)].filter(Boolean);
}

const lower = (value, otherwise = "default") => (typeof value === "string" ? value.toLowerCase() : otherwise);
const typeOf = (spec) => lower(spec?.type, "");

function elements(specs, ctx) {
  return (specs ?? []).map((spec) => placed(spec, ctx)).filter(Boolean);
}

const ELEMENTS = {
  textblock: textBlock,
  richtextblock: richText,
  factset: factSet,
  columnset: columnSet,
  column: container,
  container,
  actionset: (spec, ctx) => actionSet(spec.actions, ctx),
  table,
  image: omitted,
  imageset: omitted,
  media: omitted,
};

// An element with what every element has: spacing, separator, id, visibility, fallback.
function placed(spec, ctx) {
  const type = typeOf(spec);
  const draw = Object.hasOwn(ELEMENTS, type)
    ? ELEMENTS[type]
    : isInput(type)
      ? (one) => inputElement(one, ctx.inputs)
      : null;
  if (!draw) return spec?.fallback && typeof spec.fallback === "object" ? placed(spec.fallback, ctx) : null;
  const node = draw(spec, ctx);
  if (!node) return null;
  node.classList.add(`ac-space-${lower(spec.spacing)}`);
  if (spec.separator) node.classList.add("ac-separator");
  if (spec.id) node.dataset.cardId = spec.id;
  node.hidden = spec.isVisible === false;
  return node;
}

function textClasses(spec) {
  return [
    "ac-text",
    `ac-size-${lower(spec.size)}`,
    `ac-weight-${lower(spec.weight)}`,
    `ac-color-${lower(spec.color)}`,
    `ac-style-${lower(spec.style)}`,
    `ac-align-${lower(spec.horizontalAlignment, "left")}`,
    spec.isSubtle && "ac-subtle",
    spec.wrap ? "ac-wrap" : "ac-nowrap",
    lower(spec.fontType) === "monospace" && "ac-mono",
  ]
    .filter(Boolean)
    .join(" ");
}

function textBlock(spec) {
  const heading = lower(spec.style) === "heading";
  return h(
    "div",
    { class: textClasses(spec), role: heading && "heading", "aria-level": heading && "3" },
    markdown(spec.text),
  );
}

function richText(spec) {
  const runs = (spec.inlines ?? []).map((run) =>
    typeof run === "string"
      ? run
      : h("span", { class: textClasses({ ...run, wrap: true }) }, String(run.text ?? "")),
  );
  return h("div", { class: "ac-text ac-wrap ac-rich" }, runs);
}

function factSet(spec) {
  return h(
    "dl",
    { class: "ac-facts" },
    (spec.facts ?? []).map((fact) => [h("dt", {}, markdown(fact.title)), h("dd", {}, markdown(fact.value))]),
  );
}

function container(spec, ctx) {
  return h("div", { class: `ac-container ac-box-${lower(spec.style)}` }, elements(spec.items, ctx));
}

function columnSet(spec, ctx) {
  return h(
    "div",
    { class: `ac-columns ac-box-${lower(spec.style)}` },
    (spec.columns ?? []).map((column) => sized(column, ctx)),
  );
}

function sized(column, ctx) {
  const node = placed({ ...column, type: "Column" }, ctx);
  node.classList.add("ac-column", `ac-valign-${lower(column.verticalContentAlignment, "top")}`);
  const width = column.width ?? "stretch";
  if (width === "auto") node.style.flex = "0 1 auto";
  else if (/^\d+px$/.test(width)) node.style.flex = `0 0 ${width}`;
  else node.style.flex = `${Number(width) || 1} 1 0`;
  return node;
}

function table(spec, ctx) {
  const rows = (spec.rows ?? []).map((row, index) =>
    h(
      "tr",
      {},
      (row.cells ?? []).map((cell) =>
        h(
          index === 0 && spec.firstRowAsHeader !== false ? "th" : "td",
          { class: `ac-box-${lower(cell.style ?? row.style)}` },
          elements(cell.items, ctx),
        ),
      ),
    ),
  );
  return h("table", { class: "ac-table" }, h("tbody", {}, rows));
}

// Pictures live on other hosts, which this page never asks; their text stands in.
function omitted(spec) {
  return spec.altText ? h("div", { class: "ac-text ac-subtle ac-wrap" }, `[image: ${spec.altText}]`) : null;
}

const ACTIONS = {
  "action.execute": runAction,
  "action.submit": runAction,
  "action.openurl": openUrl,
  "action.showcard": showCard,
  "action.togglevisibility": toggle,
};

// How many buttons Teams shows; more, and those of secondary mode, are in the overflow menu
// (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-format).
const MOST_ACTIONS = 6;

// The buttons of a card or ActionSet, with the cards they show beneath them.
function actionSet(specs, ctx) {
  const shown = h("div", { class: "ac-shown" });
  const inMenu = (spec) => lower(spec.mode) === "secondary";
  const primary = (specs ?? []).filter((spec) => !inMenu(spec));
  const rest = [...primary.slice(MOST_ACTIONS), ...(specs ?? []).filter(inMenu)];
  const build = (spec) => actionButton(spec, { ...ctx, shown });
  const buttons = primary.slice(0, MOST_ACTIONS).map(build).filter(Boolean);
  const entries = rest.map((spec) => menuEntry(spec, build(spec))).filter(Boolean);
  if (entries.length) buttons.push(menuButton("⋯", "More actions", entries, "ac-btn ac-more"));
  if (!buttons.length) return null;
  return h("div", { class: "ac-actionset" }, h("div", { class: "ac-actions" }, buttons), shown);
}

// An entry does what its button would; a card is not shown from the menu, as in Teams
// (https://github.com/microsoft/AdaptiveCards/issues/8652).
function menuEntry(spec, button) {
  if (!button) return null;
  const choose = typeOf(spec) === "action.showcard" || button.href ? () => {} : () => button.click();
  return { label: spec.title ?? "", href: button.href, choose };
}

function actionButton(spec, ctx) {
  const type = typeOf(spec);
  const build = Object.hasOwn(ACTIONS, type) ? ACTIONS[type] : null;
  if (!build)
    return spec?.fallback && typeof spec.fallback === "object" ? actionButton(spec.fallback, ctx) : null;
  const props = {
    type: "button",
    class: `ac-btn ac-${lower(spec.style)}`,
    title: spec.tooltip,
    disabled: spec.isEnabled === false,
  };
  return build(spec, ctx, props);
}

function runAction(spec, ctx, props) {
  const alone = lower(spec.associatedInputs, "auto") === "none";
  const run = () => {
    if (alone) ctx.run(spec, {});
    else if (ctx.inputs.check()) ctx.run(spec, ctx.inputs.values());
  };
  return h("button", { ...props, onclick: run }, spec.title ?? "");
}

function openUrl(spec, ctx, props) {
  const href = safeUrl(spec.url);
  return (
    href &&
    h(
      "a",
      { class: props.class, title: props.title, href, target: "_blank", rel: "noopener noreferrer" },
      spec.title ?? "",
    )
  );
}

function showCard(spec, ctx, props) {
  const panel = h(
    "div",
    { class: "ac-showcard", hidden: true },
    contents(spec.card, { ...ctx, inputs: new Inputs(ctx.inputs) }),
  );
  const button = h(
    "button",
    {
      ...props,
      "aria-expanded": "false",
      onclick: () => {
        const open = panel.hidden;
        for (const other of ctx.shown.children) other.hidden = true;
        for (const other of button.parentElement.querySelectorAll("[aria-expanded]"))
          other.setAttribute("aria-expanded", "false");
        panel.hidden = !open;
        button.setAttribute("aria-expanded", String(open));
        if (open) panel.querySelector("input, textarea, select")?.focus();
      },
    },
    spec.title ?? "",
    h("span", { class: "ac-chevron", "aria-hidden": "true" }, "⌄"),
  );
  ctx.shown.append(panel);
  return button;
}

function toggle(spec, ctx, props) {
  const flip = () => {
    for (const target of spec.targetElements ?? []) {
      const id = typeof target === "string" ? target : target.elementId;
      const node = [...ctx.root.querySelectorAll("[data-card-id]")].find((one) => one.dataset.cardId === id);
      if (node)
        node.hidden =
          typeof target === "string" || target.isVisible === undefined ? !node.hidden : !target.isVisible;
    }
  };
  return h("button", { ...props, onclick: flip }, spec.title ?? "");
}
