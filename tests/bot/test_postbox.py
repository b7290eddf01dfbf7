"""Letters on their way: nobody waits for one, and what became of it is logged without its text."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.postbox import MOST, Postbox
from core.chat.linking_port import Letter
from core.ports import Dead, Delivered, Outcome, RetryAt
from core.value import Millis
from tests.bot.logged import logged

LETTER = Letter(to="ann@example.com", subject="s", text="SECRETCODE")


class Carrier:
    """Answers what it is told to, one after the other; then waits until it is let go."""

    def __init__(self, answers: Sequence[Outcome | Exception]) -> None:
        self.answers = list(answers)
        self.sent: list[tuple[str, str]] = []
        self.let_go = asyncio.Event()

    async def send(self, letter: Letter, id: str, at: Millis) -> Outcome:
        self.sent.append((letter.to, id))
        if not self.answers:
            await self.let_go.wait()
            return Delivered()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def box(carrier: Carrier) -> Postbox:
    return Postbox(carrier, lambda: 5, lambda: "id1", pauses=(0.0, 0.0))


async def told(*answers: Outcome | Exception) -> tuple[Carrier, list[dict[str, object]]]:
    """Post one letter and wait for what becomes of it."""
    carrier = Carrier(answers)
    posts = box(carrier)
    with logged() as lines:
        posts.post(LETTER)
        await posts.stop()
    return carrier, [dict(line) for line in lines]


async def test_a_letter_that_was_taken_is_logged_without_its_text() -> None:
    carrier, lines = await told(Delivered())
    assert carrier.sent == [("ann@example.com", "id1")]
    assert [(line["event"], line["to"]) for line in lines] == [("letter_sent", "ann@example.com")]
    assert "SECRETCODE" not in str(lines)


async def test_it_is_tried_again_under_the_same_id_and_then_given_up() -> None:
    carrier, lines = await told(*[RetryAt(reason="busy")] * 3)
    assert carrier.sent == [("ann@example.com", "id1")] * 3
    assert [(line["event"], line["reason"]) for line in lines] == [("letter_not_sent", "busy")]


async def test_a_refusal_for_good_is_not_tried_again() -> None:
    carrier, lines = await told(Dead(reason="no such mailbox"))
    assert len(carrier.sent) == 1
    assert [line["reason"] for line in lines] == ["no such mailbox"]


async def test_a_fault_is_logged_and_nobody_else_hears_of_it() -> None:
    _, lines = await told(ValueError("broken"))
    assert [line["event"] for line in lines] == ["letter_failed"]
    assert "SECRETCODE" not in str(lines)


async def test_posting_waits_for_nobody_and_stopping_only_so_long() -> None:
    carrier = Carrier(())
    posts = box(carrier)
    posts.post(LETTER)
    assert carrier.sent == []
    await posts.stop(grace=0.01)
    assert carrier.sent == [("ann@example.com", "id1")]


async def test_a_flood_of_letters_is_cut_off_and_said() -> None:
    carrier = Carrier(())
    posts = box(carrier)
    with logged() as lines:
        for _ in range(MOST + 1):
            posts.post(LETTER)
    assert [line["event"] for line in lines] == ["letter_not_sent"]
    carrier.let_go.set()
    await posts.stop()
    assert len(carrier.sent) == MOST


@pytest.mark.parametrize("count", [0, 2])
async def test_stopping_without_letters_is_nothing(count: int) -> None:
    carrier = Carrier([Delivered()] * count)
    posts = box(carrier)
    for _ in range(count):
        posts.post(LETTER)
    await posts.stop()
    assert len(carrier.sent) == count
