"""What is asked for: the few facts at the top, and the whole action as text."""

import unicodedata
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import msgspec

from core.card import Fact
from core.cards.texts import label, shown
from core.content import Revision
from core.request import RequestState
from core.text import cut, grouped, visible

OURS = frozenset(
    {"amount", "action", "riskscore", "risk", "currency", "requester", "askedby", "title", "more"}
)
"""Labels that say what the policy routed on; a param may be named as it likes."""

MAX_FACTS = 8
LONGEST = 300
"""Characters of one fact; the whole action has all of it."""


def facts(state: RequestState, revision: Revision) -> tuple[Fact, ...]:
    """Amount, the params, action and risk; how many params more there are, where they do not
    fit. What one decides by comes first."""
    amount = [] if state.amount is None else [Fact(label="Amount", value=money(state))]
    kind = [Fact(label="Action", value=visible(state.action_type))]
    if state.risk_score is not None:
        kind.append(Fact(label="Risk score", value=f"{state.risk_score} of 100"))
    params = [
        Fact(label=_param(name), value=cut(visible(shown(value)), LONGEST))
        for name, value in revision.action.params.items()
        if name != "amount" or not _is_amount(value, state.amount)
    ]
    room = MAX_FACTS - len(amount) - len(kind)
    if len(params) > room:
        left = len(params) - room + 1
        params[room - 1 :] = [Fact(label="More", value=f"{left} more in the full action")]
    return (*amount, *params, *kind)


@lru_cache(maxsize=256)
def _param(name: str) -> str:
    """A param's label, not to be mistaken for one of ours: however it is written, with the
    look-alikes that Unicode calls compatible (https://www.unicode.org/reports/tr15/)."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    if "".join(filter(str.isalnum, plain)) in OURS:
        return f"{label(name)} in the action"
    return label(name)


def money(state: RequestState) -> str:
    """The amount with its currency: "120,000 EUR"; "" where there is none."""
    if state.amount is None:
        return ""
    return f"{grouped(state.amount)} {state.currency or ''}".rstrip()


def whole_action(revision: Revision) -> str:
    """All that an approval is about, as text, with hidden characters made visible: title,
    description, requester, amount, risk score, labels, what the agent says of itself, and the
    action as indented JSON."""
    action = {"type": revision.action.type, "params": revision.action.params}
    parts = [revision.title, revision.description or "", "\n".join(_figures(revision))]
    parts += [f"labels: {', '.join(revision.labels)}"] if revision.labels else []
    parts += [f"context: {_indented(revision.context)}"] if revision.context else []
    parts.append(f"action: {_indented(action)}")
    # JSON text keeps its line ends: only what stands inside strings can be hidden.
    return _visible_lines("\n\n".join(filter(None, parts)))


def _figures(revision: Revision) -> Iterator[str]:
    """What the digest covers beside the texts and the action."""
    if revision.requester is not None:
        yield f"requester: {revision.requester}"
    if revision.amount is not None:
        yield f"amount: {revision.amount} {revision.currency or ''}".rstrip()
    elif revision.currency is not None:
        yield f"currency: {revision.currency}"
    if revision.risk_score is not None:
        yield f"risk score: {revision.risk_score}"


def _indented(value: Any) -> str:
    # Each card has it, and Python's own encoder takes ten times as long with an indentation.
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()


def _visible_lines(text: str) -> str:
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "\n".join(visible(line) for line in text.split("\n"))


def _is_amount(value: Any, amount: str | None) -> bool:
    """Whether a param says what the amount's own line says already."""
    try:
        return amount is not None and Decimal(str(value)) == Decimal(amount)
    except InvalidOperation:
        return False
