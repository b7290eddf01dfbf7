"""Content rows as text that is safe to look at; what was erased says so."""

import json
from collections.abc import Mapping
from typing import Any

from core.content import Action, Rationale, Revision, read_rationale, read_revision, read_text
from core.request import RequestState
from core.text import cut, one_line, visible

Contents = Mapping[str, bytes]

ERASED = "(erased)"
MAX_TITLE = 150

_write = json.JSONEncoder(ensure_ascii=False).encode


def text_of(content: str | None, contents: Contents) -> str | None:
    """What somebody wrote, with hidden characters made visible; None where nothing was."""
    if content is None:
        return None
    body = contents.get(content)
    return ERASED if body is None else visible(read_text(body))


def title_of(state: RequestState, contents: Contents) -> str:
    """The title on one line, short enough for a list or a notice."""
    body = contents.get(state.content)
    if body is None:
        return ERASED
    return cut(visible(one_line(read_revision(body).title)), MAX_TITLE)


def revision_of(state: RequestState, contents: Contents) -> Revision:
    """The revision that stands; one that says so where its content was erased."""
    body = contents.get(state.content)
    if body is not None:
        return read_revision(body)
    return Revision(action=Action(type=state.action_type, params={}), title=ERASED)


def advice_of(state: RequestState, contents: Contents) -> Rationale | None:
    """The newest rationale; None where there is none or it was erased."""
    body = None if state.rationale is None else contents.get(state.rationale)
    return None if body is None else read_rationale(body)


def shown(value: Any) -> str:
    """A JSON value as text: a string as it is, everything else as JSON."""
    return value if isinstance(value, str) else _write(value)


def label(name: str) -> str:
    """A field's name for people: "cost_center" is "Cost center"."""
    text = one_line(visible(name)).replace("_", " ")
    return cut(text[:1].upper() + text[1:], 60)
