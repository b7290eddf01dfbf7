"""Attacks on who an account is: members of another organisation, above all those whose own
administrators give out addresses."""

from typing import Any

import pytest

from adapters.slack import identity
from adapters.slack.members import FOREIGN
from core.chat.port import Chat
from playground.slack.members import described
from tests.adapters.slack.conftest import FINANCE, FINN, TEAM, Recording, Rig
from tests.adapters.slack.pressing import CHANNEL, posted, pressed
from tests.ports import EverybodyKnown, a_chat

Json = dict[str, Any]

THEIRS = "T0OTHER"


@pytest.fixture
def linking() -> EverybodyKnown:
    """Finn is unknown, and addresses count."""
    found = EverybodyKnown()
    found.strangers, found.matching = {FINN}, True
    return found


@pytest.fixture
def chat(conversations: Recording, linking: EverybodyKnown) -> Chat:
    return a_chat(conversations, linking=linking)


async def click(rig: Rig, **fields: object) -> None:
    """A click of Finn's, who belongs to the other organisation, on a card in the channel."""
    rig.slack.place.store.section("slack.members")[FINN] = {"team_id": THEIRS}
    made = pressed("countersign_approve", "[]", await posted(rig, CHANNEL))
    made["user"] = {"id": FINN, "team_id": THEIRS}
    assert (await rig.send({**made, **fields}))[0] == 200


def belongs_nowhere(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack does not say that they are no member here: they share a channel with us.

    https://docs.slack.dev/reference/objects/user-object - is_stranger
    """

    def friendly(*given: Any) -> Json:
        return {**described(*given), "is_stranger": False}

    monkeypatch.setattr("playground.slack.directory.described", friendly)


async def test_whom_another_organisation_calls_by_our_address_is_not_that_person(
    rig: Rig, linking: EverybodyKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    belongs_nowhere(rig, monkeypatch)
    await click(rig, team={"id": THEIRS})
    assert linking.members == []
    assert rig.calls("users.info") == []


async def test_our_own_are_matched_all_the_same(rig: Rig, linking: EverybodyKnown) -> None:
    made = pressed("countersign_approve", "[]", await posted(rig, CHANNEL))
    for _ in range(2):
        assert (await rig.send(made))[0] == 200
    assert [found.email for found in linking.members] == ["finn@example.com"] * 2
    assert len(rig.calls("auth.test")) == 1, "which workspace it is, is asked once"


async def test_while_slack_does_not_say_which_workspace_it_is_nobody_is_matched(
    rig: Rig, linking: EverybodyKnown
) -> None:
    rig.fault("auth.test", do="500", times=1)
    made = pressed("countersign_approve", "[]", await posted(rig, CHANNEL))
    assert (await rig.send(made))[0] == 200
    assert linking.members == []
    assert (await rig.send(made))[0] == 200
    assert len(linking.members) == 1


VIEW = {"type": "modal", "id": "V1", "app_installed_team_id": TEAM, "private_metadata": ""}


@pytest.mark.parametrize(
    "kind", [{"type": "view_submission"}, {"type": "block_actions", "container": {"type": "view"}}]
)
async def test_a_modal_that_another_organisation_sees_is_ours(
    rig: Rig, linking: EverybodyKnown, kind: Json
) -> None:
    # Of what happens in a modal Slack names the reader's own team, and ours beside it.
    # https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    linking.matching = False
    theirs = {"user": {"id": FINN, "team_id": THEIRS}, "team": {"id": THEIRS}, "view": VIEW}
    made = {**pressed("countersign_approve", "[]", {"ts": "1.1", "channel": FINANCE}), **kind}
    status, answer = await rig.send({**made, **theirs})
    told = answer + str(rig.calls("views.update")) + str(rig.calls("chat.postEphemeral"))
    assert (status, rig.conversations.clicks) == (200, [])
    assert FOREIGN in told


def test_the_workspace_of_a_modal_is_that_of_the_app() -> None:
    body = {"user": {"id": FINN, "team_id": THEIRS}, "team": {"id": THEIRS}, "view": VIEW}
    assert identity.team(body) == TEAM
    assert identity.of_interaction(body).realm == THEIRS
    assert identity.team({**body, "view": {"type": "home"}}) == THEIRS
