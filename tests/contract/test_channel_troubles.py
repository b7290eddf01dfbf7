"""What every chat channel does when its platform is in trouble: nothing is lost, nothing is
repeated, and what will not work by itself says what a person must do."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.ports import Dead, Delivered, Notice, Outcome, RetryAt
from core.rows import Recipient
from tests.contract.channel_cannot import on_each_platform
from tests.contract.channel_rigs import rigged
from tests.contract.channel_troubles import SCENES, begins, calls, ends
from tests.contract.rig import Rig
from tests.contract.test_channel import RESULT, pending, posted, rejected, show

TROUBLES = (
    "the channel is archived",
    "the person left",
    "the app was removed",
    "the credentials were revoked",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    on_each_platform(metafunc, {"scene": tuple(SCENES["slack"]), "name": TROUBLES})


@pytest.fixture
async def rig(platform: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(platform, tmp_path) as found:
        yield found


async def played(rig: Rig, scene: str) -> Outcome:
    """Ask the channel for what the scene is about."""
    match scene:
        case "a post":
            return await show(rig, pending())
        case "an edit":
            return await show(rig, rejected(), await posted(rig, pending()))
        case "a look for what was posted":
            return await show(rig, rejected(), uncertain=True)
        case "a notice":
            return await rig.channel.tell(RESULT, rig.to(), rig.finn)
    account = rig.finn.account
    facts = {"channel": rig.room, "user": account, "team": rig.finn.realm}
    answer = Notice(kind="answer", request="R1", title="ERP", text="Not yours.", facts=facts)
    to = Recipient(platform=rig.platform, id=account, kind="account")
    return await rig.channel.tell(answer, to, rig.finn)


async def test_every_call_that_is_limited_waits_as_long_as_the_platform_says(
    rig: Rig, scene: str
) -> None:
    for call in calls(rig, scene):
        before = len(rig.messages()) + (scene == "an edit")
        rig.fault(call, "429", retry_after=7)
        outcome = await played(rig, scene)
        assert isinstance(outcome, RetryAt), (call, outcome)
        assert (outcome.after, outcome.whole_channel) == (7000, True)
        assert len(rig.messages()) == before, "nothing was posted"
        assert isinstance(await played(rig, scene), Delivered)


async def test_every_call_that_fails_for_now_is_tried_again(rig: Rig, scene: str) -> None:
    for call in calls(rig, scene):
        rig.fault(call, "500")
        outcome = await played(rig, scene)
        assert isinstance(outcome, RetryAt), (call, outcome)
        assert outcome.after is None, "at our own pace"
        assert isinstance(await played(rig, scene), Delivered)


async def test_what_will_not_work_by_itself_is_final_with_the_remedy_and_works_once_mended(
    rig: Rig, name: str
) -> None:
    to = rig.to(rig.room, "channel") if "channel" in name else rig.to()
    trouble = begins(rig, name)
    outcome = await show(rig, pending(), to=to)
    assert isinstance(outcome, Dead), outcome
    assert trouble.remedy in outcome.reason
    for secret in ("xoxb", "sample~pass"):
        assert secret not in outcome.reason
    ends(rig)
    assert rig.messages() == rig.messages(room=True) == []
    await posted(rig, pending(), to=to)


async def test_a_card_that_was_posted_before_the_trouble_converges_once_it_is_mended(
    rig: Rig, name: str
) -> None:
    room = "channel" in name
    to = rig.to(rig.room, "channel") if room else rig.to()
    ref = await posted(rig, pending(), to=to)
    begins(rig, name)
    first = await show(rig, rejected(), ref, to=to)
    ends(rig)
    if not isinstance(first, Delivered):
        assert isinstance(first, Dead), first
        assert isinstance(await show(rig, rejected(), ref, to=to), Delivered)
    newest = rig.messages(room=room)[-1]
    assert rig.buttons(newest) == []
    assert "Rejected by Mara" in rig.read(newest)
    assert len(rig.messages(room=room)) == (1 if rig.edits else 2)


async def test_a_card_that_may_be_edited_no_more_is_posted_again(rig: Rig) -> None:
    ref = await posted(rig, pending())
    begins(rig, "the time for edits is over")
    again = await show(rig, rejected(), ref)
    assert isinstance(again, Delivered)
    assert again.ref not in (None, ref)
    newest = rig.messages()[-1]
    assert rig.buttons(newest) == []
    assert "Rejected by Mara" in rig.read(newest)
