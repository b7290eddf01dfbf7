// The people picker of Adaptive Cards in Teams (https://learn.microsoft.com/microsoftteams
// /platform/task-modules-and-cards/cards/people-picker): here a list of everyone of the tenant.

const DATASET = "graph.microsoft.com/users";

/** A copy of a card in which people are chosen from a list; `people` are {title, value}. */
export function withPeople(value, people) {
  if (Array.isArray(value)) return value.map((one) => withPeople(one, people));
  if (!value || typeof value !== "object") return value;
  const { "choices.data": query, ...rest } = value;
  if (value.type === "Input.ChoiceSet" && String(query?.dataset ?? "").startsWith(DATASET))
    return { ...rest, style: "compact", choices: [...(value.choices ?? []), ...people] };
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, name === "data" ? inner : withPeople(inner, people)]),
  );
}
