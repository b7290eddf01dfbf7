"""Linking by an address that the platform confirms, and what ends such a link."""

import pytest

from core.chat.linking_port import Member
from core.directory import binding
from core.directory.accounts import Account, How
from core.events import Actor
from core.system_events import AccountUnlinked
from tests.core.linking import ANN, BEN, CAT, OTHER_TEAM, Link, member, slack


async def matched() -> Link:
    here = Link()
    await here.service.match(member("U1"))
    return here


async def by_admin(here: Link, account: str = "U1", person: str = ANN) -> None:
    new = Account(
        id=f"by-admin-{account}",
        identity=slack(account),
        person=person,
        how=How.ADMIN,
        bound_at=here.now,
    )
    binding.bind(here.accounts.ledger, here.file, new, Actor(via="cli"))
    await here.refresh()


def why_ended(here: Link) -> list[str]:
    events = [recorded.event for _, recorded in here.accounts.ledger.trail]
    return [event.because for event in events if isinstance(event, AccountUnlinked)]


async def test_a_full_member_is_linked_by_a_confirmed_address() -> None:
    here = await matched()
    assert here.bound() == [("U1", ANN, How.EMAIL)]
    assert here.service.knows(slack("U1"))


@pytest.mark.parametrize("field", ["confirmed", "full", "active"])
async def test_guests_bots_the_deactivated_and_the_unconfirmed_are_not(field: str) -> None:
    here = Link()
    await here.service.match(member("U1", ANN, **{field: False}))
    assert here.bound() == []


@pytest.mark.parametrize("address", [None, "", "nobody@example.com", "ann@example.com.evil"])
async def test_an_address_that_is_nobodys_links_nobody(address: str | None) -> None:
    here = Link()
    await here.service.match(member("U1", address))
    assert here.bound() == []


async def test_nothing_is_matched_until_it_is_switched_on() -> None:
    here = Link(matching=False)
    assert here.service.may_match(slack("U1")) is False
    await here.service.match(member("U1"))
    assert here.bound() == []


async def test_who_has_an_account_there_gets_no_second_one() -> None:
    here = await matched()
    await here.service.match(member("U2"))
    await here.service.match(member("U3", CAT))
    assert here.bound() == [("U1", ANN, How.EMAIL)]


async def test_an_account_is_looked_up_once_in_a_while() -> None:
    here = Link()
    assert here.service.may_match(slack("U1")) is True
    assert here.service.may_match(slack("U1")) is True, "until there was an answer"
    await here.service.match(member("U1", "nobody@example.com"))
    assert here.service.may_match(slack("U1")) is False
    assert here.service.may_match(slack("U1", OTHER_TEAM)) is True
    here.now += 10 * 60_000
    assert here.service.may_match(slack("U1")) is True


async def test_who_was_linked_explicitly_is_not_looked_up_nor_is_nobody() -> None:
    here = Link()
    await by_admin(here)
    assert here.service.may_match(slack("U1")) is False
    assert here.service.may_match(slack("")) is False


async def test_an_address_is_looked_at_again_after_a_day_and_after_a_restart() -> None:
    here = await matched()
    assert here.service.may_match(slack("U1")) is False
    here.now += 24 * 3_600_000
    assert here.service.may_match(slack("U1")) is True
    again = Link()
    again.accounts = here.accounts
    await again.refresh()
    assert again.service.may_match(slack("U1")) is True


async def test_an_event_that_was_missed_is_made_up_for_by_the_next_look() -> None:
    here = await matched()
    await here.service.match(member("U1", "other@example.com"))
    assert (here.bound(), why_ended(here)) == ([], ["address"])
    await here.service.match(member("U1", BEN))
    assert here.bound() == [("U1", BEN, How.EMAIL)]
    await here.service.match(member("U1", ANN))
    assert here.bound() == [("U1", ANN, How.EMAIL)], "at once whose the address is now"


async def test_the_same_answer_again_changes_nothing() -> None:
    here = await matched()
    before = len(here.accounts.ledger.trail)
    await here.service.match(member("U1"))
    assert len(here.accounts.ledger.trail) == before


async def test_a_link_that_an_administrator_ended_is_not_made_again_by_itself() -> None:
    here = await matched()
    (account,) = here.accounts.ledger.holding()
    binding.unbind(here.accounts.ledger, account, "admin", Actor(via="cli"), here.now)
    await here.refresh()
    await here.service.match(member("U1"))
    assert here.bound() == []


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (member("U1", active=False, full=False), "deactivated"),
        (member("U1", full=False), "not_a_member"),
        (member("U1", "other@example.com"), "address"),
    ],
)
async def test_a_link_by_address_ends_with_what_it_rests_on(change: Member, because: str) -> None:
    here = await matched()
    await here.service.changed(change)
    assert (here.bound(), why_ended(here)) == ([], [because])
    assert not here.service.knows(slack("U1"))


@pytest.mark.parametrize("change", [member("U1", "Ann@Example.com"), member("U1", None)])
async def test_a_new_name_or_an_address_that_is_not_told_changes_nothing(change: Member) -> None:
    here = await matched()
    await here.service.changed(change)
    assert here.bound() == [("U1", ANN, How.EMAIL)]


async def test_it_is_made_again_when_the_address_is_back() -> None:
    here = await matched()
    await here.service.changed(member("U1", active=False))
    await here.service.match(member("U1"))
    assert here.bound() == [("U1", ANN, How.EMAIL)]


async def test_a_new_address_may_be_another_persons() -> None:
    here = await matched()
    await here.service.changed(member("U1", BEN))
    await here.service.match(member("U1", BEN))
    assert here.bound() == [("U1", BEN, How.EMAIL)]


@pytest.mark.parametrize("change", [member("U1", full=False), member("U1", "other@example.com")])
async def test_what_was_linked_explicitly_stays_for_guests_and_new_addresses(
    change: Member,
) -> None:
    here = Link()
    await by_admin(here)
    await here.service.changed(change)
    assert here.bound() == [("U1", ANN, How.ADMIN)]
    assert here.gone == []


async def test_the_cards_of_who_was_deactivated_go_elsewhere_and_the_link_stays() -> None:
    here = Link()
    await by_admin(here)
    await here.service.changed(member("U1", None, active=False))
    assert here.bound() == [("U1", ANN, How.ADMIN)]
    assert here.gone == [(ANN, "slack")]


async def test_a_change_of_somebody_unknown_is_nothing() -> None:
    here = Link()
    await here.service.changed(member("U9", active=False))
    assert (here.gone, here.accounts.ledger.trail) == ([], [])
