"""The request form in a simulated Slack: opened in three ways, sent once, and told the truth."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.slack.ask_form import FORM
from adapters.slack.desk import NOT_OPENED, OLD_FORM
from core.chat.asking_port import (
    OTHER,
    About,
    Asked,
    AskForm,
    Entries,
    Kind,
    Part,
    Wish,
)
from core.chat.port import Answer, Chat, Queue, QueueItem
from core.refusals import Reason
from core.request import Status
from tests.adapters.slack import cards
from tests.adapters.slack.conftest import FINN, Recording, Rig
from tests.adapters.slack.limits import assert_message, assert_view
from tests.adapters.slack.pressing import ACCOUNT, sentence, submitted, told
from tests.ports import NothingToAsk, a_chat

Json = dict[str, Any]

EMPTY = AskForm(
    title="Ask for approval",
    submit="Ask",
    parts=tuple(Part),
    kinds=(Kind("purchase_order", "Purchase order"), Kind(OTHER, "Something else")),
)
FILLED = Entries(
    kind="purchase_order",
    title="New chairs",
    amount="1200",
    currency="EUR",
    details="For the office.\nSix of them.",
    link="https://shop.example.com/chairs",
    needed_by="2026-12-24",
    fields="vendor: Acme\ncost_center: 42",
)
MADE = Asked(
    text="Your request is sent. Waiting for Manager (stage 1 of 2).",
    card=cards.card(buttons=(), why=None, revisable=True),
)


@pytest.fixture
def asking() -> NothingToAsk:
    made = NothingToAsk()
    made.form_answer, made.answer = EMPTY, MADE
    return made


@pytest.fixture
def chat(conversations: Recording, asking: NothingToAsk) -> Chat:
    return a_chat(conversations, asking=asking)


def values(entries: Entries) -> Json:
    """The form filled in, as somebody types it."""
    given = {part: getattr(entries, part.value) for part in Part}
    return {f"countersign_ask_{p}": {p.value: text} for p, text in given.items() if text}


async def opened(rig: Rig, text: str = "request") -> Json:
    answer = await rig.act(FINN, "command", command="/approvals", text=text)
    assert answer["ok"], answer
    assert answer["body"] == "", "the form says the rest"
    view = rig.modal(FINN)
    assert view is not None
    return view


async def send(rig: Rig, entries: Entries = FILLED) -> Json:
    view = rig.modal(FINN)
    assert view is not None
    return await rig.act(FINN, "submit", view_id=view["id"], values=values(entries))


# --- three ways to the form ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("request", ""),
        ("REQUEST a new Chair", "a new Chair"),
        ("new laptop for the queue", "laptop for the queue"),
        ("ask status", "status"),
    ],
)
async def test_the_command_opens_the_form(
    rig: Rig, asking: NothingToAsk, text: str, title: str
) -> None:
    view = await opened(rig, text)
    assert view["callback_id"] == FORM
    assert asking.opened == [(ACCOUNT, "", title)]
    kind = view["blocks"][0]["element"]
    assert [o["text"]["text"] for o in kind["options"]] == ["Purchase order", "Something else"]
    assert [b["label"]["text"] for b in view["blocks"] if not b["optional"]] == [
        "What is it?",
        "In one line: what do you ask for?",
    ]


async def test_the_shortcut_opens_the_form(rig: Rig, asking: NothingToAsk) -> None:
    answer = await rig.act(FINN, "shortcut", callback_id="countersign_request")
    assert answer["ok"], answer
    assert rig.modal(FINN) is not None
    assert asking.opened == [(ACCOUNT, "", "")]


async def test_a_stranger_gets_a_sentence_instead(rig: Rig, asking: NothingToAsk) -> None:
    asking.form_answer = AskForm(refused="This Slack account is not linked to anyone.")
    answer = await rig.act(FINN, "command", command="/approvals", text="request")
    assert answer["body"]["blocks"][0]["text"]["text"] == asking.form_answer.refused
    await rig.act(FINN, "shortcut", callback_id="countersign_request")
    assert rig.modal(FINN) is None
    (said,) = rig.messages(FINN)
    assert said["blocks"][0]["text"]["text"] == asking.form_answer.refused


async def test_a_form_that_slack_does_not_open_is_said(rig: Rig) -> None:
    rig.fault("views.open", do="500")
    answer = await rig.act(FINN, "command", command="/approvals", text="request")
    assert answer["ok"], answer
    assert NOT_OPENED in told(rig)


async def test_every_form_is_one_that_slack_takes(rig: Rig, asking: NothingToAsk) -> None:
    kinds = tuple(Kind(f"type_{n}", "<!here> *bold* " + "&" * 200) for n in range(91))
    hostile = dict.fromkeys(("title", "details", "fields", "currency"), "\u202e`<!channel>`")
    asking.form_answer = replace(
        EMPTY, kinds=kinds, intro="<!here> " * 900, entries=Entries(**hostile, kind="type_5")
    )
    view = await opened(rig)
    shown = {k: view[k] for k in ("type", "title", "submit", "close", "blocks", "callback_id")}
    assert_view(shown)
    assert view["blocks"][1]["element"]["initial_option"]["value"] == "type_5"


# --- sending ---------------------------------------------------------------------------------


async def test_what_was_written_is_asked_and_the_form_becomes_the_request(
    rig: Rig, asking: NothingToAsk
) -> None:
    view = await opened(rig)
    answer = await send(rig)
    assert answer["ok"], answer
    evidence = {"team": ACCOUNT.realm, "view": view["id"]}
    wish = Wish(entries=FILLED, form=view["id"], about=None, evidence=evidence)
    assert asking.wishes == [(ACCOUNT, wish)]
    shown = rig.modal(FINN)
    assert shown is not None
    assert shown["id"] == view["id"], "in the form's place"
    assert_view({k: shown[k] for k in ("type", "title", "close", "blocks", "callback_id")})
    assert sentence(rig) == MADE.text
    assert "New ERP system" in json.dumps(shown["blocks"])


async def test_a_mistake_is_said_at_its_input_and_nothing_is_lost(
    rig: Rig, asking: NothingToAsk
) -> None:
    view = await opened(rig)
    asking.answer = Asked(text="Bad.", refused=Reason.INVALID_FIELD, at=Part.AMOUNT)
    answer = await send(rig)
    assert answer["errors"] == {"countersign_ask_amount": "Bad."}
    besides = {Part.CURRENCY: "Worse.", Part.LINK: "Worst."}
    asking.answer = replace(asking.answer, besides=besides)
    assert (await send(rig))["errors"] == {
        "countersign_ask_amount": "Bad.",
        "countersign_ask_currency": "Worse.",
        "countersign_ask_link": "Worst.",
    }
    asking.answer = MADE
    assert (await send(rig))["ok"]
    assert {wish.form for _, wish in asking.wishes} == {view["id"]}


@pytest.mark.parametrize("at", [None, Part.KIND])
async def test_what_no_input_can_mend_takes_the_forms_place(
    rig: Rig, asking: NothingToAsk, at: Part | None
) -> None:
    about = About(request="R1", revision=1)
    asking.form_answer = replace(EMPTY, parts=(Part.TITLE,), about=about)
    await opened(rig)
    asking.answer = Asked(text="Over.", refused=Reason.FINISHED, at=at)
    await send(rig, Entries(title="New chairs"))
    assert sentence(rig) == "Over."


async def test_what_was_rejected_before_can_be_asked_again(rig: Rig, asking: NothingToAsk) -> None:
    await opened(rig)
    asking.answer = replace(MADE, text="You asked for this.", again=About(request="R9"))
    await send(rig)
    view = rig.modal(FINN)
    assert view is not None
    asking.form_answer = replace(EMPTY, about=About(request="R9"), entries=FILLED)
    await rig.act(
        FINN, "click", view_id=view["id"], action_id="countersign_revise", value=value(view)
    )
    assert asking.opened[-1] == (ACCOUNT, "R9", "")
    asking.answer = MADE
    await send(rig)
    assert asking.wishes[-1][1].about == About(request="R9")


def value(shown: Json) -> str:
    """What the button that opens a form again carries."""
    found = [e for b in shown["blocks"] for e in b.get("elements", [])]
    values_ = [e["value"] for e in found if e.get("action_id") == "countersign_revise"]
    return str(values_[0])


@pytest.mark.parametrize("metadata", ["", "{}", '[2,"R1",1]', '[1,"R1"]', '[1,"R1",-1]', "[1,5,1]"])
async def test_a_form_of_another_version_is_not_counted(
    rig: Rig, asking: NothingToAsk, metadata: str
) -> None:
    status, body = await rig.send(submitted(FORM, metadata, {}))
    assert status == 200
    assert OLD_FORM in body
    assert asking.wishes == []


async def test_a_form_without_its_inputs_is_empty(rig: Rig, asking: NothingToAsk) -> None:
    status, _ = await rig.send(submitted(FORM, '[1,"",0]', {"countersign_ask_title": 5}))
    assert status == 200
    assert asking.wishes[0][1] == Wish(
        entries=Entries(), evidence={"team": ACCOUNT.realm, "view": ""}
    )


# --- the button ------------------------------------------------------------------------------


async def test_a_requesters_card_offers_to_change_it(rig: Rig, asking: NothingToAsk) -> None:
    card = cards.card(
        status=Status.CHANGES_REQUESTED, buttons=(), more=(), binding=None, revisable=True
    )
    rig.conversations.status_answer = Answer(text="", card=card)
    answer = await rig.act(FINN, "command", command="/approvals", text="status req_1")
    assert_message(answer["body"]["blocks"])
    (shown,) = rig.ephemerals
    asking.form_answer = replace(EMPTY, about=About(cards.REQUEST, 1), parts=(Part.TITLE,))
    await rig.act(FINN, "click", ephemeral=shown["id"], action_id="countersign_revise")
    assert asking.opened == [(ACCOUNT, cards.REQUEST, "")]
    await send(rig, Entries(title="Fewer chairs"))
    assert asking.wishes[0][1].about == About(cards.REQUEST, 1)


async def test_a_request_that_cannot_be_changed_is_said(rig: Rig, asking: NothingToAsk) -> None:
    rig.conversations.found = Queue(
        items=(QueueItem("req_1", "T", "A", "S", amount=None, deadline=None),)
    )
    rig.conversations.status_answer = Answer(text="", card=cards.card(revisable=True))
    await rig.act(FINN, "command", command="/approvals", text="status req_1")
    (shown,) = rig.ephemerals
    asking.form_answer = AskForm(refused="It is over.")
    await rig.act(FINN, "click", ephemeral=shown["id"], action_id="countersign_revise")
    assert "It is over." in told(rig)
