// Questions about an Adaptive Card that need no drawing.

const STYLED = new Set(["positive", "destructive"]);

/** All actions of a card, also those inside ActionSets and shown cards. */
export function cardActions(card) {
  const found = [];
  const walk = (node) => {
    if (!node || typeof node !== "object") return;
    for (const action of node.actions ?? []) {
      found.push(action);
      if (action.card) walk(action.card);
    }
    for (const name of ["body", "items", "columns", "rows", "cells"]) {
      if (Array.isArray(node[name])) node[name].forEach(walk);
    }
  };
  walk(card);
  return found;
}

/** Whether the card asks for a decision: it has a positive or a destructive button. */
export const actionable = (card) =>
  cardActions(card).some(
    (action) =>
      ["Action.Execute", "Action.Submit", "Action.ShowCard"].includes(action.type) &&
      STYLED.has(String(action.style).toLowerCase()),
  );

/** Whether this person's client (without a known id: perhaps) asks for a fresh view of the card by itself
 *  (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards
 *  /universal-actions-for-adaptive-cards/user-specific-views). */
export const refreshes = (card, mri) =>
  card?.refresh?.action?.type === "Action.Execute" &&
  (!mri || !Array.isArray(card.refresh.userIds) || card.refresh.userIds.includes(mri));
