"""Strings that break naive programs, and texts that try to give orders, in every field.

Each goes through the real API into the database and out again, on the cards, forms and lists
of both platforms, into the trail and its export. A request is stored or refused with a reason;
nothing ever fails.
"""

import asyncio
import io
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack import forms as slack_forms
from adapters.slack import listing, modals, render
from adapters.slack.actions import Where
from adapters.teams import forms, home, pages
from adapters.teams import render as teams
from adapters.teams.limits import MOST
from core.audit.verifying import Trust, verify
from core.card import Card, Verb
from core.chat.home import HomeService
from core.chat.home_place import Place
from core.chat.home_port import Wish
from core.directory.people import Identity
from core.text import has_hidden, visible
from playground.teams.cards import check
from tests.adapters.slack.limits import assert_message, assert_view
from tests.contract.postgres import NoServer, drop_database, make_database, server
from tests.depth import parts
from tests.e2e.company import Company, Json, company
from tests.e2e.looking import trail_holds
from tests.e2e.rulebook import ADA, ALICE, FINN, MARA, Desk

DATA = Path(__file__).parents[3] / "shared" / "data"
NAUGHTY, INJECTIONS = DATA / "naughty-strings.json", DATA / "injections.jsonl"
PARTS = 6
OF_INJECTIONS = 60
JOINER = "\u2060"
"""What our renderers put in themselves."""

POLICY = """\
version: 1
rules:
  - name: expense
    when: request.action.type == "expense"
    category: review
    editable: [title, description, note]
    stages:
      - {name: Both, approvers: [mara@example.com, finn@example.com], quorum: 2}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""

pytestmark = pytest.mark.skipif(
    not (NAUGHTY.exists() and INJECTIONS.exists()),
    reason="the hostile strings (../shared/data) are not on this machine",
)


def strings(part: int) -> list[str]:
    """This part of all naughty strings, and of a sample of the injections."""
    found: list[str] = json.loads(NAUGHTY.read_text("utf-8"))
    lines = INJECTIONS.read_text("utf-8").splitlines()
    every = len(lines) // OF_INJECTIONS
    return (found + [json.loads(line)["text"] for line in lines[::every]])[part::PARTS]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, relay=False) as co:
        yield Desk(co, await co.key("submit", "read"))


def full_of(text: str) -> Json:
    """A submission in which all that may be text is this text."""
    return {
        "title": text[:150],
        "description": text,
        "requester": ALICE,
        "labels": [text[:50], "second"] if text else [],
        "action": {
            "type": "expense",
            "params": {"note": text, text: [text, {text: text}], "amount": 5},
        },
        "context": {"reasoning": text, "links": [text] if text else [], "conversation": [text]},
    }


def least_of(text: str) -> Json:
    """A submission with a good title, whatever the text is."""
    return {
        "title": "Pay",
        "description": text,
        "requester": ALICE,
        "action": {"type": "expense", "params": {"note": text}},
    }


async def submitted(desk: Desk, text: str) -> Json:
    """A request that is full of the text, or as full as the API takes."""
    for body in (full_of(text), least_of(text)):
        status, found = await desk.co.call("POST", "/v1/requests", desk.agent, body)
        if status == 201:
            assert found["action"]["params"] == body["action"]["params"], "stored as it came"
            assert (found["title"], found["description"]) == (body["title"], text)
            return found
        assert status == 422, (text, found)
        assert found["reason"] in ("invalid_input", "invalid_field"), found
        assert found["detail"], found
    raise AssertionError(f"neither form of {text!r} was taken")


async def acted(desk: Desk, request: Json, text: str) -> None:
    """The text as a comment, a reason and a report: taken, or refused with a reason."""
    for who, path, body in (
        (MARA, "comments", {"text": text, "question": True}),
        (desk.agent, "comments", {"text": text}),
        (MARA, "delegations", {"to": ADA, "reason": text}),
        (MARA, "decisions", {"decision": "approve", "comment": text}),
        (FINN, "decisions", {"decision": "approve", "edits": {text[:200]: text}}),
        (FINN, "decisions", {"decision": "approve", "stage": text}),
        (desk.agent, "revisions", {"title": f"{text}!"[:150]}),
        (MARA, "decisions", {"decision": "approve", "edits": {"note": f"{text}?"}}),
    ):
        status, found = await desk.act(who, request, path, body)
        assert status in (200, 409, 422), (text, path, found)
        assert status == 200 or found["reason"], found


def identities(co: Company) -> dict[str, Identity]:
    people = co.app.books.directory().people
    found = {"slack": people[MARA].identity("slack"), "teams": people[FINN].identity("teams")}
    return {name: each for name, each in found.items() if each is not None}


async def check_shown(co: Company, request: str, text: str) -> None:
    """Everything that people see of it, in Slack and in Teams."""
    for platform, who in identities(co).items():
        shown = (await co.app.chat.status(who, request)).card
        assert shown is not None
        drawn = list(slack_views(shown) if platform == "slack" else teams_cards(shown))
        past = (await co.app.chat.history(who, request)).text
        assert shown.binding is not None
        for verb in (Verb.EDIT, Verb.REJECT, Verb.DELEGATE):
            asked = (await co.app.chat.form(who, shown.binding, verb)).form
            if asked is None:
                continue
            if platform == "slack":
                drawn.append(slack_forms.view(asked, shown.title, Where(channel="C1", ts="1.2")))
                assert_view(drawn[-1])
            else:
                check_teams(forms.card(asked, problem=text))
        if platform == "slack":
            assert_view(modals.history(request, past))
        else:
            check_teams(pages.history(past, request, 1))
        check_hidden(drawn, shown, text)


def slack_views(shown: Card) -> Iterator[Any]:
    made = render.message(shown)
    assert_message(made.blocks)
    yield made.blocks
    whole = modals.whole_action(shown)
    assert_view(whole)
    yield whole


def teams_cards(shown: Card) -> Iterator[Any]:
    for made in (teams.render(shown), pages.page(shown, 1, None)):
        check_teams(made)
        yield made


def check_teams(card: Json) -> None:
    report = check(card)
    assert (report.problems, report.warnings) == ([], [])
    assert teams.size(card) <= MOST


def check_hidden(drawn: list[Any], shown: Card, text: str) -> None:
    """No character is there that a reader would not see; the card says which there were."""
    hidden = {c for c in text if has_hidden(c)} - {JOINER, "\ufe0f", "\u200d", "\n", "\r"}
    said = json.dumps(drawn, ensure_ascii=False)
    assert not hidden & set(said), [hex(ord(c)) for c in hidden & set(said)]
    if has_hidden(text[:30]):
        assert "⟦U+" in said
        assert visible(text[:30]) in visible(shown.whole_action + (shown.description or ""))


@pytest.mark.parametrize("part", parts(PARTS))
async def test_every_text_is_stored_or_refused_and_shown_as_it_is(desk: Desk, part: int) -> None:
    co = desk.co
    found = strings(part)
    assert len(found) > 90
    for text in found:
        request = await submitted(desk, text)
        await acted(desk, request, text)
        await check_shown(co, request["id"], text)
        assert await trail_holds(co, request["id"])
    await check_lists(desk)
    await check_export(co)


async def test_postgresql_keeps_them_as_well(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    try:
        with server() as cluster:
            url = make_database(cluster)
            policy = tmp_path / "policy.yaml"
            async with company(tmp_path, policy=policy, relay=False, database=url) as co:
                desk = Desk(co, await co.key("submit", "read"))
                for text in ["nul\x00", "\x00", *strings(1)]:
                    request = await submitted(desk, text)
                    await acted(desk, request, text)
                    assert await trail_holds(co, request["id"])
                await check_lists(desk)
                await check_export(co)
            drop_database(cluster, url)
    except NoServer as reason:
        pytest.skip(str(reason))


async def check_lists(desk: Desk) -> None:
    co = desk.co
    cursor: str | None = ""
    while cursor is not None:
        path = "/v1/requests?limit=200" + (f"&cursor={cursor}" if cursor else "")
        status, page = await co.call("GET", path, desk.agent)
        assert status == 200
        for item in page["items"]:
            status, _ = await co.call("GET", f"/v1/requests/{item['id']}/events", desk.agent)
            assert status == 200
        cursor = page["next_cursor"]
    who = identities(co)
    assert_message(listing.queue(await co.app.chat.queue(who["slack"])).blocks)
    world = co.app.approvals.world
    waiting = await HomeService(world, co.app.chat).page(who["teams"], Wish())
    assert waiting.items
    check_teams(home.card(waiting, Place()))


async def check_export(co: Company) -> None:
    reader = await co.key("read_all")
    headers = {"Authorization": f"Bearer {reader}"}
    async with co.http.get(f"{co.base_url}/v1/audit/export", headers=headers) as answer:
        lines = await answer.read()
    _, jwks = await co.call("GET", "/.well-known/jwks.json")
    part = await asyncio.to_thread(verify, io.BytesIO(lines), len(lines), Trust(jwks))
    assert part.events > 90 * 4
