"""Who comes through the door of the pages, and with what."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from yarl import URL

from adapters.web.assets import Assets
from adapters.web.door import SessionDoor
from adapters.web.pages import Pages as Layout
from adapters.web.paths import own_path
from core.events import Actor
from core.web.sessions import HOUR, Ended
from tests.adapters.web.signin.rig import OWN, Rig, rig
from tests.core.signing import ANN, BEN, MINUTE, Pages


@pytest.fixture
async def web() -> AsyncIterator[Rig]:
    async with rig(Pages()) as made:
        yield made


# --- in and out -----------------------------------------------------------------------------


async def test_without_a_session_a_page_leads_to_signing_in_and_back(web: Rig) -> None:
    answer = await web.get("/page?view=mine&q=%22")
    assert answer.status == 303
    assert answer.headers["Location"] == "/signin?next=/page%3Fview%3Dmine%26q%3D%2522"
    assert web.seen == []


async def test_a_script_and_a_stream_are_told_by_status(web: Rig) -> None:
    for headers in ({"Accept": "text/event-stream"}, {"Sec_Fetch_Mode": "cors"}):
        assert (await web.get("/page", **headers)).status == 401


async def test_a_form_without_a_session_changes_nothing_and_says_so(web: Rig) -> None:
    answer = await web.post("/page", {"a": "1"})
    assert answer.status == 401
    assert "Nothing was changed" in await answer.text()
    assert web.seen == []


async def test_who_is_signed_in_is_who_the_handler_sees(web: Rig) -> None:
    await web.sign_in()
    answer = await web.get("/page")
    assert await answer.text() == "Hello Ann Archer"
    visitor = web.seen[0].visitor
    assert (visitor.identity.platform, visitor.identity.realm) == ("web", "link")
    assert visitor.identity.account == visitor.person.email == ANN
    assert await web.seen[0].holds()


@pytest.mark.parametrize("cookie", ["", "x", "0" * 64, "f" * 63, "F" * 64, "0" * 5000, '"'])
async def test_a_made_up_cookie_opens_nothing(web: Rig, cookie: str) -> None:
    assert (await web.get("/page", Cookie=f"countersign={cookie}")).status == 303


@pytest.mark.parametrize("how", ["out", "everywhere", "admin", "left", "idle", "late"])
async def test_what_is_over_opens_nothing_any_more(web: Rig, how: str) -> None:
    secret = await web.sign_in()
    await web.get("/page")
    visit = web.seen[-1]
    if how in ("out", "everywhere"):
        path = "/signout" if how == "out" else "/signout/everywhere"
        answer = await web.post(path, {"csrf": web.csrf()})
        assert answer.headers["Location"] == "/signin"
        assert web.cookie() == ""
    elif how == "admin":
        await web.here.signing.end_all(ANN, Ended.ADMIN, Actor(via="cli"))
    elif how == "left":
        web.here.leaves(ANN)
    else:
        web.here.now += {"idle": 2, "late": 12}[how] * HOUR
    assert (await web.get("/page", Cookie=f"countersign={secret}")).status == 303
    assert not await visit.holds(), "a stream that is open ends too"


@pytest.mark.parametrize(
    "by_itself", [{"Accept": "text/event-stream"}, {"Sec_Fetch_Dest": "empty"}]
)
async def test_calls_keep_a_session_and_what_an_open_page_does_by_itself_does_not(
    web: Rig, by_itself: dict[str, str]
) -> None:
    """A list asks anew every few minutes: nobody need sit before it."""
    secret = await web.sign_in()
    began = web.here.now
    web.here.now += MINUTE
    await web.get("/page", **by_itself)
    assert web.here.session(secret).seen_at == began
    await web.get("/page", Sec_Fetch_Dest="document")
    assert web.here.session(secret).seen_at == began + MINUTE


# --- forms ----------------------------------------------------------------------------------


async def test_a_form_brings_all_its_values_and_keeps_its_token_to_the_door(web: Rig) -> None:
    await web.sign_in()
    await web.get("/page")
    answer = await web.http.post(
        f"{web.url}/page", data=[("a", "1"), ("a", "2"), ("csrf", web.csrf())], headers=OWN
    )
    assert answer.status == 200
    visit = web.seen[-1]
    assert (visit.all("a"), visit.one("a"), visit.one("b")) == (("1", "2"), "1", "")
    assert "csrf" not in visit.form


@pytest.mark.parametrize("csrf", [None, "", "0" * 64, "é", "other's"])
async def test_a_form_with_another_token_changes_nothing(web: Rig, csrf: str | None) -> None:
    if csrf == "other's":
        await web.sign_in(BEN)
        await web.get("/page")
        csrf = web.csrf()
    await web.sign_in()
    web.seen.clear()
    answer = await web.post("/page", {} if csrf is None else {"csrf": csrf})
    assert answer.status == 403
    assert "older than your sign-in" in await answer.text()
    assert web.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
    ],
)
async def test_a_form_of_another_site_changes_nothing(web: Rig, headers: dict[str, str]) -> None:
    await web.sign_in()
    await web.get("/page")
    csrf = web.csrf()
    web.seen.clear()
    for path in ("/page", "/signout"):
        assert (await web.post(path, {"csrf": csrf}, headers)).status == 403
    assert web.seen == []
    assert (await web.get("/page")).status == 200


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        (b"{}", "application/json", 415),
        (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"&".join([b"a=1"] * 501), "application/x-www-form-urlencoded", 400),
    ],
)
async def test_what_is_no_form_of_ours_is_turned_away(
    web: Rig, body: bytes, kind: str, status: int
) -> None:
    await web.sign_in()
    headers = {**OWN, "Content-Type": kind}
    answer = await web.http.post(f"{web.url}/page", data=body, headers=headers)
    assert answer.status == status
    assert web.seen == []


# --- what every page says to browsers --------------------------------------------------------


async def test_every_page_lets_nothing_in_and_is_not_kept(web: Rig) -> None:
    await web.sign_in()
    for path in ("/page", "/account", "/signin/link?t=0", "/breaks", "/page"):
        headers = (await web.get(path)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "Strict-Transport-Security" not in headers, "over http it means nothing"


async def test_what_broke_is_told_to_the_person_without_a_word_of_why(web: Rig) -> None:
    await web.sign_in()
    answer = await web.get("/breaks")
    assert answer.status == 503
    text = await answer.text()
    assert "This did not work" in text
    assert "disk" not in text


def test_over_https_cookies_are_of_this_host_alone_and_browsers_stay_there() -> None:
    pages = Layout(secure=True)
    door = SessionDoor(Pages().signing, pages, "https://approvals.example.com")
    answer = door.let_in("0" * 64, "/inbox")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    morsel = answer.cookies["__Host-countersign"]
    kept = "; HttpOnly; Path=/; SameSite=Lax; Secure"
    assert morsel.OutputString() == f"__Host-countersign={'0' * 64}{kept}"


async def test_what_a_form_led_to_is_said_once_by_the_next_page(web: Rig) -> None:
    await web.sign_in()
    await web.get("/page")
    await web.post("/signout", {"csrf": web.csrf()})
    first, second = await web.get("/signin"), await web.get("/signin")
    assert "You are signed out." in await first.text()
    assert "You are signed out." not in await second.text()


async def test_what_is_carried_over_waits_for_a_page_that_somebody_reads(web: Rig) -> None:
    """A list in another tab asks anew when something was decided, just then."""
    await web.sign_in()
    await web.get("/page")
    await web.post("/signout", {"csrf": web.csrf()})
    assert (
        "You are signed out." not in await (await web.get("/signin", Sec_Fetch_Dest="empty")).text()
    )
    assert "You are signed out." in await (await web.get("/signin")).text()


async def test_a_cookie_that_is_no_text_breaks_no_page(web: Rig) -> None:
    """Whatever else runs on this host may have set it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", URL(web.url).port)
    writer.write(b"GET /signin HTTP/1.1\r\nHost: a\r\nConnection: close\r\n")
    writer.write(b"Cookie: countersign-told=a\xffb\r\n\r\n")
    head = await reader.readline()
    writer.close()
    assert b"200" in head


async def test_what_is_carried_over_is_text(web: Rig) -> None:
    carried = "countersign-told=%3Cscript%3Ealert(1)%3C%2Fscript%3E"
    text = await (await web.get("/signin", Cookie=carried)).text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text


# --- files and paths -------------------------------------------------------------------------


async def test_files_are_named_by_what_is_in_them_and_kept_for_ever(web: Rig) -> None:
    url = Assets().url("base.css")
    answer = await web.get(url)
    assert answer.status == 200
    assert answer.content_type == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    for path in ("/static/base.css", "/static/..%2fdoor.py", f"{url}x"):
        assert (await web.get(path)).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "",
        "inbox",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: x=1",
        "/a b",
        "/é",
        "/" + "a" * 1000,
    ],
)
def test_nobody_is_sent_anywhere_else(path: str) -> None:
    assert own_path(path) is None


@pytest.mark.parametrize("path", ["/", "/inbox", "/inbox/01?a=b&c=%22#x", "/a//b"])
def test_our_own_paths_are_paths(path: str) -> None:
    assert own_path(path) == path
