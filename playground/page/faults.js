// The panel that makes the simulated platforms misbehave, and shows what reached the app.
import { h, fill } from "./dom.js";
import { putFaults, putModel, reset, rotateKeys } from "./api.js";
import { clock, moment } from "./dates.js";

const PLATFORMS = [
  ["slack", "Slack"],
  ["teams", "Teams"],
];
const ANSWERS = [
  ["Refuse 3 calls (429, wait 2 s)", { do: "429", retry_after: 2, times: 3 }],
  ["Fail once after accepting", { do: "5xx_after_accept", times: 1 }],
  ["Fail once", { do: "500", times: 1 }],
  ["Answer 5 calls slowly (1.5 s)", { do: "slow", seconds: 1.5, times: 5 }],
  ["Drop one answer", { do: "drop_answer", times: 1 }],
  ["Never answer one call", { do: "hang", times: 1 }],
];
const SWITCHES = [
  ["twice", "Deliver everything twice"],
  ["tamper_signature", "Slack: wrong signature"],
  ["stale_timestamp", "Slack: old timestamp"],
  ["forged_token", "Teams: forged token"],
  ["expired_token", "Teams: expired token"],
  ["wrong_audience", "Teams: wrong audience"],
];

/** Wires the panel and its button; returns a function that takes every new state. */
export function faultPanel(panel, button) {
  let state = null;
  const show = (open) => {
    panel.hidden = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) draw();
    (open ? panel.querySelector("button") : button).focus();
  };
  button.addEventListener("click", () => show(panel.hidden));
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(false);
  });

  const set = async (change) => {
    const next = structuredClone({ slack: {}, teams: {}, to_bot: {}, ...state.faults });
    change(next);
    const answer = await putFaults(next);
    panel.querySelector(".fault-problem").textContent =
      answer.ok === false ? (answer.error ?? "The playground refused that.") : "";
  };
  const add = (platform, fault) =>
    set((next) => {
      (next[platform]["*"] ??= []).push(fault);
    });
  const flip = (name, on) =>
    set((next) => {
      next.to_bot[name] = on;
    });

  function draw() {
    const focused = panel.contains(document.activeElement) ? document.activeElement.dataset.control : null;
    fill(
      panel,
      h(
        "header",
        { class: "fault-head" },
        h("h2", {}, "Faults"),
        h(
          "button",
          {
            type: "button",
            class: "dialog-x",
            "aria-label": "Close faults",
            "data-control": "close",
            onclick: () => show(false),
          },
          "×",
        ),
      ),
      h(
        "p",
        { class: "fault-note" },
        "Make the platforms misbehave as the real ones sometimes do, and watch the bot recover.",
      ),
      h("div", { class: "fault-problem", role: "alert" }),
      PLATFORMS.map(([name, label]) =>
        h(
          "section",
          {},
          h("h3", {}, `${label} answers the bot`),
          h(
            "div",
            { class: "fault-buttons" },
            ANSWERS.map(([text, fault]) =>
              h(
                "button",
                {
                  type: "button",
                  class: "quiet",
                  "data-control": `${name} ${text}`,
                  onclick: () => add(name, fault),
                },
                text,
              ),
            ),
          ),
        ),
      ),
      h(
        "section",
        {},
        h("h3", {}, "Calls to the bot"),
        SWITCHES.map(([name, label]) => toggle(name, label)),
      ),
      model(),
      active(),
      tools(),
      deliveries(),
    );
    if (focused) panel.querySelector(`[data-control="${CSS.escape(focused)}"]`)?.focus();
  }

  function toggle(name, label) {
    return h(
      "label",
      { class: "fault-switch" },
      h("input", {
        type: "checkbox",
        "data-control": name,
        checked: Boolean(state.faults?.to_bot?.[name]),
        onchange: (event) => flip(name, event.target.checked),
      }),
      label,
    );
  }

  // How the model that gives advice behaves, whatever the bot asks it as.
  function model() {
    if (!state.model) return null;
    const now = state.model.behaviour;
    const choices = [["", "As the bot's settings name it"], ...state.model.known.map((name) => [name, name])];
    return h(
      "section",
      {},
      h("h3", {}, "The model that gives advice"),
      h(
        "label",
        { class: "fault-switch" },
        "Behaves",
        h(
          "select",
          { "data-control": "model", onchange: (event) => putModel(event.target.value || null) },
          choices.map(([value, text]) => h("option", { value, selected: value === (now ?? "") }, text)),
        ),
      ),
    );
  }

  function active() {
    const set_ = PLATFORMS.flatMap(([name]) =>
      Object.entries(state.faults?.[name] ?? {}).flatMap(([operation, faults]) =>
        faults.map((fault) => `${name} ${operation}: ${fault.do}${fault.times ? ` × ${fault.times}` : ""}`),
      ),
    );
    return h(
      "section",
      {},
      h("h3", {}, "Waiting to happen"),
      set_.length
        ? h(
            "ul",
            { class: "fault-list" },
            set_.map((text) => h("li", {}, text)),
          )
        : h("p", { class: "fault-note" }, "Nothing."),
      h(
        "button",
        { type: "button", class: "quiet", "data-control": "clear", onclick: () => putFaults({}) },
        "Switch all off",
      ),
    );
  }

  function tools() {
    return h(
      "section",
      {},
      h("h3", {}, "Tools"),
      h(
        "div",
        { class: "fault-buttons" },
        h(
          "button",
          { type: "button", class: "quiet", "data-control": "rotate", onclick: () => rotateKeys() },
          "Rotate Teams signing keys",
        ),
        h(
          "button",
          {
            type: "button",
            class: "quiet danger",
            "data-control": "reset",
            onclick: () => {
              if (
                window.confirm("Forget all messages of the simulated platforms? The bot keeps its own data.")
              )
                reset();
            },
          },
          "Empty the chats",
        ),
      ),
    );
  }

  function deliveries() {
    const rows = (state.deliveries ?? [])
      .slice(-12)
      .reverse()
      .map((one) =>
        h(
          "tr",
          { class: one.error || one.status >= 400 ? "bad" : null },
          h("td", {}, moment(one.at) ? clock(moment(one.at)) : ""),
          h("td", {}, one.platform),
          h("td", {}, one.kind),
          h("td", {}, String(one.error ?? one.status ?? "")),
          h("td", {}, `${Math.round(one.ms)} ms`),
        ),
      );
    return h(
      "section",
      {},
      h("h3", {}, "Last calls to the bot"),
      rows.length
        ? h("table", { class: "fault-table" }, h("tbody", {}, rows))
        : h("p", { class: "fault-note" }, "None yet."),
    );
  }

  return (next) => {
    state = next;
    const count =
      Object.values(next.faults?.to_bot ?? {}).filter(Boolean).length +
      PLATFORMS.reduce((sum, [name]) => sum + Object.values(next.faults?.[name] ?? {}).flat().length, 0);
    button.textContent = count ? `Faults (${count})` : "Faults";
    if (!panel.hidden) draw();
  };
}
