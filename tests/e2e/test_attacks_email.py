"""Links in letters as those meet them who try to misuse them: scanners, other sites, forgers, and
people who have left or were never meant."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.directory.people import Directory
from storage.errors import StorageError
from tests.e2e.company import SMALL, Json, Time
from tests.e2e.lettered import Office, Page, office
from tests.e2e.looking import event_types
from tests.mailserver import links, token

MARA, FINN = "mara@example.com", "finn@example.com"
DAY = 24 * 3_600_000
POLICY = """
version: 1
defaults: {expires_in: 60d}
rules:
  - name: chairs
    when: request.action.type == "purchase_order"
    category: review
    stages: [{name: Manager, approvers: [mara@example.com]}]
  - name: salaries
    when: request.action.type == "salary"
    category: review
    stages: [{name: Payroll, approvers: [faye@example.com]}]
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
SAYS = ("Two chairs", "840", "Chairs", "Alice", "Mara")
"""What only those may read whom the request concerns."""


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, clock: Time) -> AsyncIterator[Office]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with office(tmp_path, by_mail=(MARA, FINN), policy=policy, at=clock) as made:
        yield made


async def asked(desk: Office) -> tuple[Json, dict[str, str], Page]:
    """A request, the links of its letter, and the page behind them."""
    request = await desk.co.submit(await desk.co.key("submit", "read"), SMALL)
    found = links(await desk.letter(MARA))
    return request, found, await desk.open(found["look"])


async def untouched(desk: Office, request: Json) -> bool:
    return (await event_types(desk.co, request["id"]))["voted"] == 0


def tells_nothing(page: Page) -> bool:
    return not any(each in page.text for each in SAYS) and page.forms == {}


HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def is_shut(page: Page) -> bool:
    """Whether the answer lets nothing else in: no script, no frame, no other site."""
    policy = dict(
        part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; ")
    )
    return (
        policy.pop("style-src").startswith("'sha256-")
        and policy
        == {
            "default-src": "'none'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'none'",
        }
        and page.headers.items() >= HEADERS.items()
        and "<script" not in page.text
        and "http" not in page.text
    )


async def test_every_answer_is_shut(desk: Office) -> None:
    _, found, page = await asked(desk)
    given = {"t": page.forms["reject"], "reason": "no"}
    answers = [
        page,
        await desk.open(found["look"], "HEAD"),
        await desk.open(f"{found['look']}x"),
        await desk.send("reject", given, **{"Sec-Fetch-Site": "cross-site"}),
        await desk.send("reject", {"t": page.forms["reject"]}),
        await desk.send("reject", given),
        await desk.open(found["look"]),
        await desk.send("elsewhere", given),
    ]
    assert [answer.status for answer in answers] == [200, 200, 400, 403, 422, 200, 200, 404]
    assert all(map(is_shut, answers))


async def test_a_link_alone_decides_nothing(desk: Office) -> None:
    request, found, _ = await asked(desk)
    for act in ("approve", "reject", "request_changes"):
        answer = await desk.send(act, {"t": token(found[act]), "reason": "x"})
        assert answer.status == 400
        assert tells_nothing(answer)
    assert await untouched(desk, request)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
async def test_a_form_on_another_site_decides_nothing(desk: Office, site: str) -> None:
    request, _, page = await asked(desk)
    answer = await desk.send("approve", {"t": page.forms["approve"]}, **{"Sec-Fetch-Site": site})
    assert answer.status == 403
    assert tells_nothing(answer)
    assert await untouched(desk, request)


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("https://approve.example.com", 200), ("null", 200)],
)
async def test_a_browser_that_does_not_name_the_site_names_the_origin(
    desk: Office, origin: str, status: int
) -> None:
    _, _, page = await asked(desk)
    url = f"{desk.co.base_url}/decide/approve"
    given = {"t": page.forms["approve"]}
    async with desk.co.http.post(url, data=given, headers={"Origin": origin}) as answer:
        assert answer.status == status


async def test_a_forged_link_is_told_so_and_nothing_else(desk: Office) -> None:
    request, found, _ = await asked(desk)
    good = token(found["look"])
    forged = ["", "x", good[:-1], f"{good}x", good.replace(".", ""), f"A{good[1:]}", "é" * 3000]
    for text in forged:
        answer = await desk.open(f"https://x/decide/look?t={text}")
        assert (answer.status, tells_nothing(answer)) == (400, True), text
    bare = await desk.open("https://x/decide/look?")
    assert (bare.status, tells_nothing(bare)) == (400, True)
    assert await untouched(desk, request)


async def test_a_link_ends_after_thirty_days_and_says_nothing_more(
    desk: Office, clock: Time
) -> None:
    request, found, page = await asked(desk)
    clock.ahead = 30 * DAY + 60_000
    looked = await desk.open(found["approve"])
    pressed = await desk.send("approve", {"t": page.forms["approve"]})
    for answer in (looked, pressed):
        assert answer.status == 410
        assert "This link has expired" in answer.said
        assert tells_nothing(answer)
    assert await untouched(desk, request)


async def test_who_has_left_the_directory_decides_nothing(desk: Office) -> None:
    request, found, page = await asked(desk)
    books = desk.co.app.books
    left = [p for email, p in books.file().people.items() if email != MARA]
    books.use(books.policy(), Directory(left))
    looked = await desk.open(found["approve"])
    pressed = await desk.send("approve", {"t": page.forms["approve"]})
    for answer in (looked, pressed):
        assert answer.status == 403
        assert "not in the directory today" in answer.said
        assert tells_nothing(answer)
    assert await untouched(desk, request)


async def test_a_request_that_went_to_others_is_not_there_any_more(desk: Office) -> None:
    key = await desk.co.key("submit", "read")
    request = await desk.co.submit(key, SMALL)
    found = links(await desk.letter(MARA))
    page = await desk.open(found["look"])
    raised = {
        "title": "Raise for Bob",
        "action": {"type": "salary", "params": {"amount": 77123}},
    }
    path = f"/v1/requests/{request['id']}/revisions"
    status, answer = await desk.co.call("POST", path, key, {"revision": 1, **raised})
    assert status == 200, answer
    looked = await desk.open(found["approve"])
    pressed = await desk.send("approve", {"t": page.forms["approve"]})
    for each in (looked, pressed):
        assert each.status == 404
        assert "Raise for Bob" not in each.text
        assert tells_nothing(each)
    assert await untouched(desk, request)


async def test_nobody_decides_with_the_form_of_somebody_else(desk: Office) -> None:
    """The pass says who presses, whatever else a form says."""
    request, _, page = await asked(desk)
    given = {"t": page.forms["approve"], "person": FINN, "account": FINN, "identity": FINN}
    assert (await desk.send("approve", given)).status == 200
    found = await desk.co.storage.store.snapshot(request["id"])
    assert found is not None
    assert [vote.person for vote in found.state.stages[0].votes] == [MARA]


BROKEN: list[tuple[dict[str, Any], int]] = [
    ({"json": {"t": "x"}}, 415),
    ({"data": "t=x", "headers": {"Content-Type": "text/plain"}}, 415),
    ({"data": b"t=" + b"x" * 70_000}, 413),
    ({"data": b"t=\xff\xfe"}, 400),
    ({"data": b"t=%ff%fe"}, 400),
    ({"data": "&".join(f"f{n}=1" for n in range(50))}, 400),
    ({"data": b""}, 400),
]


@pytest.mark.parametrize(("given", "status"), BROKEN)
async def test_what_is_no_form_is_turned_away(
    desk: Office, given: dict[str, Any], status: int
) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    if "json" in given:
        del headers["Content-Type"]
    sent = given | {"headers": headers | given.get("headers", {})}
    async with desk.co.http.post(f"{desk.co.base_url}/decide/approve", **sent) as answer:
        assert answer.status == status
        assert answer.content_type == "text/html"
        assert "Nothing was changed" in await answer.text() or status == 400


async def test_a_stream_without_an_end_is_cut_off(desk: Office) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"t=" + b"x" * 4096

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{desk.co.base_url}/decide/approve"
    async with desk.co.http.post(url, data=endless(), headers=headers) as answer:
        assert answer.status == 413


async def test_who_sends_too_slowly_is_not_waited_for(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.web.incoming.BODY_SECONDS", 0.05)
    released = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b"t="
        await released.wait()

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{desk.co.base_url}/decide/approve"
    async with desk.co.http.post(url, data=slow(), headers=headers) as answer:
        assert answer.status == 408
    released.set()


async def test_a_database_that_fails_is_said_on_a_page_of_the_same_kind(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, found, page = await asked(desk)

    async def broken(*_: Any, **__: Any) -> Any:
        raise StorageError("the disk is full of Two chairs")

    store = desk.co.app.approvals.world.store
    monkeypatch.setattr(store, "snapshot", broken)
    monkeypatch.setattr(store, "transact", broken)
    looked = await desk.open(found["look"])
    pressed = await desk.send("approve", {"t": page.forms["approve"]})
    for answer in (looked, pressed):
        assert answer.status == 503
        assert "Open the link in your letter again" in answer.said
        assert tells_nothing(answer)
        assert is_shut(answer)


async def test_other_methods_and_pages_are_not_there(desk: Office) -> None:
    _, found, _ = await asked(desk)
    query = found["look"].partition("?")[2]
    seen = []
    for method, path in (
        ("GET", "/decide/withdraw"),
        ("GET", "/decide/approve/more"),
        ("PUT", "/decide/approve"),
        ("DELETE", "/decide/approve"),
    ):
        url = f"{desk.co.base_url}{path}?{query}"
        async with desk.co.http.request(method, url) as answer:
            seen.append(answer.status)
    assert seen == [404, 404, 405, 405]


async def test_no_pass_stands_in_the_log_or_the_database(
    desk: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    request, found, page = await asked(desk)
    await desk.send("approve", {"t": page.forms["approve"]})
    secrets = [token(found["look"]), page.forms["approve"]]
    macs = [each.split(".")[1] for each in secrets]
    snapshot = await desk.co.storage.store.snapshot(request["id"])
    stored = [link.body.decode() for link in await desk.co.storage.store.links(request["id"])]
    kept = json.dumps([str(snapshot), stored])
    printed = capsys.readouterr()
    for mac in macs:
        assert mac not in kept
        assert mac not in printed.out + printed.err
