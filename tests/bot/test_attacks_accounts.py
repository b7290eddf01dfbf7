"""Cards and accounts that change hands: whoever lost the account sees no more, whoever has it now
gets the card."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from core.card import Card
from core.cards.withheld import TITLE
from core.directory.people import Directory, Identity, Person
from core.ports import Dead, Delivered, Outcome
from core.rows import Delivery, MessageRef, Recipient
from core.service.reaching import Reaching
from tests.bot.delivering import Desk, FakeChannel, desk, person, posted
from tests.storage.purchase import ALICE, BOB, BOB_IN_SLACK, CAROL, happen, rid, vote

WRONG, RIGHT = "U0MALLORY", "U0BOB"


@dataclass
class Place(FakeChannel):
    """A platform that edits the newest message, else posts; who sees which card."""

    seen: dict[str, str] = field(default_factory=dict)
    numbers: int = 0
    edits: bool = True

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        if delivery.refs and self.edits:
            ref = delivery.refs[-1]
        elif account is None:
            return Dead(reason="no account")
        else:
            self.numbers += 1
            fields = {"to": account.account, "ts": str(self.numbers)}
            ref = MessageRef(platform="slack", fields=fields)
        self.seen[ref.fields["to"]] = card.title
        self.shown.append((card, to, account))
        return Delivered(ref=ref)


def bob(account: str) -> Person:
    return Person(
        email=BOB,
        name="Bob",
        identities=(Identity(platform="slack", realm="T1", account=account),),
    )


NOBODY = Person(email=BOB, name="Bob")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[Desk, Place, Reaching]]:
    async with desk(folder) as office:
        place = Place("slack", posted)
        office.relay._means.channels["slack"] = place  # type: ignore[index]
        reaching = Reaching(
            office.storage.store,
            office.storage.deliveries,
            lambda: Directory(office.people),
            frozenset({"slack"}),
            lambda: office.now,
        )
        yield office, place, reaching


async def held(office: Desk, reaching: Reaching, who: Person) -> None:
    """Bob's account is this one from now on."""
    office.people = [person(ALICE, "slack"), who, person(CAROL, "teams")]
    await reaching.anew(BOB)
    await office.quiet()


async def test_a_card_follows_its_person_to_another_account(tmp_path: Path) -> None:
    async with opened(tmp_path) as (office, place, reaching):
        office.people = [person(ALICE, "slack"), bob(WRONG), person(CAROL, "teams")]
        await office.ask(1, BOB_IN_SLACK)
        office.relay.start()
        await office.quiet()
        assert list(place.seen) == [WRONG]
        title = place.seen[WRONG]
        await held(office, reaching, NOBODY)
        assert place.seen == {WRONG: TITLE}
        await held(office, reaching, bob(RIGHT))
        assert place.seen == {WRONG: TITLE, RIGHT: title}
        await office.happen(1, happen(vote(CAROL), audience=(BOB_IN_SLACK,)))
        await office.quiet()
        assert place.seen == {WRONG: TITLE, RIGHT: title}
        assert place.shown[-1][2] == bob(RIGHT).identities[0]


async def test_at_once_from_one_account_to_the_other(tmp_path: Path) -> None:
    async with opened(tmp_path) as (office, place, reaching):
        office.people = [person(ALICE, "slack"), bob(WRONG), person(CAROL, "teams")]
        await office.ask(1, BOB_IN_SLACK)
        office.relay.start()
        await office.quiet()
        await held(office, reaching, bob(RIGHT))
        assert (place.seen[WRONG], set(place.seen)) == (TITLE, {WRONG, RIGHT})
        assert place.seen[RIGHT] != TITLE
        refs = (await office.cards(1))["slack", BOB].refs
        assert [ref.account for ref in refs] == [f"T1/{WRONG}", f"T1/{RIGHT}"]


async def test_what_cannot_be_edited_keeps_nobody_from_their_card(tmp_path: Path) -> None:
    async with opened(tmp_path) as (office, place, reaching):
        office.people = [person(ALICE, "slack"), bob(WRONG), person(CAROL, "teams")]
        await office.ask(1, BOB_IN_SLACK)
        office.relay.start()
        await office.quiet()
        place.edits = False
        await held(office, reaching, bob(RIGHT))
        assert set(place.seen) == {WRONG, RIGHT}


async def test_the_same_account_back_again_sees_its_card_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (office, place, reaching):
        office.people = [person(ALICE, "slack"), bob(RIGHT), person(CAROL, "teams")]
        await office.ask(1, BOB_IN_SLACK)
        office.relay.start()
        await office.quiet()
        title = place.seen[RIGHT]
        await held(office, reaching, NOBODY)
        await held(office, reaching, bob(RIGHT))
        assert (place.seen, place.numbers) == ({RIGHT: title}, 1)
        assert rid(1) in [card.request for card, *_ in place.shown]
