"""`/approvals delegate ID @name`: one request is handed on, in one's own name, with a reason."""

import json

import pytest

from adapters.slack.handing import NO_DAY, understood
from core.card import Verb
from core.chat.handing import Handed, is_id
from core.chat.port import Answer
from core.commands import Binding
from core.refusals import Reason
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import EVE, FINANCE, Rig
from tests.adapters.slack.pressing import ACCOUNT
from tests.adapters.slack.test_commands import ask, first

ID = "01j9zk4t7qx2m3n4p5q6r7s8t9"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"delegate {ID} @eve", None),
        (f"DELEGATE @eve `{ID}`", None),
        (f"{ID} delegate to @eve", None),
        (f"delegate {ID} to @Eve Ende because I am in court today", "because I am in court today"),
    ],
)
async def test_one_request_is_handed_on(rig: Rig, text: str, reason: str | None) -> None:
    rig.conversations.click_answer = Answer(text="Eve decides it.", card=cards.card())
    body = await ask(rig, text)
    assert first(body) == "Eve decides it."
    assert "New ERP system" in json.dumps(body["blocks"])
    (click,) = rig.conversations.clicks
    assert (click.identity, click.verb, click.to, click.reason) == (
        ACCOUNT,
        Verb.DELEGATE,
        EVE,
        reason,
    )
    assert click.binding == cards.BINDING
    assert rig.conversations.asked == [("status", ACCOUNT, ID)]


async def test_it_is_bound_to_no_decision_where_none_is_open(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(text="", card=cards.approved())
    rig.conversations.click_answer = Answer(text="It is over.", refused=Reason.FINISHED)
    assert first(await ask(rig, f"delegate {ID} @eve")) == "It is over."
    nothing = Binding(request=cards.REQUEST, revision=1, commitment="", level=0, round=0)
    assert rig.conversations.clicks[0].binding == nothing


async def test_the_channel_is_kept_as_evidence(rig: Rig) -> None:
    words = f"delegate {ID} @eve"
    await rig.act("U00FINN", "command", command="/approvals", text=words, channel=FINANCE)
    evidence = {"team": ACCOUNT.realm, "channel": FINANCE}
    assert rig.conversations.clicks[0].evidence == evidence


async def test_a_request_that_is_not_there_is_said(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(text="Gone.", refused=Reason.UNKNOWN_REQUEST)
    assert first(await ask(rig, f"delegate {ID} @eve")) == "Gone."
    assert rig.conversations.clicks == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"delegate {ID}", "Who is to decide it? Name one person: /approvals delegate ID @name"),
        (f"delegate {ID} @eve @finn", "Who is to decide it? Name one person:"),
        (f"delegate {ID} @eve until friday", NO_DAY),
    ],
)
async def test_what_is_not_understood_is_asked(rig: Rig, text: str, said: str) -> None:
    assert first(await ask(rig, text)).startswith(said)
    assert rig.conversations.clicks == []


def test_a_reason_may_speak_of_days() -> None:
    written = (ID, "<@U0EVE>", "away", "until", "friday")
    assert understood(written) == Handed(request=ID, to="U0EVE", reason="away until friday")


@pytest.mark.parametrize(
    "word",
    ["2026-12-24", "24.12.2026", "tomorrow", "<@U0EVE|eve>", "ann1@example.com", "delegation"],
)
def test_days_names_and_words_are_no_ids(word: str) -> None:
    assert not is_id(word)
