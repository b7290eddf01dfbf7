"""Who is told of what happened, beside the cards: events into rows of the outbox.

A row holds ids and facts only; `core.chat.notices` makes its words when it is sent, from what is
true then. One event tells one person once, however often the rows are made.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from core.chat.audience import Platforms, pinged, reach
from core.directory.people import Directory
from core.events import (
    Actor,
    ChangesRequested,
    Commented,
    Delegated,
    DelegationEnded,
    Escalated,
    Finished,
    Held,
    Nudged,
    Reassigned,
    Recorded,
    Reminded,
    Revised,
    RolledBack,
    TokenRevoked,
)
from core.evolve import stage_at
from core.request import RequestState, Stage, StageStatus, Status
from core.route import ChannelRef
from core.rows import OutboxRow, Recipient
from core.rules.eligibility import asking
from core.rules.standins import takers
from core.rules.time import OUT_OF_TIME
from core.rules.waiting import waited_for
from core.service.access import ADMINS, person_may_see
from core.value import Value


class Told(Value, frozen=True):
    """Some people and channels who are told the same."""

    kind: str
    people: tuple[str | None, ...]
    facts: dict[str, str] = {}
    channels: tuple[ChannelRef, ...] = ()


class Scene(Value, frozen=True):
    """The request around an event: before the commit and after it. `writers` are those who
    wrote something about it of late and may see it."""

    before: RequestState
    after: RequestState
    actor: Actor
    admins: tuple[str, ...]
    writers: tuple[str, ...] = ()


def notices_for(
    before: RequestState,
    after: RequestState,
    events: Sequence[Recorded],
    directory: Directory,
    platforms: Platforms,
) -> tuple[OutboxRow, ...]:
    """The rows that these events, which lead from `before` to `after`, give rise to."""
    rows: dict[str, OutboxRow] = {}
    for position, recorded in enumerate(events, start=before.version + 1):
        rule = RULES.get(type(recorded.event))
        if rule is None:
            continue
        writers = _writers(before, directory) if isinstance(recorded.event, Commented) else ()
        scene = Scene(before, after, recorded.actor, directory.group(ADMINS), writers)
        for told in rule(recorded.event, scene):
            for to in _places(told, directory, platforms):
                row = _row(after.id, told.kind, position, to, told.facts)
                # Who is told of one event in two parts hears what was said first.
                rows.setdefault(row.dedupe, row)
    return tuple(rows.values())


def elsewhere(row: OutboxRow, to: Recipient) -> OutboxRow:
    """The same notice for the same person in another place."""
    return _row(row.request, row.kind, int(row.facts.get("event", "0")), to, row.facts)


def who_asks(state: RequestState) -> str | None:
    """The person on the side of those who asked: the requester, else whom the key stands for,
    else the owner of the agent."""
    return state.requester or state.submitter or state.owner


def _row(request: str, kind: str, position: int, to: Recipient, facts: dict[str, str]) -> OutboxRow:
    if kind == "result":
        # A request ends once, so its result needs no position.
        return OutboxRow(
            id=f"{request}.result.{to.platform}",
            dedupe=f"result:{request}:{to.platform}:{to.id}",
            kind=kind,
            request=request,
            to=to,
            facts=facts,
        )
    return OutboxRow(
        id=f"{request}.{position}.{kind}.{to.platform}.{to.id}",
        dedupe=f"{kind}:{request}:{position}:{to.platform}:{to.id}",
        kind=kind,
        request=request,
        to=to,
        facts=facts | {"event": str(position)},
    )


def _places(told: Told, directory: Directory, platforms: Platforms) -> Iterator[Recipient]:
    for email in dict.fromkeys(told.people):
        if email is not None:
            yield from reach(email, directory, platforms)[:1]
    for channel in told.channels:
        if channel.platform in platforms:
            yield Recipient(platform=channel.platform, id=channel.id, kind="channel")


# --- one rule for each kind of event -------------------------------------------------------


def _finished(event: Finished, scene: Scene) -> Iterator[Told]:
    after = scene.after
    if event.bypass != "break_glass":
        yield Told("result", (after.requester,))
        if event.status is Status.EXPIRED or event.cause == "timeout":
            asked = _loud(_asked_last(scene), scene)
            yield Told("ended", _without(asked, (after.requester,)), {"as": "asked"})
            owner = _without((after.owner,), (after.requester, *asked))
            yield Told("ended", owner, {"as": "owner"})
        return
    glass = None if after.route is None else after.route.glass
    entries = () if glass is None else glass.tell
    told = (*(p for e in entries for p in e.people), who_asks(after), *pinged(after))
    channels = () if glass is None else glass.channels
    yield Told("break_glass", _without(told, event.by), {}, channels)


def _reminded(event: Reminded, scene: Scene) -> Iterator[Told]:
    yield Told("reminder", _loud(event.people, scene), _stage(event.level, scene))


def _nudged(event: Nudged, scene: Scene) -> Iterator[Told]:
    people = _without(_loud(event.people, scene), (scene.actor.person,))
    yield Told("nudge", people, _stage(event.level, scene) | _by(scene.actor))


def _escalated(event: Escalated, scene: Scene) -> Iterator[Told]:
    facts = _stage(event.level, scene) | _by(scene.actor) | {"because": event.because}
    facts |= {} if event.reason is None else {"content": event.reason}
    yield Told("escalated", _loud(event.told, scene), facts | {"as": "new"})
    everyone = (p for entry in event.entries for p in entry.people)
    others = _without(_loud(everyone, scene), (scene.actor.person,))
    yield Told("escalated", others, facts | {"as": "asked"})
    asks = _without((who_asks(scene.after),), (scene.actor.person,))
    yield Told("escalated", asks, facts | {"as": "asks"})


def _held(event: Held, scene: Scene) -> Iterator[Told]:
    facts = _stage(event.level, scene)
    yield Told("held", scene.admins, facts | {"as": "admin"})
    yield Told("held", (who_asks(scene.after),), facts | {"as": "asks"})
    if event.because in OUT_OF_TIME:
        yield Told("held", _loud(waited_for(scene.after), scene), facts | {"as": "asked"})


def _delegated(event: Delegated, scene: Scene) -> Iterator[Told]:
    facts = {"giver": event.giver, "taker": event.taker} | _by(scene.actor)
    facts |= {} if event.reason is None else {"content": event.reason}
    # Whoever is away set that up themselves, and who stands in gets the card: a notice for
    # each open request would be a hundred messages that say nothing new.
    if event.standing is None:
        yield Told("delegated", _loud((event.taker,), scene), facts | {"as": "taker"})


def _given_back(event: DelegationEnded, scene: Scene) -> Iterator[Told]:
    if event.standing is not None:
        return
    facts = {"giver": event.giver, "taker": event.taker}
    giver = _without(_loud((event.giver,), scene), (scene.actor.person,))
    yield Told("given_back", giver, facts | {"as": "giver"})
    yield Told("given_back", _loud((event.taker,), scene), facts | {"as": "taker"})


def _reassigned(event: Reassigned, scene: Scene) -> Iterator[Told]:
    facts = {"old": event.old, "new": event.new} | _stage(event.level, scene) | _by(scene.actor)
    facts |= {} if event.reason is None else {"content": event.reason}
    yield Told("reassigned", (event.new,), facts | {"as": "new"})
    yield Told("reassigned", (event.old,), facts | {"as": "old"})


def _changes_requested(event: ChangesRequested, scene: Scene) -> Iterator[Told]:
    facts = {"by": event.by}
    facts |= {} if event.reason is None else {"content": event.reason}
    # The requester may revise it; somebody who only answers for the agent may not.
    facts |= {} if scene.after.requester is None else {"revise": "yes"}
    yield Told("changes_requested", _without((who_asks(scene.after),), (event.by,)), facts)


def _rolled_back(event: RolledBack, scene: Scene) -> Iterator[Told]:
    back = scene.after.sent_back
    assert back is not None, "the event says that it was sent back"
    facts = _stage(event.to, scene) | {"by": back.by}
    facts |= {} if event.reason is None else {"content": event.reason}
    again = _loud(waited_for(scene.after), scene)
    yield Told("sent_back", _without(again, (back.by,)), facts | {"as": "asked"})
    asks = _without((who_asks(scene.after),), (back.by,))
    yield Told("sent_back", asks, facts | {"as": "asks"})


def _revised(event: Revised, scene: Scene) -> Iterator[Told]:
    concerned = (v.person for s in scene.before.stages for v in s.votes)
    facts = {"revision": str(event.revision)} | _by(scene.actor)
    facts |= {} if event.kept is None else {"kept": "yes"}
    yield Told("revised", _without(concerned, (scene.actor.person,)), facts)


def _commented(event: Commented, scene: Scene) -> Iterator[Told]:
    after, author = scene.after, scene.actor.person
    from_asking_side = (
        scene.actor.agent == after.agent_key if not author else author in asking(after)
    )
    people: tuple[str | None, ...] = (*_concerned(scene), *scene.writers)
    if from_asking_side:
        people = (*people, *_unanswered(scene))
    if not (event.question and from_asking_side):
        people = (who_asks(after), *people)
    facts = {"content": event.content} | _by(scene.actor)
    yield Told("question" if event.question else "comment", _without(people, (author,)), facts)


def _token_revoked(event: TokenRevoked, scene: Scene) -> Iterator[Told]:
    facts = _by(scene.actor) | ({} if event.reason is None else {"content": event.reason})
    yield Told("token_revoked", _without((who_asks(scene.after),), (scene.actor.person,)), facts)


RULES: Mapping[type, Callable[[Any, Scene], Iterator[Told]]] = {
    Finished: _finished,
    Reminded: _reminded,
    Nudged: _nudged,
    Escalated: _escalated,
    Held: _held,
    Delegated: _delegated,
    DelegationEnded: _given_back,
    Reassigned: _reassigned,
    ChangesRequested: _changes_requested,
    RolledBack: _rolled_back,
    Revised: _revised,
    Commented: _commented,
    TokenRevoked: _token_revoked,
}
"""Who is told; of every other event the cards say enough."""


# --- parts -------------------------------------------------------------------------------


def _asked_last(scene: Scene) -> tuple[str, ...]:
    """Whom it waited for when its time ran out, and who had decided there already."""
    state = scene.after
    if scene.before.status is Status.CHANGES_REQUESTED and state.feedback is not None:
        return (state.feedback.by,)
    over = (StageStatus.SKIPPED, StageStatus.REJECTED)
    stages = (s for s in state.stages if s.opened_at is not None and s.status in over)
    stage = next(stages, None)
    return () if stage is None else _with_takers(state, stage)


def _with_takers(state: RequestState, stage: Stage) -> tuple[str, ...]:
    """Those who are asked at a stage, and who acts for them."""
    asked = dict.fromkeys(stage.assigned)
    for giver in stage.assigned:
        asked |= dict.fromkeys(sorted(takers(state, giver)))
    return tuple(asked)


def _concerned(scene: Scene) -> tuple[str, ...]:
    """Whom a remark concerns on the deciding side: those asked now, or who decided."""
    state = scene.after
    stage = state.current
    if stage is not None:
        return _loud(_with_takers(state, stage), scene)
    if state.is_open and state.feedback is not None:
        return (state.feedback.by,)
    return tuple(v.person for s in state.stages for v in s.votes)


def _writers(state: RequestState, directory: Directory) -> tuple[str, ...]:
    """Who takes part in the conversation. What they wrote from a channel gives no right to more
    than its answer."""
    wrote = dict.fromkeys(r.person for r in state.remarks if r.person is not None)
    return tuple(p for p in wrote if person_may_see(state, p, directory))


def _unanswered(scene: Scene) -> tuple[str, ...]:
    """Who asked something since the asking side wrote last."""
    asks, found = asking(scene.before), dict[str, None]()
    for remark in reversed(scene.before.remarks):
        if remark.person is None or remark.person in asks:
            break
        if remark.question:
            found[remark.person] = None
    if scene.after.route is not None and scene.after.route.channels:
        return tuple(found)
    # Who asked in a channel from which a revision took it away may not see it any more.
    return tuple(p for p in found if p in scene.writers)


def _loud(people: Iterable[str], scene: Scene) -> tuple[str, ...]:
    """Without those who may decide and are not told of it."""
    told = set(pinged(scene.after))
    return tuple(p for p in people if p in told)


def _without(people: Iterable[str | None], left_out: Iterable[str | None]) -> tuple[str, ...]:
    leave = set(left_out)
    return tuple(dict.fromkeys(p for p in people if p is not None and p not in leave))


def _stage(level: int, scene: Scene) -> dict[str, str]:
    """Which stage and round it is about, so that a late notice can tell that it is over."""
    return {"level": str(level), "round": str(stage_at(scene.after, level).round)}


def _by(actor: Actor) -> dict[str, str]:
    return {} if actor.person is None else {"by": actor.person}
