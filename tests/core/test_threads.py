"""What people write in threads: recorded once, told to whom it concerns, and decides nothing."""

from typing import Any

import pytest

from core.chat.threads import ThreadService, is_decisive, is_question
from core.chat.threads_port import Reply
from core.content import read_text
from core.refusals import Reason
from core.route import ChannelRef
from tests.core.builders import ALICE, FAYE, FINN, MANAGER, MARA, a_route
from tests.core.desk import Desk, account
from tests.core.shown import BOB, asked

ROOM = "C0ROOM"
IN_ROOM = a_route(MANAGER, channels=(ChannelRef(platform="slack", id=ROOM),))


class Posted:
    """One message, which shows the request's card."""

    async def request_of(self, platform: str, key: str) -> str | None:
        return "R1" if (platform, key) == ("slack", f"{ROOM}:1.1") else None


class Office:
    """A request of Alice's that waits for Mara, with its card in a room."""

    def __init__(self, **fields: Any) -> None:
        self.desk = Desk(asked(route=IN_ROOM, **fields))
        self.threads = ThreadService(self.desk.chat._approvals, Posted())

    async def writes(self, who: str, text: str, **fields: Any) -> None:
        given: dict[str, Any] = {
            "identity": account(who),
            "key": f"{ROOM}:2.2",
            "text": text,
            "about": f"{ROOM}:1.1",
            "place": ROOM,
            "answer_to": {"channel": ROOM, "user": account(who).account, "thread": "1.1"},
        }
        await self.threads.reply(Reply(**given | fields))

    @property
    def remarks(self) -> list[tuple[str | None, str, bool]]:
        bodies = self.desk.store.bodies["R1"]
        return [
            (r.person, read_text(bodies[r.content]), r.question) for r in self.desk.state.remarks
        ]

    def answers(self) -> list[dict[str, str]]:
        """What the writers alone are told, as it is queued."""
        return [r.facts for r in self.desk.store.outbox.values() if r.kind == "answer"]

    def notices(self) -> list[tuple[str, str]]:
        return [told for told in self.desk.told() if told[0] != "answer"]


async def test_what_an_approver_asks_reaches_the_requester_and_the_trail() -> None:
    office = Office()
    await office.writes(MARA, "Is training included?", evidence={"channel": ROOM, "ts": "2.2"})
    assert office.remarks == [(MARA, "Is training included?", True)]
    assert office.notices() == [("question", ALICE)]
    assert b'"ts":"2.2"' in office.desk.store.trail["R1"][-1].body
    assert office.answers() == []


async def test_what_the_requester_answers_reaches_who_asked() -> None:
    office = Office()
    await office.writes(MARA, "Is training included?")
    await office.writes(ALICE, "Yes, for a year.", key="D1:3.3", place="", to_us=True)
    assert office.notices() == [("question", ALICE), ("comment", MARA)]


async def test_a_message_that_comes_again_is_recorded_once() -> None:
    office = Office()
    for text in ("First", "First", "Edited meanwhile"):
        await office.writes(MARA, text)
    assert office.remarks == [(MARA, "First", False)]
    await office.writes(MARA, "First", key=f"{ROOM}:4.4")
    assert len(office.remarks) == 2, "the same words in another message are another comment"


async def test_a_member_of_the_rules_channel_may_ask_and_hears_the_answer() -> None:
    office = Office()
    await office.writes(BOB, "Which vendor is it?")
    await office.writes(ALICE, "The old one.", key=f"{ROOM}:3.3")
    await office.writes(ALICE, "And another thing.", key=f"{ROOM}:4.4")
    assert [n for n in office.notices() if n[1] == BOB] == [("comment", BOB)], "the answer alone"


async def test_who_takes_part_hears_what_others_write() -> None:
    office = Office()
    await office.writes(MARA, "I shall look at it.")
    await office.writes(BOB, "Please do.", key=f"{ROOM}:3.3")
    told = [("comment", ALICE), ("comment", ALICE), ("comment", MARA)]
    assert sorted(office.notices()) == told


async def test_an_account_that_is_nobodys_is_told_once_that_nothing_was_recorded() -> None:
    office = Office()
    for number in range(3):
        await office.writes("U-Mallory", "Approve it", key=f"{ROOM}:{number}.9")
    assert office.remarks == []
    (told,) = office.answers()
    assert (told["reason"], told["thread"]) == (Reason.NOT_RECORDED.value, "1.1")
    assert "not linked" in told["detail.why"]


async def test_who_may_not_see_the_request_cannot_write_to_it() -> None:
    office = Office()
    for number in range(2):
        await office.writes(BOB, "Hello", place="C0OTHER", key=f"C0OTHER:{number}.9")
    assert office.remarks == []
    (told,) = office.answers()
    assert told["detail.case"] == "unseen"
    assert "R1" not in str(told)


@pytest.mark.parametrize(("text", "case"), [("x" * 2001, "long"), (" \u200b ", "empty")])
async def test_what_cannot_be_kept_whole_is_not_kept(text: str, case: str) -> None:
    office = Office()
    await office.writes(MARA, text)
    assert office.remarks == []
    (told,) = office.answers()
    assert told["detail.case"] == case
    assert case != "long" or (told["detail.length"], told["detail.limit"]) == ("2001", "2000")


@pytest.mark.parametrize(
    "words", ["approve", "OK!", " lgtm.", ":+1::skin-tone-3:", "👍🏽", "Reject"]
)
async def test_words_decide_nothing_and_say_so(words: str) -> None:
    office = Office()
    await office.writes(MARA, words)
    assert office.desk.state.stages[0].votes == ()
    assert office.remarks == [(MARA, words.strip(), False)]
    (told,) = office.answers()
    assert told["reason"] == Reason.ONLY_A_COMMENT.value


async def test_who_asked_for_it_may_say_ok_without_being_lectured() -> None:
    office = Office()
    await office.writes(ALICE, "ok")
    assert (len(office.remarks), office.answers()) == (1, [])


async def test_files_are_said_not_to_be_kept() -> None:
    office = Office()
    await office.writes(MARA, "See the offer", files=True)
    assert office.remarks == [(MARA, "See the offer", False)]
    assert office.answers()[0]["detail.case"] == "files"


async def test_people_are_named_where_the_directory_knows_them() -> None:
    office = Office()
    finn = account(FINN).account
    mentions = {f"<@{finn}>": finn, "<@U9>": "U9"}
    await office.writes(MARA, f"<@{finn}> and <@U9>, look", mentions=mentions)
    assert office.remarks[0][1] == "@Finn and @U9, look"


async def test_a_conversation_elsewhere_is_none_of_our_business() -> None:
    office = Office()
    await office.writes(MARA, "Lunch?", about=f"{ROOM}:7.7")
    assert (office.remarks, office.answers()) == ([], [])


async def test_who_writes_to_the_app_is_told_how_to_be_heard() -> None:
    office = Office()
    fields: dict[str, Any] = {"about": "", "place": "", "to_us": True}
    for number in range(2):
        await office.writes(FAYE, "approve", key=f"D1:{number}.1", **fields)
    (told,) = office.answers()
    assert told["detail.case"] == "elsewhere"
    assert "/approvals" in told["detail.help"]
    office.desk.now += 600_000
    await office.writes(FAYE, "Hello?", key="D1:8.1", **fields)
    assert len(office.answers()) == 2


@pytest.mark.parametrize("text", ["Why?", "?why", "Why？", "Really? "])
def test_a_question_is_known_by_its_mark(text: str) -> None:
    assert is_question(text)
    assert not is_question("a ? b")


@pytest.mark.parametrize("text", ["ok?", "approve it tomorrow", "not ok", "", "okra"])
def test_other_words_are_just_words(text: str) -> None:
    assert not is_decisive(text)
