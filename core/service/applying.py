"""A command as a pure function of what the store loaded: what is due, then the command."""

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import astuple, replace

from core.callbacks import callback_rows
from core.chat.audience import Platforms, audience, planned
from core.chat.digest import digest_rows
from core.chat.holding import held_cards
from core.chat.telling import notices_for
from core.commands import Command, Draft, Facts
from core.content import Content
from core.decide import Decided, decide, due
from core.directory.people import Directory
from core.events import Recorded
from core.refusals import Refused
from core.request import RequestState
from core.rows import Changes, Delivery, Loaded, OutboxRow
from core.service.loop_guard import to_remember
from core.value import Millis, Parcel

Allowed = Callable[[RequestState], None]
"""Raises Refused when who acts may not even see this request."""

Answering = Callable[[RequestState, Refused], tuple[OutboxRow, ...]]
"""The rows that tell a clicker why nothing changed."""


class Done(Parcel, frozen=True):
    """What is true after a command, and why it was refused, if it was.

    `changed` says whether the command had any events of its own.
    """

    state: RequestState
    contents: dict[str, bytes]
    deliveries: tuple[Delivery, ...] = ()
    refusal: Refused | None = None
    changed: bool = False


class Surroundings(Parcel, frozen=True):
    """What a command is judged and told with."""

    directory: Directory
    platforms: Platforms
    now: Millis
    kid: str = ""
    load: Mapping[str, int] = {}

    def facts(self, loaded: Loaded, person: str | None) -> Facts:
        """Today's facts about who acts and everyone else."""
        return Facts(
            person=None if person is None else self.directory.person(person),
            people=self.directory.people,
            standing=loaded.standing,
            platforms=self.platforms,
            frozen=loaded.frozen,
            kid=self.kid,
            load=self.load,
        )


def apply(
    make: Callable[[RequestState], Command],
    person: str | None,
    loaded: Loaded,
    around: Surroundings,
    allowed: Allowed,
    answer: Answering,
) -> Changes[Done]:
    """What is due, then the command: a refusal undoes only the command's own events.

    `make` gives the command for the state as it then is; it may raise Refused too. Texts are
    kept only if the command's events name them.
    """
    facts = around.facts(loaded, person)
    waited = due(loaded.state, facts, around.now)
    own = Decided(state=waited.state)
    refusal: Refused | None = None
    texts: tuple[Content, ...] = ()
    try:
        allowed(waited.state)
        command = make(waited.state)
        own = decide(waited.state, command, facts, around.now)
        texts = _named(written(command), own.events)
    except Refused as error:
        refusal = error
    contents = loaded.contents | {c.id: c.body for c in texts}
    done = Done(
        state=own.state,
        contents=contents,
        deliveries=loaded.deliveries,
        refusal=refusal,
        changed=bool(own.events),
    )
    told = () if refusal is None else answer(own.state, refusal)
    return changes(done, loaded, (*waited.events, *own.events), texts, around, told)


def changes(
    done: Done,
    loaded: Loaded,
    events: tuple[Recorded, ...],
    texts: tuple[Content, ...],
    around: Surroundings,
    told: tuple[OutboxRow, ...] = (),
) -> Changes[Done]:
    """What is stored for these events: the cards wanted, the notices, the loop guard's rows."""
    if not events:
        return Changes(result=done, outbox=told)
    state = done.state
    directory, platforms, now = around.directory, around.platforms, around.now
    everyone = audience(state, directory, platforms)
    held = held_cards(loaded.state, state, events, everyone, directory, now)
    waiting = (to.id for to, until in held.items() if until is not None)
    return Changes(
        result=replace(done, deliveries=planned(state, loaded.deliveries, everyone, held)),
        state=state,
        events=events,
        content=texts,
        audience=everyone,
        held=held,
        outbox=(
            *notices_for(loaded.state, state, events, directory, platforms),
            *digest_rows(waiting, directory, platforms, now),
            *told,
        ),
        callbacks=callback_rows(loaded.state, state, events, done.contents),
        refusals=to_remember(loaded.state, state, done.contents, events),
    )


def _named(texts: tuple[Content, ...], events: Sequence[Recorded]) -> tuple[Content, ...]:
    """The rows that the events name: a text that nothing binds is not kept."""
    if not texts:
        return ()
    ids = {value for r in events for value in astuple(r.event) if isinstance(value, str)}
    return tuple(text for text in texts if text.id in ids)


def written(command: Command) -> tuple[Content, ...]:
    """The content rows that a command brings."""
    found: list[Content] = []
    for value in astuple(command):
        if isinstance(value, Content):
            found.append(value)
        elif isinstance(value, Draft):
            found += (value.content, value.rationale)
    return tuple(found)
