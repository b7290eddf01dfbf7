"""What a platform delivers again, however late, neither counts again nor brings back what was
undone since: the very same authenticated call, over HTTP and over Slack's Socket Mode."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from playground.slack import sockets
from tests.e2e.company import Company, Json, Time, company
from tests.e2e.looking import ephemerals, event_types, everything_is_delivered, teams_cards
from tests.e2e.tap import Heard, Tap, tapped
from tests.e2e.test_slack_installs import by_socket

ALICE, FINN, FAYE = (f"{name}@example.com" for name in ("alice", "finn", "faye"))
"""Finn has his cards in Teams, Faye in Slack; a request waits for both."""
TAKE_BACK = "Take my vote back"
STALE = "This card is out of date"
MINUTES_LATER = 120_000

POLICY = """
version: 1
defaults: {expires_in: 24h, sla: 60m}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    batch: true
    on_reject: terminate
    stages:
      - name: Finance
        approvers: [finn@example.com, faye@example.com, mara@example.com]
        quorum: 2
        reject_quorum: 2
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


def said(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False)


class Slack:
    """Faye's hands."""

    person = FAYE

    def __init__(self, co: Company, tap: Tap) -> None:
        self.co, self.tap = co, tap

    async def card(self, title: str) -> Json:
        await self.co.until(lambda: everything_is_delivered(self.co))
        return await self.co.slack_card(FAYE, title)

    async def approve(self, title: str) -> None:
        assert (await self.co.slack_click(FAYE, await self.card(title), "Approve"))["ok"]

    async def reject(self, title: str) -> None:
        assert (await self.co.slack_reject(FAYE, await self.card(title), "Too dear"))["ok"]

    async def choose(self, title: str, label: str) -> None:
        """Choose from the card's menu, or from the list behind it."""
        card = await self.card(title)
        options = {
            option["text"]["text"]: option["value"]
            for block in card["blocks"]
            for element in block.get("elements", [])
            for option in element.get("options", [])
        }
        value = options.get(label) or options["More…"]
        where = {"channel": card["channel"], "ts": card["ts"], "as_seen": card}
        menu = {"action_id": "countersign_menu", "value": value}
        assert (await self.co.slack(FAYE, "select", **where, **menu))["ok"]
        if label not in options:
            view = await self.modal()
            buttons = [e for block in view["blocks"] for e in block.get("elements", [])]
            (action,) = (e["action_id"] for e in buttons if e["text"]["text"] == label)
            pressed = {"view_id": view["id"], "action_id": action}
            assert (await self.co.slack(FAYE, "click", **pressed))["ok"]

    async def take_back(self, title: str) -> None:
        await self.choose(title, TAKE_BACK)

    async def write(self, title: str, label: str, words: str) -> None:
        """Fill in the form of an act with a text."""
        await self.choose(title, label)
        view = await self.modal()
        block = next(b for b in view["blocks"] if b["type"] == "input")
        values = {block["block_id"]: {block["element"]["action_id"]: words}}
        assert (await self.co.slack(FAYE, "submit", view_id=view["id"], values=values))["ok"]

    async def modal(self) -> Json:
        user = self.co.people[FAYE]["slack_user"]
        found: Json = (await self.co.state())["slack"]["modals"][user][-1]
        return found

    async def home(self) -> Json:
        await self.co.slack(FAYE, "home")
        user = self.co.people[FAYE]["slack_user"]
        found: Json = (await self.co.state())["slack"]["homes"][user]
        return found

    async def approve_together(self) -> None:
        view = await self.home()
        ticked = {
            block["block_id"]: {element["action_id"]: [element["options"][0]["value"]]}
            for block in view["blocks"]
            for element in block.get("elements", [])
            if element["type"] == "checkboxes"
        }
        await self.home_button("countersign_home_together", state=ticked)
        assert (await self.co.slack(FAYE, "submit", view_id=(await self.modal())["id"]))["ok"]

    async def home_button(self, action: str, **fields: Any) -> None:
        view = await self.home()
        done = await self.co.slack(FAYE, "click", view_id=view["id"], action_id=action, **fields)
        assert done["ok"], done

    async def away_by_command(self) -> None:
        done = await self.co.slack(FAYE, "command", command="/approvals", text=f"ooo {FINN}")
        assert done["ok"], done

    async def away_by_form(self) -> None:
        await self.home_button("countersign_home_away")
        view = await self.modal()
        values = {"countersign_away_address": {"entry": FINN}}
        assert (await self.co.slack(FAYE, "submit", view_id=view["id"], values=values))["ok"]

    async def end_away(self, id: str) -> None:
        text = f"ooo end {id}"
        assert (await self.co.slack(FAYE, "command", command="/approvals", text=text))["ok"]

    async def told(self, answer: str) -> str:
        """All that this person was told on their own: a refused approval comes by the relay."""
        await self.co.until(lambda: everything_is_delivered(self.co))
        user = self.co.people[FAYE]["slack_user"]
        return said([answer, ephemerals(await self.co.state(), user)])


class Teams:
    """Finn's hands."""

    person = FINN

    def __init__(self, co: Company, tap: Tap) -> None:
        self.co, self.tap = co, tap

    async def card(self, title: str, having: str = "") -> Json:
        async def look() -> Json | None:
            cards = teams_cards(await self.co.state(), title).values()
            found = [card for there in cards for card in there if having in said(card)]
            return found[-1] if found else None

        await self.co.until(lambda: everything_is_delivered(self.co))
        found: Json = await self.co.until(look)
        return found

    async def press(self, card: Json, label: str, inputs: Json | None = None) -> Json:
        done = await self.co.teams_click(FINN, card, label, inputs)
        assert done["ok"], done
        return done

    async def approve(self, title: str) -> None:
        await self.press(await self.card(title), "Approve")

    async def reject(self, title: str) -> None:
        await self.press(await self.card(title), "Send rejection", {"reason": "Too dear"})

    async def take_back(self, title: str) -> None:
        await self.press(await self.card(title, TAKE_BACK), TAKE_BACK)

    async def write(self, title: str, label: str, words: str) -> None:
        card = await self.card(title, label)
        opened = await self.press(card, label)
        (send,) = opened["body"]["task"]["value"]["card"]["content"]["actions"]
        where = {"conversation": card["conversation"], "activity": card["id"]}
        action, inputs = {"title": send["title"]}, {"reason": words}
        done = await self.co.teams(FINN, "send", **where, action=action, inputs=inputs)
        assert done["ok"], done

    async def approve_together(self) -> None:
        queue = await self.said_to("queue", "wait for you")
        content = queue["attachments"][0]["content"]
        ticks = {
            element["id"]: element["valueOn"]
            for box in content["body"]
            for element in box.get("items", [])
            if element["type"] == "Input.Toggle"
        }
        done = await self.press(queue, "Approve selected…", ticks)
        question = {**queue, "attachments": [{"content": done["body"]["value"]}]}
        await self.press(question, f"Approve {len(ticks)}")

    async def said_to(self, text: str, having: str) -> Json:
        """The bot's answer to a message."""
        before = len(await self.co.teams_messages(FINN))
        await self.co.teams(FINN, "message", text=text)

        async def look() -> Json | None:
            later = (await self.co.teams_messages(FINN))[before:]
            return next((m for m in later if having in said(m)), None)

        found: Json = await self.co.until(look)
        return found

    async def away_by_command(self) -> None:
        await self.said_to(f"ooo {FAYE}", "may act for you")

    async def away_by_form(self) -> None:
        form = await self.said_to("ooo", "Input.")
        await self.press(form, "Set", {"to_address": FAYE})

    async def end_away(self, id: str) -> None:
        await self.said_to(f"ooo end {id}", "no longer acts")

    async def told(self, answer: str) -> str:
        return answer


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture(params=["slack", "teams"])
async def hands(
    request: pytest.FixtureRequest, tmp_path: Path, time: Time
) -> AsyncIterator[Slack | Teams]:
    async with running(tmp_path, at=time) as co:
        place = co.play.place
        if request.param == "slack":
            async with tapped(place.slack_url, co.http) as tap:
                place.slack_url = tap.url
                yield Slack(co, tap)
        else:
            async with tapped(place.teams_url, co.http) as tap:
                place.teams_url = tap.url
                yield Teams(co, tap)


@asynccontextmanager
async def running(folder: Path, **given: Any) -> AsyncIterator[Company]:
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    async with company(folder, policy=policy, **given) as co:
        yield co


async def ask(co: Company, title: str) -> str:
    action = {"type": "purchase_order", "params": {"amount": 900}}
    body = {"title": title, "requester": ALICE, "action": action}
    request: str = (await co.submit(await co.key("submit"), body))["id"]
    return request


async def votes(co: Company, request: str) -> list[tuple[str, str]]:
    found = await co.storage.store.snapshot(request)
    assert found is not None
    return [(vote.person, vote.decision.value) for vote in found.state.stages[0].votes]


async def again(hands: Slack | Teams, call: Heard) -> str:
    """Deliver a call once more; what the person is told then."""
    status, answer = await hands.tap.again(call)
    assert status == 200
    return await hands.told(answer)


@pytest.mark.parametrize("what", ["approve", "reject"])
async def test_a_vote_that_was_taken_back_stays_so(hands: Slack | Teams, what: str) -> None:
    request = await ask(hands.co, "Rack")
    await getattr(hands, what)("Rack")
    call = hands.tap.heard[-1]
    assert await votes(hands.co, request) == [(hands.person, what)]
    await hands.take_back("Rack")
    assert await votes(hands.co, request) == []
    before = await event_types(hands.co, request)
    assert STALE in await again(hands, call)
    assert await event_types(hands.co, request) == before
    await getattr(hands, what)("Rack")
    assert await votes(hands.co, request) == [(hands.person, what)]


async def test_several_approvals_that_were_taken_back_stay_so(hands: Slack | Teams) -> None:
    first, second = [await ask(hands.co, title) for title in ("Rack", "Shelf")]
    for title in ("Rack", "Shelf"):
        await hands.card(title)
    await hands.approve_together()
    call = hands.tap.heard[-1]
    await hands.take_back("Rack")
    told = await again(hands, call)
    assert "1 of 2 approved." in told
    assert STALE in told
    assert await votes(hands.co, first) == []
    assert await votes(hands.co, second) == [(hands.person, "approve")]


@pytest.mark.parametrize("by", ["away_by_command", "away_by_form"])
async def test_out_of_office_that_was_ended_stays_so(hands: Slack | Teams, by: str) -> None:
    await getattr(hands, by)()
    call = hands.tap.heard[-1]
    (rule,) = await hands.co.storage.store.standing(hands.person)
    await hands.end_away(rule.id)
    told = await again(hands, call)
    assert await hands.co.storage.store.standing(hands.person) == []
    # What was written in Teams was answered, and is not answered again.
    silent = by == "away_by_command" and isinstance(hands, Teams)
    assert ("This was set already" in told, told == "") == (not silent, silent)


async def test_a_comment_is_not_made_twice(hands: Slack | Teams, time: Time) -> None:
    request = await ask(hands.co, "Rack")
    await hands.write("Rack", "Comment", "Who needs it?")
    call = hands.tap.heard[-1]
    time.ahead = MINUTES_LATER
    await again(hands, call)
    assert (await event_types(hands.co, request))["commented"] == 1


async def test_changes_are_not_asked_for_twice(hands: Slack | Teams) -> None:
    request = await ask(hands.co, "Rack")
    await hands.write("Rack", "Request changes", "Less, please")
    call = hands.tap.heard[-1]
    before = await event_types(hands.co, request)
    assert before["changes_requested"] == 1
    told = await again(hands, call)
    assert "Nothing was changed" not in told, "it counted, and this is its answer"
    assert await event_types(hands.co, request) == before


async def test_what_slack_sends_again_to_the_next_server_stays_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[bytes, str]] = []
    exchange = sockets.exchange

    async def heard(place: Any, content: bytes, content_type: str, extra: Any) -> Any:
        sent.append((content, content_type))
        return await exchange(place, content, content_type, extra)

    monkeypatch.setattr(sockets, "exchange", heard)
    async with connected(tmp_path) as co:
        request = await ask(co, "Rack")
        hands = Slack(co, Tap("", co.http))
        await hands.approve("Rack")
        content, kind = sent[-1]
        await hands.take_back("Rack")
    # What the last process answered is forgotten; what it noted is not.
    async with connected(tmp_path) as co:
        _, error = await exchange(co.play.place, content, kind, {})
        assert error is None
        assert await votes(co, request) == []
        assert (await event_types(co, request))["voted"] == 1


@asynccontextmanager
async def connected(folder: Path) -> AsyncIterator[Company]:
    """The company over Slack's Socket Mode."""
    async with running(folder, change=by_socket) as co:
        co.play.place.slack_url = ""

        async def is_up() -> bool:
            return sockets.connections(co.play.place) == 1

        await co.until(is_up)
        yield co
