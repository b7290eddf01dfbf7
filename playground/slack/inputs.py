"""What a person has entered or chosen, in the shape of Slack's `state.values`.

Plays the client: keeps people from submitting what Slack's own forms would
not let them submit. Sends nothing.
"""

from typing import Any

from playground.slack.blocks import elements_of
from playground.slack.refusal import BadAct

Json = dict[str, Any]

# Element type: member of the state that holds the value, member of the element that sets it first.
# https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
_MEMBERS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "multi_static_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
}
_SEVERAL = {"selected_options", "selected_users"}
STATELESS = {"button", "overflow"}


def find(blocks: list[Json], action_id: str, block_id: str | None) -> tuple[Json, Json]:
    """Return the block and the element a person acts on, or raise BadAct."""
    for block in blocks:
        if block_id and block["block_id"] != block_id:
            continue
        for element in elements_of(block):
            if element["action_id"] == action_id:
                return block, element
    raise BadAct(f"there is nothing with action_id {action_id!r} to act on here")


def _options(element: Json) -> list[Json]:
    groups: list[Json] = element.get("option_groups", [])
    own: list[Json] = element.get("options", [])
    return [*own, *(option for group in groups for option in group["options"])]


def _option(element: Json, given: object) -> Json:
    wanted = given.get("value") if isinstance(given, dict) else given
    for option in _options(element):
        if option["value"] == wanted:
            return option
    raise BadAct(f"{element['action_id']} has no option {wanted!r}")


def chosen(element: Json, given: object) -> Json:
    """Return the state of an element after a person gave it that value.

    `given` is the state itself ({"type", "selected_option": ...}) or only the
    value: a text, an option's value, a user id, or a list of them.
    """
    member, _ = _MEMBERS[element["type"]]
    if element["type"] == "overflow" and given is None:
        raise BadAct(f"{element['action_id']}: choose one of its options")
    value = given.get(member) if isinstance(given, dict) and "value" != member in given else given
    if isinstance(value, dict) and member == "value":
        value = value.get("value")
    if member == "selected_option" and value is not None:
        value = _option(element, value)
    elif member == "selected_date_time":
        value = _of_type(element, value, int)
    elif member not in _SEVERAL:
        value = _of_type(element, value, str) if member != "selected_option" else value
    else:
        items = value if isinstance(value, list) else [] if value is None else [value]
        value = [_option(element, i) for i in items] if member == "selected_options" else items
    return {"type": element["type"], member: value}


def _of_type(element: Json, value: object, expected: type) -> object:
    if value is None or (isinstance(value, expected) and not isinstance(value, bool)):
        return value
    raise BadAct(f"{element['action_id']}: expected {expected.__name__}, not {value!r}")


def _untouched(element: Json) -> Json:
    member, initial = _MEMBERS[element["type"]]
    return {
        "type": element["type"],
        member: element.get(initial, [] if member in _SEVERAL else None),
    }


def picked(element: Json, body: Json) -> Json | None:
    """Return what an act says was chosen in an element under Slack's own member name, or None."""
    member, _ = _MEMBERS.get(element["type"], ("", ""))
    return {member: body[member]} if member in body else None


def values(blocks: list[Json], given: object) -> dict[str, Json]:
    """Return `state.values` for blocks: what was given, else what each element starts with."""
    found: dict[str, Json] = {}
    if not isinstance(given, dict) or not all(isinstance(of, dict) for of in given.values()):
        raise BadAct("expected {block_id: {action_id: value}}")
    waiting = {(block_id, action_id) for block_id, of in given.items() for action_id in of}
    for block in blocks:
        for element in elements_of(block):
            if element["type"] in STATELESS:
                continue
            place = (block["block_id"], element["action_id"])
            touched = place in waiting
            state = chosen(element, given[place[0]][place[1]]) if touched else _untouched(element)
            found.setdefault(place[0], {})[place[1]] = state
            waiting.discard(place)
    if waiting:
        raise BadAct(f"there is no input {sorted(waiting)[0]} here")
    return found


def complaints(blocks: list[Json], state: dict[str, Json]) -> dict[str, str]:
    """Return what Slack's form says below each input it would not submit, by block_id."""
    found: dict[str, str] = {}
    for block in blocks:
        if block["type"] != "input":
            continue
        element = block["element"]
        member, _ = _MEMBERS[element["type"]]
        said = _complaint(element, state[block["block_id"]][element["action_id"]][member], block)
        if said:
            found[block["block_id"]] = said
    return found


def _complaint(element: Json, value: object, block: Json) -> str | None:
    if value in (None, "", []):
        return None if block.get("optional") else "Please complete this required field."
    if element["type"] == "number_input":
        return _number_complaint(element, str(value))
    if element["type"] == "plain_text_input" and isinstance(value, str):
        least, most = element.get("min_length", 0), element.get("max_length", 3000)
        if not least <= len(value) <= most:
            return f"Must be {least} to {most} characters."
    return None


def _number_complaint(element: Json, text: str) -> str | None:
    try:
        value = float(text)
    except ValueError:
        return "Must be a number."
    if not element["is_decimal_allowed"] and not value.is_integer():
        return "Must be a whole number."
    least, most = float(element.get("min_value", "-inf")), float(element.get("max_value", "inf"))
    return None if least <= value <= most else "Out of range."
