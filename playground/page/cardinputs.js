// Adaptive Cards' inputs (https://adaptivecards.io/explorer/Input.Text.html) and the
// values and checks of one card or shown card.
import { h, freshId } from "./dom.js";

/** The inputs of a card; those of a shown card also ask the card around it. */
export class Inputs {
  #own = [];
  #outer;

  constructor(outer = null) {
    this.#outer = outer;
  }

  add(input) {
    this.#own.push(input);
  }

  /** All inputs an action here submits. */
  all() {
    return [...(this.#outer?.all() ?? []), ...this.#own];
  }

  /** Values by input id, as the card's action carries them: text, always. */
  values() {
    return Object.fromEntries(this.all().map((input) => [input.id, input.read()]));
  }

  /** Shows what is wrong beside each input; returns whether nothing is. */
  check() {
    const wrong = this.all().filter((input) => !input.check());
    wrong[0]?.focus();
    return wrong.length === 0;
  }
}

const CONTROLS = {
  "input.text": textControl,
  "input.number": (spec, props) => plainControl("number", spec, { ...props, min: spec.min, max: spec.max }),
  "input.date": (spec, props) => plainControl("date", spec, { ...props, min: spec.min, max: spec.max }),
  "input.time": (spec, props) => plainControl("time", spec, { ...props, min: spec.min, max: spec.max }),
  "input.choiceset": choiceControl,
  "input.toggle": toggleControl,
};

export const isInput = (type) => Object.hasOwn(CONTROLS, type);

/** Draws an input with its label and error text, and registers it with `inputs`. */
export function inputElement(spec, inputs) {
  const [id, errorId] = [freshId("card-input"), freshId("card-error")];
  const error = h("div", { id: errorId, class: "ac-error", role: "alert", "data-testid": "card-error" });
  const control = CONTROLS[spec.type.toLowerCase()](spec, {
    id,
    "aria-describedby": errorId,
    "aria-required": spec.isRequired && "true",
    "aria-label": spec.label ? null : (spec.placeholder ?? spec.title ?? spec.id),
  });
  const check = () => {
    const bad = (spec.isRequired && control.read().trim() === "") || !matches(spec, control.read());
    error.textContent = bad ? (spec.errorMessage ?? "This value is not accepted.") : "";
    node.classList.toggle("ac-invalid", bad);
    return !bad;
  };
  const node = h(
    "div",
    { class: "ac-input" },
    spec.label &&
      h(
        "label",
        { for: id, class: "ac-label" },
        spec.label,
        spec.isRequired && h("span", { class: "ac-required", "aria-hidden": "true" }, " *"),
      ),
    control.node,
    error,
  );
  if (spec.id)
    inputs.add({
      id: spec.id,
      read: control.read,
      check,
      focus: () => node.querySelector("input, textarea, select")?.focus(),
    });
  return node;
}

function matches(spec, value) {
  if (!spec.regex || value === "") return true;
  try {
    return new RegExp(spec.regex).test(value);
  } catch {
    return true;
  }
}

function plainControl(type, spec, props) {
  const node = h("input", {
    ...props,
    type,
    class: "ac-field",
    value: spec.value ?? "",
    placeholder: spec.placeholder,
  });
  return { node, read: () => node.value };
}

const KEYBOARDS = { tel: "tel", url: "url", email: "email", password: "password" };

function textControl(spec, props) {
  if (!spec.isMultiline)
    return plainControl(KEYBOARDS[String(spec.style).toLowerCase()] ?? "text", spec, {
      ...props,
      maxlength: spec.maxLength,
    });
  const node = h("textarea", {
    ...props,
    rows: 3,
    class: "ac-field",
    value: spec.value ?? "",
    placeholder: spec.placeholder,
    maxlength: spec.maxLength,
  });
  return { node, read: () => node.value };
}

function choiceControl(spec, props) {
  const choices = spec.choices ?? [];
  if (!spec.isMultiSelect && String(spec.style).toLowerCase() !== "expanded") {
    const node = h(
      "select",
      { ...props, class: "ac-field" },
      h("option", { value: "" }, spec.placeholder ?? "Select an option"),
      choices.map((choice) => h("option", { value: choice.value }, choice.title)),
    );
    node.value = choices.some((choice) => choice.value === spec.value) ? spec.value : "";
    return { node, read: () => node.value };
  }
  const initial = String(spec.value ?? "").split(",");
  const boxes = choices.map((choice) =>
    h("input", {
      type: spec.isMultiSelect ? "checkbox" : "radio",
      name: props.id,
      value: choice.value,
      checked: initial.includes(choice.value),
    }),
  );
  const node = h(
    "div",
    {
      ...props,
      class: "ac-choices",
      role: spec.isMultiSelect ? "group" : "radiogroup",
      "aria-label": spec.label ?? spec.id,
    },
    boxes.map((box, index) => h("label", {}, box, h("span", {}, choices[index].title))),
  );
  return {
    node,
    read: () =>
      boxes
        .filter((box) => box.checked)
        .map((box) => box.value)
        .join(","),
  };
}

function toggleControl(spec, props) {
  const [on, off] = [spec.valueOn ?? "true", spec.valueOff ?? "false"];
  const box = h("input", { ...props, type: "checkbox", checked: spec.value === on });
  return {
    node: h("label", { class: "ac-toggle" }, box, h("span", {}, spec.title)),
    read: () => (box.checked ? on : off),
  };
}
