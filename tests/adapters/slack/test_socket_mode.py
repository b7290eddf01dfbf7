"""Socket Mode: the same handlers, acknowledged after the commit, over connections that break."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.slack import socket_mode
from adapters.slack.app import SlackPlatform, build
from core.chat.port import Answer, Click
from core.directory.people import Identity
from core.ports import Delivered
from core.rows import Delivery, Recipient
from playground import slack as simulated
from playground.app import Running, start
from playground.slack import sockets
from playground.world import parse
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINN, TEAM, TOKEN, WORLD, Json, Recording
from tests.ports import a_chat


@dataclass
class Slow(Recording):
    """A service in which a click takes as long as the test wants, and may die on the way."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    breaks_once: bool = False

    async def click(self, click: Click) -> Answer:
        self.begun.set()
        await self.go_on.wait()
        if self.breaks_once:
            self.breaks_once = False
            raise RuntimeError("the disk is full")
        return await super().click(click)


@dataclass
class Office:
    """Servers that connect to one simulated Slack."""

    slack: Running
    stack: AsyncExitStack
    monkeypatch: pytest.MonkeyPatch

    async def serve(self, conversations: Recording) -> SlackPlatform:
        """Start a server, connected."""
        platform = build(
            a_chat(conversations),
            bot_token=TOKEN,
            app_token="xapp-sample",
            api_url=self.slack.slack_api_url,
            paced=False,
        )
        before = self.connections
        await platform.start()
        self.stack.push_async_callback(platform.stop)
        await self.until(lambda: self.connections > before)
        return platform

    @property
    def connections(self) -> int:
        return sockets.connections(self.slack.place)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():  # noqa: ASYNC110 - the simulated Slack tells nobody
                await asyncio.sleep(0.01)

    async def act(self, what: str, **fields: object) -> Json:
        return await simulated.act(self.slack.place, {"user": FINN, "do": what, **fields})

    def acting(self, what: str, **fields: object) -> "asyncio.Task[Json]":
        return asyncio.create_task(self.act(what, **fields))

    @property
    def opened(self) -> int:
        """How often a connection was asked for."""
        calls = self.slack.place.store.calls()
        return sum(c["method"] == "apps.connections.open" for c in calls)

    def fault(self, **fault: object) -> None:
        self.slack.place.faults.replace_all({"slack": {"apps.connections.open": [fault]}})


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    monkeypatch.setattr(socket_mode, "FIRST_PAUSE", 0.01)
    slack = await start(parse(WORLD), tmp_path / "slack")
    async with AsyncExitStack() as stack:
        stack.push_async_callback(slack.aclose)
        yield Office(slack, stack, monkeypatch)


async def posted(platform: SlackPlatform) -> dict[str, str]:
    """A card in Finn's direct messages; where it stands."""
    to = Recipient(platform="slack", id="finn@example.com")
    account = Identity(platform="slack", realm=TEAM, account=FINN)
    wanted = Delivery(request="req_01J9ZK4T7QX2", to=to, wanted=1, shown=0, attempts=0)
    done = await platform.channel.show(cards.card(), to, account, wanted)
    assert isinstance(done, Delivered)
    assert done.ref is not None
    return {name: done.ref.fields[name] for name in ("channel", "ts")}


async def die(office: Office, platform: SlackPlatform) -> None:
    """Lose the connection and make no other, as a process that is killed."""
    assert platform._socket is not None
    assert platform._socket._task is not None
    platform._socket._task.cancel()
    await sockets.cut(office.slack.place)


APPROVE = {"action_id": "countersign_approve"}


async def test_a_click_a_form_and_a_command_work_as_over_http(office: Office) -> None:
    conversations = Recording()
    platform = await office.serve(conversations)
    place = await posted(platform)
    assert (await office.act("click", **place, **APPROVE))["ok"] is True
    assert [click.identity.account for click in conversations.clicks] == [FINN]
    assert (await office.act("click", **place, action_id="countersign_reject"))["ok"] is True
    [form] = simulated.state(office.slack.place)["modals"][FINN]
    sent = await office.act("submit", view_id=form["id"], values={}, unchecked=True)
    assert sent["body"]["response_action"] == "errors"
    answer = await office.act("command", command="/approvals", text="help")
    assert answer["ok"] is True
    [shown] = simulated.state(office.slack.place)["ephemerals"]
    assert "/approvals" in str(shown["blocks"])


async def test_the_log_says_that_it_is_connected(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", socket_mode.__name__)
    await office.serve(Recording())
    await office.until(lambda: bool(caplog.messages))
    assert caplog.messages == ["connected to Slack"]


async def test_there_is_no_route_that_would_take_unsigned_calls(office: Office) -> None:
    platform = await office.serve(Recording())
    assert platform.routes == []


async def test_what_a_server_dies_with_goes_to_the_next_one(office: Office) -> None:
    dying, living = Slow(), Recording()
    first = await office.serve(dying)
    place = await posted(first)
    acting = office.acting("click", **place, **APPROVE)
    await dying.begun.wait()
    await die(office, first)
    await office.serve(living)
    assert (await acting)["ok"] is True
    assert (len(dying.clicks), len(living.clicks)) == (0, 1)
    dying.go_on.set()  # only so that this test ends soon


async def test_what_was_committed_but_not_acknowledged_is_not_done_twice(office: Office) -> None:
    conversations = Slow()
    platform = await office.serve(conversations)
    place = await posted(platform)
    acting = office.acting("click", **place, **APPROVE)
    await conversations.begun.wait()
    await sockets.cut(office.slack.place)
    await office.until(lambda: office.connections == 1)
    conversations.go_on.set()
    assert (await acting)["ok"] is True
    assert len(conversations.clicks) == 1


async def test_an_envelope_that_comes_twice_counts_once(office: Office) -> None:
    conversations = Recording()
    platform = await office.serve(conversations)
    place = await posted(platform)
    office.slack.place.faults.replace_all({"to_bot": {"twice": True}})
    assert (await office.act("click", **place, **APPROVE))["ok"] is True
    assert len(conversations.clicks) == 1


async def test_a_click_that_failed_is_told_and_can_be_made_again(office: Office) -> None:
    conversations = Slow(breaks_once=True)
    conversations.go_on.set()
    platform = await office.serve(conversations)
    place = await posted(platform)
    assert (await office.act("click", **place, **APPROVE))["ok"] is True
    [shown] = simulated.state(office.slack.place)["ephemerals"]
    assert "Something went wrong here" in shown["text"]
    assert (await office.act("click", **place, **APPROVE))["ok"] is True
    assert len(conversations.clicks) == 1


async def test_when_slack_wants_another_connection_nothing_is_lost(office: Office) -> None:
    conversations = Slow()
    platform = await office.serve(conversations)
    place = await posted(platform)
    acting = office.acting("click", **place, **APPROVE)
    await conversations.begun.wait()
    await sockets.disconnect(office.slack.place, "refresh_requested")
    await office.until(lambda: office.connections == 2)
    conversations.go_on.set()
    told = await acting
    assert (told["ok"], len(conversations.clicks)) == (True, 1)
    assert (await office.act("command", command="/approvals"))["ok"] is True


async def test_a_lost_connection_is_made_again(office: Office) -> None:
    await office.serve(Recording())
    for _ in range(3):
        await sockets.cut(office.slack.place)
        await office.until(lambda: office.connections == 1)
        assert (await office.act("command", command="/approvals"))["ok"] is True


@pytest.mark.parametrize(
    "fault", [{"do": "500"}, {"do": "429"}, {"do": "error", "error": "internal_error"}]
)
async def test_it_tries_again_until_slack_answers(office: Office, fault: dict[str, str]) -> None:
    await office.serve(Recording())
    office.fault(**fault, times=3)
    await sockets.cut(office.slack.place)
    await office.until(lambda: office.connections == 1)
    assert (await office.act("command", command="/approvals"))["ok"] is True


async def test_the_pauses_grow(office: Office) -> None:
    slept: list[float] = []
    sleep = asyncio.sleep

    async def remembered(seconds: float) -> None:
        slept.append(seconds)
        await sleep(0)

    office.fault(do="500", times=9)
    office.monkeypatch.setattr(asyncio, "sleep", remembered)
    office.monkeypatch.setattr(socket_mode, "FIRST_PAUSE", 1.0)
    platform = build(
        a_chat(Recording()),
        bot_token=TOKEN,
        app_token="xapp-sample",
        api_url=office.slack.slack_api_url,
    )
    await platform.start()
    async with asyncio.timeout(10):
        while office.connections == 0:
            await sleep(0.01)
    await platform.stop()
    assert [seconds for seconds in slept if seconds >= 1][:9] == [1, 2, 4, 8, 16, 32, 60, 60, 60]


async def test_a_wrong_token_is_told_with_what_to_do(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    platform = build(
        a_chat(Recording()),
        bot_token=TOKEN,
        app_token="xapp-of-nobody",
        api_url=office.slack.slack_api_url,
    )
    await platform.start()
    await office.until(lambda: "set SLACK_APP_TOKEN to an app-level token" in caplog.text)
    await platform.stop()
    assert "xapp-of-nobody" not in caplog.text


async def test_a_server_that_stops_answers_what_it_took(office: Office) -> None:
    conversations = Slow()
    platform = await office.serve(conversations)
    place = await posted(platform)
    acting = office.acting("click", **place, **APPROVE)
    await conversations.begun.wait()
    stopping = asyncio.create_task(platform.stop())
    await asyncio.sleep(0.05)
    assert not stopping.done()
    conversations.go_on.set()
    await stopping
    told = await acting
    assert (told["ok"], len(conversations.clicks)) == (True, 1)
    assert office.connections == 0


async def test_what_is_no_envelope_does_no_harm(office: Office) -> None:
    await office.serve(Recording())
    [one] = sockets._sockets(office.slack.place).opened
    for text in ("", "[]", "{", '{"type": 5}', '{"envelope_id": "e1"}', '"\\ud800"'):
        await one.channel.send_str(text)
    for payload in ({}, {"type": "block_actions"}, {"event": 5}, {"user": "x", "team": []}):
        envelope = {"type": "interactive", "envelope_id": "e2", "payload": payload}
        await one.channel.send_json(envelope)
    assert (await office.act("command", command="/approvals"))["ok"] is True
