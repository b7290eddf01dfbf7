"""What a Home tab carries from one act to the next: the page it shows, and what is ticked there.

Slack keeps it in the view's private_metadata and sends it back signed; reading is defensive all
the same, since a tab may have been published by any older version.
"""

from typing import Any, Final

from adapters.slack import actions
from adapters.slack.identity import text
from core.card import Verb
from core.chat import home_place
from core.chat.home_place import Place
from core.commands import Binding

Json = dict[str, Any]

PICK: Final = "countersign_home_pick"

HOME_CHARS: Final = 1000
"""Of the 3,000 characters of private_metadata, since forms carry it beside what they are about."""


def write(place: Place) -> str:
    """A Home tab's private_metadata, at most `HOME_CHARS` long."""
    return home_place.write(place, HOME_CHARS)


def read(metadata: str) -> Place:
    """The place that is written there; the first page if it does not say."""
    return home_place.read(metadata)


def shown(body: Json) -> Place:
    """The page of the tab in which somebody acted."""
    return read(text(body, "view", "private_metadata"))


def ticked(body: Json) -> tuple[Binding, ...]:
    """What is ticked in the tab, as it was shown there; each request once."""
    found: dict[str, Binding] = {}
    view = body.get("view")
    state = view.get("state") if isinstance(view, dict) else None
    blocks = state.get("values") if isinstance(state, dict) else None
    for inputs in blocks.values() if isinstance(blocks, dict) else ():
        entered = inputs.get(PICK) if isinstance(inputs, dict) else None
        options = entered.get("selected_options") if isinstance(entered, dict) else None
        for option in options if isinstance(options, list) else ():
            act = actions.read(actions.of(Verb.APPROVE), text(option, "value"))
            if act is not None and act.binding is not None:
                found.setdefault(act.request, act.binding)
    return tuple(found.values())
