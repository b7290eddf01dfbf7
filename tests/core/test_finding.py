"""Who is looked up by their address before they do anything, when, and what comes of it."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from core.chat.finding import ASKED_AGAIN, LONG_PAUSE, ORDERED_AGAIN, PAUSE, Finding, FindingWorld
from core.chat.finding_port import Later
from core.chat.linking_port import Member
from core.directory import binding
from core.directory.accounts import How
from core.directory.people import Directory
from core.events import Actor
from tests.core.linking import ANN, BEN, CAT, OTHER_TEAM, PEOPLE, Link, member, slack


class Office:
    """A platform that answers as it is told, and the linking service behind it."""

    def __init__(self, *, matching: bool = True) -> None:
        self.link = Link(matching=matching)
        self.members: dict[str, Sequence[Member]] = {}
        self.later: Later | None = None
        self.asked: list[str] = []
        self.waiting: set[str] = set()
        self.ordered = 0
        self.told: list[str] = []
        self.finding = Finding("slack", self, self._world())

    async def find(self, email: str) -> tuple[Member, ...] | Later:
        self.asked.append(email)
        return self.later or tuple(self.members.get(email, ()))

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            await self.finding.look()

    async def after(self, milliseconds: int) -> list[str]:
        """Who is looked up when so much time has passed."""
        self.link.now += milliseconds
        self.asked.clear()
        await self.look(3)
        return self.asked

    def read_file(self, people: Directory) -> None:
        """The directory file was read anew."""
        self.link.file = self.link.directory = people

    async def _waiting(self) -> set[str]:
        self.ordered += 1
        return self.waiting

    def _world(self) -> FindingWorld:
        return FindingWorld(
            directory=lambda: self.link.directory,
            file=lambda: self.link.file,
            waiting=self._waiting,
            match=self.link.service.match,
            tell=self.told.append,
            clock=lambda: self.link.now,
        )


@pytest.fixture
def office() -> Office:
    return Office()


async def test_who_has_no_account_is_looked_up_one_at_a_time(office: Office) -> None:
    await office.look()
    assert office.asked == [ANN]
    await office.look(3)
    assert office.asked == [ANN, BEN], "Cat has an account in the file"


async def test_who_waits_for_a_card_comes_first(office: Office) -> None:
    office.waiting = {BEN}
    await office.look()
    assert office.asked == [BEN]


async def test_who_begins_to_wait_comes_first_soon(office: Office) -> None:
    people = [replace(PEOPLE.people[ANN], email=f"a{n}@example.com") for n in range(9)]
    office.read_file(Directory([*people, PEOPLE.people[BEN]]))
    await office.look()
    office.waiting = {BEN}
    assert (await office.after(ORDERED_AGAIN))[0] == BEN


async def test_a_member_with_the_address_is_linked(office: Office) -> None:
    office.members[ANN] = [member("U1", "Ann@Example.com")]
    await office.look(2)
    assert office.link.bound() == [("U1", ANN, How.EMAIL)]
    assert await office.after(ASKED_AGAIN) == [BEN]


@pytest.mark.parametrize("field", ["confirmed", "full", "active"])
async def test_guests_bots_the_deactivated_and_the_unconfirmed_are_not(
    office: Office, field: str
) -> None:
    office.members[ANN] = [member("U1", ANN, **{field: False})]
    await office.look(2)
    assert office.link.bound() == []


@pytest.mark.parametrize("address", [BEN, None, "", "ann@example.com.evil"])
async def test_an_answer_with_another_address_is_nobodys(
    office: Office, address: str | None
) -> None:
    office.members[ANN] = [member("U1", address)]
    await office.look()
    assert office.asked == [ANN]
    assert office.link.bound() == []


async def test_of_two_accounts_none_is_taken_and_it_is_said(office: Office) -> None:
    other = replace(member("U9"), identity=slack("U9", OTHER_TEAM))
    office.members[ANN] = [member("U1"), other]
    await office.look()
    assert office.link.bound() == []
    assert office.told == [
        f"{ANN} has an account in T1 and T2: which one gets the cards, only they or an "
        "administrator can say"
    ]


async def test_a_guest_elsewhere_makes_nothing_ambiguous(office: Office) -> None:
    guest = replace(member("U9", full=False), identity=slack("U9", OTHER_TEAM))
    office.members[ANN] = [guest, member("U1")]
    await office.look()
    assert office.link.bound() == [("U1", ANN, How.EMAIL)]


async def test_a_link_that_an_administrator_ended_is_not_made_again(office: Office) -> None:
    office.members[ANN] = [member("U1")]
    await office.look()
    (account,) = office.link.accounts.ledger.holding()
    binding.unbind(office.link.accounts.ledger, account, "admin", Actor(via="cli"), office.link.now)
    await office.link.refresh()
    assert ANN in await office.after(ASKED_AGAIN)
    assert office.link.bound() == []


async def test_who_was_not_found_is_looked_up_again_after_hours(office: Office) -> None:
    await office.look(2)
    assert await office.after(ASKED_AGAIN - 1) == []
    assert await office.after(ORDERED_AGAIN) == [ANN, BEN]


async def test_another_directory_file_has_everybody_looked_up_again(office: Office) -> None:
    await office.look(2)
    office.read_file(Directory(PEOPLE.people.values()))
    assert await office.after(1) == [ANN, BEN]


async def test_new_links_are_no_other_file(office: Office) -> None:
    await office.look(2)
    office.link.directory = PEOPLE.with_accounts([(slack("U1"), ANN)])
    assert await office.after(ORDERED_AGAIN) == []


@pytest.mark.parametrize(("notify", "expected"), [(("teams",), [BEN]), (("slack",), [ANN, BEN])])
async def test_who_wants_no_cards_there_is_not_looked_up(
    office: Office, notify: tuple[str, ...], expected: list[str]
) -> None:
    ann = replace(PEOPLE.people[ANN], notify=notify)
    office.read_file(Directory([ann, PEOPLE.people[BEN], PEOPLE.people[CAT]]))
    assert await office.after(1) == expected


async def test_nobody_is_asked_while_the_platform_wants_quiet(office: Office) -> None:
    office.later = Later(reason="Slack limits our rate (429)", after=90_000)
    await office.look()
    office.later = None
    assert await office.after(89_999) == []
    assert await office.after(1) == [ANN, BEN]


async def test_one_address_without_an_answer_keeps_nobody_else_waiting(office: Office) -> None:
    office.later = Later(reason="Slack answered invalid_arguments", lasting=True)
    office.waiting = {ANN}
    await office.look()
    office.later = None
    assert await office.after(LONG_PAUSE - 1) == []
    assert await office.after(1) == [BEN, ANN]


async def test_a_platform_that_does_not_answer_is_asked_again_in_a_minute_and_told_once(
    office: Office,
) -> None:
    office.later = Later(reason="Slack could not be reached")
    await office.look()
    assert await office.after(PAUSE - 1) == []
    assert len(await office.after(1)) == 1
    assert office.told == ["Slack could not be reached"]


async def test_nothing_is_read_while_nobody_is_to_be_looked_up(office: Office) -> None:
    office.read_file(Directory([PEOPLE.people[CAT]]))
    await office.look(3)
    assert (office.asked, office.ordered) == ([], 0)
