"""Linking by a code from the mailbox: who may, how often, and what nobody learns."""

import pytest
from msgspec.structs import replace

from core.directory import binding
from core.directory.accounts import How, LinkCode
from core.directory.codes import digest_of, name_of
from core.refusals import Reason
from tests.core.linking import ANN, BEN, CAT, CAT_IN_FILE, OTHER_TEAM, Link, slack

MINUTE = 60_000
WRONG = "0001-ZZZZ-ZZZZ-ZZZA"


def by_admin(here: Link, person: str = ANN, code: str = "ADMNZZZZZZZZZZZZ") -> str:
    """A code as an administrator makes it."""
    made = LinkCode(
        hash=digest_of(code),
        name=name_of(code),
        person=person,
        made_by="cli",
        made_at=here.now,
        expires_at=here.now + binding.ADMIN_CODE_LIVES,
    )
    here.accounts.ledger.keep_code(made)
    return code


async def test_a_code_from_the_mailbox_links_the_account() -> None:
    here = Link()
    told = await here.service.start(slack("U1"), ANN)
    assert told.refused is None
    assert [letter.to for letter in here.letters] == [ANN]
    done = await here.service.redeem(slack("U1"), here.code)
    assert done.text == "This account is linked to Ann Archer (ann@example.com)."
    assert here.bound() == [("U1", ANN, How.CODE)]
    assert here.service.knows(slack("U1"))


async def test_the_letter_says_what_for_and_that_one_may_do_nothing() -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    (letter,) = here.letters
    assert letter.subject == "Your code to link Slack to Countersign"
    assert "0001-ZZZZ-ZZZZ-ZZZZ" not in letter.subject
    assert "    /approvals link 0001-ZZZZ-ZZZZ-ZZZZ\n" in letter.text
    assert "account U1 of T1" in letter.text
    assert "If it was not you, do nothing" in letter.text


async def test_the_trail_says_who_was_linked_and_how() -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    await here.service.redeem(slack("U1"), here.code)
    ((stream, recorded),) = here.accounts.ledger.trail
    assert stream == f"person:{ANN}"
    assert (recorded.actor.via, recorded.actor.person) == ("slack", ANN)
    assert recorded.event.__struct_config__.tag == "account_linked"


@pytest.mark.parametrize(
    "typed", ["0001zzzzzzzzzzzz", "o0oi-zzzz-zzzz-zzzz", " 0001 ZZZZ ZZZZ ZZZZ "]
)
async def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    assert (await here.service.redeem(slack("U1"), typed)).refused is None


async def test_nobody_learns_whether_an_address_is_in_the_directory() -> None:
    here = Link()
    known = await here.service.start(slack("U1"), ANN)
    unknown = await here.service.start(slack("U2"), "nobody@example.com")
    assert known.text.replace(ANN, "X") == unknown.text.replace("nobody@example.com", "X")
    assert known.refused is unknown.refused is None
    assert [letter.to for letter in here.letters] == [ANN]


async def test_the_letter_goes_to_the_address_of_the_directory() -> None:
    here = Link()
    await here.service.start(slack("U1"), "ANN@Example.com")
    assert [letter.to for letter in here.letters] == [ANN]


async def test_an_address_is_shown_with_what_it_hides() -> None:
    told = await Link().service.start(slack("U1"), "a\u202e@b.c\nx")
    assert "a⟦U+202E⟧@b.c" in told.text
    assert "\n" not in told.text


async def test_an_account_asks_three_times_an_hour() -> None:
    here = Link()
    for address in ("a@x.y", "b@x.y", ANN):
        assert (await here.service.start(slack("U1"), address)).refused is None
    told = await here.service.start(slack("U1"), BEN)
    assert (told.refused, len(here.letters)) == (Reason.LINK_TOO_OFTEN, 1)
    assert (
        told.text == "This was tried too often. Try again in 60 minutes, or ask an administrator."
    )
    here.now += 60 * MINUTE
    assert (await here.service.start(slack("U1"), BEN)).refused is None


@pytest.mark.parametrize("address", [ANN, "nobody@example.com"])
async def test_an_address_is_asked_for_three_times_an_hour_known_or_not(address: str) -> None:
    here = Link()
    for number in range(3):
        assert (await here.service.start(slack(f"U{number}"), address)).refused is None
    told = await here.service.start(slack("U9"), address.upper())
    assert told.refused is Reason.LINK_TOO_OFTEN


async def test_a_refused_question_does_not_count() -> None:
    here = Link()
    for number in range(9):
        await here.service.start(slack("U1"), f"{number}@x.y")
        here.now += 10 * MINUTE
    # Three of an hour are counted; with the refused ones it would be six for ever.
    here.now += 30 * MINUTE
    assert (await here.service.start(slack("U1"), ANN)).refused is None


async def test_a_code_is_over_after_ten_minutes() -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    here.now += 10 * MINUTE
    assert (await here.service.redeem(slack("U1"), here.code)).refused is Reason.WRONG_CODE
    assert here.bound() == []


async def test_an_administrators_code_is_over_after_a_day() -> None:
    here = Link()
    code = by_admin(here)
    here.now += 24 * 60 * MINUTE
    assert (await here.service.redeem(slack("U1"), code)).refused is Reason.WRONG_CODE


async def test_a_code_from_the_mailbox_is_for_the_account_that_asked() -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    assert (await here.service.redeem(slack("U2"), here.code)).refused is Reason.WRONG_CODE
    assert (await here.service.redeem(slack("U1", OTHER_TEAM), here.code)).refused is not None
    assert here.bound() == []


async def test_of_two_accounts_only_the_first_uses_a_code() -> None:
    here = Link()
    code = by_admin(here)
    assert (await here.service.redeem(slack("U1"), code)).refused is None
    assert (await here.service.redeem(slack("U2"), code)).refused is Reason.WRONG_CODE
    assert here.bound() == [("U1", ANN, How.ADMIN)]


async def test_a_second_code_changes_nothing_for_an_account_that_is_linked() -> None:
    here = Link()
    first, second = by_admin(here), by_admin(here, BEN, "BENZZZZZZZZZZZZZ")
    await here.service.redeem(slack("U1"), first)
    told = await here.service.redeem(slack("U1"), second)
    assert told.refused is Reason.ACCOUNT_LINKED
    assert here.bound() == [("U1", ANN, How.ADMIN)]


async def test_the_same_code_again_by_the_same_account_says_that_it_is_linked() -> None:
    here = Link()
    code = by_admin(here)
    await here.service.redeem(slack("U1"), code)
    told = await here.service.redeem(slack("U1"), code)
    assert told.text.startswith("This Slack account is linked to ann@example.com already.")


async def test_a_person_has_one_account_in_a_workspace_and_one_in_another() -> None:
    here = Link()
    await here.service.redeem(slack("U1"), by_admin(here))
    again = by_admin(here, ANN, "ANNZZZZZZZZZZZZZ")
    told = await here.service.redeem(slack("U2"), again)
    assert told.refused is Reason.PERSON_LINKED
    # The code was not used up: it is good for another workspace.
    assert (await here.service.redeem(slack("U2", OTHER_TEAM), again)).refused is None


async def test_the_directory_file_counts_first() -> None:
    here = Link()
    for_cat = by_admin(here, CAT, "CATZZZZZZZZZZZZZ")
    told = await here.service.redeem(slack("U1"), for_cat)
    assert told.refused is Reason.PERSON_LINKED
    assert told.text.startswith("The directory file names another Slack account for cat@")
    for_ann = by_admin(here)
    told = await here.service.redeem(CAT_IN_FILE, for_ann)
    assert told.refused is Reason.ACCOUNT_LINKED
    assert told.text.startswith("The directory file gives this Slack account to cat@")
    assert here.bound() == []


async def test_five_wrong_tries_end_a_code() -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    for _ in range(5):
        assert (await here.service.redeem(slack("U9"), WRONG)).refused is Reason.WRONG_CODE
    assert (await here.service.redeem(slack("U1"), here.code)).refused is Reason.WRONG_CODE
    assert here.bound() == []


async def test_four_wrong_tries_do_not() -> None:
    here = Link()
    await here.service.start(slack("U1"), ANN)
    for _ in range(4):
        await here.service.redeem(slack("U9"), WRONG)
    assert (await here.service.redeem(slack("U1"), here.code)).refused is None


async def test_an_account_that_guesses_is_stopped_whatever_it_guesses() -> None:
    here = Link()
    code = by_admin(here)
    for number in range(20):
        guess = f"{number:04d}AAAAAAAAAAAA"
        assert (await here.service.redeem(slack("U9"), guess)).refused is Reason.WRONG_CODE
    told = await here.service.redeem(slack("U9"), code)
    assert told.refused is Reason.LINK_TOO_OFTEN
    assert (await here.service.redeem(slack("U1"), code)).refused is None


@pytest.mark.parametrize(
    "text", ["", "x", "0001-ZZZZ", "0001-ZZZZ-ZZZZ-ZZZ!", "U" * 16, "1" * 5000]
)
async def test_what_is_no_code_is_not_counted(text: str) -> None:
    here = Link()
    assert (await here.service.redeem(slack("U1"), text)).refused is Reason.WRONG_CODE
    assert here.accounts.ledger.tried == []


async def test_nothing_that_is_kept_holds_the_code_or_an_unknown_address() -> None:
    here = Link()
    await here.service.start(slack("U1"), "nobody@example.com")
    await here.service.start(slack("U1"), ANN)
    kept = repr(here.accounts.ledger.__dict__)
    assert here.code.replace("-", "") not in kept
    assert "nobody@example.com" not in kept


async def test_whoever_left_the_directory_is_linked_by_no_code() -> None:
    here = Link()
    code = by_admin(here, "gone@example.com")
    assert (await here.service.redeem(slack("U1"), code)).refused is Reason.UNKNOWN_PERSON
    assert here.bound() == []


async def test_who_is_linked_is_told_so_and_gets_no_letter() -> None:
    here = Link()
    await here.service.redeem(slack("U1"), by_admin(here))
    here.letters.clear()
    told = await here.service.start(slack("U1"), BEN)
    assert told.text == "This account is linked to Ann Archer (ann@example.com)."
    assert (await here.service.about(slack("U1"))).text == told.text
    assert here.letters == []


async def test_without_mail_an_administrator_is_named() -> None:
    here = Link(mail=False)
    for told in (
        await here.service.start(slack("U1"), ANN),
        await here.service.about(slack("U1")),
    ):
        assert told.text == (
            "Countersign sends no mail here. Ask an administrator for a code, which "
            "'countersign people link' makes, and write /approvals link CODE."
        )
    assert here.accounts.ledger.tried == []


async def test_a_code_proves_more_than_an_address() -> None:
    here = Link()
    ledger = here.accounts.ledger
    await here.service.redeem(slack("U1"), by_admin(here))
    (account,) = ledger.holding()
    ledger.keep(replace(account, how=How.EMAIL))
    await here.service.redeem(slack("U1"), by_admin(here, ANN, "ANNZZZZZZZZZZZZZ"))
    assert here.bound() == [("U1", ANN, How.ADMIN)]
