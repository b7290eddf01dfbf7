"""Shapes and limits of Block Kit's composition objects and elements.

Only what the coverage list names. Limits are those of
https://docs.slack.dev/reference/block-kit/composition-objects and
https://docs.slack.dev/reference/block-kit/block-elements
"""

from collections.abc import Mapping

from playground.slack.schema import (
    Check,
    any_of_members,
    array,
    both,
    by_type,
    flag,
    number,
    one_of,
    shape,
    string,
)

_ACTION_ID = {"action_id": string(255)}
# https://docs.slack.dev/reference/block-kit/block-elements/image-element
_URL = string(3000)


def plain_text(longest: int) -> Check:
    """A plain_text object of at most that many characters."""
    return by_type(
        {
            "plain_text": shape(
                {"type": one_of("plain_text"), "text": string(longest)}, {"emoji": flag}
            )
        }
    )


def any_text(longest: int) -> Check:
    """A plain_text or mrkdwn object of at most that many characters."""
    plain = shape({"type": one_of("plain_text"), "text": string(longest)}, {"emoji": flag})
    marked = shape({"type": one_of("mrkdwn"), "text": string(longest)}, {"verbatim": flag})
    return by_type({"plain_text": plain, "mrkdwn": marked})


# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM = shape(
    {
        "title": plain_text(100),
        "text": any_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
    },
    {"style": one_of("primary", "danger")},
)


def _option(text: Check, extra: Mapping[str, Check] | None = None) -> Check:
    # https://docs.slack.dev/reference/block-kit/composition-objects/option-object
    return shape(
        {"text": text, "value": string(150)}, {"description": any_text(75), **(extra or {})}
    )


_PLAIN_OPTION = _option(plain_text(75))
_RICH_OPTION = _option(any_text(75))
_GROUP = shape({"label": plain_text(75), "options": array(_PLAIN_OPTION, 100)}, {})
_INTERACTIVE: dict[str, Check] = {**_ACTION_ID, "confirm": CONFIRM, "focus_on_load": flag}
_PLACEHOLDER: dict[str, Check] = {"placeholder": plain_text(150)}
_SELECT: dict[str, Check] = {**_INTERACTIVE, **_PLACEHOLDER}


def _element(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    return shape({"type": one_of(kind), **required}, optional)


def _choices(kind: str, extra: Mapping[str, Check]) -> Check:
    lists: dict[str, Check] = {
        "options": array(_PLAIN_OPTION, 100),
        "option_groups": array(_GROUP, 100),
    }
    return both(
        _element(kind, {}, {**_SELECT, **lists, **extra}),
        any_of_members("options", "option_groups"),
    )


def _typed(
    kind: str, extra: Mapping[str, Check], required: Mapping[str, Check] | None = None
) -> Check:
    optional: dict[str, Check] = {**_ACTION_ID, **_PLACEHOLDER, "focus_on_load": flag, **extra}
    return _element(kind, required or {}, {**optional, "dispatch_action_config": _DISPATCH})


_DISPATCH = shape(
    {}, {"trigger_actions_on": array(one_of("on_enter_pressed", "on_character_entered"), 2)}
)

IMAGE = _element("image", {"image_url": _URL, "alt_text": string(2000)}, {})

BUTTON = _element(
    "button",
    {"text": plain_text(75)},
    {
        **_ACTION_ID,
        "url": _URL,
        "value": string(2000),
        "style": one_of("primary", "danger"),
        "confirm": CONFIRM,
        "accessibility_label": string(75),
        # Slack's SDK knows it; no page documents it, nor a limit. It hides, it protects nothing.
        "visible_to_user_ids": array(string(255), 1000),
    },
)

CHOOSERS: dict[str, Check] = {
    "static_select": _choices("static_select", {"initial_option": _PLAIN_OPTION}),
    "multi_static_select": _choices(
        "multi_static_select",
        {"initial_options": array(_PLAIN_OPTION, 100), "max_selected_items": number(1, 100)},
    ),
    "users_select": _element("users_select", {}, {**_SELECT, "initial_user": string(255)}),
    "multi_users_select": _element(
        "multi_users_select",
        {},
        {**_SELECT, "initial_users": array(string(255), 100), "max_selected_items": number(1, 100)},
    ),
    "datepicker": _element("datepicker", {}, {**_SELECT, "initial_date": string(10, 10)}),
    "timepicker": _element(
        "timepicker", {}, {**_SELECT, "initial_time": string(5, 5), "timezone": string(255)}
    ),
    "datetimepicker": _element(
        "datetimepicker",
        {},
        {**_INTERACTIVE, "initial_date_time": number(1_000_000_000, 9_999_999_999)},
    ),
    "checkboxes": _element(
        "checkboxes",
        {"options": array(_RICH_OPTION, 10)},
        {**_INTERACTIVE, "initial_options": array(_RICH_OPTION, 10)},
    ),
    "radio_buttons": _element(
        "radio_buttons",
        {"options": array(_RICH_OPTION, 10)},
        {**_INTERACTIVE, "initial_option": _RICH_OPTION},
    ),
}

TYPED: dict[str, Check] = {
    "plain_text_input": _typed(
        "plain_text_input",
        {
            "initial_value": string(3000),
            "multiline": flag,
            "min_length": number(0, 3000),
            "max_length": number(1, 3000),
        },
    ),
    "number_input": _typed(
        "number_input",
        {"initial_value": string(255), "min_value": string(255), "max_value": string(255)},
        {"is_decimal_allowed": flag},
    ),
    "email_text_input": _typed("email_text_input", {"initial_value": string(3000)}),
    "url_text_input": _typed("url_text_input", {"initial_value": string(3000)}),
}

# https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element
OVERFLOW = _element(
    "overflow",
    {"options": array(_option(plain_text(75), {"url": _URL}), 5)},
    {**_ACTION_ID, "confirm": CONFIRM},
)

PRESSED: dict[str, Check] = {"button": BUTTON, "overflow": OVERFLOW}
