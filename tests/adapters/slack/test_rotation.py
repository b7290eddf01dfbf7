"""Tokens that expire: exchanged in time, by one replica, and never lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack import errors, rotation
from adapters.slack.calls import Failure, Method
from adapters.slack.installs import Installed
from adapters.slack.sealing import Grant
from core.ports import RetryAt
from core.value import Millis
from playground.slack.installs import TOKEN_SECONDS
from tests.adapters.slack.installing import TEAM, Office, Server, opened

LIFE: Millis = TOKEN_SECONDS * 1000
MINUTE: Millis = 60_000


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """Installed, with tokens that expire after twelve hours of the office's time."""
    async with opened(tmp_path, rotates=True) as found:
        library = "slack_sdk.oauth.token_rotation.async_rotator.time"
        monkeypatch.setattr(library, lambda: found.clock() / 1000)
        await found.serve()
        await found.install()
        yield found


def tokens(office: Office) -> list[str]:
    """All tokens that were ever given out, oldest first."""
    return list(office.slack.place.store.section("slack.app.tokens"))


async def works(server: Server) -> bool:
    """Whether Slack takes what that server calls with."""
    api = await server.workspaces.api(TEAM)
    assert api is not None
    return not isinstance(await api.call(Method.LIST_TEAMS), Failure)


async def settled(server: Server) -> None:
    """Wait for the exchange that goes on beside the call."""
    await asyncio.gather(*server.workspaces._exchanges.values())


async def test_a_token_is_exchanged_two_hours_before_its_end(office: Office) -> None:
    office.clock.ahead = LIFE - 2 * 60 * MINUTE - MINUTE
    assert await works(office.first)
    await settled(office.first)
    assert len(tokens(office)) == 1
    office.clock.ahead += 2 * MINUTE
    assert await works(office.first), "the present token does, while it is exchanged"
    await settled(office.first)
    assert len(tokens(office)) == 2
    office.clock.ahead = LIFE + MINUTE
    assert await works(office.first)
    await settled(office.first)
    assert len(tokens(office)) == 2


async def test_it_goes_on_for_days(office: Office) -> None:
    for _ in range(8):
        office.clock.ahead += 11 * 60 * MINUTE
        assert await works(office.first)
        await settled(office.first)
    assert len(tokens(office)) == 9


async def test_of_two_replicas_one_exchanges_and_both_go_on(office: Office) -> None:
    second = await office.serve()
    assert await works(second)
    office.clock.ahead = LIFE - MINUTE * 90
    both = [works(server) for server in (office.first, second) for _ in range(5)]
    assert all(await asyncio.gather(*both))
    await settled(office.first)
    await settled(second)
    assert len(office.calls("oauth.v2.access")) == 2, "the installation and one exchange"
    office.clock.ahead = LIFE + MINUTE
    assert await works(office.first)
    assert await works(second)
    assert len(tokens(office)) == 2


async def test_after_a_long_pause_two_replicas_wait_for_the_one_exchange(office: Office) -> None:
    second = await office.serve()
    assert await works(second)
    office.clock.ahead = LIFE * 3
    office.fault("oauth.v2.access", do="slow", seconds=0.5)
    both = [works(server) for server in (office.first, second) for _ in range(5)]
    assert all(await asyncio.gather(*both))
    assert len(tokens(office)) == 2


async def test_a_failed_exchange_is_tried_again_after_a_while(office: Office) -> None:
    office.clock.ahead = LIFE - MINUTE * 90
    office.fault("oauth.v2.access", do="500")
    assert await works(office.first)
    await settled(office.first)
    assert await works(office.first)
    await settled(office.first)
    assert (len(tokens(office)), len(office.calls("oauth.v2.access"))) == (1, 2)
    office.clock.ahead += rotation.CLAIM
    assert await works(office.first)
    await settled(office.first)
    assert len(tokens(office)) == 2


async def test_a_refused_exchange_names_the_code_and_no_token(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.clock.ahead = LIFE - MINUTE * 90
    office.fault("oauth.v2.access", do="error", error="invalid_refresh_token")
    assert await works(office.first)
    await settled(office.first)
    told = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("adapters"))
    assert "refused to exchange the token of T0EXAMPLE (invalid_refresh_token)" in told
    assert "xoxe" not in told


async def test_who_claimed_and_died_holds_nobody_up_for_long(office: Office) -> None:
    second = await office.serve()
    office.clock.ahead = LIFE - MINUTE * 90
    [found] = await second.workspaces._store.all()
    assert await second.workspaces._store.claim(found, rotation.CLAIM) is True
    assert await works(office.first)
    await settled(office.first)
    assert len(tokens(office)) == 1
    office.clock.ahead += rotation.CLAIM
    assert await works(office.first)
    await settled(office.first)
    assert len(tokens(office)) == 2


async def test_an_exchange_that_lost_to_a_new_installation_changes_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.clock.ahead = LIFE - MINUTE * 90
    store = office.first.workspaces._store
    keep = store.exchange

    async def late(found: Installed, grant: Grant) -> bool:
        await office.install()
        return await keep(found, grant)

    monkeypatch.setattr(store, "exchange", late)
    assert await works(office.first)
    await settled(office.first)
    [now] = await store.all()
    assert now.grant.bot_token == tokens(office)[-1]
    assert await works(office.first)


async def test_a_server_that_stops_keeps_the_token_it_was_about_to_get(office: Office) -> None:
    office.clock.ahead = LIFE - MINUTE * 90
    office.fault("oauth.v2.access", do="slow", seconds=0.3)
    assert await works(office.first)
    await office.first.platform.stop()
    [kept] = await office.first.workspaces._store.all()
    assert kept.grant.bot_token == tokens(office)[1]


async def test_a_token_that_is_over_and_not_exchanged_yet_is_no_removal(office: Office) -> None:
    office.clock.ahead = LIFE * 2
    office.fault("oauth.v2.access", do="500")
    api = await office.first.workspaces.api(TEAM)
    assert api is not None
    failure = await api.call(Method.LIST_TEAMS)
    assert isinstance(failure, Failure)
    told = errors.outcome(failure)
    assert isinstance(told, RetryAt)
    assert told.reason.startswith("The token of this workspace is over")
    assert await office.first.workspaces.knows(TEAM, ""), "clicks go on to count"
    office.clock.ahead += rotation.CLAIM
    assert await works(office.first)
