"""An approval turned out wrong: who may say so, when, and what is made of it."""

from typing import Any

import pytest

from core.cards.headlines import headline
from core.chat.history import history
from core.commands import ReportIncident
from core.refusals import Reason, Refused
from core.request import RequestState, Severity
from core.rules.incidents import MOST_BY_AGENT, MOST_INCIDENTS
from tests.core.acts import by, said
from tests.core.builders import ADA, AGENT, MARA
from tests.core.shown import COMPANY, asked
from tests.core.test_history import approved


def incident(severity: Severity = "medium", **who: Any) -> ReportIncident:
    whose: dict[str, Any] = {"agent_key": "key-1", "actor": AGENT} | who
    return ReportIncident(detail=said("Twice", "text-9"), kind="wrong", severity=severity, **whose)


def test_the_agent_that_asked_says_so_of_its_own_request() -> None:
    state: RequestState = approved().when(incident()).state
    assert (state.incidents, state.severity) == (1, "medium")
    assert headline(state, COMPANY) == "Approved by Mara. An incident was reported since (medium)"


@pytest.mark.parametrize("who", [{"person": MARA, "actor": by(MARA)}, {"as_admin": True}])
def test_people_who_may_see_it_and_administrators_do_too(who: dict[str, Any]) -> None:
    assert approved().when(incident(agent_key=None, **who)).state.incidents == 1


def test_another_agent_does_not() -> None:
    with pytest.raises(Refused) as refused:
        approved().when(incident(agent_key="key-2"))
    assert refused.value.reason is Reason.NOT_CONCERNED


def test_only_an_approval_can_have_been_wrong() -> None:
    for story in (asked(), asked().rejects(MARA, "No")):
        with pytest.raises(Refused) as refused:
            story.when(incident())
        assert refused.value.reason is Reason.NOT_APPROVED


def test_the_worst_severity_stands_and_the_trail_tells_each() -> None:
    story = approved()
    for severity in ("low", "high", "medium"):
        story.when(incident(severity))
    assert (story.state.incidents, story.state.severity) == (3, "high")
    contents = story.contents | {"text-9": said("Twice").body}
    story.when(incident(agent_key=None, person=ADA, actor=by(ADA)))
    lines = history("R1", story.history, contents, COMPANY, "UTC").split("\n")
    assert lines[-2].endswith("Agent purchasing reported an incident (wrong, medium): “Twice”.")
    assert lines[-1].endswith("Ada reported an incident (wrong, medium): “Twice”.")


def test_there_is_a_bound_and_an_agent_leaves_room_for_people_below_it() -> None:
    story, mara = approved(), incident(agent_key=None, person=MARA, actor=by(MARA))
    for _ in range(MOST_BY_AGENT):
        story.when(incident("low"))
    with pytest.raises(Refused, match="only people may report") as refused:
        story.when(incident("low", person=MARA))
    assert refused.value.reason is Reason.TOO_MANY_INCIDENTS
    for _ in range(MOST_INCIDENTS - MOST_BY_AGENT):
        story.when(mara)
    with pytest.raises(Refused) as refused:
        story.when(mara)
    assert refused.value.reason is Reason.TOO_MANY_INCIDENTS
