"""A rule that keeps its decisions out of chat: what each way in shows, and what it may do."""

import pytest

from core.card import Verb
from core.chat.port import Click
from core.directory.people import EMAIL, WEB, Identity
from core.events import Voted, read_recorded
from core.reasons import Reason
from core.request import Status
from tests.core.builders import MANAGER, MARA, a_route
from tests.core.desk import Desk, account
from tests.core.shown import asked

BY_LINK = Identity(platform=WEB, realm="link", account=MARA)
WITH_ACCOUNT = Identity(platform=WEB, realm="oidc", account=MARA)
LETTER = Identity(platform=EMAIL, realm="", account=MARA)
CHAT = account(MARA)

WAYS = [
    (CHAT, Reason.DECIDE_ELSEWHERE),
    (LETTER, Reason.DECIDE_ELSEWHERE),
    (BY_LINK, Reason.COMPANY_SIGN_IN),
]


def desk() -> Desk:
    return Desk(asked(route=a_route(MANAGER, decide_in="web")))


def click(here: Desk, identity: Identity, **evidence: str) -> Click:
    given = {"session": "s1", **evidence}
    return Click(identity=identity, binding=here.bound(), verb=Verb.APPROVE, evidence=given)


@pytest.mark.parametrize(("identity", "reason"), WAYS)
async def test_what_is_decided_on_the_web_is_decided_in_no_other_way(
    identity: Identity, reason: Reason
) -> None:
    here = desk()
    # What a platform says of a message is no word on how somebody signed in.
    answer = await here.chat.click(click(here, identity, signed_in="oidc"))
    assert answer.refused is reason
    assert here.state.status is Status.PENDING
    for shown in (answer.card, (await here.chat.status(identity, "R1")).card):
        assert shown is not None
        assert {button.verb for button in shown.buttons} <= {Verb.VIEW, Verb.HISTORY}
        assert shown.elsewhere
        assert "company account" in str(shown.why)


async def test_it_is_decided_with_the_company_account_and_the_trail_says_so() -> None:
    here = desk()
    looked = await here.chat.status(WITH_ACCOUNT, "R1")
    assert looked.card is not None
    assert Verb.APPROVE in {button.verb for button in looked.card.buttons}
    answer = await here.chat.click(click(here, WITH_ACCOUNT))
    assert answer.refused is None
    assert here.state.status is Status.APPROVED
    events = [read_recorded(link.body) for link in here.store.trail["R1"]]
    (vote,) = [each for each in events if isinstance(each.event, Voted)]
    assert vote.actor.evidence == {"session": "s1", "signed_in": "oidc"}


async def test_what_is_no_decision_goes_on_everywhere() -> None:
    for identity, _ in WAYS:
        here = desk()
        asked_about = Click(
            identity=identity, binding=here.bound(), verb=Verb.COMMENT, reason="Which vendor?"
        )
        assert (await here.chat.click(asked_about)).refused is None
