"""What the state knows of the revisions that people declined, also where it was stored before
it knew; `tests/contract/test_loop_guard.py` has what follows from it."""

from typing import Any

import msgspec
import pytest

from core.commands import Cancel
from core.content import read_revision
from core.request import Decision, RequestState, Status
from core.route import OnReject, OnTimeout
from core.rows import Loaded, Refusal
from core.service.applying import Surroundings, apply
from core.value import encode
from tests.core.builders import (
    AGENT,
    DIRECTORY,
    FAYE,
    FINANCE,
    FINN,
    HOUR,
    MARA,
    NOW,
    a_route,
    a_submit,
    stage,
)
from tests.core.shown import Told

CHANGES = Decision.REQUEST_CHANGES
R1, R2 = "R1.r1", "R1.r2"


def asked(*plans: Any, **route: Any) -> Told:
    """Mara is asked, then Finance."""
    stages = plans or (stage(1, "Manager", MARA), FINANCE)
    return Told(DIRECTORY).when(a_submit(route=a_route(*stages, **route)))


def sent_back() -> Told:
    story = asked()
    story.votes(MARA, CHANGES, reason="Cheaper")
    return story


def rolled_back() -> Told:
    story = asked(on_reject=OnReject.PREVIOUS_STAGE)
    story.approves(MARA).rejects(FINN)
    return story


def rejected_for_changes() -> Told:
    story = asked(on_reject=OnReject.REQUEST_CHANGES)
    story.rejects(MARA)
    return story


BACK = pytest.mark.parametrize("make", [sent_back, rolled_back, rejected_for_changes])


@BACK
def test_what_people_sent_back_is_declined(make: Any) -> None:
    assert make().state.declined == (R1,)


@BACK
def test_a_revision_does_not_make_it_forgotten(make: Any) -> None:
    story = make().revises()
    assert (story.state.content, story.state.declined) == (R2, (R1,))


def test_a_rejection_for_good_is_declined_too() -> None:
    story = sent_back().revises()
    story.rejects(MARA)
    assert (story.state.status, story.state.declined) == (Status.REJECTED, (R1, R2))


def test_each_revision_is_named_once_however_often_it_was_sent_back() -> None:
    story = rolled_back()
    story.approves(MARA).rejects(FAYE)
    assert story.state.stages[0].round == 3
    assert story.state.declined == (R1,)
    story.votes(MARA, CHANGES, reason="Cheaper")
    assert story.state.declined == (R1,)


def test_a_vote_that_decides_nothing_declines_nothing() -> None:
    story = asked(stage(1, "Two", MARA, FINN, quorum=2, reject_quorum=2))
    story.rejects(MARA)
    assert (story.state.opposed, story.state.declined) == (True, ())


def test_a_rule_declines_nothing_for_people() -> None:
    late = stage(1, "Manager", MARA, sla=HOUR, on_timeout=OnTimeout.REJECT)
    for story in (asked(stage(1, "Manager", MARA, auto="reject")), asked(late)):
        state = story.at(NOW + HOUR).state
        if state.is_open:
            story.refused(CANCEL, MARA)
        assert (story.state.status, story.state.declined) == (Status.REJECTED, ())


# --- stored by an earlier version -------------------------------------------------------------

CANCEL = Cancel(actor=AGENT, agent_key="key-1")


def stored_before(state: RequestState) -> RequestState:
    """The state as a version kept it that did not know what people had declined."""
    fields = msgspec.json.decode(encode(state))
    assert fields.pop("declined") == [R1]
    return msgspec.json.decode(msgspec.json.encode(fields), type=RequestState)


def remembered(story: Told, state: RequestState) -> tuple[Refusal, ...]:
    """What the loop guard keeps when the agent withdraws the request as it was stored."""
    loaded = Loaded(state=state, contents=story.contents)
    around = Surroundings(directory=DIRECTORY, platforms=frozenset(), now=story.now)
    changes = apply(lambda _: CANCEL, None, loaded, around, lambda _: None, lambda _, __: ())
    assert changes.result.refusal is None
    return changes.refusals


@BACK
def test_of_an_older_snapshot_what_was_sent_back_last_is_known(make: Any) -> None:
    story = make()
    old = stored_before(story.state)
    assert old.declined == ()
    kept = remembered(story, old)
    digest = read_revision(story.contents[R1]).action_digest
    assert kept == (Refusal("key-1", digest, "R1", story.now),)
    assert kept == remembered(story, story.state)


def test_an_older_snapshot_that_was_revised_since_is_read_and_ends() -> None:
    story = sent_back().revises()
    assert remembered(story, stored_before(story.state)) == ()
