"""People ask in Teams: the form as a card or in a dialog, and what becomes of it."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.teams import ask_cards
from adapters.teams.limits import MOST
from adapters.teams.render import size
from core.chat.ask_words import LABELS
from core.chat.asking import CHANGED, NEW
from core.chat.asking_port import LONGEST, About, Asked, AskForm, Entries, Kind, Part
from core.chat.port import Answer, Chat
from core.refusals import Reason
from core.request import Status
from core.rows import MessageRef
from playground.teams.cards import check
from tests.adapters.teams.cards import REQUEST, a_card, parts, texts
from tests.adapters.teams.conftest import FINANCE, FINN, Json, Rig, content, person
from tests.adapters.teams.fakes import Recording
from tests.adapters.teams.test_render import naughty
from tests.ports import NothingToAsk, a_chat

KINDS = (Kind(type="purchase_order", label="Purchase order"), Kind(type="other", label="Other"))
EMPTY = AskForm("Ask for approval", "Ask", None, NEW, KINDS)
WRITTEN = {
    "wish:kind": "purchase_order",
    "wish:title": "A laptop",
    "wish:amount": "1200",
    "wish:details": "Mine is broken.\r\nSee photo.",
    "wish:needed_by": "2026-12-01",
}
CHANGE = AskForm(
    "Change and send again",
    "Send",
    "Dana asks for changes: “cheaper”",
    CHANGED,
    KINDS,
    Entries(kind="purchase_order", title="A laptop", amount="1200"),
    About(request=REQUEST, revision=2),
)


@pytest.fixture
def asking() -> NothingToAsk:
    asking = NothingToAsk()
    asking.form_answer = EMPTY
    return asking


@pytest.fixture
def ports(conversations: Recording, asking: NothingToAsk) -> Chat:
    return a_chat(conversations, asking=asking)


async def opened(rig: Rig, text: str = "request", **asked: object) -> Json:
    """The form, as a message in the chat."""
    await rig.act(FINN, "message", text=text, **asked)
    return (await rig.replies(rig.chat(FINN), 1))[-1]


async def sent(rig: Rig, form: Json, **asked: Any) -> Json:
    """The form filled in and sent; the bot's answer."""
    where = {"conversation": rig.chat(FINN), "activity": form["id"]}
    inputs = asked.pop("inputs", WRITTEN)
    answer = await rig.act(
        FINN, "execute", **where, action={"title": "Ask"}, inputs=inputs, **asked
    )
    assert answer["ok"], answer
    return answer


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("request", ""),
        ("new", ""),
        ("request a laptop for Ann", "a laptop for Ann"),
        ("/request help with my queue", "help with my queue"),
    ],
)
async def test_the_form_is_opened_with_the_title_behind_the_word(
    rig: Rig, asking: NothingToAsk, text: str, title: str
) -> None:
    form = content(await opened(rig, text))
    assert asking.opened == [(person(FINN), "", title)]
    assert texts(form)[0] == "Ask for approval"
    inputs = {
        p["id"]: p for kind in ("ChoiceSet", "Text", "Date") for p in parts(form, f"Input.{kind}")
    }
    assert set(inputs) == {f"wish:{part.value}" for part in Part}
    assert {i for i, p in inputs.items() if p.get("isRequired")} == {"wish:kind", "wish:title"}
    assert (check(form).problems, check(form).warnings) == ([], [])


async def test_asked_in_a_channel_the_form_comes_to_the_chat(
    rig: Rig, asking: NothingToAsk
) -> None:
    await rig.act(
        FINN, "message", conversation=FINANCE, text="@Countersign request lunch with @Eve Ende"
    )
    assert (await rig.replies(FINANCE, 1))[0]["text"] == "I answered you in our own chat."
    assert asking.opened[0][2] == "lunch with @Eve Ende"


async def test_what_was_filled_in_becomes_a_request_whose_card_stands_there(
    rig: Rig, asking: NothingToAsk
) -> None:
    asking.answer = Asked(text="Your request is sent. Waiting for Mara.", card=a_card())
    answer = await sent(rig, await opened(rig))
    shown = texts(answer["body"]["value"])
    assert shown[0] == "Your request is sent. Waiting for Mara."
    assert "New ERP system" in shown
    ((who, wish),) = asking.wishes
    assert who == person(FINN)
    assert wish.entries == Entries(
        kind="purchase_order",
        title="A laptop",
        amount="1200",
        details="Mine is broken.\nSee photo.",
        needed_by="2026-12-01",
    )
    assert wish.about is None
    assert wish.evidence["conversation"] == rig.chat(FINN)


async def test_one_form_is_one_wish_and_another_form_another(
    rig: Rig, asking: NothingToAsk
) -> None:
    form = await opened(rig)
    asking.answer = Asked(text="No.", refused=Reason.INVALID_FIELD, at=Part.AMOUNT)
    await sent(rig, form, to_bot=["twice"])
    await sent(rig, form)
    await rig.act(FINN, "message", text="request")
    await sent(rig, (await rig.replies(rig.chat(FINN), 2))[-1])
    first, again, once_more, other = (wish.form for _, wish in asking.wishes)
    assert first == again == once_more
    assert first.startswith("teams:")
    assert other not in ("", first)


async def test_a_refusal_keeps_what_was_written_and_says_where_it_is_mended(
    rig: Rig, asking: NothingToAsk
) -> None:
    asking.answer = Asked(
        text="“1.200” can be read in two ways.", refused=Reason.INVALID_FIELD, at=Part.AMOUNT
    )
    inputs = {**WRITTEN, "wish:amount": "1.200"}
    form = (await sent(rig, await opened(rig), inputs=inputs))["body"]["value"]
    assert texts(form)[:2] == [
        "“Amount”: “1.200” can be read in two ways.",
        "Ask for approval",
    ]
    values = {p["id"]: p.get("value") for p in parts(form, "Input.Text")}
    assert (values["wish:amount"], values["wish:title"]) == ("1.200", "A laptop")
    assert parts(form, "Input.ChoiceSet")[0]["value"] == "purchase_order"
    assert parts(form, "Input.Date")[0]["value"] == "2026-12-01"


async def test_all_that_is_wrong_is_said_at_once(rig: Rig, asking: NothingToAsk) -> None:
    asking.answer = Asked(
        text="Bad.",
        refused=Reason.INVALID_FIELD,
        at=Part.AMOUNT,
        besides={Part.CURRENCY: "Worse.", Part.LINK: "Worst."},
    )
    form = (await sent(rig, await opened(rig)))["body"]["value"]
    assert texts(form)[:3] == [
        f"“{LABELS[part]}”: {said}"
        for part, said in (
            (Part.AMOUNT, "Bad."),
            (Part.CURRENCY, "Worse."),
            (Part.LINK, "Worst."),
        )
    ]
    assert (check(form).problems, check(form).warnings) == ([], [])


async def test_who_may_not_ask_is_told_so(rig: Rig, asking: NothingToAsk) -> None:
    asking.form_answer = AskForm(refused="This Teams account is not linked.")
    assert (await opened(rig))["text"] == "This Teams account is not linked."


async def test_what_was_asked_for_before_can_be_asked_anew(rig: Rig, asking: NothingToAsk) -> None:
    asking.answer = Asked(
        text="You asked for exactly this before.", card=a_card(), again=About(request=REQUEST)
    )
    body = (await sent(rig, await opened(rig)))["body"]["value"]
    found = [a for kind in ("Execute", "Submit") for a in parts(body, f"Action.{kind}")]
    assert [a["data"]["verb"] for a in found if a["title"] == "Ask again"] == ["revise"]


# --- changed and sent again --------------------------------------------------------------------


async def revisable(rig: Rig, **changed: Any) -> MessageRef:
    """The requester's own card of a request that they may change."""
    card = a_card(
        status=Status.CHANGES_REQUESTED, buttons=(), binding=None, revisable=True, **changed
    )
    return await rig.shown(card)


async def dialog(rig: Rig, ref: MessageRef, do: str, action: Json, **asked: object) -> Any:
    """What stands in the dialog after a press on the card, or in the dialog itself."""
    where = {"conversation": ref.fields["conversation"], "activity": ref.fields["activity"]}
    answer = await rig.act(FINN, do, **where, action=action, **asked)
    assert answer["ok"], answer
    task = answer["body"]["task"]
    return task["value"]["card"]["content"] if task["type"] == "continue" else task["value"]


async def test_a_requester_changes_a_request_from_its_card(rig: Rig, asking: NothingToAsk) -> None:
    ref = await revisable(rig)
    asking.form_answer = CHANGE
    form = await dialog(rig, ref, "fetch", {"title": "Change and send again"})
    assert asking.opened == [(person(FINN), REQUEST, "")]
    assert "Dana asks for changes: “cheaper”" in texts(form)
    ids = {p["id"] for kind in ("Text", "Date", "ChoiceSet") for p in parts(form, f"Input.{kind}")}
    assert ids == {f"wish:{part.value}" for part in CHANGED}
    asking.answer = Asked(text="No.", refused=Reason.INVALID_FIELD, at=Part.AMOUNT)
    inputs = {"wish:title": "A cheaper laptop", "wish:amount": "8.00"}
    form = await dialog(rig, ref, "send", {"title": "Send"}, inputs=inputs)
    assert texts(form)[0] == "“Amount”: No."
    asking.answer = Asked(text="Revision 3 is sent.", card=a_card(buttons=(), binding=None))
    inputs = {"wish:title": "A cheaper laptop", "wish:amount": "800"}
    said = await dialog(rig, ref, "send", {"title": "Send"}, inputs=inputs)
    assert said == "Revision 3 is sent."
    first, second = (wish for _, wish in asking.wishes)
    assert (second.about, second.entries.title) == (CHANGE.about, "A cheaper laptop")
    assert first.form == second.form


async def test_a_form_of_another_revision_is_not_put_over_the_present_one(
    rig: Rig, asking: NothingToAsk
) -> None:
    ref = await revisable(rig)
    asking.form_answer = CHANGE
    await dialog(rig, ref, "fetch", {"title": "Change and send again"})
    asking.answer = Asked(text="It was changed meanwhile.", refused=Reason.STALE_REVISION)
    asking.form_answer = replace(CHANGE, about=About(request=REQUEST, revision=3))
    said = await dialog(rig, ref, "send", {"title": "Send"}, inputs={"wish:title": "Mine"})
    assert said == "It was changed meanwhile."


async def test_nobody_gets_a_form_for_what_they_may_not_change(
    rig: Rig, asking: NothingToAsk
) -> None:
    ref = await revisable(rig)
    asking.form_answer = AskForm(refused="Only the requester may change it.")
    said = await dialog(rig, ref, "fetch", {"title": "Change and send again"})
    assert said == "Only the requester may change it."


@pytest.mark.parametrize("apart", [{}, {"apart": True}])
async def test_a_client_without_dialogs_gets_the_form_in_place_of_the_card(
    rig: Rig, asking: NothingToAsk, apart: Json
) -> None:
    asking.form_answer = CHANGE
    data = {"verb": "revise", "request": REQUEST, **apart}
    _, body = await rig.post(rig.invoke({"verb": "revise"}, data))
    (send,) = body["value"]["actions"]
    assert ("apart" in send["data"]) is bool(apart)
    asking.answer = Asked(text="Revision 3 is sent.", card=a_card(buttons=(), binding=None))
    _, body = await rig.post(rig.invoke({"verb": "wish"}, {**send["data"], "wish:title": "Mine"}))
    assert texts(body["value"])[0] == "Revision 3 is sent."
    assert asking.wishes[0][1].about == CHANGE.about


async def test_a_card_of_status_has_the_button_too(rig: Rig, conversations: Recording) -> None:
    card = a_card(status=Status.CHANGES_REQUESTED, buttons=(), binding=None, revisable=True)
    conversations.status_answer = Answer(text="", card=card)
    await rig.act(FINN, "message", text=f"status {REQUEST}")
    (shown,) = await rig.replies(rig.chat(FINN), 1)
    found = [a for kind in ("Execute", "Submit") for a in parts(content(shown), f"Action.{kind}")]
    assert [a["data"]["apart"] for a in found if a["title"] == "Change and send again"] == [True]


async def test_in_a_dialog_the_form_ends_when_it_counted(rig: Rig, asking: NothingToAsk) -> None:
    asking.form_answer = CHANGE
    fetch = {"name": "task/fetch", "value": {"data": {"verb": "revise", "request": REQUEST}}}
    _, body = await rig.post(rig.invoke({}, None, fetch))
    assert body["task"]["type"] == "continue"
    form = body["task"]["value"]["card"]["content"]
    (send,) = form["actions"]
    assert (send["type"], send["title"]) == ("Action.Submit", "Send")
    asking.answer = Asked(text="Revision 3 is sent.", card=a_card())
    submit = {"name": "task/submit", "value": {"data": {**send["data"], **WRITTEN}}}
    _, body = await rig.post(rig.invoke({}, None, submit))
    assert body == {"task": {"type": "message", "value": "Revision 3 is sent."}}
    asking.answer = Asked(text="No.", refused=Reason.INVALID_FIELD, at=Part.TITLE)
    _, body = await rig.post(rig.invoke({}, None, submit))
    assert body["task"]["type"] == "continue"
    assert len(asking.wishes) == 2


@pytest.mark.parametrize(
    "data",
    [
        {"verb": "wish"},
        {"verb": "wish", "form": 5, "request": ["x"], "revision": "1"},
        {"verb": "wish", "request": "r\n", "revision": -1, "wish:title": {"a": 1}},
        {"verb": "wish", "request": "r", "revision": 1e300, "wish:title": 5},
        {"verb": "wish", "form": "f" * 10_000, "wish:title": "t" * 100_000},
    ],
)
async def test_data_that_nobody_wrote_is_an_empty_form(
    rig: Rig, asking: NothingToAsk, data: Json
) -> None:
    status, body = await rig.post(rig.invoke({"verb": "wish"}, data))
    assert (status, body["statusCode"]) == (200, 200)
    ((_, wish),) = asking.wishes
    assert len(wish.entries.title) <= LONGEST[Part.TITLE] + 1
    assert wish.about in (None, About(request="r"))


async def test_a_revision_of_nothing_is_not_a_button_of_ours(
    rig: Rig, asking: NothingToAsk
) -> None:
    _, body = await rig.post(rig.invoke({"verb": "revise"}, {"verb": "revise"}))
    assert "nothing was changed" in body["value"]
    assert asking.opened == []


def test_where_not_all_that_is_wrong_fits_the_form_says_the_first() -> None:
    long = "ä" * 3000
    entries = Entries(title="A desk", details=long, fields=long, link=long)
    form = AskForm(title="Ask", submit="Ask", parts=NEW, entries=entries)
    for problem in ("ä" * 100, "ä" * 500):
        made = ask_cards.card(form, "1", problems=[f"{n}{problem}" for n in range(9)])
        shown = [words for words in texts(made) if problem[:400] in words]
        assert size(made) <= MOST
        assert len(shown) == (9 if len(problem) == 100 else 1)
        assert shown[0].startswith("0")
        assert len(parts(made, "Input.Text")) > 1


def test_outside_text_in_the_form_is_text_and_what_is_too_long_is_said() -> None:
    given = [text for text in naughty() if not re.search("[\ud800-\udfff]", text)]
    for text in (*given, "😀" * 500):
        kinds = (Kind(type="t", label=text),)
        entries = Entries(title=text[:150], details=text, fields=text, link=text, kind="t")
        form = AskForm(
            title="Ask", submit="Ask", intro=text, parts=NEW, kinds=kinds, entries=entries
        )
        made = ask_cards.card(form, "1", problems=[text] * len(Part))
        assert (check(made).problems, check(made).warnings) == ([], [])
        assert size(made) <= MOST
    huge = "😀" * 3000
    form = AskForm(
        title="Ask",
        submit="Ask",
        parts=NEW,
        kinds=KINDS,
        entries=Entries(details=huge, fields=huge),
    )
    assert "too long for a form in Teams" in texts(ask_cards.card(form, "1"))[0]
