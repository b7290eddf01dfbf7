"""Vote and cancel as pure functions of what the store loaded."""

from collections.abc import Callable
from dataclasses import dataclass

from core.audience import Platforms, audience, planned, results
from core.commands import Cancel, CastVote, Facts
from core.content import Content
from core.decide import decide, due
from core.directory import Directory
from core.evolve import fold
from core.ports import Changes, Delivery, Loaded, OutboxRow
from core.refusals import Refused
from core.request import RequestState
from core.value import Millis

Allowed = Callable[[RequestState], None]
"""Raises Refused when who acts may not even see this request."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """What is true after a command, and why it was refused, if it was."""

    state: RequestState
    contents: dict[str, bytes]
    deliveries: tuple[Delivery, ...] = ()
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What a command is judged and told with."""

    directory: Directory
    platforms: Platforms
    now: Millis


def apply(
    command: CastVote | Cancel,
    facts: Facts,
    written: Content | None,
    loaded: Loaded,
    around: Surroundings,
    allowed: Allowed,
    answer: Callable[[RequestState, Refused], tuple[OutboxRow, ...]],
) -> Changes[Done]:
    """What is due, then the command: a refusal undoes only the command's own events.

    `written` is the comment's content row, kept only if the command has events.
    """
    state = loaded.state
    events = due(state, around.now) if state.version else []
    state = fold(state, events)
    refusal: Refused | None = None
    own = []
    try:
        allowed(state)
        own = decide(state, command, facts, around.now)
    except Refused as error:
        refusal = error
    state = fold(state, own)
    events = [*events, *own]
    content = (written,) if own and written is not None else ()
    everyone = audience(state, around.directory, around.platforms) if events else ()
    return Changes(
        result=Done(
            state=state,
            contents=loaded.contents | {c.id: c.body for c in content},
            deliveries=planned(state, loaded.deliveries, everyone) if events else loaded.deliveries,
            refusal=refusal,
        ),
        state=state if events else None,
        events=tuple(events),
        content=content,
        audience=everyone,
        outbox=(
            *results(state, events, around.directory, around.platforms),
            *(() if refusal is None else answer(state, refusal)),
        ),
    )
