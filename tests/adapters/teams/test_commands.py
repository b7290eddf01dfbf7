"""What people write to the bot: the table of words, people who are named, requests handed on."""

from typing import Any

import pytest

from adapters.teams.commands import COMMANDS, HANDING
from core.card import Verb
from core.chat import link_words
from core.chat.figures_port import Decided, Overview
from core.chat.handing import NO_DAY
from core.chat.linking_port import Told
from core.chat.port import Absences, Answer, Chat
from core.chat.words import usages
from core.commands import Binding
from core.refusals import Reason
from tests.adapters.teams.cards import BINDING, HOUR, NOW, REQUEST, a_card, a_rejected_card, texts
from tests.adapters.teams.conftest import EVE, FINANCE, FINN, Json, Rig, content, person
from tests.adapters.teams.fakes import Recording
from tests.ports import EverybodyKnown, NoFigures, a_chat

ID = "01j9zk4t7qx2m3n4p5q6r7s8t9"
CODE = "ABCD-EFGH-JKMN-PQRS"
HELP = [f"{written or 'queue'} – {told}" for written, told in usages("Teams")]


@pytest.fixture
def figures() -> NoFigures:
    return NoFigures()


@pytest.fixture
def linking() -> EverybodyKnown:
    return EverybodyKnown()


@pytest.fixture
def ports(conversations: Recording, figures: NoFigures, linking: EverybodyKnown) -> Chat:
    return a_chat(conversations, figures=figures, linking=linking)


async def said(rig: Rig, text: str, **asked: object) -> Json:
    """What is answered in the chat."""
    before = len(rig.said(rig.chat(FINN)))
    answer = await rig.act(FINN, "message", text=text, **asked)
    assert answer["ok"], answer
    return (await rig.replies(rig.chat(FINN), before + 1))[-1]


async def in_channel(rig: Rig, text: str, **asked: object) -> Json:
    """What is answered in the chat to something that was written in a channel."""
    return await said(rig, text, conversation=FINANCE, **asked)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("help", "I understand:"),
        ("Hello!", "I understand:"),
        ("commands", "I understand:"),
        ("approve", "I do not know that. Decide with the buttons of a card: queue shows"),
        ("queu", "I do not know that. Did you mean queue?"),
        ("statuss req_1", "I do not know that. Did you mean status?"),
        ("<script>alert(1)</script>", "I do not know that. I understand:"),
    ],
)
async def test_anything_else_is_answered_with_what_there_is(
    rig: Rig, text: str, start: str
) -> None:
    first, *listed = (await said(rig, text))["text"].split("\n\n")
    assert first.startswith(start)
    assert [line.replace("\\", "") for line in listed] == HELP


def test_every_command_of_the_table_is_told_in_the_help_and_fits_the_manifest() -> None:
    assert list(COMMANDS) == list(dict.fromkeys(line.split(" ")[0] for line in HELP))
    assert COMMANDS["delegate"] == "let somebody act for you while you are away"
    assert len(COMMANDS) <= 12


@pytest.mark.parametrize("text", ["status", "status a b", "where is the status of my laptop"])
async def test_status_without_one_id_asks_for_it(
    rig: Rig, conversations: Recording, text: str
) -> None:
    assert (await said(rig, text))["text"] == "Which request? Write status and its id."
    assert conversations.asked == []


@pytest.mark.parametrize(
    "text", [f"status {REQUEST}", f"  STATUS   `{REQUEST}` ", f"/status {REQUEST}"]
)
async def test_status_is_read_in_any_case_and_without_signs(
    rig: Rig, conversations: Recording, text: str
) -> None:
    await said(rig, text)
    assert conversations.asked == [("status", person(FINN), REQUEST)]


async def test_figures_are_told(rig: Rig, figures: NoFigures) -> None:
    figures.found = Overview(
        at=NOW, waiting=3, overdue=1, week=Decided(approved=4), median=2 * HOUR, open=1000
    )
    reply = await said(rig, "my statistics please")
    shown = texts(content(reply))
    assert shown[0] == "How it goes"
    for line in (
        "Waiting for you now: 3",
        "Decided in the last 7 days: 4 approved, 0 rejected",
        "Usual time until you decide (median of 30 days): 2 hours",
        "Open requests: 1,000",
        "Approvals that the policy gave by itself: unknown",
        "As of 21 Nov 2026, 04:00 UTC",
    ):
        assert line in shown
    assert reply["summary"] == "How it goes: 3 wait for you, 1 overdue; 1,000 open in all"


async def test_figures_are_for_people_of_the_directory(rig: Rig, figures: NoFigures) -> None:
    figures.found = Overview(refused="This Teams account is not linked.")
    assert (await said(rig, "stats"))["text"] == figures.found.refused


# --- linking an account ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("link", ("about", "")),
        ("connect my account", ("about", "")),
        ("link finn@example.com", ("start", "finn@example.com")),
        ("link me to <finn@example.com>,", ("start", "finn@example.com")),
        (f"link code {CODE}", ("redeem", CODE)),
        ("link ABCD EFGH JKMN PQRS", ("redeem", "ABCDEFGHJKMNPQRS")),
    ],
)
async def test_an_account_is_linked_by_tenant_and_object_id(
    rig: Rig, linking: EverybodyKnown, text: str, asked: tuple[str, str]
) -> None:
    linking.told = Told(text="A code is on its way.")
    assert (await said(rig, text))["text"] == "A code is on its way."
    assert linking.asked == [(asked[0], person(FINN), asked[1])]


async def test_what_is_neither_address_nor_code_is_explained(
    rig: Rig, linking: EverybodyKnown
) -> None:
    reply = await said(rig, "link finn")
    assert reply["text"] == link_words.USAGE.format(command="link")
    assert linking.asked == []


async def test_a_link_that_arrives_twice_is_asked_for_once(
    rig: Rig, linking: EverybodyKnown
) -> None:
    await rig.act(FINN, "message", text="link finn@example.com", to_bot=["twice"])
    await rig.platform.stop()
    assert [what for what, *_ in linking.asked] == ["start"]


async def test_how_an_account_is_linked_is_told_to_its_owner_alone(rig: Rig) -> None:
    assert "linked" in (await in_channel(rig, "@Countersign link"))["text"]
    assert (await rig.replies(FINANCE, 1))[0]["text"] == "I answered you in our own chat."


# --- people ----------------------------------------------------------------------------------


async def test_who_is_mentioned_is_known_by_their_id_which_teams_is_asked_for(
    rig: Rig, conversations: Recording
) -> None:
    conversations.absent = Absences(timezone="Europe/Berlin", at=NOW)
    reply = await in_channel(rig, "@Countersign delegate @Eve Ende until tomorrow")
    assert reply["text"].startswith("Bob acts for you. Understood: until the end of")
    what, _, (to, starts, ends) = conversations.asked[-1]
    assert (what, to, starts) == ("set_absence", EVE, None)
    assert ends is not None
    (call,) = rig.calls("GET members")
    assert call["args"]["conversation"] == FINANCE


async def test_an_id_that_teams_names_itself_needs_no_question(
    rig: Rig, conversations: Recording
) -> None:
    mentioned = {"id": "29:1eve", "name": "Eve", "aadObjectId": EVE.upper()}
    entity = {"type": "mention", "mentioned": mentioned, "text": "<at>Eve</at>"}
    message = {"type": "message", "name": None, "text": "delegate <at>Eve</at>"}
    await rig.post(rig.invoke({}, None, {**message, "value": None, "entities": [entity]}))
    assert conversations.asked[-1] == ("set_absence", person(FINN), (EVE, None, None))
    assert rig.calls("GET members") == []


@pytest.mark.parametrize("fault", ["error", "429"])
async def test_who_cannot_be_found_is_asked_for_by_address(
    rig: Rig, conversations: Recording, fault: str
) -> None:
    more: dict[str, Any] = {"error": "MemberNotFoundInConversation"} if fault == "error" else {}
    rig.fault("GET members", fault, **more)
    reply = await in_channel(rig, "@Countersign ooo @Eve Ende")
    assert texts(content(reply))[0].startswith("Teams did not say who “@Eve Ende” is.")
    assert "set_absence" not in [what for what, *_ in conversations.asked]


# --- one request is handed on -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "to", "reason"),
    [
        (f"@Countersign delegate {ID} @Eve Ende", EVE, None),
        (
            f"@Countersign delegate `{ID}` to @Eve Ende because I am in court",
            EVE,
            "because I am in court",
        ),
        (f"@Countersign delegate {ID} Bob@example.com", "bob@example.com", None),
    ],
)
async def test_one_request_is_handed_on(
    rig: Rig, conversations: Recording, text: str, to: str, reason: str | None
) -> None:
    conversations.click_answer = Answer(text="You delegated this to Eve.", card=a_card())
    reply = await in_channel(rig, text)
    assert texts(content(reply))[0] == "You delegated this to Eve."
    (click,) = conversations.clicks
    assert (click.identity, click.verb, click.to, click.reason) == (
        person(FINN),
        Verb.DELEGATE,
        to,
        reason,
    )
    assert (click.binding, click.place) == (BINDING, FINANCE)
    assert click.evidence["conversation"].startswith(f"{FINANCE};messageid=")


async def test_it_is_about_no_decision_where_none_is_open(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="", card=a_rejected_card())
    conversations.click_answer = Answer(text="It is over.", refused=Reason.FINISHED)
    assert (await said(rig, f"delegate {ID} eve@example.com"))["text"] == "It is over."
    nothing = Binding(request=REQUEST, revision=1, commitment="", level=0, round=0)
    assert conversations.clicks[0].binding == nothing


@pytest.mark.parametrize(
    ("text", "start"),
    [
        (f"delegate {ID}", f"Who is to decide it? Name one person: {HANDING}"),
        (f"delegate {ID} eve@example.com bob@example.com", "Who is to decide it?"),
        (f"delegate {ID} eve@example.com until friday", NO_DAY.partition("{")[0]),
        (f"please do not delegate {ID} to eve@example.com", "To hand on a request, write:"),
    ],
)
async def test_what_is_not_understood_is_asked(
    rig: Rig, conversations: Recording, text: str, start: str
) -> None:
    assert (await said(rig, text))["text"].startswith(start)
    assert conversations.clicks == []


async def test_a_request_that_is_not_there_is_not_handed_on(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="Gone.", refused=Reason.UNKNOWN_REQUEST)
    assert (await said(rig, f"delegate {ID} eve@example.com"))["text"] == "Gone."
    assert conversations.clicks == []


async def test_what_arrives_twice_is_told_to_be_the_same_and_answered_once(
    rig: Rig, conversations: Recording
) -> None:
    text = f"delegate {ID} eve@example.com"
    await rig.act(FINN, "message", text=text, to_bot=["twice"])
    await rig.platform.stop()
    first, again = conversations.clicks
    assert first == again
    assert first.once != ""
    assert len(rig.said(rig.chat(FINN))) == 1


# --- slash commands ----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["/help", "help", "@Countersign help"])
async def test_what_only_the_bot_saw_is_answered_in_the_chat_alone(rig: Rig, text: str) -> None:
    reply = await in_channel(rig, text, targeted=True)
    assert reply["text"].startswith("I understand:")
    await rig.platform.stop()
    assert rig.said(FINANCE) == []


async def test_who_cannot_be_reached_in_a_chat_is_told_where_they_asked(rig: Rig) -> None:
    await rig.act(EVE, "message", conversation=FINANCE, text="/help", targeted=True)
    told = (await rig.replies(FINANCE, 1))[0]["text"]
    assert told == "I can tell you that only in our own chat: open one with me and ask there."


@pytest.mark.parametrize("text", ["{}", "`{}`", "approve {}", "Reject {}"])
async def test_a_requests_id_alone_shows_its_card(
    rig: Rig, conversations: Recording, text: str
) -> None:
    reply = await said(rig, text.format(ID))
    assert texts(content(reply))[0] == "New ERP system"
    assert conversations.asked[-1] == ("status", person(FINN), ID)
