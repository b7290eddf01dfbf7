"""Several workspaces: each with its own token, removed, installed again, in every replica."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.slack.lifecycle import NOT_HERE
from core.directory.people import Identity
from core.ports import Dead, Delivered
from core.rows import Delivery, Recipient
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINANCE
from tests.adapters.slack.installing import (
    EVE,
    FINN,
    KEY,
    OLGA,
    ORG,
    OTHER,
    OTHER_KEY,
    TEAM,
    Office,
    Server,
    opened,
)

HOME = {FINN: TEAM, EVE: TEAM, OLGA: OTHER}
REMOVED = Dead(reason="Countersign was removed from this workspace: install it again")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Installed in both workspaces."""
    async with opened(tmp_path) as found:
        await found.serve()
        await found.install(TEAM)
        await found.install(OTHER)
        yield found


def wanting(to: Recipient) -> Delivery:
    return Delivery(request="req_01J9ZK4T7QX2", to=to, wanted=1, shown=0, attempts=0)


async def show(server: Server, user: str) -> object:
    """Show a card to that person."""
    to = Recipient(platform="slack", id=f"{user}@example.com")
    account = Identity(platform="slack", realm=HOME[user], account=user)
    return await server.platform.channel.show(cards.card(), to, account, wanting(to))


async def show_in(server: Server, channel: str) -> object:
    """Show a card in that channel, as a policy names it."""
    to = Recipient(platform="slack", id=channel, kind="channel")
    return await server.platform.channel.show(cards.card(), to, None, wanting(to))


def posted(office: Office, team: str) -> int:
    found = office.state(team)["conversations"].values()
    return sum(len(conversation["messages"]) for conversation in found)


@pytest.mark.parametrize("user", [FINN, OLGA])
async def test_a_card_is_posted_and_clicked_with_the_token_of_its_workspace(
    office: Office, user: str
) -> None:
    done = await show(office.first, user)
    assert isinstance(done, Delivered)
    assert done.ref is not None
    assert done.ref.fields["team"] == HOME[user]
    assert {team: posted(office, team) for team in (TEAM, OTHER)} == {
        TEAM: int(user == FINN),
        OTHER: int(user == OLGA),
    }
    place = {name: done.ref.fields[name] for name in ("channel", "ts")}
    answer = await office.act(user, "click", **place, action_id="countersign_reject")
    assert answer["ok"] is True
    assert list(office.state(HOME[user])["modals"]) == [user]
    assert [who.realm for _, who, _ in office.first.conversations.asked] == [HOME[user]]


async def test_a_command_comes_from_both(office: Office) -> None:
    for user in (FINN, OLGA):
        assert (await office.act(user, "command", command="/approvals"))["ok"] is True
    found = [(who.realm, who.account) for _, who, _ in office.first.conversations.asked]
    assert found == [(TEAM, FINN), (OTHER, OLGA)]


async def test_where_it_was_removed_nothing_counts_and_cards_are_dead(office: Office) -> None:
    told = await office.act(OLGA, "remove_app")
    assert told["ok"] is True
    assert await show(office.first, OLGA) == REMOVED
    assert isinstance(await show(office.first, FINN), Delivered)
    answer = await office.act(OLGA, "command", command="/approvals")
    assert answer["body"]["text"] == NOT_HERE
    assert office.first.conversations.asked == []


async def test_a_click_where_it_was_removed_is_answered_honestly(office: Office) -> None:
    done = await show(office.first, OLGA)
    assert isinstance(done, Delivered)
    assert done.ref is not None
    await office.act(OLGA, "remove_app")
    place = {name: done.ref.fields[name] for name in ("channel", "ts")}
    answer = await office.act(OLGA, "click", **place, action_id="countersign_approve")
    assert answer["ok"] is True
    assert office.first.conversations.clicks == []
    assert [shown["text"] for shown in office.state(OTHER)["ephemerals"]] == [NOT_HERE]


async def test_after_it_was_installed_again_cards_are_delivered(office: Office) -> None:
    await office.act(OLGA, "remove_app")
    assert await show(office.first, OLGA) == REMOVED
    before = len(office.first.revived)
    assert (await office.install(OTHER)).status == 200
    assert len(office.first.revived) == before + 1
    assert isinstance(await show(office.first, OLGA), Delivered)


async def test_late_news_of_a_removal_does_not_end_a_later_installation(office: Office) -> None:
    office.slack.place.now = lambda: office.clock() / 1000 - 60
    gone = {"type": "app_uninstalled"}
    assert (await office.act(OLGA, "event", event=gone))["ok"] is True
    assert isinstance(await show(office.first, OLGA), Delivered)


async def test_a_persons_own_tokens_do_not_matter(office: Office) -> None:
    others: tuple[object, ...] = ({"oauth": [OLGA], "bot": []}, {"oauth": [OLGA]}, [], None)
    for tokens in others:
        event = {"type": "tokens_revoked", "tokens": tokens}
        assert (await office.act(OLGA, "event", event=event))["ok"] is True
    assert isinstance(await show(office.first, OLGA), Delivered)
    event = {"type": "tokens_revoked", "tokens": {"bot": ["U0BOT2"]}}
    await office.act(OLGA, "event", event=event)
    assert await show(office.first, OLGA) == REMOVED


async def test_a_removal_that_nobody_told_of_shows_in_the_next_delivery(office: Office) -> None:
    await office.act(OLGA, "remove_app", silently=True)
    assert await show(office.first, OLGA) == REMOVED


async def test_other_replicas_know_of_a_new_installation_and_of_a_removal(office: Office) -> None:
    second = await office.serve()
    assert isinstance(await show(second, OLGA), Delivered)
    await office.install(OTHER, office.first)
    # The token that the second one knows works no more, and it finds the new one by itself.
    assert isinstance(await show(second, OLGA), Delivered)
    await office.act(OLGA, "remove_app")
    assert await show(office.first, OLGA) == REMOVED
    await office.install(OTHER, office.first)
    assert isinstance(await show(second, OLGA), Delivered)


async def test_no_query_is_made_for_each_click(office: Office) -> None:
    workspaces = office.first.workspaces
    first = await workspaces.api(OTHER)
    kept = office.first.storage.installations
    await kept.end("slack", OTHER, office.clock())
    assert await workspaces.api(OTHER) is first, "nothing was read again"
    office.clock.ahead += 30_000
    assert await workspaces.api(OTHER) is None


async def test_a_channel_is_in_the_workspace_that_the_policy_names(office: Office) -> None:
    assert isinstance(await show_in(office.first, f"{OTHER}/C0OTHER"), Delivered)
    assert isinstance(await show_in(office.first, f"{TEAM}/{FINANCE}"), Delivered)
    found = office.state(OTHER)["conversations"]["C0OTHER"]["messages"]
    assert len(found) == 1
    unnamed = await show_in(office.first, FINANCE)
    assert isinstance(unnamed, Dead)
    assert unnamed.reason.endswith("write slack:TEAM/CHANNEL in the policy")


async def test_with_one_workspace_a_channel_needs_no_more_than_its_id(office: Office) -> None:
    await office.act(OLGA, "remove_app")
    assert isinstance(await show_in(office.first, FINANCE), Delivered)


async def test_an_organisations_installation_is_good_in_its_workspaces(tmp_path: Path) -> None:
    async with opened(tmp_path) as office:
        await office.serve()
        assert (await office.install(TEAM, whole="1")).status == 200
        [row] = await office.first.storage.installations.installed("slack")
        assert (row.team, row.enterprise) == ("", ORG)
        workspaces = office.first.workspaces
        assert await workspaces.api("", ORG) is not None
        assert await workspaces.api(OTHER) is await workspaces.api(TEAM, ORG)
        assert await workspaces.api("T0NOBODY") is None
        assert len(office.calls("auth.teams.list")) == 1, "remembered for a while"
        assert isinstance(await show(office.first, FINN), Delivered)


async def test_a_new_key_seals_again_and_a_lost_one_is_told(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    both = await office.serve(keys=(OTHER_KEY, KEY))
    assert isinstance(await show(both, OLGA), Delivered)
    new = await office.serve(keys=(OTHER_KEY,))
    assert isinstance(await show(new, OLGA), Delivered)
    old = office.first
    office.clock.ahead += 30_000
    assert await show(old, OLGA) == REMOVED
    assert "put the key it was sealed with into COUNTERSIGN_ENCRYPTION_KEY" in caplog.text


async def test_a_body_that_was_moved_to_another_row_does_not_open(office: Office) -> None:
    kept = office.first.storage.installations
    theirs, ours = await kept.installed("slack")
    assert (theirs.id, ours.id) == (TEAM, OTHER)
    await kept.install(replace(ours, body=theirs.body))
    office.clock.ahead += 30_000
    assert await show(office.first, OLGA) == REMOVED
