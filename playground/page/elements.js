// Block Kit's interactive elements (https://docs.slack.dev/reference/block-kit/block-elements).
// Each builder returns a node and, for inputs, registers itself with the surface's form.
import { localTime } from "./dates.js";
import { h, freshId, safeUrl } from "./dom.js";
import { plain, textNodes } from "./mrkdwn.js";
import { menuButton } from "./menu.js";

/** Builds the element of a section, actions or input block, or null if it is unknown. */
export function element(spec, block_id, ctx) {
  const build = BUILDERS[spec?.type];
  return build ? build(spec, block_id, ctx) : null;
}

const BUILDERS = {
  button,
  overflow,
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  static_select: select,
  users_select: select,
  radio_buttons: choices,
  checkboxes: choices,
  multi_static_select: choices,
  multi_users_select: choices,
  datepicker: picker,
  timepicker: picker,
  datetimepicker: picker,
};

// Everybody who can be chosen, as options.
const userOptions = (ctx) =>
  ctx.people.map((person) => ({ text: { text: person.name }, value: person.slack_user }));

const allOptions = (spec) => spec.options ?? (spec.option_groups ?? []).flatMap((group) => group.options);

// Sends an action, after the element's confirm dialog if it has one.
async function act(spec, block_id, ctx, fields) {
  if (spec.confirm && !(await ctx.confirm(spec.confirm))) return;
  await ctx.act({ action_id: spec.action_id, block_id, ...fields });
}

function button(spec, block_id, ctx) {
  if (Array.isArray(spec.visible_to_user_ids) && !spec.visible_to_user_ids.some(ctx.names.isMe)) return null;
  const style = ["primary", "danger"].includes(spec.style) ? ` bk-${spec.style}` : "";
  const href = spec.url ? safeUrl(spec.url) : null;
  const send = async (event) => {
    const node = event.currentTarget;
    node.classList.add("busy");
    await act(spec, block_id, ctx, { do: "click", value: spec.value });
    node.classList.remove("busy");
  };
  const shared = { class: `bk-btn${style}`, "aria-label": spec.accessibility_label, onclick: send };
  if (href)
    return h("a", { ...shared, href, target: "_blank", rel: "noopener noreferrer" }, plain(spec.text));
  return h("button", { ...shared, type: "button" }, plain(spec.text));
}

function overflow(spec, block_id, ctx) {
  const entries = (spec.options ?? []).map((option) => ({
    label: plain(option.text),
    href: option.url && safeUrl(option.url),
    choose: () => act(spec, block_id, ctx, { do: "select", value: option.value }),
  }));
  const holder = menuButton("⋯", "More actions", entries, "bk-btn bk-overflow");
  holder.addEventListener("click", () => place(holder.querySelector(".menu")));
  return holder;
}

// Opens a menu upwards, or to the left, where there is no room below it, or beside it.
function place(menu) {
  menu.classList.remove("bk-up", "bk-end");
  const room = menu.closest(".messages, .home, .dialog-body")?.getBoundingClientRect();
  if (!room) return;
  const { bottom, right } = menu.getBoundingClientRect();
  menu.classList.toggle("bk-up", bottom > room.bottom);
  menu.classList.toggle("bk-end", right > room.right);
}

// Registers an input and, outside a view's submit, sends its change as an action.
function register(spec, block_id, ctx, node, parts) {
  if (!spec.action_id) return node;
  ctx.form.add({
    block_id,
    action_id: spec.action_id,
    required: ctx.required ?? false,
    fail: ctx.fail,
    focus: () => (node.matches("input, textarea, select") ? node : node.querySelector("input"))?.focus(),
    ...parts,
  });
  if (ctx.dispatch) {
    node.addEventListener("change", () => act(spec, block_id, ctx, { do: "select", value: parts.read() }));
  }
  return node;
}

const TEXT_TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number" };

function textInput(spec, block_id, ctx) {
  const multiline = spec.type === "plain_text_input" && spec.multiline;
  const props = {
    id: ctx.inputId,
    class: "bk-input",
    placeholder: spec.placeholder && plain(spec.placeholder),
    value: spec.initial_value ?? "",
    minlength: spec.min_length,
    maxlength: spec.max_length,
    "aria-required": ctx.required && "true",
    "aria-describedby": ctx.describedBy,
  };
  const node = multiline
    ? h("textarea", { ...props, rows: 4 })
    : h("input", {
        ...props,
        type: TEXT_TYPES[spec.type] ?? "text",
        step: spec.is_decimal_allowed && "any",
        min: spec.min_value,
        max: spec.max_value,
      });
  return register(spec, block_id, ctx, node, {
    read: () => ({ type: spec.type, value: node.value === "" ? null : node.value }),
    write: (value) => {
      node.value = value.value ?? "";
    },
    isEmpty: () => node.value.trim() === "",
  });
}

const sameOption = (one, other) => one?.value === other?.value;

// A native list box: Slack's own look differs, its behaviour with a keyboard does not.
function select(spec, block_id, ctx) {
  const users = spec.type === "users_select";
  const options = users ? userOptions(ctx) : allOptions(spec);
  const initial = users ? { value: spec.initial_user } : spec.initial_option;
  const chosen = options.findIndex((option) => initial && sameOption(option, initial));
  const placeholder = spec.placeholder ? plain(spec.placeholder) : "Select an option";
  const node = h(
    "select",
    {
      id: ctx.inputId,
      class: "bk-input bk-select",
      "aria-label": ctx.inputId ? null : placeholder,
      "aria-required": ctx.required && "true",
      "aria-describedby": ctx.describedBy,
    },
    h("option", { value: "" }, placeholder),
    options.map((option, index) => h("option", { value: index }, plain(option.text))),
  );
  node.value = chosen >= 0 ? String(chosen) : "";
  const current = () => (node.value === "" ? null : options[Number(node.value)]);
  const named = users ? "selected_user" : "selected_option";
  return register(spec, block_id, ctx, node, {
    read: () => ({ type: spec.type, [named]: users ? (current()?.value ?? null) : current() }),
    write: (value) => {
      const index = options.findIndex((option) =>
        users ? option.value === value.selected_user : sameOption(option, value.selected_option),
      );
      node.value = index >= 0 ? String(index) : "";
    },
    isEmpty: () => node.value === "",
  });
}

// Radio buttons, checkboxes, and (as a list of boxes) the selects that take several.
function choices(spec, block_id, ctx) {
  const [one, users] = [spec.type === "radio_buttons", spec.type === "multi_users_select"];
  const options = users ? userOptions(ctx) : allOptions(spec);
  const named = one ? "selected_option" : users ? "selected_users" : "selected_options";
  const name = freshId("choice");
  const boxes = options.map(() => h("input", { type: one ? "radio" : "checkbox", name }));
  const node = h(
    "div",
    {
      id: ctx.inputId,
      class: `bk-choices${spec.type.startsWith("multi") ? " bk-many" : ""}`,
      role: one ? "radiogroup" : "group",
      "aria-labelledby": ctx.labelId,
      "aria-describedby": ctx.describedBy,
    },
    boxes.map((box, index) =>
      h(
        "label",
        { class: "bk-choice" },
        box,
        h(
          "span",
          {},
          textNodes(options[index].text, ctx.names),
          options[index].description && h("small", {}, textNodes(options[index].description, ctx.names)),
        ),
      ),
    ),
  );
  const tick = (kept) =>
    boxes.forEach((box, index) => {
      box.checked = kept.some((value) => value === options[index].value);
    });
  const chosen = () => options.filter((_, index) => boxes[index].checked);
  tick(
    (users ? spec.initial_users : one ? [spec.initial_option] : spec.initial_options)
      ?.filter(Boolean)
      .map(valueOf) ?? [],
  );
  return register(spec, block_id, ctx, node, {
    read: () => ({
      type: spec.type,
      [named]: one ? (chosen()[0] ?? null) : users ? chosen().map(valueOf) : chosen(),
    }),
    write: (value) => tick([value[named]].flat().filter(Boolean).map(valueOf)),
    isEmpty: () => chosen().length === 0,
  });
}

const valueOf = (option) => option?.value ?? option;

const PICKERS = {
  datepicker: ["date", "selected_date", "initial_date"],
  timepicker: ["time", "selected_time", "initial_time"],
  datetimepicker: ["datetime-local", "selected_date_time", "initial_date_time"],
};

// Slack counts a date and time in seconds, the field shows the reader's own clock.
const toField = (value) => (typeof value === "number" ? localTime(value) : (value ?? ""));
const fromField = (value) =>
  value.includes("T") ? Math.floor(new Date(value).getTime() / 1000) : value || null;

function picker(spec, block_id, ctx) {
  const [type, named, initial] = PICKERS[spec.type];
  const node = h("input", {
    id: ctx.inputId,
    type,
    class: "bk-input bk-picker",
    value: toField(spec[initial]),
    "aria-label": ctx.inputId ? null : spec.placeholder ? plain(spec.placeholder) : "Select a date",
    "aria-required": ctx.required && "true",
    "aria-describedby": ctx.describedBy,
  });
  return register(spec, block_id, ctx, node, {
    read: () => ({ type: spec.type, [named]: fromField(node.value) }),
    write: (value) => {
      node.value = toField(value[named]);
    },
    isEmpty: () => node.value === "",
  });
}
