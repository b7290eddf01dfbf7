"""People talk to the app in Teams, end to end: they ask, approve several at once, answer a card
and a notice, and say whose their account is."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from core.directory import binding
from core.directory.accounts import LinkCode
from core.directory.codes import digest_of, name_of
from tests.e2e.company import Company, company
from tests.e2e.looking import everything_is_delivered

Json = dict[str, Any]

ROOM = "19:approvals@thread.tacv2"
POLICY = f"""
version: 1
defaults: {{expires_in: 24h, sla: 60m}}
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    batch: true
    channel: teams:{ROOM}
    stages:
      - {{name: Finance, approvers: [finn@example.com]}}
fallback: {{category: review, stages: [{{name: Review, approvers: ["group:admins"]}}]}}
last_resort: group:admins
"""
OLGA, FINN, MARA = (f"{name}@example.com" for name in ("olga", "finn", "mara"))
CODE = "ABCDEFGHJKMNPQRS"
STRANGER = {
    "name": "Mara Miller",
    "email": "mm@elsewhere.example",
    "teams_oid": "11111111-2222-3333-4444-555555555555",
    "slack_user": "U0MM",
}


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, strangers=[STRANGER]) as running:
        yield running


def said(shown: object) -> str:
    return json.dumps(shown, ensure_ascii=False)


async def newest(co: Company, person: str, having: str) -> Json:
    """The person's newest message with these words."""

    async def look() -> Json | None:
        found = [m for m in await co.teams_messages(person) if having in said(m)]
        return found[-1] if found else None

    message: Json = await co.until(look)
    return message


async def ask(co: Company, title: str, amount: str = "1200") -> None:
    """Olga asks by the form."""
    await co.teams(OLGA, "message", text=f"request {title}")
    form = await newest(co, OLGA, title)
    inputs = {"wish:kind": "purchase_order", "wish:title": title, "wish:amount": amount}
    done = await co.teams_click(OLGA, form, "Ask", inputs | {"wish:currency": "EUR"})
    assert done["ok"], done
    assert "Your request is sent." in said(done["body"])


async def the_one(co: Company) -> str:
    """The id of the only request."""
    (found,) = await co.storage.store.open_ids("", 10)
    return found


async def remarks(co: Company, request: str) -> list[tuple[str, str, bool]]:
    found = (await co.get(await co.key("read", "read_all"), request))["comments"]
    return [(c["person"], c["text"], c["question"]) for c in found]


async def room_card(co: Company) -> Json:
    """The card in the channel."""

    async def look() -> Json | None:
        room = (await co.state())["teams"]["conversations"].get(ROOM)
        cards = [a for a in room["activities"] if a["attachments"]] if room else []
        return cards[0] if cards else None

    card: Json = await co.until(look)
    await co.until(lambda: everything_is_delivered(co))
    return card


async def below(co: Company, person: str, card: Json, text: str) -> None:
    thread = f"{ROOM};messageid={card['id']}"
    done = await co.teams(person, "message", conversation=thread, text=f"@Countersign {text}")
    assert done["ok"], done


async def test_a_person_asks_and_the_approver_approves_both_from_the_queue(co: Company) -> None:
    await ask(co, "New chairs")
    await ask(co, "New tables", "900")
    await co.teams(FINN, "message", text="queue")
    queue = await newest(co, FINN, "2 requests wait for you")
    content = queue["attachments"][0]["content"]
    assert ("New chairs" in said(content), "1,200 EUR" in said(content)) == (True, True)
    ticks = {
        element["id"]: element["valueOn"]
        for box in content["body"]
        for element in box.get("items", [])
        if element["type"] == "Input.Toggle"
    }
    assert len(ticks) == 2
    done = await co.teams_click(FINN, queue, "Approve selected…", ticks)
    question = done["body"]["value"]
    assert "Approve these 2 requests?" in said(question)
    card = {**queue, "attachments": [{"content": question}]}
    done = await co.teams_click(FINN, card, "Approve 2")
    assert "Your 2 approvals are recorded." in said(done["body"])
    for title in ("New chairs", "New tables"):
        await newest(co, OLGA, title)
        assert "Approved by Finn Fischer" in said(await newest(co, OLGA, f"“{title}”: "))


async def test_a_question_below_the_card_is_answered_from_its_notice(co: Company) -> None:
    await ask(co, "New chairs")
    request = await the_one(co)
    await below(co, FINN, await room_card(co), "why this vendor?")
    notice = await newest(co, OLGA, "why this vendor?")
    assert "Reply to this message to answer" in said(notice)
    await co.until(lambda: everything_is_delivered(co))
    await co.teams(OLGA, "message", text="It is the cheapest.", quotes=notice["id"])
    assert await remarks(co, request) == [
        (FINN, "why this vendor?", True),
        (OLGA, "It is the cheapest.", False),
    ]
    assert "It is the cheapest." in said(await newest(co, FINN, "It is the cheapest."))


async def test_words_that_sound_like_a_decision_decide_nothing_and_are_said_so(
    co: Company,
) -> None:
    await ask(co, "New chairs")
    request = await the_one(co)
    await below(co, FINN, await room_card(co), "approve")
    assert await newest(co, FINN, "recorded as a comment")
    found = await co.storage.store.snapshot(request)
    assert found is not None
    assert found.state.is_open


async def test_a_stranger_below_a_card_is_told_alone_how_to_link_and_links(co: Company) -> None:
    await ask(co, "New chairs")
    request, card = await the_one(co), await room_card(co)
    co.people[STRANGER["email"]] = STRANGER
    await below(co, STRANGER["email"], card, "me too")
    told = await newest(co, STRANGER["email"], "Write link")
    assert "not linked to anyone in the directory" in told["text"]
    assert await remarks(co, request) == []
    await made_code(co)
    await co.teams(STRANGER["email"], "message", text=f"link {CODE}")
    await newest(co, STRANGER["email"], f"linked to Mara Miller ({MARA})")
    await below(co, STRANGER["email"], card, "me too")
    await co.until(lambda: _has(co, request))
    assert await remarks(co, request) == [(MARA, "me too", False)]


async def _has(co: Company, request: str) -> bool:
    return bool(await remarks(co, request))


async def made_code(co: Company) -> None:
    """As `countersign people link` makes one."""
    now = co.app.approvals.world.clock()
    code = LinkCode(
        hash=digest_of(CODE),
        name=name_of(CODE),
        person=MARA,
        made_by="cli",
        made_at=now,
        expires_at=now + binding.MAIL_CODE_LIVES,
    )
    await co.storage.accounts.transact(lambda ledger: ledger.keep_code(code))


async def test_changes_are_asked_for_and_made_in_teams(co: Company) -> None:
    await ask(co, "New chairs")
    request = await the_one(co)
    card = await co.teams_card(FINN, "New chairs")
    opened = await co.teams_click(FINN, card, "Request changes")
    form = opened["body"]["task"]["value"]["card"]["content"]
    where = {"conversation": card["conversation"], "activity": card["id"]}
    send = form["actions"][0]
    inputs = {"reason": "Cheaper, please"}
    done = await co.teams(FINN, "send", **where, action=send, inputs=inputs)
    assert done["ok"], done
    notice = await newest(co, OLGA, "Change and send again")
    opened = await co.teams_click(OLGA, notice, "Change and send again")
    shown = opened["body"]
    assert "Cheaper, please" in said(shown)
    await _sent(co, notice, shown)
    found = await co.storage.store.snapshot(request)
    assert found is not None
    assert (found.state.revision, found.state.is_open) == (2, True)


async def _sent(co: Company, notice: Json, shown: Json) -> None:
    """Olga fills in the form, in a dialog or in place of the notice."""
    where = {"conversation": notice["conversation"], "activity": notice["id"]}
    inputs = {"wish:title": "Cheaper chairs", "wish:amount": "800"}
    in_dialog = "task" in shown
    form = shown["task"]["value"]["card"]["content"] if in_dialog else shown["value"]
    do = "send" if in_dialog else "execute"
    done = await co.teams(OLGA, do, **where, action=form["actions"][0], inputs=inputs)
    assert done["ok"], done
    assert "Revision 2 is sent." in said(done["body"])
