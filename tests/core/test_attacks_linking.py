"""Attacks on linking: addresses that only look alike, and codes that outlive a link."""

import pytest

from core.chat.linking_port import Member
from core.directory import binding
from core.directory.accounts import How
from core.directory.people import Directory, Person
from core.events import Actor
from core.refusals import Reason
from core.system_events import AccountLinked
from tests.core.linking import ANN, BEN, Link, member, slack
from tests.core.test_linking_codes import by_admin

KATE = "kate@example.com"
KELVIN = "\u212aate@example.com"
"""Begins with the sign of a unit that becomes an ASCII k in lower case: another mailbox."""
HOUR = 3_600_000
BY = Actor(via="cli")


def kates() -> Link:
    here = Link()
    here.file = here.directory = Directory((Person(email=KATE, name="Kate"),))
    return here


@pytest.mark.parametrize(
    "alike", [KELVIN, "kate+x@example.com", "kate@example.com.", "k\u0430te@example.com"]
)
async def test_an_address_that_looks_like_somebodys_links_nobody(alike: str) -> None:
    here = kates()
    await here.service.match(member("U1", alike))
    assert here.bound() == []


@pytest.mark.parametrize("same", ["Kate@Example.COM", " kate@example.com "])
async def test_the_case_of_letters_does_not_matter(same: str) -> None:
    here = kates()
    await here.service.match(member("U1", same))
    assert here.bound() == [("U1", KATE, How.EMAIL)]


async def test_a_link_ends_when_the_address_becomes_one_that_looks_the_same() -> None:
    here = kates()
    await here.service.match(member("U1", KATE))
    await here.service.changed(member("U1", KELVIN))
    assert here.bound() == []


@pytest.mark.parametrize(
    "change", [member("U1", full=False), member("U1", active=False), member("U1", BEN)]
)
async def test_who_gets_their_address_back_is_matched_at_their_next_click(change: Member) -> None:
    here = Link()
    await here.service.match(member("U1"))
    here.now += HOUR
    await here.service.changed(change)
    assert here.bound() == []
    assert here.service.may_match(slack("U1")) is True


async def test_after_an_end_by_an_administrator_no_code_that_is_about_works() -> None:
    # Whoever reads Ann's mail asks twice, and keeps the second code for later.
    here = Link()
    await here.service.start(slack("U1"), ANN)
    first = here.code
    await here.service.start(slack("U1"), ANN)
    second, third = here.code, by_admin(here)
    await here.service.redeem(slack("U1"), first)
    unlinked(here, ANN)
    for code in (second, third):
        assert (await here.service.redeem(slack("U1"), code)).refused is Reason.WRONG_CODE
    assert here.bound() == []


async def test_codes_of_others_stay_good() -> None:
    here = Link()
    await here.service.start(slack("U2"), BEN)
    unlinked(here, ANN)
    await here.service.redeem(slack("U2"), here.code)
    assert here.bound() == [("U2", BEN, How.CODE)]


def unlinked(here: Link, person: str) -> None:
    """As an administrator does it, whether or not anything is linked."""
    ledger = here.accounts.ledger
    for account in ledger.accounts_of(person):
        binding.unbind(ledger, account, "admin", BY, here.now)
    binding.end_codes(ledger, person, here.now)
    here.directory = here.file.with_accounts([(a.identity, a.person) for a in ledger.holding()])


async def test_the_trail_tells_an_administrators_code_from_one_of_the_mailbox() -> None:
    # Whoever makes codes could otherwise act as anybody, and seem to have read their mail.
    here = Link()
    await here.service.redeem(slack("U1"), by_admin(here))
    await here.service.start(slack("U2"), BEN)
    await here.service.redeem(slack("U2"), here.code)
    events = [recorded.event for _, recorded in here.accounts.ledger.trail]
    told = [(event.person, event.how) for event in events if isinstance(event, AccountLinked)]
    assert told == [(ANN, "admin"), (BEN, "code")]
