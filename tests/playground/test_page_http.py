"""The page's routes over HTTP: files, who may use them, and what /_play answers."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from playground import page, slack, teams, world
from playground.faults import Faults
from playground.place import Place
from playground.store import Store

Client = TestClient[web.Request, web.Application]
FILES = Path(page.__file__).with_name("page")
WORLD = world.parse(
    {
        "company": "Example Corp",
        "people": [
            {
                "name": "Bob",
                "email": "bob@example.com",
                "slack_user": "U0BOB",
                "teams_oid": "oid-bob",
            }
        ],
        "slack": {
            "team": "T1",
            "bot_user": "U0BOT",
            "bot_id": "B1",
            "app_id": "A1",
            "bot_token": "xoxb-1",
            "signing_secret": "s",
        },
        "teams": {
            "tenant": "tenant",
            "app_id": "app",
            "app_password": "p",
            "installed": ["oid-bob"],
        },
    }
)
READS = ["/", "/static/app.js", "/_play/state", "/_play/faults", "/_play/model", "/_play/log"]
POSTS = ["/_play/slack/act", "/_play/teams/act", "/_play/teams/rotate_keys", "/_play/reset"]


@pytest_asyncio.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    faults = Faults({"slack": slack.OPERATIONS, "teams": teams.OPERATIONS})
    made = Place(WORLD, Store(tmp_path), faults)
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def client(place: Place) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(page.routes(place))
    async with TestClient(TestServer(app)) as made:
        yield made


async def test_the_page_allows_itself_only_as_a_source(client: Client) -> None:
    answer = await client.get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert answer.content_type == "text/html"
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_everything_the_page_names_is_served(client: Client) -> None:
    named = set(re.findall(r'"/static/([^"]+)"', (FILES / "index.html").read_text("utf-8")))
    for path in FILES.glob("*.js"):
        named |= set(re.findall(r'from "\./([^"]+)"', path.read_text("utf-8")))
    assert {"app.js", "style.css", "mrkdwn.js", "adaptivecards.min.js"} <= named
    for name in sorted(named):
        assert (await client.get(f"/static/{name}")).status == 200, name


def test_no_script_of_the_page_parses_a_string_as_html() -> None:
    for path in FILES.glob("*.js"):
        code = path.read_text("utf-8")
        written = r"(inner|outer)HTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function"
        assert re.search(written, code) is None, path.name


@pytest.mark.parametrize(
    "path",
    [
        "/static/../page.py",
        "/static/..%2Fpage.py",
        "/static/%2e%2e%2f%2e%2e%2fpyproject.toml",
        "/static//etc/passwd",
        "/static/%2Fetc%2Fpasswd",
        "/static/..%5Cpage.py",
        "/static/index.html",
        "/static/app.js%00",
        "/static/",
    ],
)
async def test_only_the_pages_own_files_are_served(client: Client, path: str) -> None:
    port = client.server.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    status = await reader.readline()
    writer.close()
    await writer.wait_closed()
    assert b" 404 " in status or b" 400 " in status


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:80", "[::", ""]
)
@pytest.mark.parametrize("path", READS)
async def test_a_host_name_that_is_not_loopback_is_refused(
    client: Client, path: str, host: str
) -> None:
    assert (await client.get(path, headers={"Host": host})).status in {400, 403}


@pytest.mark.parametrize("host", ["localhost:8090", "127.0.0.1", "[::1]:8090"])
async def test_every_loopback_name_is_accepted(client: Client, host: str) -> None:
    assert (await client.get("/_play/faults", headers={"Host": host})).status == 200


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_page_of_another_site_cannot_act(client: Client, path: str, origin: str) -> None:
    answer = await client.post(path, data="{}", headers={"Origin": origin})
    assert answer.status == 403
    assert (await answer.json())["error"] == "a page of another site may not use the playground"


async def test_the_page_itself_may_act(client: Client) -> None:
    origin = f"http://127.0.0.1:{client.server.port}"
    answer = await client.post("/_play/reset", json={}, headers={"Origin": origin})
    assert (await answer.json())["ok"] is True


async def test_the_state_is_answered_at_once_to_who_has_none(client: Client, place: Place) -> None:
    state: dict[str, Any] = await (await client.get("/_play/state")).json()
    assert set(state) == {
        "revision",
        "company",
        "people",
        "slack",
        "teams",
        "mail",
        "model",
        "faults",
        "deliveries",
    }
    assert state["revision"] == place.store.revision
    assert state["company"] == "Example Corp"
    assert state["people"][0]["email"] == "bob@example.com"


async def test_the_state_shows_no_secret(client: Client) -> None:
    text = await (await client.get("/_play/state")).text()
    assert "xoxb" not in text
    assert "password" not in text
    assert "secret" not in text


async def test_a_reader_who_is_up_to_date_waits_for_the_next_change(
    client: Client, place: Place
) -> None:
    revision = place.store.revision
    waiting = asyncio.create_task(client.get(f"/_play/state?since={revision}"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    place.store.changed()
    state = await (await asyncio.wait_for(waiting, 2)).json()
    assert state["revision"] == revision + 1


@pytest.mark.parametrize("since", ["x", "1.5", "", "9" * 40, "١٢x"])
async def test_a_since_that_is_no_number_is_refused(client: Client, since: str) -> None:
    for path in ("/_play/state", "/_play/log"):
        answer = await client.get(path, params={"since": since})
        assert answer.status == 400
        assert await answer.json() == {"ok": False, "error": "since: expected a whole number"}


@pytest.mark.parametrize("body", ["[1]", "{", "[" * 100_000, '"x"'])
async def test_an_act_that_is_no_object_is_refused(client: Client, body: str) -> None:
    for path in ("/_play/slack/act", "/_play/teams/act"):
        answer = await client.post(path, data=body)
        assert answer.status == 400
        assert await answer.json() == {"ok": False, "error": "expected a JSON object"}


async def test_a_slack_act_of_nobody_is_refused_with_the_reason(client: Client) -> None:
    answer = await client.post("/_play/slack/act", json={"user": "U0NOBODY", "do": "home"})
    assert answer.status == 400
    assert "U0NOBODY" in (await answer.json())["error"]


async def test_a_teams_act_of_nobody_is_answered_with_the_reason(client: Client) -> None:
    answer = await client.post("/_play/teams/act", json={"oid": "nobody", "do": "install"})
    assert answer.status == 200
    assert (await answer.json())["ok"] is False


async def test_faults_are_set_shown_and_wake_the_page(client: Client, place: Place) -> None:
    before = place.store.revision
    wanted = {"slack": {"*": [{"do": "slow", "seconds": 1.5, "times": 2}]}}
    assert (await client.put("/_play/faults", json=wanted)).status == 200
    shown = await (await client.get("/_play/faults")).json()
    assert shown["slack"]["*"][0]["do"] == "slow"
    assert shown["slack"]["*"][0]["times"] == 2
    assert place.store.revision == before + 1
    assert (await client.put("/_play/faults", json=shown)).status == 200


async def test_an_unknown_fault_is_refused_and_changes_nothing(client: Client) -> None:
    answer = await client.put("/_play/faults", json={"slack": {"*": [{"do": "explode"}]}})
    assert answer.status == 400
    assert "explode" not in str(await (await client.get("/_play/faults")).json())


async def test_reset_forgets_messages_and_faults(client: Client, place: Place) -> None:
    place.store.section("slack.messages.C1")["1.1"] = {"ts": "1.1"}
    place.store.log_call("slack", "chat.postMessage", {}, status=200, error=None, at=1.0)
    await client.put("/_play/faults", json={"to_bot": {"twice": True}})
    await client.post("/_play/reset", json={})
    assert len(place.store.section("slack.messages.C1")) == 0
    assert (await (await client.get("/_play/faults")).json())["to_bot"] == {}
    assert await (await client.get("/_play/log")).json() == {"calls": []}


async def test_the_log_gives_the_calls_after_a_number(client: Client, place: Place) -> None:
    for method in ("auth.test", "chat.postMessage"):
        place.store.log_call("slack", method, {"a": 1}, status=200, error=None, at=1.0)
    every = (await (await client.get("/_play/log")).json())["calls"]
    later = (await (await client.get(f"/_play/log?since={every[0]['n']}")).json())["calls"]
    assert [call["method"] for call in every] == ["auth.test", "chat.postMessage"]
    assert [call["method"] for call in later] == ["chat.postMessage"]


async def test_rotating_keys_gives_another_key_each_time(client: Client) -> None:
    first, second = [
        (await (await client.post("/_play/teams/rotate_keys", json={})).json())["kid"]
        for _ in range(2)
    ]
    assert first != second


async def test_microsofts_renderer_is_served_where_it_is(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "adaptivecards.min.js"
    file.write_text("window.AdaptiveCards = {};", "utf-8")
    monkeypatch.setenv("PLAYGROUND_ADAPTIVECARDS", str(file))
    answer = await client.get("/static/adaptivecards.min.js")
    assert await answer.text() == "window.AdaptiveCards = {};"
    assert answer.content_type == "text/javascript"


async def test_without_microsofts_renderer_an_empty_script_stands_in(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_ADAPTIVECARDS", str(tmp_path / "none.js"))
    answer = await client.get("/static/adaptivecards.min.js")
    assert answer.status == 200
    assert await answer.text() == "// Not installed here.\n"
