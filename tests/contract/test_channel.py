"""What every chat channel promises to the relay, told once and held by each platform.

The cards are the core's own; the platforms are the simulated ones, with their faults.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientTimeout
from msgspec.structs import replace

from core.card import Card, Verb, Viewer
from core.cards import card
from core.content import Text
from core.directory.people import Identity
from core.ports import Dead, Delivered, Notice, Outcome, RetryAt
from core.rationale import rationale
from core.rows import Delivery, MessageRef, Recipient
from tests.contract.channel_cannot import on_each_platform
from tests.contract.channel_rigs import rigged
from tests.contract.rig import Rig
from tests.core.builders import DIRECTORY, FINN, MARA, NOW, a_revision, a_route, content
from tests.core.spec import Story, submitted

HOSTILE = "<!channel> *bold* [a](https://evil.example) <at>Countersign</at> </b> & @here"
RESULT = Notice(
    kind="result",
    request="R1",
    title="New ERP system",
    text="Rejected by Mara. Reason: <!here> Too dear",
    status="rejected",
)


LOST = ("5xx_after_accept", "drop_answer")
"""How the answer to a post may be lost."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    on_each_platform(metafunc, {"fault": LOST})


@pytest.fixture
async def rig(platform: str, tmp_path: Path) -> AsyncIterator[Rig]:
    async with rigged(platform, tmp_path) as found:
        yield found


# --- cards ---------------------------------------------------------------------------------


def pending(**fields: str) -> Card:
    """The manager's card of a request that waits for them; `fields` are the revision's."""
    return _card(submitted(), **fields)


def rejected() -> Card:
    """The same after the manager said no, as somebody else sees it."""
    return _card(submitted().rejects(MARA, "Too dear"), FINN)


def _card(story: Story, viewer: str = MARA, **fields: str) -> Card:
    revision = a_revision(**fields)
    rows = {
        "R1.r1": revision,
        "R1.a1": rationale(revision, a_route(), NOW),
        f"comment-{MARA}": Text(text="Too dear"),
    }
    contents = {name: content(name, value).body for name, value in rows.items()}
    return card(story.state, contents, Viewer(person=viewer), DIRECTORY, NOW)


async def show(
    rig: Rig,
    view: Card,
    *refs: MessageRef,
    uncertain: bool = False,
    account: Identity | None = None,
    to: Recipient | None = None,
) -> Outcome:
    delivery = Delivery(
        request=view.request,
        to=to or rig.to(),
        wanted=view.version,
        shown=0,
        attempts=0,
        refs=refs,
        uncertain=uncertain,
    )
    who = rig.finn if account is None and delivery.to.kind == "person" else account
    return await rig.channel.show(view, delivery.to, who, delivery)


async def posted(rig: Rig, view: Card, to: Recipient | None = None) -> MessageRef:
    outcome = await show(rig, view, to=to)
    assert isinstance(outcome, Delivered), outcome
    assert outcome.ref is not None
    return outcome.ref


async def tell(rig: Rig) -> Outcome:
    return await rig.channel.tell(RESULT, rig.to(), rig.finn)


# --- showing -------------------------------------------------------------------------------


async def test_a_card_is_posted_once_and_its_message_is_returned(rig: Rig) -> None:
    ref = await posted(rig, pending())
    (message,) = rig.messages()
    assert ref.platform == rig.platform
    assert rig.id(ref) == message["id"]
    text = rig.read(message)
    for said in ("New ERP system", "Waiting for Manager (stage 1 of 3)", "120,000", "Alice"):
        assert said in text
    assert {"Approve", "Reject"} <= set(rig.buttons(message))


async def test_the_same_message_is_edited_and_the_final_card_has_no_buttons(rig: Rig) -> None:
    ref = await posted(rig, pending())
    assert await show(rig, rejected(), ref) == Delivered(ref=ref)
    (message,) = rig.messages()
    assert rig.id(ref) == message["id"]
    assert rig.buttons(message) == []
    text = rig.read(message)
    assert "Rejected by Mara" in text
    assert "Too dear" in text
    assert "Waiting" not in text


async def test_what_else_may_be_done_is_in_the_menu_and_at_the_end_only_what_shows(
    rig: Rig,
) -> None:
    ref = await posted(rig, pending())
    (message,) = rig.messages()
    assert {"Delegate", "Request changes"} <= set(rig.menu(message))
    looking = tuple(b for b in pending().more if b.verb in (Verb.HISTORY, Verb.VIEW))
    await show(rig, replace(rejected(), more=looking), ref)
    (message,) = rig.messages()
    assert rig.menu(message) == ["History", "View full action"]


async def test_the_newest_of_several_messages_is_edited(rig: Rig) -> None:
    old, new = await posted(rig, pending()), await posted(rig, pending())
    assert await show(rig, rejected(), old, new) == Delivered(ref=new)
    before, after = rig.messages()
    assert rig.buttons(before) != []
    assert rig.buttons(after) == []


async def test_a_channel_gets_a_card_that_is_edited_later(rig: Rig) -> None:
    room = rig.to(rig.room, "channel")
    ref = await posted(rig, pending(), to=room)
    assert await show(rig, rejected(), ref, to=room) == Delivered(ref=ref)
    (message,) = rig.messages(room=True)
    assert "Rejected by Mara" in rig.read(message)
    assert rig.messages() == []


async def test_text_from_outside_is_shown_as_text(rig: Rig) -> None:
    await posted(rig, pending(title=HOSTILE, description=HOSTILE))
    (message,) = rig.messages()
    assert HOSTILE in rig.read(message)
    notification, *texts = rig.markup(message)
    for sign in ("<!channel", "<at>", "](", "*bold*", "@here"):
        assert [text for text in texts if sign in text] == []
    assert "<!channel" not in notification


async def test_a_card_of_any_length_is_delivered_and_says_that_it_was_cut(rig: Rig) -> None:
    long = "A long story about <money> & people. " * 260
    await posted(rig, pending(description=long))
    (message,) = rig.messages()
    text = rig.read(message)
    assert text.count("A long story about <money> & people.") > 3
    assert rig.says_cut in text
    assert {"Approve", "Reject"} <= set(rig.buttons(message))


async def test_a_message_that_is_gone_is_posted_again(rig: Rig) -> None:
    ref = await posted(rig, pending())
    before = len(rig.calls(rig.post))
    await rig.delete(ref)
    again = await show(rig, rejected(), ref)
    assert isinstance(again, Delivered)
    assert again.ref is not None
    assert rig.id(again.ref) != rig.id(ref)
    newest = rig.messages()[-1]
    assert rig.id(again.ref) == newest["id"]
    assert rig.buttons(newest) == []
    assert len(rig.calls(rig.post)) == before + 1


# --- what passes ---------------------------------------------------------------------------


async def test_a_rate_limit_waits_as_long_as_the_platform_says(rig: Rig) -> None:
    ref = await posted(rig, pending())
    rig.fault(rig.post, "429", retry_after=7)
    rig.fault(rig.edit, "429", retry_after=3)
    rig.fault(rig.post, "429", retry_after=2)
    outcomes = [await show(rig, pending()), await show(rig, rejected(), ref), await tell(rig)]
    waits = [o.after for o in outcomes if isinstance(o, RetryAt) and o.whole_channel]
    assert waits == [7000, 3000, 2000]
    assert not any(isinstance(o, RetryAt) and o.uncertain for o in outcomes)
    assert "429" in str(outcomes[0])
    (message,) = rig.messages()
    assert rig.buttons(message) != []


async def test_a_refusal_for_now_is_tried_again_and_not_by_the_channel_itself(rig: Rig) -> None:
    ref = await posted(rig, pending())
    rig.fault(rig.edit, "500")
    outcome = await show(rig, rejected(), ref)
    assert isinstance(outcome, RetryAt)
    assert len(rig.calls(rig.edit)) == 1
    assert await show(rig, rejected(), ref, uncertain=outcome.uncertain) == Delivered(ref=ref)
    (message,) = rig.messages()
    assert rig.buttons(message) == []


async def test_a_post_whose_answer_is_lost_is_uncertain_and_the_next_show_converges(
    rig: Rig, fault: str
) -> None:
    assert isinstance(await tell(rig), Delivered)  # so that the conversation is there
    rig.fault(rig.post, fault)
    outcome = await show(rig, pending())
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain
    assert len(rig.messages()) == 2, "it was posted, once"
    final = await show(rig, rejected(), uncertain=True)
    assert isinstance(final, Delivered)
    assert final.ref is not None
    cards = rig.messages()[1:]
    assert len(cards) == rig.copies
    assert rig.id(final.ref) == cards[-1]["id"]
    assert rig.buttons(cards[-1]) == []
    assert "Rejected by Mara" in rig.read(cards[-1])


async def test_an_edit_whose_answer_is_lost_changes_no_other_message(rig: Rig) -> None:
    ref = await posted(rig, pending())
    rig.fault(rig.edit, "5xx_after_accept")
    outcome = await show(rig, rejected(), ref)
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain
    assert await show(rig, rejected(), ref, uncertain=True) == Delivered(ref=ref)
    (message,) = rig.messages()
    assert rig.buttons(message) == []


async def test_a_platform_that_never_answers_is_given_up_in_time(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = await posted(rig, pending())
    monkeypatch.setattr("adapters.slack.deliver.SHOW_SECONDS", 0.2)
    monkeypatch.setattr("adapters.teams.connectors._TIMEOUT", ClientTimeout(total=0.2))
    monkeypatch.setattr("adapters.email.wire.TIMEOUT_SECONDS", 0.2)
    rig.fault(rig.post, "hang")
    rig.fault(rig.edit, "hang")
    async with asyncio.timeout(1):
        outcomes = [await show(rig, pending()), await show(rig, rejected(), ref)]
    assert all(isinstance(o, RetryAt) and o.uncertain for o in outcomes), outcomes


async def test_a_platform_that_is_not_there_has_certainly_done_nothing(
    platform: str, tmp_path: Path
) -> None:
    async with rigged(platform, tmp_path) as rig:
        await rig.vanish()
        outcome = await show(rig, pending())
        assert isinstance(outcome, RetryAt), outcome
        assert not outcome.uncertain


# --- what never works ----------------------------------------------------------------------


async def test_somebody_who_cannot_be_reached_is_final_with_the_remedy(rig: Rig) -> None:
    shown_to = await show(rig, pending(), account=rig.stranger)
    told = await rig.channel.tell(RESULT, rig.to(), rig.stranger)
    for outcome in (shown_to, told):
        assert isinstance(outcome, Dead)
        assert rig.remedies["stranger"] in outcome.reason


async def test_somebody_without_an_account_is_final_with_the_remedy(rig: Rig) -> None:
    delivery = Delivery(request="R1", to=rig.to(), wanted=3, shown=0, attempts=0)
    outcome = await rig.channel.show(pending(), rig.to(), None, delivery)
    assert isinstance(outcome, Dead)
    assert rig.remedies["no account"] in outcome.reason
    assert isinstance(await rig.channel.tell(RESULT, rig.to(), None), Dead)


async def test_wrong_credentials_are_final_with_the_remedy_and_never_repeated(
    platform: str, tmp_path: Path
) -> None:
    async with rigged(platform, tmp_path, secret="xoxb-wrong-secret") as rig:
        outcome = await show(rig, pending())
        assert isinstance(outcome, Dead), outcome
        assert rig.remedies["credentials"] in outcome.reason
        assert "wrong-secret" not in outcome.reason
        assert rig.messages() == []


# --- telling -------------------------------------------------------------------------------


async def test_a_notice_arrives_once_as_text_without_buttons(rig: Rig) -> None:
    assert isinstance(await tell(rig), Delivered)
    (message,) = rig.messages()
    text = rig.read(message)
    assert "New ERP system" in text
    assert RESULT.text in text
    assert "R1" in text
    assert rig.buttons(message) == []


async def test_notices_and_cards_side_by_side_all_arrive(rig: Rig) -> None:
    outcomes = await asyncio.gather(*(tell(rig) for _ in range(5)), show(rig, pending()))
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)
    assert len(rig.messages()) == 6


KINDS = "answer reminder nudge escalated held delegated changes_requested comment break_glass"


@pytest.mark.parametrize("kind", KINDS.split())
async def test_every_kind_of_notice_arrives_in_its_words(rig: Rig, kind: str) -> None:
    told = Notice(kind=kind, request="R1", title="New ERP system", text="Ann <asks> & waits.")
    assert isinstance(await rig.channel.tell(told, rig.to(), rig.finn), Delivered)
    (message,) = rig.messages()
    assert "New ERP system" in rig.read(message)
    assert "Ann <asks> & waits." in rig.read(message)
    assert {"Approve", "Reject"} & {*rig.buttons(message), *rig.menu(message)} == set()
