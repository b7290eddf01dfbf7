"""Somebody who reads of requests in their daily digest, and what is asked of them."""

from msgspec.structs import replace

from core.chat.digest import digest_row
from core.chat.digest_times import next_digest
from core.content import Content
from core.directory.people import Person
from core.rows import Changes, Loaded, OutboxRow, Recipient
from tests.bot.delivering import NOW, SHOWABLE, Desk, person
from tests.storage.purchase import (
    ALICE,
    BOB,
    BOB_IN_SLACK,
    CANCELLED,
    Function,
    body_of,
    happen,
    notice,
    rid,
    submit,
)

READER = replace(person(BOB, "slack", "teams"), digest="09:00")
MORNING = next_digest(READER, NOW)
NEXT_DAY = next_digest(READER, MORNING)
HOUR = 3_600_000
BEFORE_NEXT = NEXT_DAY - HOUR
"""A deadline of which the morning's digest tells in time, and the next one does not."""


async def ask(office: Desk, number: int, end: int = NOW * 2, who: Person = READER) -> None:
    """A request of which Bob reads in his digest."""
    made = submit(rid(number), expires_at=end)
    content = Content(id=body_of(rid(number)).id, salt="5" * 32, body=SHOWABLE)
    await office.happen(number, lambda loaded: replace(made(loaded), content=(content,)))
    row = digest_row(who, BOB_IN_SLACK, office.now)
    await office.happen(number, waiting(happen(audience=(BOB_IN_SLACK,)), row))


def waiting(function: Function, row: OutboxRow) -> Function:
    """The same, with Bob's card waiting for this digest, as the service would have it."""

    def run(loaded: Loaded) -> Changes[str]:
        # It has no events, so the state is as it was.
        held = {BOB_IN_SLACK: row.due}
        return replace(function(loaded), state=None, held=held, outbox=(row,))

    return run


def living(office: Desk, *people: Person) -> None:
    """These people are as given from now on."""
    anew = {p.email for p in people}
    office.people = [*people, *(p for p in office.people if p.email not in anew)]


async def remind(office: Desk, number: int) -> None:
    row = notice(f"reminder:{rid(number)}:3:slack:{BOB}", rid(number))
    stage = {"level": "1", "round": "1", "event": "3"}
    await tell(office, replace(row, kind="reminder", facts=stage))


async def withdraw(office: Desk, number: int) -> None:
    """Alice's request ends, and she is to be told."""
    to = Recipient(platform="slack", id=ALICE)
    row = replace(notice(f"result:{rid(number)}:slack:{ALICE}", rid(number), to), facts={})
    await office.happen(number, happen(CANCELLED, outbox=(row,), at=office.now))


async def tell(office: Desk, row: OutboxRow) -> None:
    await office.storage.store.transact("", lambda _: Changes(result=None, outbox=(row,)))


async def at(office: Desk, now: int) -> None:
    office.now = now
    await office.quiet()


def told(office: Desk) -> list[tuple[str, list[str], list[str]]]:
    """Of each notice in Slack its kind, what waits and the news it tells."""
    return [
        (n.kind, [i.request for i in n.items], [o.text for o in n.own])
        for n, _ in office.slack.told
    ]
