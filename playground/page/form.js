// What a person has typed and chosen in one view or message, in the shape of
// Slack's `state.values` (https://docs.slack.dev/reference/views/view-submission-payload).

/** The fields of one surface, by block and action. */
export class Form {
  #fields = [];

  /** Registers a field: {block_id, action_id, required, read, write, isEmpty, fail}. */
  add(field) {
    this.#fields.push(field);
  }

  /** All current values: {block_id: {action_id: {type, ...}}}. */
  values() {
    const values = {};
    for (const field of this.#fields) (values[field.block_id] ??= {})[field.action_id] = field.read();
    return values;
  }

  /** Puts values of an earlier rendering back where block and action still exist. */
  restore(values) {
    for (const field of this.#fields) {
      const value = values[field.block_id]?.[field.action_id];
      if (value) field.write(value);
    }
  }

  /** Marks the required fields that are empty; returns whether all is filled in. */
  complete() {
    let first = null;
    for (const field of this.#fields) {
      const missing = field.required && field.isEmpty();
      field.fail?.(missing ? "Please complete this required field." : "");
      if (missing) first ??= field;
    }
    first?.focus();
    return first === null;
  }

  /** Shows the errors of a `response_action: errors` answer beside their blocks. */
  showErrors(errors) {
    let first = null;
    for (const field of this.#fields) {
      const message = errors[field.block_id];
      field.fail?.(message ?? "");
      if (message) first ??= field;
    }
    first?.focus();
    return first !== null;
  }
}
