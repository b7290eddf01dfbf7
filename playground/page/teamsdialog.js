// The dialog that a card's button opens in Teams: a card, or a sentence at the end of it
// (https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/task-modules).
import { h } from "./dom.js";
import { withPeople } from "./cardpeople.js";
import { renderCard } from "./mscards.js";
import { dialogFrame } from "./overlay.js";

/** Whether pressing this opens a dialog. */
export const asksForDialog = (action) => action?.data?.msteams?.type === "task/fetch";

/** Shows what the bot answered in `overlay`; `view` is that of the message (teamsmessage.js). */
export function showTask(overlay, view, activity, task) {
  const close = () => overlay.close();
  const frame = (title, body) =>
    overlay.open(dialogFrame({ title, body, buttons: [], close, "data-testid": "teams-dialog" }), close);
  if (task?.type === "message") return frame(view.botName, [h("p", { role: "status" }, String(task.value))]);
  if (task?.type !== "continue") return close();
  const problem = h("div", { class: "act-problem", role: "alert" });
  const run = async (action, inputs) => {
    problem.textContent = "";
    const answer = await view.act({ do: "send", activity: activity.id, action, inputs });
    if (answer.ok) showTask(overlay, view, activity, answer.body?.task);
    else problem.textContent = answer.error ?? "It was not sent.";
  };
  const card = withPeople(task.value?.card?.content, view.people);
  return frame(task.value?.title ?? "", [renderCard(card, run), problem]);
}
