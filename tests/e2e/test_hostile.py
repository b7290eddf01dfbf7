"""Hostile texts through the whole product: API, cards really posted, clicks and commands.

A sample of them, by HTTP; `tests/real` puts all of them through the same code in bulk.
"""

import asyncio
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from core.text import has_hidden
from tests.e2e.company import Company, Json, company, teams_titles
from tests.e2e.looking import (
    Cards,
    buttons,
    everything_is_delivered,
    slack_cards,
    teams_cards,
    trail_holds,
)

DATA = Path(__file__).parents[3] / "shared" / "data"
ADA, IVAN, ALICE = "ada@example.com", "ivan@example.com", "alice@example.com"
OWN = [
    "",
    "\u202efdp.exe",
    "zero\u200bwidth",
    "<!channel> <@U0ADA> <https://evil.example|click>",
    "*bold* _it_ ~no~ `code` ```block```",
    "[a](https://evil.example) **b** <at>Everyone</at> {{DATE(2020-01-01T00:00:00Z)}}",
    "Approved by Dana Director",
    "😀" * 200,
    "a\u0301" * 3000,
    "\x00\x1b[31m",
]
"""Always, with or without the collections."""


def sample() -> list[str]:
    """Some of each collection, where they are."""
    naughty, injections = DATA / "naughty-strings.json", DATA / "injections.jsonl"
    if not (naughty.exists() and injections.exists()):
        return OWN
    found: list[str] = json.loads(naughty.read_text("utf-8"))
    lines = injections.read_text("utf-8").splitlines()
    return [*OWN, *found[5::14], *(json.loads(line)["text"] for line in lines[::34])]


def full_of(text: str, number: int) -> Json:
    """What no rule names: a card for Ada in Slack and one for Ivan in Teams."""
    return {
        "title": f"T{number:03} {text}"[:150],
        "description": text,
        "requester": ALICE,
        "labels": [text[:50]] if text else [],
        "action": {"type": "other", "params": {"note": text, text: [{text: text}]}},
        "context": {"reasoning": text, "links": [text[:2000]] if text else []},
    }


@pytest.fixture
def texts() -> list[str]:
    return sample()


async def asked(co: Company, agent: str, texts: list[str]) -> dict[str, str]:
    """The ids of the requests, by the beginning of their titles."""
    made = {}
    for number, text in enumerate(texts):
        status, found = await co.call("POST", "/v1/requests", agent, full_of(text, number))
        assert status == 201, (text, found)
        made[f"T{number:03}"] = found["id"]
        status, told = await co.call(
            "POST", f"/v1/requests/{found['id']}/comments", agent, {"text": text}
        )
        assert status in (200, 422), (text, told)
    return made


def check_calls(co: Company) -> None:
    """The platforms took everything at the first try; they judge each card as the real ones."""
    refused = [c for c in co.play.place.store.calls(0) if c["status"] >= 400]
    assert refused == [], refused[:3]


def with_buttons(cards: Cards) -> Json:
    """The one card among what was posted in the one place."""
    (there,) = cards.values()
    (card,) = (each for each in there if "Reject" in buttons(each))
    return card


async def settled(co: Company) -> Json:
    await co.until(lambda: everything_is_delivered(co))
    return await co.state()


async def test_every_card_is_posted_and_says_what_is_hidden(
    tmp_path: Path, texts: list[str]
) -> None:
    async with company(tmp_path) as co:
        agent = await co.key("submit", "read")
        made = await asked(co, agent, texts)
        state = await settled(co)
        check_calls(co)
        for (title, request), text in zip(made.items(), texts, strict=True):
            (there,) = slack_cards(state, title).values()
            (on_teams,) = teams_cards(state, title).values()
            for card in (there[-1]["blocks"], on_teams[-1]["attachments"]):
                drawn = json.dumps(card, ensure_ascii=False)
                assert not {c for c in text if has_hidden(c)} & set(drawn) - set(
                    "\u2060\ufe0f\u200d"
                )
                assert "⟦U+" in drawn or not has_hidden(text[:30])
            found = await co.get(agent, request)
            assert {d["state"] for d in found["deliveries"]} == {"shown"}
            assert await trail_holds(co, request)


async def test_reasons_typed_in_chat_are_kept_and_reach_the_agent(
    tmp_path: Path, texts: list[str]
) -> None:
    texts = texts[::2]
    async with company(tmp_path) as co:
        agent = await co.key("submit", "read")
        made = await asked(co, agent, texts)
        state = await settled(co)
        for number, (title, request) in enumerate(made.items()):
            reason = texts[number]
            if number % 2:
                card = with_buttons(slack_cards(state, title))
                answer = await co.slack_reject(ADA, card, reason[:2000])
            else:
                card = with_buttons(teams_cards(state, title))
                send = next(t for t in reversed(teams_titles(card)) if "eject" in t)
                answer = await co.teams_click(IVAN, card, send, {"reason": reason[:2000]})
            found = await co.get(agent, request)
            if not reason.strip():
                assert found["status"] == "pending", answer
                continue
            assert found["status"] == "rejected"
            said = found["decision"]["reason"]
            assert said.split() == reason[:2000].replace("\r\n", "\n").split(), (said, reason)
        await settled(co)
        check_calls(co)


async def form_opened(co: Company) -> bool:
    """Whether the words asked for the form: then nothing is said beside it."""
    return bool((await co.state())["slack"]["modals"].get("U0ADA"))


async def test_whatever_is_typed_after_a_command_is_answered(
    tmp_path: Path, texts: list[str]
) -> None:
    async with company(tmp_path) as co:
        for text in (t[:500] for t in texts):
            for words in ("status", "ooo", "delegate", "ooo end", ""):
                written = f"{words} {text}".strip()
                answer = await co.slack(ADA, "command", command="/approvals", text=written)
                assert answer["status"] == 200, (written, answer)
                assert answer["body"] or await form_opened(co), written
        before = len(await co.teams_messages(IVAN))
        for text in (t[:500] for t in texts[::3]):
            for words in ("status", "ooo"):
                answer = await co.teams(IVAN, "message", text=f"{words} {text}")
                assert answer["ok"], (text, answer)
        count = 2 * len(texts[::3])

        async def answered() -> bool:
            return len(await co.teams_messages(IVAN)) >= before + count

        await co.until(answered)
        check_calls(co)
        listed = await co.call("GET", "/v1/delegations", await co.key("admin"))
        assert listed == (200, {"items": [], "next_cursor": None})


async def test_hostile_headers_paths_and_bodies_are_answered_with_a_reason(
    tmp_path: Path, texts: list[str]
) -> None:
    async with company(tmp_path, relay=False) as co:
        agent = await co.key("submit", "read")

        async def get(path: str) -> int:
            url = f"{co.base_url}/v1/requests/{path}"
            headers = {"Authorization": f"Bearer {agent}"}
            async with co.http.get(url, headers=headers) as answer:
                await answer.read()
                return answer.status

        paths = [quote(t[:300].encode("utf-8", "replace"), safe="") for t in texts if t]
        found = await asyncio.gather(*(get(p) for p in paths))
        assert set(found) <= {200, 400, 404, 405, 422}
        for text in texts:
            for body in (text, [text], {text: text}, {"title": text, "action": text}):
                status, told = await co.call("POST", "/v1/requests", agent, body)
                assert status in (400, 422), (body, told)
                assert told["reason"], told


@pytest.mark.parametrize("blank", ["\u200b", "\u3164\u00a0", "\u202e\n\ufeff", "\x00"])
async def test_a_reason_that_nobody_can_see_is_none(tmp_path: Path, blank: str) -> None:
    async with company(tmp_path) as co:
        agent = await co.key("submit", "read")
        made = await co.submit(agent, full_of("Chairs", 1))
        state = await settled(co)
        on_teams = with_buttons(teams_cards(state, "T001"))
        await co.slack_reject(ADA, with_buttons(slack_cards(state, "T001")), blank)
        await co.teams_click(IVAN, on_teams, "Send rejection", {"reason": blank})
        body = {"decision": "reject", "comment": blank}
        path, key = f"/v1/requests/{made['id']}/decisions", await co.key("decide", person=ADA)
        status, refused = await co.call("POST", path, key, body)
        assert (status, refused["reason"]) == (422, "reason_required")
        found = await co.get(agent, made["id"])
        assert (found["status"], found["stages"][0]["votes"]) == ("pending", [])
