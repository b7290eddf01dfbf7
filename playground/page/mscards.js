// Draws cards with Microsoft's own renderer when the page has it (window.AdaptiveCards).
// Text goes through this page's Markdown, so no HTML of a card is ever parsed.
import { cardActions } from "./cardinfo.js";
import { h, safeUrl } from "./dom.js";
import { HOST_CONFIG } from "./hostconfig.js";
import { markdownHtml } from "./markdown.js";
import { renderCard as renderOwn } from "./cards.js";

const library = globalThis.AdaptiveCards ?? null;

if (library) {
  library.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdownHtml(text);
    result.didProcess = true;
  };
}

/** A card as a node, by Microsoft's renderer or by our own; `run(action, inputs)` sends. */
export function renderCard(card, run) {
  if (!library || new URLSearchParams(location.search).get("cards") === "own") return renderOwn(card, run);
  const drawing = new library.AdaptiveCard();
  drawing.hostConfig = new library.HostConfig(HOST_CONFIG);
  drawing.parse(withoutPictures(card));
  drawing.onExecuteAction = (action) => execute(action, card, run);
  const node = drawing.render();
  return node ? h("div", { class: "msac", "data-renderer": "microsoft" }, node) : renderOwn(card, run);
}

function execute(action, card, run) {
  const kind = action.getJsonTypeName();
  if (kind === "Action.OpenUrl") {
    const href = safeUrl(action.url);
    if (href) window.open(href, "_blank", "noopener,noreferrer");
    return;
  }
  if (kind !== "Action.Execute" && kind !== "Action.Submit") return;
  const referenced = Object.values(action.getReferencedInputs() ?? {});
  run(
    asWritten(action.toJSON(), card),
    Object.fromEntries(referenced.map((input) => [input.id, String(input.value ?? "")])),
  );
}

// The card's own words for an action: the renderer may spell its properties in another way.
function asWritten(found, card) {
  const key = (one) => JSON.stringify([one.type, one.title, one.verb, one.data]);
  return cardActions(card).find((one) => key(one) === key(found)) ?? found;
}

const PICTURES = new Set(["Image", "ImageSet", "Media"]);

// A copy of the card in which pictures, which live on other hosts, are their descriptions.
function withoutPictures(value) {
  if (Array.isArray(value)) return value.map(withoutPictures);
  if (!value || typeof value !== "object") return value;
  if (PICTURES.has(value.type))
    return {
      type: "TextBlock",
      isSubtle: true,
      wrap: true,
      text: value.altText ? `\\[image: ${value.altText}\\]` : "",
    };
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "backgroundImage" && name !== "iconUrl")
      .map(([name, inner]) => [name, name === "data" ? inner : withoutPictures(inner)]),
  );
}
