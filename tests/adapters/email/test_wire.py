"""The connections to the mail server: few, reused, and honest about how far a letter came."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.email import wire
from adapters.email.letters import blank
from adapters.email.wire import Wire
from core.ports import Dead, Delivered, Outcome, RetryAt
from tests.mailserver import SENDER, MailServer, mail_server, until

AT = 1_790_000_000_000


@pytest.fixture
async def box() -> AsyncIterator[MailServer]:
    async with mail_server() as found:
        yield found


@pytest.fixture
async def line(box: MailServer) -> AsyncIterator[Wire]:
    made = Wire(box.settings())
    yield made
    await made.stop()


async def send(line: Wire, number: int = 1) -> Outcome:
    message = blank(SENDER, "ann@example.com", f"Letter {number}", f"id{number}", AT)
    message.set_content("Hello")
    return await line.send(message, "ann@example.com")


async def test_letters_behind_one_another_share_a_connection(box: MailServer, line: Wire) -> None:
    for number in range(5):
        assert await send(line, number) == Delivered()
    assert (len(box.taken), box.connections) == (5, 1)


async def test_many_letters_at_once_share_a_few_connections(box: MailServer, line: Wire) -> None:
    outcomes = await asyncio.gather(*(send(line, number) for number in range(30)))
    assert set(map(str, outcomes)) == {str(Delivered())}
    assert len(box.taken) == 30
    assert box.most == wire.AT_ONCE


async def test_a_connection_that_was_closed_meanwhile_is_made_anew(
    box: MailServer, line: Wire
) -> None:
    assert await send(line) == Delivered()
    for client in line._idle:
        assert client.transport is not None
        client.transport.close()
    assert await send(line) == Delivered()
    assert (len(box.taken), box.connections) == (2, 2)


async def test_a_connection_is_closed_when_no_letter_comes(
    box: MailServer, line: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.email.wire.IDLE_SECONDS", 0.01)
    assert await send(line) == Delivered()
    await until(lambda: box.open == 0)
    assert await send(line) == Delivered()


async def test_at_the_end_everybody_hangs_up(box: MailServer, line: Wire) -> None:
    await asyncio.gather(send(line), send(line))
    await line.stop()
    await until(lambda: box.open == 0)


async def test_a_letter_that_was_taken_without_an_answer_may_be_there(
    box: MailServer, line: Wire
) -> None:
    box.faults.append("drop")
    outcome = await send(line)
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain
    assert len(box.taken) == 1
    assert await send(line) == Delivered()


async def test_a_letter_whose_text_was_never_begun_is_certainly_not_there(
    box: MailServer, line: Wire
) -> None:
    box.faults += ["451 busy", "data 451 busy"]
    for _ in range(2):
        outcome = await send(line)
        assert isinstance(outcome, RetryAt)
        assert not outcome.uncertain
    assert box.taken == []


async def test_all_of_one_letter_ends_before_the_relay_would_cut_it_off(
    box: MailServer, line: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.email.wire.SEND_SECONDS", 0.2)
    box.always = "hang"
    begun = await send(line)
    for _ in range(wire.AT_ONCE):
        await line._slots.acquire()
    waiting = await send(line)
    assert isinstance(begun, RetryAt)
    assert isinstance(waiting, RetryAt)
    assert (begun.uncertain, waiting.uncertain) == (True, False), "which waited for a connection"


async def test_whoever_is_cut_off_leaves_no_connection_half_used(
    box: MailServer, line: Wire
) -> None:
    box.faults.append("hang")
    task = asyncio.create_task(send(line))
    await until(lambda: not box.faults)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await send(line, 2) == Delivered()
    assert box.connections == 2


async def test_a_wrong_password_is_told_before_any_letter(box: MailServer) -> None:
    assert await Wire(box.settings()).greet() == Delivered()
    outcome = await Wire(box.settings(password="wrong")).greet()
    assert outcome == Dead(reason="the mail server refuses the user and password in SMTP_URL")
    assert box.taken == []
