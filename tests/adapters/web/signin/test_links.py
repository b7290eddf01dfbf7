"""Signing in by a one-time link, and the page to sign in."""

from collections.abc import AsyncIterator

import pytest

from core.web.signing_in import MOST_LINKS
from tests.adapters.web.signin.rig import Rig, rig
from tests.core.signing import ANN, BEN, MINUTE, Pages


@pytest.fixture
async def web() -> AsyncIterator[Rig]:
    async with rig(Pages()) as made:
        yield made


async def test_opening_a_link_shows_whom_it_signs_in_and_changes_nothing(web: Rig) -> None:
    secret = await web.here.secret()
    for method in ("get", "head", "get"):
        answer = await web.http.request(method, f"{web.url}/signin/link?t={secret}")
        assert answer.status == 200
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert web.cookie() == ""
    text = await answer.text()
    assert "Sign in as Ann Archer?" in text
    assert ANN in text
    assert web.here.kept.sessions == {}


async def test_pressing_its_button_signs_in_once(web: Rig) -> None:
    secret = await web.here.secret()
    answer = await web.post("/signin/link", {"t": secret})
    assert (answer.status, answer.headers["Location"]) == (303, "/page")
    first = web.cookie()
    again = await web.post("/signin/link", {"t": secret})
    assert again.status == 410
    assert "used already" in await again.text()
    assert web.cookie() == first
    assert len(web.here.kept.sessions) == 1


async def test_a_link_is_not_used_from_another_site(web: Rig) -> None:
    secret = await web.here.secret()
    answer = await web.post("/signin/link", {"t": secret}, {"Sec-Fetch-Site": "cross-site"})
    assert answer.status == 403
    assert web.here.kept.sessions == {}


@pytest.mark.parametrize(
    ("what", "status", "said"),
    [
        ("expired", 410, "This link has expired"),
        ("cut", 400, "This link is not complete"),
        ("left", 403, "You are not in the directory"),
    ],
)
async def test_a_link_that_signs_nobody_in_says_why(
    web: Rig, what: str, status: int, said: str
) -> None:
    secret = await web.here.secret(BEN)
    if what == "expired":
        web.here.now += 10 * MINUTE
    if what == "left":
        web.here.leaves(BEN)
    if what == "cut":
        secret = secret[:-1]
    for answer in (
        await web.get(f"/signin/link?t={secret}"),
        await web.post("/signin/link", {"t": secret}),
    ):
        assert answer.status == status
        assert said in await answer.text()
    assert web.cookie() == ""


async def test_a_session_that_somebody_planted_is_not_signed_in_with(web: Rig) -> None:
    planted = await web.sign_in(BEN)
    page = await (await web.get(f"/signin/link?t={await web.here.secret()}")).text()
    assert "In this browser Ben Bow is signed in. That ends here." in page
    fresh = await web.sign_in()
    assert fresh != planted
    answer = await web.get("/page", Cookie=f"countersign={planted}")
    assert answer.status == 303, "it is over, whoever knows it"
    await web.get("/page")
    assert web.seen[-1].visitor.person.email == ANN


# --- the page to sign in ----------------------------------------------------------------------


async def test_a_letter_is_asked_for_and_the_answer_tells_nothing(web: Rig) -> None:
    for email in (ANN, "nobody@example.com"):
        answer = await web.post("/signin/mail", {"email": email, "next": "/page"})
        assert answer.status == 200
        text = await answer.text()
        assert "If this is the address of somebody here, a link is on its way there." in text
        assert email not in text
    assert [letter.to for letter in web.here.letters] == [ANN]


@pytest.mark.parametrize("email", ["", "ann", "@", "x" * 251 + "@a.b"])
async def test_what_is_no_address_is_said(web: Rig, email: str) -> None:
    answer = await web.post("/signin/mail", {"email": email})
    assert answer.status == 422
    assert 'aria-invalid="true"' in await answer.text()


async def test_too_many_letters_are_refused_with_a_time(web: Rig) -> None:
    for _ in range(MOST_LINKS):
        await web.post("/signin/mail", {"email": ANN})
    answer = await web.post("/signin/mail", {"email": ANN})
    assert answer.status == 429
    assert "Try again in 60 minutes" in await answer.text()


async def test_without_mail_there_is_no_form_for_it() -> None:
    async with rig(Pages(mail=False)) as web:
        text = await (await web.get("/signin")).text()
        assert "Send me a link" not in text
        assert "/approvals web" in text
        assert (await web.post("/signin/mail", {"email": ANN})).status == 404


@pytest.mark.parametrize(
    ("wanted", "led"),
    [("/page?a=1", "/page?a=1"), ("//evil.example", "/page"), ("https://evil.example", "/page")],
)
async def test_who_is_signed_in_goes_on_to_our_own_page(web: Rig, wanted: str, led: str) -> None:
    await web.sign_in()
    answer = await web.get(f"/signin?next={wanted}")
    assert (answer.status, answer.headers["Location"]) == (303, led)


async def test_the_page_keeps_only_a_path_of_ours(web: Rig) -> None:
    text = await (await web.get("/signin?next=//evil.example/%22%3E")).text()
    assert "evil" not in text


async def test_the_account_page_says_where_one_is_signed_in(web: Rig) -> None:
    await web.here.signing.as_person(ANN)
    await web.here.signing.as_person(BEN)
    await web.sign_in()
    text = await (await web.get("/account")).text()
    assert text.count('<th scope="row">') == 2
    assert "with a one-time link (here)" in text
    assert "with your company&#39;s sign-in" in text
