"""The queue's card: pages, filters, one request, and several approved in one click."""

from typing import Any

import msgspec
import pytest

from adapters.teams import home
from adapters.teams.limits import MOST
from adapters.teams.render import size
from core.chat import home_place, together
from core.chat.home_place import Place
from core.chat.home_port import Approved, HomeItem, HomePage, OwnItem, RuleCount, Shelf, Wish
from core.chat.port import AbsenceLine, Absences, Chat
from core.commands import Binding
from core.refusals import Reason
from core.request import Status
from playground.teams.cards import check
from tests.adapters.teams.cards import HOUR, NOW, parts, texts
from tests.adapters.teams.conftest import FINANCE, FINN, Json, Rig, content, person
from tests.adapters.teams.fakes import Recording
from tests.adapters.teams.test_render import naughty
from tests.ports import EmptyHome, a_chat


def bound(number: int) -> Binding:
    return Binding(request=f"req_{number}", revision=1, commitment="c" * 64, level=2, round=0)


def item(number: int, **changed: Any) -> HomeItem:
    given: dict[str, Any] = {
        "request": f"req_{number}",
        "title": f"Laptop {number}",
        "asked_by": "Alice Adams",
        "stage": "Finance",
        "amount": "1,200 EUR",
        "risk": 82,
        "rule": "purchases",
        "deadline": NOW + HOUR,
        "overdue": False,
        "binding": bound(number),
        "batch": True,
    }
    return HomeItem(**given | changed)


def page(*items: HomeItem, **changed: Any) -> HomePage:
    given: dict[str, Any] = {
        "at": NOW,
        "timezone": "Europe/Berlin",
        "waiting": len(items),
        "total": len(items),
        "items": items,
        "rules": (RuleCount("purchases", len(items)), RuleCount("fallback", 1, True)),
    }
    return HomePage(**given | changed)


OWN = OwnItem(
    request="own_1",
    title="A desk",
    headline="Waiting for Mara",
    status=Status.PENDING,
    amount="400 EUR",
    created_at=NOW,
)


@pytest.fixture
def mine() -> EmptyHome:
    return EmptyHome()


@pytest.fixture
def ports(conversations: Recording, mine: EmptyHome) -> Chat:
    return a_chat(conversations, home=mine)


class Screen:
    """The queue's card as Finn sees it, and what he presses on it."""

    def __init__(self, rig: Rig, message: Json) -> None:
        self.rig = rig
        self.card: Json = content(message)
        self.where = {"conversation": rig.chat(FINN), "activity": message["id"]}

    async def press(self, title: str, *, at: int = 0, **inputs: str) -> list[str]:
        """Press the first (or another) button of that title; all that stands there then."""
        found = [a for a in parts(self.card, "Action.Execute") if a["title"] == title]
        answer = await self.rig.act(FINN, "execute", **self.where, action=found[at], inputs=inputs)
        assert answer["ok"], answer
        self.card = answer["body"]["value"]
        assert (check(self.card).problems, check(self.card).warnings) == ([], [])
        return texts(self.card["body"])

    def titles(self) -> list[str]:
        """The card's own buttons."""
        return [action["title"] for action in self.card.get("actions", [])]


async def opened(rig: Rig, text: str = "queue") -> Screen:
    await rig.act(FINN, "message", text=text)
    return Screen(rig, (await rig.replies(rig.chat(FINN), 1))[-1])


async def test_each_request_stands_there_with_what_one_needs_to_know(
    rig: Rig, mine: EmptyHome
) -> None:
    late = item(2, overdue=True, rule=None, risk=None, amount=None, batch=False)
    away = AbsenceLine(id="a", giver="Finn", taker="Eve", starts=NOW - 1, ends=None, mine=True)
    mine.found = page(item(1), late, due=1, own=(OWN,), away=(away,))
    screen = await opened(rig)
    shown = texts(screen.card["body"])
    for words in (
        "2 requests wait for you",
        "As of 21 Nov 2026, 05:00 CET",
        "1 due today or overdue",
        "Laptop 1",
        "1,200 EUR",
        "Asked by Alice Adams · Finance",
        " · Risk 82 of 100",
        "Asked by Alice Adams · Finance · no rule names it",
        "Your newest requests",
        "A desk",
        "Waiting for Mara",
        " acts for you until you end it",
    ):
        assert words in shown
    assert any(words.startswith("Overdue since {{DATE(") for words in shown)
    assert len(parts(screen.card, "Input.Toggle")) == 1
    assert screen.titles() == [
        "Approve selected…",
        "Filter",
        "My requests",
        "Out of office",
        "Refresh",
    ]
    assert (check(screen.card).problems, check(screen.card).warnings) == ([], [])


@pytest.mark.parametrize("text", ["queue", "QUEUE", "show me my queue", "list", "pending"])
async def test_it_is_asked_for_in_many_words(rig: Rig, mine: EmptyHome, text: str) -> None:
    screen = await opened(rig, text)
    assert texts(screen.card["body"])[0] == "Nothing waits for you"
    assert mine.wishes == [Wish()]


async def test_an_account_of_nobody_is_told_so(rig: Rig, mine: EmptyHome) -> None:
    mine.found = HomePage(refused="This Teams account is not linked.")
    await rig.act(FINN, "message", text="queue")
    assert (await rig.replies(rig.chat(FINN), 1))[0]["text"] == mine.found.refused


async def test_the_queue_never_stands_in_a_channel(rig: Rig, mine: EmptyHome) -> None:
    mine.found = page(item(1))
    await rig.act(FINN, "message", conversation=FINANCE, text="@Countersign queue")
    assert (await rig.replies(FINANCE, 1))[0]["text"] == "I answered you in our own chat."
    assert "Laptop 1" in texts(content(rig.said(rig.chat(FINN))[0]))


async def test_pages_are_turned_forward_and_back(rig: Rig, mine: EmptyHome) -> None:
    mine.found = page(item(1), after="c1", total=3)
    screen = await opened(rig)
    assert "Previous page" not in screen.titles()
    mine.found = page(item(2), after="c2", total=3)
    assert "Page 2 · 3 in all, the most urgent first" in await screen.press("Next page")
    mine.found = page(item(3), total=3)
    assert "Page 3 · 3 in all, the most urgent first" in await screen.press("Next page")
    assert "Next page" not in screen.titles()
    mine.found = page(item(2), after="c2", total=3)
    await screen.press("Previous page")
    await screen.press("Refresh")
    await screen.press("Previous page")
    assert [wish.after for wish in mine.wishes] == ["", "c1", "c2", "c1", "c1", ""]


async def test_a_page_that_has_nothing_any_more_is_the_first_one(rig: Rig, mine: EmptyHome) -> None:
    mine.found = page(item(1), after="c1")
    screen = await opened(rig)
    mine.found = page()
    await screen.press("Next page")
    assert [wish.after for wish in mine.wishes] == ["", "c1", ""]


@pytest.mark.parametrize(
    ("chosen", "wish"),
    [
        ("all", Wish()),
        ("due", Wish(due=True)),
        ("rule:purchases", Wish(rule="purchases")),
        ("rule:fallback", Wish(rule="fallback")),
    ],
)
async def test_the_list_can_be_narrowed(rig: Rig, mine: EmptyHome, chosen: str, wish: Wish) -> None:
    mine.found = page(item(1), due=1)
    screen = await opened(rig)
    choices = parts(screen.card, "Input.ChoiceSet")[0]["choices"]
    assert [choice["title"] for choice in choices] == [
        "Everything (1)",
        "Due today or overdue (1)",
        "purchases (1)",
        "No rule names it (1)",
    ]
    await screen.press("Show these", only=chosen)
    assert mine.wishes[-1] == wish
    assert parts(screen.card, "Input.ChoiceSet")[0]["value"] == chosen


async def test_one_can_look_at_ones_own_requests_and_come_back(rig: Rig, mine: EmptyHome) -> None:
    mine.found = page(item(1))
    screen = await opened(rig)
    mine.found = HomePage(at=NOW, waiting=1, own=(OWN,))
    assert "Your requests" in await screen.press("My requests")
    assert screen.titles() == ["What waits for me (1)", "Out of office", "Refresh"]
    await screen.press("What waits for me (1)")
    assert [wish.shelf for wish in mine.wishes] == [Shelf.QUEUE, Shelf.OWN, Shelf.QUEUE]


async def test_a_request_is_shown_in_place_with_a_way_back(
    rig: Rig, mine: EmptyHome, conversations: Recording
) -> None:
    mine.found = page(item(1), item(2), after="c1")
    screen = await opened(rig)
    await screen.press("Next page")
    assert "New ERP system" in await screen.press("Show", at=1)
    assert conversations.asked == [("status", person(FINN), "req_2")]
    assert not {"approve", "reject"} & {
        action["verb"] for action in parts(screen.card, "Action.Execute")
    }
    assert "Laptop 1" in await screen.press("Back to the list")
    assert [wish.after for wish in mine.wishes] == ["", "c1", "c1"]


async def test_out_of_office_is_one_press_away(
    rig: Rig, mine: EmptyHome, conversations: Recording
) -> None:
    mine.found = page(item(1))
    conversations.absent = Absences(timezone="Europe/Berlin", at=NOW)
    assert "Out of office" in await (await opened(rig)).press("Out of office")


# --- several approved together -------------------------------------------------------------------


async def test_what_is_ticked_is_asked_about_by_name_and_approved_as_it_was_shown(
    rig: Rig, mine: EmptyHome
) -> None:
    mine.found = page(item(1), item(2), item(3))
    mine.present = (item(1), item(3))
    mine.done = (
        Approved(request="req_1", text="You approved this."),
        Approved(request="req_3", text="Eve decided.", title="Laptop 3", refused=Reason.FINISHED),
    )
    screen = await opened(rig)
    ticks = {t["id"]: t["valueOn"] for t in parts(screen.card, "Input.Toggle")}
    del ticks["pick:1"]
    shown = await screen.press("Approve selected…", **ticks)
    assert shown[0] == (
        "Approve these 2 requests? Each approval is recorded by itself, under your name."
    )
    assert ("Laptop 1" in shown, "Laptop 2" in shown, "Laptop 3" in shown) == (True, False, True)
    assert mine.approved == []
    question = screen.card
    shown = await screen.press("Approve 2")
    assert mine.approved == [(person(FINN), (bound(1), bound(3)))]
    assert "1 of 2 approved." in shown
    assert ("Laptop 3" in shown, "Eve decided." in shown) == (True, True)
    screen.card = question
    await screen.press("Approve 2")
    assert len({*mine.onces, ""}) == 3, "each press is another"


async def test_nothing_ticked_says_so_and_approves_nothing(rig: Rig, mine: EmptyHome) -> None:
    mine.found = page(item(1))
    shown = await (await opened(rig)).press("Approve selected…")
    assert shown[0] == together.NOTHING_CHOSEN
    assert mine.approved == []


async def test_what_changed_since_it_was_shown_is_not_asked_about(
    rig: Rig, mine: EmptyHome
) -> None:
    mine.found = page(item(1), item(2))
    other = Binding(request="req_2", revision=2, commitment="d" * 16, level=2, round=0)
    mine.present = (item(1), item(2, binding=other))
    screen = await opened(rig)
    ticks = {t["id"]: t["valueOn"] for t in parts(screen.card, "Input.Toggle")}
    shown = await screen.press("Approve selected…", **ticks)
    assert any(words.startswith("1 of your selection has changed") for words in shown)
    await screen.press("Approve")
    assert mine.approved == [(person(FINN), (bound(1),))]


async def test_when_all_of_it_changed_the_list_is_shown_again(rig: Rig, mine: EmptyHome) -> None:
    mine.found = page(item(1))
    screen = await opened(rig)
    ticks = {t["id"]: t["valueOn"] for t in parts(screen.card, "Input.Toggle")}
    assert (await screen.press("Approve selected…", **ticks))[0] == together.ALL_GONE
    assert mine.approved == []


@pytest.mark.parametrize(
    "data",
    [
        {"do": "approve"},
        {"do": "approve", "pick:": "[[1,2,3]]"},
        {"do": "approve", "pick:": 5},
        {"do": "approve", "pick:": '[["r",1,"c",1,0'},
        {"do": "together", "pick:0": "true"},
        {"do": "next"},
        {"do": ["x"], "at": {}},
        {"do": "show", "request": 5},
        {"do": "only", "only": ["due"]},
        {"at": '[1,"queue",true,"r","c",["x"]]'},
    ],
)
async def test_data_that_nobody_wrote_approves_nothing(
    rig: Rig, mine: EmptyHome, data: Json
) -> None:
    status, body = await rig.post(rig.invoke({"verb": "home"}, {"verb": "home", **data}))
    assert (status, body["statusCode"]) == (200, 200)
    assert mine.approved == []


@pytest.mark.parametrize("count", [3, 20, 100])
@pytest.mark.parametrize("text", [words * 30 for words in ("Office chairs ", "椅子", "😀", "\x00")])
def test_however_many_were_refused_the_outcome_fits(count: int, text: str) -> None:
    place = Place(wish=Wish(rule=text), before=(text, text))
    card = home.outcome(
        ("0 of 100 approved.", " The others were not:"), [(text, text)] * count, place
    )
    assert size(card) <= MOST
    assert check(card).problems == []
    shown = len(parts(card["body"], "Container"))
    left = [words for words in texts(card["body"]) if words.startswith("And ")]
    assert left == ([] if shown == count else [f"And {count - shown} more."])
    assert shown >= min(count, 5)


async def test_a_client_without_execute_gets_the_next_page_as_a_message(
    rig: Rig, mine: EmptyHome
) -> None:
    mine.found = page(item(2))
    at = home_place.write(Place(), 300)
    value = {"verb": "home", "do": "next", "at": at, "after": "c1"}
    await rig.post(rig.invoke({}, None, {"type": "message", "name": None, "value": value}))
    assert "Laptop 2" in texts(content((await rig.replies(rig.chat(FINN), 1))[0]))
    assert mine.wishes == [Wish(after="c1")]


def test_a_full_page_of_long_hostile_texts_is_text_and_fits_into_one_card() -> None:
    place = Place(wish=Wish(rule="r" * 80, after="a" * 120), before=("b" * 120,) * 12)
    for text in (*naughty()[:60], "😀" * 500):
        items = tuple(
            item(
                n,
                title=text,
                asked_by=text,
                stage=text,
                amount=text,
                request="r" * 26,
                binding=msgspec.structs.replace(bound(n), request="r" * 26),
            )
            for n in range(15)
        )
        own = tuple(
            OwnItem(
                request="r" * 26,
                title=text,
                headline=text,
                status=Status.PENDING,
                amount=text,
                created_at=NOW,
            )
            for _ in range(3)
        )
        rules = tuple(RuleCount("r" * 78 + str(n), 1) for n in range(20))
        full = page(*items, own=own, rules=rules, after="a" * 120)
        for made in (
            home.card(full, place),
            home.question(together.question(15), items, text, place),
            home.outcome(("None.", ""), [(text, text)] * 20, place),
        ):
            assert (check(made).problems, check(made).warnings) == ([], [])
            assert size(made) <= MOST
            blocks = "".join(block["text"] for block in parts(made, "TextBlock"))
            assert "😀" not in blocks
