"""The door: who an account is looked up, who is turned away, and what is heard of changes."""

from typing import Any

import pytest

from adapters.slack.identity import PLATFORM
from adapters.slack.members import FOREIGN, member_of
from adapters.slack.workspaces import OneWorkspace
from core.chat.linking_port import Member
from core.chat.port import Chat
from core.directory.people import Identity
from tests.adapters.slack.conftest import FINANCE, FINN, TEAM, Recording, Rig
from tests.adapters.slack.pressing import CHANNEL, posted, press
from tests.ports import EverybodyKnown, a_chat

Json = dict[str, Any]

OTHER_TEAM = "T0OTHER"
FINNS = Identity(platform=PLATFORM, realm=TEAM, account=FINN)
FULL = Member(identity=FINNS, email="finn@example.com", confirmed=True, full=True, active=True)


@pytest.fixture
def linking() -> EverybodyKnown:
    """Finn is unknown, and addresses count."""
    found = EverybodyKnown()
    found.strangers, found.matching = {FINN}, True
    return found


@pytest.fixture
def chat(conversations: Recording, linking: EverybodyKnown) -> Chat:
    return a_chat(conversations, linking=linking)


async def change(rig: Rig, **fields: object) -> Json:
    """Change Finn, whether or not the app listens."""
    return await rig.act(FINN, "member", **fields)


def listen(rig: Rig) -> None:
    object.__setattr__(rig.slack.place.world.slack, "events", ("user_change",))


# --- looked up -----------------------------------------------------------------------------


async def test_an_unknown_account_is_looked_up_before_its_click_counts(
    rig: Rig, linking: EverybodyKnown
) -> None:
    await press(rig, "approve", FINN, CHANNEL)
    assert linking.members == [FULL]
    assert [click.identity for click in rig.conversations.clicks] == [FINNS]
    assert rig.calls("users.info") == [{"user": FINN}]


async def test_so_it_is_before_a_command_is_answered(rig: Rig, linking: EverybodyKnown) -> None:
    await rig.act(FINN, "command", command="/approvals", text="queue")
    assert linking.members == [FULL]
    assert rig.conversations.asked == [("queue", FINNS, None)]


async def test_who_is_known_is_not_looked_up(rig: Rig, linking: EverybodyKnown) -> None:
    linking.strangers = set()
    await press(rig, "approve")
    assert (linking.members, rig.calls("users.info")) == ([], [])


async def test_nobody_is_looked_up_unless_addresses_count(
    rig: Rig, linking: EverybodyKnown
) -> None:
    linking.matching = False
    await press(rig, "approve", FINN, CHANNEL)
    assert rig.calls("users.info") == []
    assert len(rig.conversations.clicks) == 1


async def test_a_workspace_that_is_not_listed_is_not_asked_who_its_members_are(
    rig: Rig, linking: EverybodyKnown, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def trusts(_: OneWorkspace, team: str) -> bool:
        return team != TEAM

    monkeypatch.setattr(OneWorkspace, "trusts", trusts)
    await rig.act(FINN, "command", command="/approvals", text="queue")
    assert (linking.members, rig.calls("users.info")) == ([], [])


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "error", "error": "user_not_found"},
        {"do": "error", "error": "missing_scope"},
        {"do": "429", "retry_after": 30},
        {"do": "500"},
        {"do": "slow", "seconds": 3},
    ],
)
async def test_a_click_counts_whatever_slack_says_when_asked(
    rig: Rig, linking: EverybodyKnown, monkeypatch: pytest.MonkeyPatch, fault: Json
) -> None:
    monkeypatch.setattr("adapters.slack.members.LOOK_UP_SECONDS", 0.2)
    where = await posted(rig, CHANNEL)
    rig.fault("users.info", **fault)
    answer = await rig.act(
        FINN, "click", channel=FINANCE, ts=where["ts"], action_id="countersign_approve"
    )
    assert answer["status"] == 200
    assert linking.members == [], "nothing is remembered, so that the next click asks again"
    assert len(rig.conversations.clicks) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"is_restricted": True}, {"full": False}),
        ({"is_ultra_restricted": True}, {"full": False}),
        ({"is_bot": True}, {"full": False}),
        ({"is_email_confirmed": False}, {"confirmed": False}),
        ({"email": "other@example.com"}, {"email": "other@example.com"}),
    ],
)
async def test_guests_bots_and_the_unconfirmed_are_told_apart(
    rig: Rig, linking: EverybodyKnown, fields: Json, expected: Json
) -> None:
    rig.slack.place.store.section("slack.members")[FINN] = fields
    await press(rig, "approve", FINN, CHANNEL)
    (found,) = linking.members
    assert {name: getattr(found, name) for name in expected} == expected


async def test_a_token_without_the_scope_tells_no_address(
    rig: Rig, linking: EverybodyKnown
) -> None:
    object.__setattr__(
        rig.slack.place.world.slack, "scopes", ("users:read", "chat:write", "im:write")
    )
    await press(rig, "approve", FINN, CHANNEL)
    (found,) = linking.members
    assert found.email is None


@pytest.mark.parametrize(
    "user", [None, {}, "x", {"id": FINN}, {"id": FINN, "team_id": 7}, {"team_id": TEAM}]
)
def test_what_is_no_user_object_is_nobody(user: object) -> None:
    assert member_of(user) is None


def test_what_a_user_object_does_not_say_counts_against_it() -> None:
    found = member_of({"id": FINN, "team_id": TEAM})
    assert found == Member(identity=FINNS, email=None, confirmed=False, full=False, active=True)


async def test_an_answer_about_somebody_elses_account_counts_for_nobody(
    rig: Rig, linking: EverybodyKnown
) -> None:
    # The command names the workspace where it was written, Slack the one that they belong to.
    rig.slack.place.store.section("slack.members")[FINN] = {"team_id": OTHER_TEAM}
    await rig.act(FINN, "command", command="/approvals", text="queue")
    assert len(rig.calls("users.info")) == 1
    assert linking.members == []


# --- turned away ---------------------------------------------------------------------------


async def test_a_click_from_another_organisation_is_answered_and_goes_no_further(
    rig: Rig, linking: EverybodyKnown
) -> None:
    rig.slack.place.store.section("slack.members")[FINN] = {"team_id": OTHER_TEAM}
    answer = await press(rig, "approve", FINN, CHANNEL)
    assert answer["status"] == 200
    assert rig.conversations.clicks == []
    assert (linking.members, rig.calls("users.info")) == ([], [])
    (told,) = rig.calls("chat.postEphemeral")
    assert (told["channel"], told["user"], told["text"]) == (FINANCE, FINN, FOREIGN)


async def test_who_was_linked_explicitly_is_no_stranger(rig: Rig, linking: EverybodyKnown) -> None:
    linking.strangers = set()
    rig.slack.place.store.section("slack.members")[FINN] = {"team_id": OTHER_TEAM}
    await press(rig, "approve", FINN, CHANNEL)
    (click,) = rig.conversations.clicks
    assert click.identity.realm == OTHER_TEAM


async def test_a_form_from_another_organisation_becomes_the_sentence(
    rig: Rig, linking: EverybodyKnown
) -> None:
    linking.strangers = set()
    await press(rig, "reject", FINN, CHANNEL)
    form = rig.modal(FINN)
    assert form is not None
    linking.strangers = {FINN}
    rig.slack.place.store.section("slack.members")[FINN] = {"team_id": OTHER_TEAM}
    await rig.act(FINN, "submit", view_id=form["id"], values={}, unchecked=True)
    assert rig.conversations.clicks == []
    shown = rig.modal(FINN)
    assert shown is not None
    assert FOREIGN in str(shown["blocks"])


# --- changes -------------------------------------------------------------------------------


async def test_a_deactivated_member_is_told_of(rig: Rig, linking: EverybodyKnown) -> None:
    listen(rig)
    assert (await change(rig, deleted=True))["status"] == 200
    (found,) = linking.members
    assert (found.identity, found.active) == (FINNS, False)


async def test_a_renamed_member_is_the_same_one(rig: Rig, linking: EverybodyKnown) -> None:
    listen(rig)
    await change(rig, name="finnegan", real_name="Finn Fish")
    assert linking.members == [FULL]


async def test_an_event_without_a_user_is_acknowledged(rig: Rig, linking: EverybodyKnown) -> None:
    answer = await rig.act(FINN, "event", event={"type": "user_change", "user": None})
    assert answer["status"] == 200
    assert linking.members == []
