"""After a restore: an approval that may have been used is taken back, what is open says so."""

import pytest

from core.commands import Restore
from core.content import Text, row
from core.events import Actor, Reminded, Restored, TokenRevoked
from core.refusals import Reason
from core.request import Decision
from tests.core.acts import redeem, revoke
from tests.core.builders import (
    FINANCE,
    FINN,
    HOUR,
    MANAGER,
    MARA,
    NOW,
    a_route,
    a_submit,
    stage,
)
from tests.core.spec import Story, submitted

BACKUP = NOW - HOUR
WHY = row("text-9", "99" * 16, Text(text="Restored"))
RESTORED = Restore(actor=Actor(via="cli"), as_of=BACKUP, reason=WHY)


def approved() -> Story:
    story = Story()
    story.kid = "k1"
    return story.when(a_submit(a_route(MANAGER, token_lifetime=HOUR))).approves(MARA)


def test_an_approval_that_could_be_used_is_taken_back_and_cannot_be_used_any_more() -> None:
    story = approved().when(RESTORED)
    story.then(TokenRevoked("R1.1", WHY.id, WHY.commitment))
    assert story.refused(redeem(), MARA) is Reason.TOKEN_REVOKED
    story.when(RESTORED).then()


@pytest.mark.parametrize("over", ["used", "taken back", "expired"])
def test_one_that_cannot_be_used_any_more_stays_as_it_is(over: str) -> None:
    story = approved()
    match over:
        case "used":
            story.when(redeem())
        case "taken back":
            story.when(revoke())
        case "expired":
            story.at(NOW + HOUR)
    story.when(RESTORED).then()


def test_an_open_request_says_so_and_who_is_waited_for_is_reminded() -> None:
    half, whole = NOW + HOUR, NOW + 2 * HOUR
    asks_two = stage(1, "Manager", MARA, FINN, quorum=2, remind_at=(HOUR, 2 * HOUR))
    story = submitted(route=a_route(asks_two)).approves(MARA)
    assert story.state.stages[0].reminders == (half, whole)
    story.at(half - 1).when(RESTORED)
    story.then(Restored(BACKUP), Reminded(level=1, people=(FINN,), left=(half, whole)))


def test_one_that_waits_for_its_agent_says_so_and_nobody_is_reminded() -> None:
    story = submitted(route=a_route(MANAGER, FINANCE, on_reject="request_changes"))
    story.votes(MARA, Decision.REQUEST_CHANGES, reason="Cheaper")
    story.when(RESTORED).then(Restored(BACKUP))


def test_what_was_rejected_stays_as_it_is() -> None:
    submitted(route=a_route(MANAGER)).rejects(MARA).when(RESTORED).then()
