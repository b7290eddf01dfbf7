"""`/approvals`, written in a simulated Slack and answered in the HTTP response."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from adapters.slack.desk import FAILED
from core.chat.port import Answer, Queue, QueueItem
from core.directory.people import Identity
from core.refusals import Reason
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINN, TEAM, Rig, signed
from tests.adapters.slack.limits import assert_message

Json = dict[str, Any]

ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)
USAGE = (
    "*What you can do*\n"
    "/approvals – what waits for you\n"
    "/approvals status ID – one request, with its buttons if you may decide it\n"
    "/approvals request – ask for something, with a form\n"
    "/approvals delegate @name until YYYY-MM-DD – let somebody act for you while you are away\n"
    "/approvals delegate ID @name – let somebody act for you on one request\n"
    "/approvals ooo – who is away and who acts for them\n"
    "/approvals ooo end ID – let them no longer act for you\n"
    "/approvals stats – your figures, and everybody's\n"
    "/approvals web – a link that signs you in on the web pages\n"
    "/approvals link – say who you are, or see whose your Slack account is\n"
    "/approvals help – this list"
)


def item(**fields: Any) -> QueueItem:
    given: dict[str, Any] = {
        "request": "req_1",
        "title": "New ERP system",
        "asked_by": "Alice Adams",
        "stage": "Finance",
        "amount": "120,000 EUR",
        "deadline": cards.NOW,
    }
    return QueueItem(**given | fields)


async def ask(rig: Rig, text: str) -> Json:
    """Write the command; the answer is shown to the asker alone, and is valid."""
    answer = await rig.act(FINN, "command", command="/approvals", text=text)
    assert answer["ok"] is True, answer
    body: Json = answer["body"]
    assert body["response_type"] == "ephemeral"
    assert_message(body["blocks"])
    return body


def first(body: Json) -> str:
    return str(body["blocks"][0]["text"]["text"])


@pytest.mark.parametrize(
    "text", ["", "  ", "queue", "QUEUE", "show me my queue", "list", "my inbox", "List queue"]
)
async def test_the_command_alone_shows_my_queue(rig: Rig, text: str) -> None:
    rig.conversations.found = Queue(items=(item(),), timezone="Europe/Berlin")
    body = await ask(rig, text)
    assert first(body) == "1 request waits for you"
    assert body["blocks"][1]["text"]["text"] == (
        "*New ERP system* · 120,000 EUR\n"
        "Asked by Alice Adams · Finance\n"
        "Decide by <!date^1795233600^{date_short_pretty} {time}|21 Nov 2026 05:00 Europe/Berlin>"
        " · req_1"
    )
    assert rig.conversations.asked == [("queue", ACCOUNT, None)]


async def test_an_empty_queue_says_so(rig: Rig) -> None:
    assert first(await ask(rig, "")) == "Nothing waits for you."


async def test_a_long_queue_counts_what_it_leaves_out(rig: Rig) -> None:
    rig.conversations.found = Queue(items=tuple(item(title="&" * 500) for _ in range(20)), more=5)
    body = await ask(rig, "")
    assert first(body) == "25 requests wait for you"
    assert len(body["blocks"]) == 14
    assert body["blocks"][-1]["text"]["text"].startswith("13 more wait;")


async def test_an_unknown_account_is_told_so(rig: Rig) -> None:
    rig.conversations.found = Queue(refused="This Slack account is not linked to anyone.")
    assert first(await ask(rig, "")) == "This Slack account is not linked to anyone."


async def test_what_nobody_answers_is_one_line_in_the_log(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await rig.act(FINN, "command", command="/approvls", text="")
    assert answer["error"] == "dispatch_failed"
    await rig.act(FINN, "shortcut", callback_id="another_app's\n")
    assert caplog.messages == [
        "Slack sent what nobody here answers: 'command' '/approvls'",
        "Slack sent what nobody here answers: 'shortcut' \"another_app's\\n\"",
    ]


async def test_show_brings_the_card_of_a_line(rig: Rig) -> None:
    rig.conversations.found = Queue(items=(item(),))
    await ask(rig, "queue")
    (shown,) = rig.ephemerals
    await rig.act(FINN, "click", ephemeral=shown["id"], action_id="countersign_show")
    queue, card = rig.ephemerals
    assert queue["blocks"][0]["block_id"] == "countersign_queue"
    assert card["blocks"][0]["text"]["text"] == "New ERP system"
    assert rig.conversations.asked[-1] == ("status", ACCOUNT, "req_1")


async def test_show_tells_when_the_request_may_not_be_seen_any_more(rig: Rig) -> None:
    rig.conversations.found = Queue(items=(item(),))
    await ask(rig, "queue")
    rig.conversations.status_answer = Answer(text="Gone.", refused=Reason.UNKNOWN_REQUEST)
    (shown,) = rig.ephemerals
    await rig.act(FINN, "click", ephemeral=shown["id"], action_id="countersign_show")
    assert rig.ephemerals[-1]["blocks"][0]["text"]["text"] == "Gone."


@pytest.mark.parametrize(
    "text", ["status req_1", "  Status   `req_1` ", 'status "req_1"', "req_1 STATUS"]
)
async def test_status_shows_the_present_card(rig: Rig, text: str) -> None:
    body = await ask(rig, text)
    assert first(body) == "New ERP system"
    assert rig.conversations.asked == [("status", ACCOUNT, "req_1")]


async def test_status_of_an_unknown_request_is_one_sentence(rig: Rig) -> None:
    rig.conversations.status_answer = Answer(
        text="There is no request <x> that you may see.", refused=Reason.UNKNOWN_REQUEST
    )
    assert first(await ask(rig, "status x")) == "There is no request &lt;x&gt; that you may see."


async def test_an_endless_id_is_cut_before_it_is_looked_up(rig: Rig) -> None:
    await ask(rig, "status " + "x" * 5000)
    assert rig.conversations.asked == [("status", ACCOUNT, "x" * 100)]


@pytest.mark.parametrize("text", ["status", "status a b"])
async def test_status_without_one_id_asks_for_it(rig: Rig, text: str) -> None:
    assert first(await ask(rig, text)).startswith("Which request? Write /approvals status and its")
    assert rig.conversations.asked == []


@pytest.mark.parametrize("text", ["help", "help me please"])
async def test_help_says_what_exists(rig: Rig, text: str) -> None:
    assert first(await ask(rig, text)) == USAGE


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("statuss", "status"),
        ("sttas", "stats"),
        ("requst", "request"),
        ("lnk", "link"),
        ("vacaton", "ooo"),
        ("quee", "queue"),
        ("hlep", "help"),
        ("DELEGAT", "delegate"),
        ("delgate", "delegate"),
        ("oo", "ooo"),
    ],
)
async def test_a_slip_of_the_fingers_gets_the_nearest_word(rig: Rig, text: str, meant: str) -> None:
    said = f"/approvals does not know “{text}”. Did you mean /approvals {meant}?"
    assert first(await ask(rig, text)) == f"{said}\n\n{USAGE}"


async def test_the_nearest_word_is_looked_for_among_all(rig: Rig) -> None:
    said = "/approvals does not know “req_1”. Did you mean /approvals status?"
    assert first(await ask(rig, "req_1 staus")) == f"{said}\n\n{USAGE}"


async def test_a_word_like_none_gets_the_list_only(rig: Rig) -> None:
    assert first(await ask(rig, "zzz")) == f"/approvals does not know “zzz”.\n\n{USAGE}"


@pytest.mark.parametrize("text", ["find it", "history", "search", "edit this"])
async def test_a_word_that_is_like_none_is_not_guessed_at(rig: Rig, text: str) -> None:
    said = f"/approvals does not know “{text.split(' ')[0]}”."
    assert first(await ask(rig, text)) == f"{said}\n\n{USAGE}"


@pytest.mark.parametrize("text", ["{}", "`{}`", "approve {}", "Reject {}"])
async def test_an_id_without_status_brings_the_card_and_decides_nothing(
    rig: Rig, text: str
) -> None:
    request = "01k2v6c3m8r4t5w6x7y8z9abcd"
    await ask(rig, text.format(request))
    assert rig.conversations.asked == [("status", ACCOUNT, request)]


@pytest.mark.parametrize("word", ["approve", "Reject"])
async def test_who_writes_a_decision_is_sent_to_the_cards(rig: Rig, word: str) -> None:
    said = (
        f"/approvals does not know “{word}”. Decide with the buttons of a card: "
        "/approvals shows what waits for you."
    )
    assert first(await ask(rig, f"{word} this")) == f"{said}\n\n{USAGE}"
    assert rig.conversations.asked == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<!channel>", "&lt;!channel&gt;"),
        ("*x*", "*x*"),
        ("`" * 3000, "`" * 40),
        ("\u202e", "⟦U+202E⟧"),
        ("a\u0000b", "a⟦U+0000⟧b"),
        ("😀" * 900, "😀" * 40),
    ],
)
async def test_hostile_words_are_shown_as_typed(rig: Rig, text: str, shown: str) -> None:
    body = await ask(rig, text)
    assert first(body).startswith(f"/approvals does not know “{shown}”.")
    assert "<" not in body["text"]


@pytest.mark.parametrize("text", ["<!channel>", "*x*", "`x`", ":tada:", "@here"])
async def test_words_that_slack_could_read_as_markup_are_plain(rig: Rig, text: str) -> None:
    assert (await ask(rig, text))["blocks"][0]["text"]["type"] == "plain_text"


async def test_when_the_core_fails_the_asker_is_told_in_the_answer(rig: Rig) -> None:
    rig.conversations.breaks = True
    assert first(await ask(rig, "queue")) == FAILED


async def test_the_answer_makes_no_call_to_slack(rig: Rig) -> None:
    await ask(rig, "help")
    assert rig.slack.place.store.calls() == []


async def test_a_command_without_its_fields_is_answered_too(rig: Rig) -> None:
    body = urlencode({"command": "/approvals"}).encode()
    status, text = await rig.post(body, signed(body))
    assert status == 200
    assert json.loads(text)["blocks"][0]["text"]["text"] == "Nothing waits for you."
    assert rig.conversations.asked == [
        ("queue", Identity(platform="slack", realm="", account=""), None)
    ]
