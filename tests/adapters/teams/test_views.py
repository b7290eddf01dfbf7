"""A card that many see: each has a view of their own, asked for by their client as often as it
likes, and cheap; who has none decides from the card that everybody sees."""

import pytest

from adapters.teams.limits import MOST
from adapters.teams.render import MOST_VIEWERS, render, size
from core.card import Card
from core.chat.port import Answer, Chat
from core.directory.people import Identity
from core.refusals import Reason
from core.rows import MessageRef, Recipient
from playground.teams.cards import check
from tests.adapters.teams.cards import (
    DATA,
    MORE,
    REQUEST,
    VIEW,
    a_card,
    a_form,
    a_rejected_card,
    actions,
    parts,
    texts,
)
from tests.adapters.teams.conftest import (
    EVE,
    FINANCE,
    FINN,
    Json,
    Rig,
    content,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Recording, Shelf
from tests.ports import NothingToHeal, a_chat

FINNS = "29:1finn"
ASKED = a_card(asked=(person(FINN), Identity("slack", "T1", "U1"), person(EVE)))
MINE = a_card(more=MORE, headline="Waiting for you")
DATA_OF_REFRESH = {"verb": "refresh", "request": REQUEST}


@pytest.fixture
def healing() -> NothingToHeal:
    return NothingToHeal()


@pytest.fixture
def ports(conversations: Recording, healing: NothingToHeal) -> Chat:
    return a_chat(conversations, healing=healing)


@pytest.fixture
async def known(rig: Rig) -> None:
    """Finn has spoken to the bot before, Eve has not."""
    await rig.act(FINN, "install")


async def shown(rig: Rig, card: Card = ASKED, *refs: MessageRef) -> MessageRef:
    to = Recipient(platform="teams", id=FINANCE, kind="channel")
    return reference(await rig.platform.channel.show(card, to, None, delivery(*refs)))


def base(rig: Rig) -> Json:
    """The card that everybody sees."""
    return content(rig.said(FINANCE)[-1])


async def refresh(rig: Rig, ref: MessageRef, oid: str = FINN, **asked: object) -> Json:
    where = {"conversation": FINANCE, "activity": ref.fields["activity"]}
    return await rig.act(oid, "refresh", **where, **asked)


@pytest.mark.usefixtures("known")
async def test_a_card_in_a_channel_is_refreshed_for_those_who_are_asked_and_known(
    rig: Rig,
) -> None:
    await shown(rig)
    card = base(rig)
    assert card["refresh"]["userIds"] == [FINNS]
    assert card["refresh"]["action"]["data"] == DATA_OF_REFRESH
    assert (check(card).problems, check(card).warnings) == ([], [])
    # Who has no view, or no client that asks for one, can decide all the same.
    assert [a["title"] for a in actions(card)][:2] == ["Approve", "Reject"]


@pytest.mark.usefixtures("known")
async def test_who_is_asked_gets_their_own_card_which_is_refreshed_again(
    rig: Rig, conversations: Recording
) -> None:
    conversations.status_answer = Answer(text="Waiting", card=MINE)
    answer = await refresh(rig, await shown(rig))
    assert answer["ok"], answer
    card = answer["body"]["value"]
    assert "Waiting for you" in texts(card)
    assert "Waiting" not in texts(card)
    assert {a["title"] for a in actions(card)} >= {"Delegate", "Edit and approve"}
    assert card["refresh"] == {**base(rig)["refresh"], "userIds": [FINNS]}
    assert "Delegate" not in str(base(rig))


@pytest.mark.usefixtures("known")
async def test_a_view_that_was_cut_off_by_an_edit_is_asked_for_again(rig: Rig) -> None:
    ref = await shown(rig)
    await refresh(rig, ref)
    await shown(rig, ASKED, ref)
    assert base(rig)["refresh"]["userIds"] == [FINNS]
    assert (await refresh(rig, ref))["ok"]


@pytest.mark.usefixtures("known")
async def test_a_refresh_reads_once_and_writes_decides_and_heals_nothing(
    rig: Rig, conversations: Recording, shelf: Shelf, healing: NothingToHeal
) -> None:
    ref = await shown(rig)
    written, seen = len(shelf.writes), list(conversations.seen)
    for _ in range(5):
        assert (await refresh(rig, ref, to_bot=["twice"]))["ok"]
    assert conversations.asked == [("status", person(FINN), REQUEST)] * 10
    assert conversations.places == [FINANCE] * 10
    assert (conversations.clicks, conversations.seen, healing.told) == ([], seen, [])
    assert len(shelf.writes) == written
    assert len(rig.calls("PUT activities")) == 0


@pytest.mark.usefixtures("known")
async def test_who_is_no_longer_to_see_it_gets_the_sentence_alone(
    rig: Rig, conversations: Recording
) -> None:
    ref = await shown(rig)
    conversations.status_answer = Answer(text="No such request.", refused=Reason.UNKNOWN_REQUEST)
    assert (await refresh(rig, ref))["body"]["value"] == "No such request."


@pytest.mark.parametrize("trigger", ["automatic", "manual", None, 5])
async def test_whatever_made_the_client_ask_it_is_a_view_and_no_click(
    rig: Rig, conversations: Recording, trigger: object
) -> None:
    data = {**DATA, **DATA_OF_REFRESH}
    activity = rig.invoke({"verb": "refresh"}, data)
    _, body = await rig.post({**activity, "value": {**activity["value"], "trigger": trigger}})
    assert "New ERP system" in texts(body["value"])
    assert conversations.clicks == []


@pytest.mark.usefixtures("known")
async def test_a_card_that_answers_a_click_in_a_channel_is_refreshed_and_a_form_is_not(
    rig: Rig, conversations: Recording
) -> None:
    ref = await shown(rig)
    where = {"conversation": FINANCE, "activity": ref.fields["activity"]}
    pressed = await rig.act(FINN, "execute", **where, action={"verb": "approve"})
    assert pressed["body"]["value"]["refresh"]["userIds"] == [FINNS]
    conversations.click_answer = Answer(text="Why?", refused=Reason.REASON_REQUIRED, card=MINE)
    conversations.form_answer = Answer(text="", form=a_form(), card=MINE)
    asked = await rig.act(
        FINN, "execute", **where, action={"verb": "reject"}, inputs={"reason": " x "}
    )
    assert "reject it" in texts(asked["body"]["value"])
    assert "refresh" not in asked["body"]["value"]


async def test_a_chat_of_ones_own_has_nothing_to_refresh(rig: Rig) -> None:
    await rig.shown(a_card())
    card = content(rig.said(rig.chat(FINN))[0])
    answer = await rig.act(
        FINN,
        "execute",
        conversation=rig.chat(FINN),
        activity=rig.said(rig.chat(FINN))[0]["id"],
        action={"verb": "approve"},
    )
    for each in (card, answer["body"]["value"]):
        assert "refresh" not in each


async def test_where_nobody_is_known_and_after_the_end_nothing_is_refreshed(rig: Rig) -> None:
    await shown(rig)
    assert "refresh" not in base(rig)
    await rig.act(FINN, "install")
    await shown(rig, a_rejected_card(asked=(person(FINN),)))
    assert "refresh" not in base(rig)


async def test_who_was_heard_only_in_a_channel_is_known_from_then_on(rig: Rig) -> None:
    ref = await shown(rig)
    where = {"conversation": FINANCE, "activity": ref.fields["activity"]}
    await rig.act(EVE, "execute", **where, action={"verb": "approve"})
    await shown(rig, ASKED, ref)
    assert base(rig)["refresh"]["userIds"] == ["29:1eve"]


def test_no_more_are_named_than_teams_takes_and_the_card_still_fits() -> None:
    many = [f"29:{n:0>120}" for n in range(200)]
    for card in (a_card(), a_card(description="漢" * 30_000, why="漢" * 30_000)):
        made = render(card, viewers=many)
        assert made["refresh"]["userIds"] == many[:MOST_VIEWERS]
        assert size(made) <= MOST
        assert (check(made).problems, check(made).warnings) == ([], [])


def test_a_bystanders_view_has_no_decision() -> None:
    made = render(a_card(buttons=(VIEW,)), viewers=[FINNS])
    assert {a["verb"] for a in parts(made["body"], "Action.Execute")} == {"page"}
    assert made["refresh"]["userIds"] == [FINNS]
