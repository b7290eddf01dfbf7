"""Attacks on installations, and accidents: lists that came late, tokens lost between replicas."""

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import rotation
from adapters.slack.calls import Failure, Method
from adapters.slack.installs import Installed
from adapters.slack.lifecycle import NOT_HERE
from adapters.slack.oauth import States
from adapters.slack.sealing import Grant, Seal
from core.value import Millis
from playground.slack.installs import TOKEN_SECONDS
from storage.errors import StorageError
from tests.adapters.slack.installing import (
    EVE,
    KEY,
    OLGA,
    OTHER,
    OTHER_KEY,
    TEAM,
    Office,
    OnceOnly,
    Server,
    opened,
)

Json = dict[str, Any]

LIFE: Millis = TOKEN_SECONDS * 1000
DUE: Millis = LIFE - 90 * 60_000


@pytest.fixture
async def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """One server, not installed anywhere, with tokens that expire."""
    async with opened(tmp_path, rotates=True) as found:
        library = "slack_sdk.oauth.token_rotation.async_rotator.time"
        monkeypatch.setattr(library, lambda: found.clock() / 1000)
        await found.serve()
        yield found


async def works(server: Server, team: str = TEAM) -> bool:
    api = await server.workspaces.api(team)
    return api is not None and not isinstance(await api.call(Method.TEST), Failure)


async def settled(server: Server) -> None:
    await asyncio.gather(*server.workspaces._exchanges.values())


def newest(office: Office) -> str:
    return list(office.slack.place.store.section("slack.app.tokens"))[-1]


# --- who may have it installed -------------------------------------------------------------


async def test_a_workspace_that_installed_it_before_there_was_a_list_is_out(
    office: Office,
) -> None:
    await office.install(TEAM)
    await office.install(OTHER)
    listed = await office.serve(allowed=(TEAM,))
    assert await works(listed)
    assert await listed.workspaces.api(OTHER) is None
    answer = await office.act(OLGA, "command", command="/approvals")
    assert answer["body"]["text"] == NOT_HERE
    assert listed.conversations.asked == []


async def test_who_is_not_on_the_list_does_not_make_channels_ambiguous(office: Office) -> None:
    await office.install(TEAM)
    await office.install(OTHER)
    listed = await office.serve(allowed=(TEAM,))
    assert await listed.workspaces.api("") is not None


async def test_a_state_in_another_spelling_is_the_same_state(office: Office) -> None:
    states = States(Seal((KEY,)), OnceOnly().first_time, office.clock)
    state = await states.async_issue()
    assert await states.async_consume(state) is True
    for other in (state, state + "=", state[:9] + "!" + state[9:], state + "~", spelled(state)):
        assert await states.async_consume(other) is False, other


def spelled(state: str) -> str:
    """The last letter changed in bits that mean nothing, if it has any."""
    padded = state + "=" * (-len(state) % 4)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for letter in letters:
        other = state[:-1] + letter
        same = base64.urlsafe_b64decode(padded)
        if other != state and base64.urlsafe_b64decode(other + "=" * (-len(other) % 4)) == same:
            return other
    return state


# --- tokens that must not be lost ----------------------------------------------------------


async def test_a_replica_that_seals_again_does_not_cost_another_ones_exchange(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await office.install()
    office.clock.ahead = DUE
    store = office.first.workspaces._store
    keep = store.exchange

    async def late(found: Installed, grant: Grant) -> bool:
        await office.serve(keys=(OTHER_KEY, KEY))
        return await keep(found, grant)

    monkeypatch.setattr(store, "exchange", late)
    assert await works(office.first)
    await settled(office.first)
    [now] = await office.servers[-1].workspaces._store.all()
    assert now.grant.bot_token == newest(office)


async def test_a_token_that_the_database_did_not_take_at_once_is_not_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Its refresh token is used up: nobody gets another one for it.
    monkeypatch.setattr(rotation, "PAUSES", (0.0, 0.0))
    await office.install()
    office.clock.ahead = DUE
    store = office.first.workspaces._store
    kept, failures = store._kept, [StorageError("busy"), StorageError("busy")]
    reseal = kept.reseal

    async def stumbling(*given: Any) -> bool:
        if failures:
            raise failures.pop()
        return await reseal(*given)

    monkeypatch.setattr(kept, "reseal", stumbling)
    assert await works(office.first)
    await settled(office.first)
    assert failures == []
    [now] = await store.all()
    assert now.grant.bot_token == newest(office)


async def test_an_organisations_token_that_is_over_is_exchanged_too(office: Office) -> None:
    await office.install(TEAM, whole="1")
    office.clock.ahead = LIFE * 2
    second = await office.serve()
    assert await works(second, TEAM)
    assert await second.workspaces.knows(TEAM, "")


# --- what is told of accounts --------------------------------------------------------------


async def test_what_another_workspace_tells_of_somebody_does_not_count(office: Office) -> None:
    await office.install(TEAM)
    await office.install(OTHER)
    linking = office.first.linking
    told = {"id": EVE, "team_id": TEAM, "profile": {}}
    event = {"type": "user_change", "user": told}
    assert (await office.act(OLGA, "event", event=event))["ok"] is True
    assert linking.members == []
    assert (await office.act(EVE, "event", event=event))["ok"] is True
    assert [found.identity.account for found in linking.members] == [EVE]
