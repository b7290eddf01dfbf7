"""Signing in on the pages: links that work once, sessions that end, and what nobody learns."""

import pytest

from core.directory.people import Identity, Person
from core.events import Actor
from core.reasons import Reason
from core.web.sessions import HOUR, Ended, digest_of, token_of
from core.web.signing_in import MOST_FROM_SOURCE, MOST_LINKS, NO_PAGES, Unusable
from tests.core.signing import ANN, BEN, MINUTE, URL, Pages

IN_SLACK = Identity(platform="slack", realm="T1", account="U1")


@pytest.fixture
def here() -> Pages:
    return Pages()


# --- links ----------------------------------------------------------------------------------


async def test_a_link_from_chat_signs_its_person_in_once(here: Pages) -> None:
    way = await here.signing.link(IN_SLACK)
    assert way.url.startswith(f"{URL}/signin/link?t=")
    assert "works once, within 10 minutes" in way.text
    secret = way.url.rpartition("t=")[2]
    found = await here.signing.with_link(secret)
    assert isinstance(found, tuple)
    assert (found[1].person, found[1].realm) == (ANN, "link")
    assert await here.signing.with_link(secret) is Unusable.USED
    assert here.kept.told() == ["sign_in_link_made", "signed_in link"]
    assert {stream for stream, _ in here.kept.trail} == {f"person:{ANN}"}
    assert here.kept.trail[0][1].actor == Actor(via="slack", person=ANN)


async def test_looking_at_a_link_does_not_use_it_up(here: Pages) -> None:
    secret = await here.secret()
    for _ in range(3):
        person = await here.signing.offered(secret)
        assert not isinstance(person, Unusable)
        assert person.email == ANN
    assert isinstance(await here.signing.with_link(secret), tuple)


async def test_neither_secrets_nor_what_forms_carry_are_stored(here: Pages) -> None:
    link = await here.secret()
    found = await here.signing.with_link(link)
    assert isinstance(found, tuple)
    stored = repr((here.kept.links, here.kept.sessions, here.kept.trail))
    for secret in (link, found[0], token_of(found[0])):
        assert secret not in stored


async def test_a_link_ends_after_ten_minutes(here: Pages) -> None:
    secret = await here.secret()
    here.now += 10 * MINUTE - 1
    assert not isinstance(await here.signing.offered(secret), Unusable)
    here.now += 1
    assert await here.signing.offered(secret) is Unusable.EXPIRED
    assert await here.signing.with_link(secret) is Unusable.EXPIRED


async def test_the_link_of_somebody_who_left_signs_nobody_in(here: Pages) -> None:
    secret = await here.secret(BEN)
    here.leaves(BEN)
    assert await here.signing.offered(secret) is Unusable.LEFT
    assert await here.signing.with_link(secret) is Unusable.LEFT
    assert here.kept.sessions == {}


@pytest.mark.parametrize("secret", ["", "0" * 64, "\0", "é" * 40, "x" * 10_000, "\ud800"])
async def test_a_made_up_link_is_none(here: Pages, secret: str) -> None:
    assert await here.signing.offered(secret) is Unusable.UNKNOWN
    assert await here.signing.with_link(secret) is Unusable.UNKNOWN


async def test_an_account_that_is_nobodys_is_told_how_to_link_it(here: Pages) -> None:
    way = await here.signing.link(Identity(platform="slack", realm="T1", account="U9"))
    assert (way.refused, way.url) == (Reason.UNKNOWN_ACCOUNT, "")
    assert here.kept.links == {}


async def test_without_pages_there_is_no_link() -> None:
    way = await Pages(url=None).signing.link(IN_SLACK)
    assert (way.text, way.url) == (NO_PAGES, "")


async def test_links_are_bounded_for_each_person_and_hour(here: Pages) -> None:
    for _ in range(MOST_LINKS):
        assert (await here.signing.link(IN_SLACK)).url
    here.now += 20 * MINUTE
    again = await here.signing.link(IN_SLACK)
    assert (again.refused, again.url) == (Reason.LINK_TOO_OFTEN, "")
    assert "in 40 minutes" in again.text
    assert await here.secret(BEN)
    here.now += 40 * MINUTE
    assert (await here.signing.link(IN_SLACK)).url


# --- letters --------------------------------------------------------------------------------


async def test_a_letter_goes_to_the_address_of_the_directory_and_leads_in(here: Pages) -> None:
    assert await here.signing.mail(" ANN@example.com ", "192.0.2.1") is None
    (letter,) = here.letters
    assert letter.to == ANN
    secret = letter.text.partition("t=")[2].split()[0]
    assert isinstance(await here.signing.with_link(secret), tuple)
    assert secret not in letter.subject


async def test_nobody_learns_whether_an_address_is_somebodys(here: Pages) -> None:
    answers = [
        [await here.signing.mail(email, source) for _ in range(MOST_LINKS + 1)]
        for email, source in ((ANN, "192.0.2.1"), ("nobody@example.com", "192.0.2.2"))
    ]
    told = [[None if a is None else a.sentence for a in each] for each in answers]
    assert told[0] == told[1]
    assert told[0][:-1] == [None] * MOST_LINKS
    assert told[0][-1] is not None
    assert [letter.to for letter in here.letters] == [ANN] * MOST_LINKS


async def test_one_source_cannot_ask_for_everybodys_letters(here: Pages) -> None:
    for number in range(MOST_FROM_SOURCE):
        assert await here.signing.mail(f"p{number}@example.com", "192.0.2.1") is None
    refused = await here.signing.mail(ANN, "192.0.2.1")
    assert refused is not None
    assert refused.reason is Reason.LINK_TOO_OFTEN
    assert await here.signing.mail(ANN, "192.0.2.2") is None


async def test_without_mail_nothing_is_sent() -> None:
    here = Pages(mail=False)
    assert not here.signing.sends_letters
    assert await here.signing.mail(ANN, "192.0.2.1") is None
    assert here.kept.links == {}


# --- sessions -------------------------------------------------------------------------------


async def test_a_session_ends_after_two_idle_hours_and_after_twelve_in_all(here: Pages) -> None:
    idle, busy = await here.signed_in(), await here.signed_in()
    began = here.now
    here.now = began + 2 * HOUR - 1
    for secret in (idle, busy):
        assert await here.signing.present(secret) is not None
    await here.signing.used(here.session(busy))
    here.now += 1
    assert await here.signing.present(idle) is None
    while here.now < began + 12 * HOUR - HOUR:
        here.now += HOUR
        await here.signing.used(here.session(busy))
    assert await here.signing.present(busy) is not None
    here.now = began + 12 * HOUR
    await here.signing.used(here.session(busy))
    assert await here.signing.present(busy) is None


async def test_use_is_written_once_a_minute(here: Pages) -> None:
    secret = await here.signed_in()
    began = here.now
    here.now += MINUTE - 1
    await here.signing.used(here.session(secret))
    assert here.session(secret).seen_at == began
    here.now += 1
    await here.signing.used(here.session(secret))
    assert here.session(secret).seen_at == began + MINUTE


async def test_signing_out_ends_this_session_alone(here: Pages) -> None:
    one, other = await here.signed_in(), await here.signed_in()
    await here.signing.sign_out(here.session(one).id, ANN)
    await here.signing.sign_out(here.session(one).id, ANN)
    assert await here.signing.present(one) is None
    assert await here.signing.present(other) is not None
    assert here.kept.told().count("signed_out self") == 1


async def test_nobody_signs_somebody_else_out(here: Pages) -> None:
    mine = await here.signed_in(BEN)
    await here.signing.sign_out(here.session(mine).id, ANN)
    assert await here.signing.present(mine) is not None


async def test_signing_out_everywhere_ends_all_sessions_and_the_links_on_their_way(
    here: Pages,
) -> None:
    mine, others = [await here.signed_in() for _ in range(3)], await here.signed_in(BEN)
    link = await here.secret()
    here.now += 2 * HOUR + MINUTE
    last = await here.signed_in()
    fresh = await here.secret()
    # Three have been idle for too long: nobody need be told that they are over.
    assert await here.signing.sign_out_everywhere(here.session(last).id, ANN) == 1
    assert [await here.signing.present(each) for each in (*mine, last)] == [None] * 4
    assert await here.signing.with_link(fresh) is Unusable.EXPIRED
    assert await here.signing.with_link(link) is Unusable.EXPIRED
    assert here.session(others).ended_at is None


async def test_an_operator_ends_somebodys_sessions(here: Pages) -> None:
    secret = await here.signed_in()
    assert await here.signing.end_all(ANN, Ended.ADMIN, Actor(via="cli")) == 1
    assert await here.signing.present(secret) is None
    assert here.kept.told()[-1] == "signed_out admin"
    assert await here.signing.all_open() == []


async def test_who_leaves_is_signed_out_for_good(here: Pages) -> None:
    secret, swept = await here.signed_in(BEN), await here.signed_in(BEN)
    person = here.people[-1]
    here.leaves(BEN)
    assert await here.signing.present(secret) is None
    await here.signing.sweep()
    here.people.append(person)
    assert await here.signing.present(secret) is None
    assert await here.signing.present(swept) is None
    assert here.kept.told()[-2:] == ["signed_out left"] * 2


async def test_the_sweep_leaves_the_others_alone(here: Pages) -> None:
    secret = await here.signed_in()
    await here.signing.sweep()
    assert await here.signing.present(secret) is not None


@pytest.mark.parametrize("email", [ANN, "ANN@Example.COM", f" {ANN}"])
async def test_the_identity_providers_person_is_signed_in(here: Pages, email: str) -> None:
    found = await here.signing.as_person(email)
    assert isinstance(found, tuple)
    assert (found[1].person, found[1].realm) == (ANN, "oidc")
    assert here.kept.sessions[digest_of(found[0])] == found[1]
    assert here.kept.told() == ["signed_in oidc"]


# The sign of the kelvin is a k in lower case; whoever has a mailbox with it is somebody else.
@pytest.mark.parametrize("email", ["", "nobody@example.com", "\u212aim@example.com"])
async def test_who_is_not_in_the_directory_is_not_signed_in(here: Pages, email: str) -> None:
    here.people.append(Person(email="kim@example.com", name="Kim"))
    assert await here.signing.as_person(email) is Unusable.LEFT
