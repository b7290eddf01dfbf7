"""Slack's rate limits as lanes: what counts together, and what does not."""

from adapters.slack import pace
from adapters.slack.deliver import SlackChannel
from adapters.slack.workspaces import OneWorkspace
from core.directory.people import Identity
from core.pace import Sending
from core.rows import Recipient
from tests.adapters.slack.conftest import Rig

ANN = Recipient(platform="slack", id="ann@example.com")
ROOM = Recipient(platform="slack", id="C1", kind="channel")
ACCOUNT = Identity(platform="slack", realm="T1", account="U1")


def names(what: Sending, team: str, place: str) -> list[str]:
    return [lane.name for lane in pace.lanes(what, team, place)]


def test_posts_count_in_their_conversation_and_in_the_workspace() -> None:
    here, everywhere = pace.lanes(Sending.POST, "T1", "C1")
    assert (here.every, here.burst) == (1000, 3)
    assert 60_000 / everywhere.every == 300
    assert names(Sending.POST, "T1", "C2")[0] != here.name
    assert names(Sending.POST, "T1", "C2")[1] == everywhere.name
    assert not {*names(Sending.POST, "T2", "C1")} & {here.name, everywhere.name}


def test_edits_count_in_the_workspace_whatever_place_they_are_in() -> None:
    (edits,) = pace.lanes(Sending.EDIT, "T1", "C1")
    assert 60_000 / edits.every == 50
    assert names(Sending.EDIT, "T1", "C2") == [edits.name]
    assert names(Sending.ANSWER, "T1", "C1") != [edits.name]


def test_a_person_is_a_place_of_their_own(rig: Rig) -> None:
    lanes = rig.platform.channel.lanes
    assert lanes(Sending.POST, ANN, ACCOUNT)[0] != lanes(Sending.POST, ROOM, None)[0]


def test_a_simulated_slack_without_limits_is_sent_to_at_once(rig: Rig) -> None:
    assert rig.platform.channel.lanes(Sending.POST, ROOM, None) != ()
    workspaces = OneWorkspace.__new__(OneWorkspace)
    assert SlackChannel(workspaces, paced=False).lanes(Sending.POST, ROOM, None) == ()
