"""Cards and notices into Teams: posted, edited, posted again, and what each failure means."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from aiohttp import ClientTimeout, web
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from adapters.teams import connectors
from core.ports import Dead, Delivered, Notice, Outcome, RetryAt
from core.rows import MessageRef, Recipient
from tests.adapters.teams.cards import REQUEST, a_card, a_rejected_card, parts, texts
from tests.adapters.teams.conftest import (
    EVE,
    FINANCE,
    FINN,
    TENANT,
    Json,
    Rig,
    content,
    delivery,
    person,
    reference,
)
from tests.adapters.teams.fakes import Shelf

TO_FINN = Recipient(platform="teams", id="finn@example.com")
TO_FINANCE = Recipient(platform="teams", id=FINANCE, kind="channel")
RESULT = Notice(
    kind="result",
    request=REQUEST,
    title="New ERP system",
    text="Approved by Dana Director.",
    status="approved",
)


async def show(rig: Rig, *refs: MessageRef, oid: str = FINN, uncertain: bool = False) -> Outcome:
    given = delivery(*refs, uncertain=uncertain)
    return await rig.platform.channel.show(a_card(), TO_FINN, person(oid), given)


async def test_a_card_is_posted_in_the_persons_chat_and_its_place_is_returned(rig: Rig) -> None:
    ref = reference(await show(rig))
    message = rig.said(rig.chat(FINN))[0]
    assert ref == MessageRef(
        platform="teams",
        fields={
            "service_url": rig.settings.service_url,
            "conversation": rig.chat(FINN),
            "activity": message["id"],
            "tenant": TENANT,
        },
        key=f"{FINN}|{message['id']}",
    )
    assert "New ERP system" in texts(content(message))
    assert message["summary"] == "New ERP system: Waiting for Finance (stage 2 of 3)"
    assert message["warnings"] == []


async def test_a_chat_is_opened_once_and_remembered(rig: Rig, shelf: Shelf) -> None:
    await show(rig)
    await show(rig)
    assert len(rig.calls("POST conversations")) == 1
    assert shelf.kept[person(FINN)]["conversation"] == rig.chat(FINN)


async def test_the_newest_message_is_edited_not_posted_again(rig: Rig) -> None:
    old, new = reference(await show(rig)), reference(await show(rig))
    final = await rig.platform.channel.show(
        a_rejected_card(), TO_FINN, person(FINN), delivery(old, new)
    )
    assert final == Delivered(ref=new)
    first, second = rig.said(rig.chat(FINN))
    assert not first["edited"]
    assert second["edited"]
    assert "Rejected by Finn Fischer" in texts(content(second))
    assert "actions" not in content(second)


async def test_a_known_message_is_edited_even_after_an_uncertain_send(rig: Rig) -> None:
    ref = reference(await show(rig))
    assert await show(rig, ref, uncertain=True) == Delivered(ref=ref)
    assert len(rig.said(rig.chat(FINN))) == 1


@pytest.mark.parametrize("error", ["ActivityNotFoundInConversation", "BotNotInConversationRoster"])
async def test_a_message_that_cannot_be_edited_is_posted_again(rig: Rig, error: str) -> None:
    ref = reference(await show(rig))
    rig.fault("PUT activities", "error", error=error)
    again = reference(await show(rig, ref))
    assert again.fields["activity"] != ref.fields["activity"]
    assert len(rig.said(rig.chat(FINN))) == 2


async def test_a_card_whose_content_was_erased_is_never_posted_again(rig: Rig) -> None:
    ref = reference(await show(rig))
    rig.fault("PUT activities", "error", error="ActivityNotFoundInConversation")
    card = replace(a_rejected_card(), erased=True)
    again = await rig.platform.channel.show(card, TO_FINN, person(FINN), delivery(ref))
    assert again == Delivered(ref=ref)
    assert len(rig.said(rig.chat(FINN))) == 1


async def test_a_chat_that_is_gone_is_opened_anew(rig: Rig, shelf: Shelf) -> None:
    fields = {
        "service_url": rig.settings.service_url,
        "conversation": "a:long-gone",
        "bot": "28:old",
        "tenant": TENANT,
    }
    shelf.kept[person(FINN)] = fields
    ref = reference(await show(rig))
    assert ref.fields["conversation"] == rig.chat(FINN)
    assert shelf.kept[person(FINN)]["conversation"] == rig.chat(FINN)


async def test_who_has_not_installed_the_app_is_dead_with_the_remedy(rig: Rig) -> None:
    assert await show(rig, oid=EVE) == Dead(
        reason="Teams answered 403 (ForbiddenOperationException): the person has not installed the "
        "app in Teams: ask them to add it, or have an administrator install it for them"
    )


async def test_who_has_no_account_in_teams_is_dead_with_the_remedy(rig: Rig) -> None:
    outcome = await rig.platform.channel.show(a_card(), TO_FINN, None, delivery())
    assert isinstance(outcome, Dead)
    assert outcome.reason == (
        f"no Teams account is known for this person ({TO_FINN.id}): let them write link to the "
        f"app in Teams, run countersign people link {TO_FINN.id}, or add identities.teams to "
        "their entry in the directory"
    )
    assert await rig.platform.channel.tell(RESULT, TO_FINN, None) == outcome


async def test_what_was_posted_is_edited_for_who_has_no_account_any_more(rig: Rig) -> None:
    old, new = reference(await show(rig)), reference(await show(rig))
    final = await rig.platform.channel.show(a_rejected_card(), TO_FINN, None, delivery(old, new))
    assert final == Delivered(ref=new)
    assert [message["edited"] for message in rig.said(rig.chat(FINN))] == [False, True]


@pytest.mark.parametrize("error", ["ActivityNotFoundInConversation", "BotNotInConversationRoster"])
async def test_what_cannot_be_edited_is_dead_for_who_has_no_account_any_more(
    rig: Rig, error: str
) -> None:
    ref = reference(await show(rig))
    rig.fault("PUT activities", "error", error=error)
    outcome = await rig.platform.channel.show(a_card(), TO_FINN, None, delivery(ref))
    assert isinstance(outcome, Dead)
    assert outcome.reason.startswith(
        "what was posted in Teams can no longer be edited, and no Teams account is known for "
        f"this person ({TO_FINN.id}): let them write link"
    )
    assert len(rig.said(rig.chat(FINN))) == 1


async def test_without_an_account_an_edit_that_may_work_is_still_tried_again(rig: Rig) -> None:
    ref = reference(await show(rig))
    rig.fault("PUT activities", "500")
    outcome = await rig.platform.channel.show(a_card(), TO_FINN, None, delivery(ref))
    assert isinstance(outcome, RetryAt)


@dataclass
class Connector:
    """A connector that answers 201 with that body to everything."""

    url: str
    body: bytes = b""


@pytest.fixture
async def connector() -> AsyncIterator[Connector]:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=201, body=made.body, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        made = Connector(str(server.make_url("/")))
        yield made


UNKNOWN = [b"", b"null", b"{}", b'{"id": ""}', b'{"id": null}']
ODD = [b"[]", b"5", b'"x"', b"{", b"\xff", b'{"id": {"a": 1}}', b'{"id": [1]}', b"[[1]]"]


@pytest.mark.parametrize("body", UNKNOWN)
async def test_a_post_that_was_taken_without_an_id_is_delivered_and_has_no_reference(
    rig: Rig, shelf: Shelf, connector: Connector, body: bytes
) -> None:
    connector.body = body
    place = {"service_url": connector.url, "bot": "28:b", "tenant": TENANT}
    shelf.kept[person(FINN)] = {**place, "conversation": "a:1"}
    shelf.kept[person(FINANCE)] = {**place, "conversation": FINANCE}
    assert await show(rig) == Delivered()
    channel = await rig.platform.channel.show(a_card(), TO_FINANCE, None, delivery())
    assert channel == Delivered()


@pytest.mark.parametrize("body", UNKNOWN)
async def test_a_chat_that_was_opened_without_an_id_is_asked_for_again(
    rig: Rig, shelf: Shelf, connector: Connector, body: bytes
) -> None:
    connector.body = body
    shelf.kept[person("*")] = {"service_url": connector.url, "bot": "28:b", "tenant": TENANT}
    assert await show(rig) == RetryAt("Teams gave no conversation")


@pytest.mark.parametrize("body", ODD)
async def test_an_answer_that_is_not_the_documented_one_never_raises(
    rig: Rig, shelf: Shelf, connector: Connector, body: bytes
) -> None:
    connector.body = body
    place = {"service_url": connector.url, "bot": "28:b", "tenant": TENANT}
    shelf.kept[person("*")] = place
    shelf.kept[person(FINANCE)] = {**place, "conversation": FINANCE}
    channel = await rig.platform.channel.show(a_card(), TO_FINANCE, None, delivery())
    for outcome in (await show(rig), channel):
        assert isinstance(outcome, RetryAt | Delivered)


async def test_a_channel_gets_a_thread_of_its_own_that_is_edited_later(rig: Rig) -> None:
    posted = await rig.platform.channel.show(a_card(), TO_FINANCE, None, delivery())
    ref = reference(posted)
    assert ref.fields["conversation"] == f"{FINANCE};messageid={ref.fields['activity']}"
    again = await rig.platform.channel.show(a_rejected_card(), TO_FINANCE, None, delivery(ref))
    assert again == Delivered(ref=ref)
    assert len(rig.said(FINANCE)) == 1
    assert "Rejected by Finn Fischer" in texts(content(rig.said(FINANCE)[0]))


async def test_a_channel_without_the_app_is_dead_with_the_remedy(rig: Rig) -> None:
    rig.fault("POST conversations", "error", error="BotNotInConversationRoster")
    outcome = await rig.platform.channel.show(a_card(), TO_FINANCE, None, delivery())
    assert isinstance(outcome, Dead)
    assert outcome.reason.endswith(
        "group chat: have an owner of the team, or a member of the chat, add it"
    )


FAULTS: list[tuple[str, Json, Outcome]] = [
    ("429", {"retry_after": 7}, RetryAt("Teams answered 429 (Throttled)", 7000, False, True)),
    ("error", {"error": "PreconditionFailed"}, RetryAt("Teams answered 412 (PreconditionFailed)")),
    ("500", {}, RetryAt("Teams answered 500 (ServiceError)", uncertain=True)),
    ("500", {"status": 502}, RetryAt("Teams answered 502 (ServiceError)", uncertain=True)),
    ("500", {"status": 504}, RetryAt("Teams answered 504 (ServiceError)", uncertain=True)),
    ("5xx_after_accept", {}, RetryAt("Teams answered 500 (ServiceError)", uncertain=True)),
    (
        "error",
        {"error": "BadArgument", "status": 400},
        Dead("Teams answered 400 (BadArgument): Countersign sent something Teams does not take"),
    ),
]


@pytest.mark.parametrize("operation", ["POST activities", "PUT activities"])
@pytest.mark.parametrize(("do", "fields", "expected"), FAULTS)
async def test_each_answer_of_teams_is_said_as_what_it_means(
    rig: Rig, operation: str, do: str, fields: Json, expected: Outcome
) -> None:
    refs = [reference(await show(rig))] if operation == "PUT activities" else []
    before = len(rig.calls(operation))
    rig.fault(operation, do, **fields)
    assert await show(rig, *refs) == expected
    # One call: nothing is retried behind the relay's back.
    assert len(rig.calls(operation)) == before + 1


async def test_a_post_whose_answer_is_lost_is_uncertain_and_not_repeated(rig: Rig) -> None:
    await show(rig)
    rig.fault("POST activities", "drop_answer")
    assert await show(rig) == RetryAt("no answer (ServerDisconnectedError)", uncertain=True)
    assert len(rig.said(rig.chat(FINN))) == 2


async def test_an_edit_whose_answer_is_lost_may_be_repeated_by_the_transport(rig: Rig) -> None:
    ref = reference(await show(rig))
    rig.fault("PUT activities", "drop_answer")
    assert await show(rig, ref) == Delivered(ref=ref)
    assert len(rig.said(rig.chat(FINN))) == 1


async def test_an_answer_that_never_comes_ends_in_time_and_is_uncertain(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await show(rig)
    monkeypatch.setattr(connectors, "_TIMEOUT", ClientTimeout(total=0.2))
    rig.fault("POST activities", "hang")
    assert await show(rig) == RetryAt("no answer (TimeoutError)", uncertain=True)


async def test_a_server_that_is_not_there_was_certainly_not_reached(rig: Rig, shelf: Shelf) -> None:
    where = {
        "service_url": "http://127.0.0.1:9/connector",
        "conversation": "a:1",
        "bot": "28:b",
        "tenant": TENANT,
    }
    shelf.kept[person(FINN)] = where
    outcome = await show(rig)
    assert isinstance(outcome, RetryAt)
    assert outcome.reason.startswith("no connection")
    assert not outcome.uncertain


async def test_a_card_that_is_too_large_for_teams_is_made_smaller(rig: Rig) -> None:
    long = ("One word after the other. " * 80).strip()
    await show(rig)
    rig.fault("POST activities", "error", error="MessageSizeTooBig")
    ref = reference(
        await rig.platform.channel.show(a_card(description=long), TO_FINN, person(FINN), delivery())
    )
    sizes = [len(str(c["args"]["body"])) for c in rig.calls("POST activities")[1:]]
    assert len(sizes) == 2
    assert sizes[1] < sizes[0]
    shown = content(next(m for m in rig.said(rig.chat(FINN)) if m["id"] == ref.fields["activity"]))
    assert any(f"[cut: {len(long):,} characters]" in text for text in texts(shown))
    assert [a["verb"] for a in parts(shown, "Action.Execute")] == ["approve", "reject"]


async def test_when_even_the_smallest_is_too_large_it_is_dead(rig: Rig) -> None:
    rig.fault("POST activities", "error", error="MessageSizeTooBig", times=3)
    assert await show(rig) == Dead(
        "Teams answered 413 (MessageSizeTooBig): even the shortest card is too large for it"
    )


async def test_many_cards_go_out_side_by_side(rig: Rig) -> None:
    await show(rig)
    rig.fault("POST activities", "slow", seconds=0.3, times=20)
    async with asyncio.timeout(4):
        outcomes = await asyncio.gather(*(show(rig) for _ in range(20)))
    assert all(isinstance(outcome, Delivered) for outcome in outcomes)


async def test_the_result_is_told_in_one_plain_sentence(rig: Rig) -> None:
    ref = reference(await rig.platform.channel.tell(RESULT, TO_FINN, person(FINN)))
    told = rig.said(rig.chat(FINN))[0]
    assert ref.key == f"{FINN}|{told['id']}", "what is told can be answered"
    assert told["text"] == f"“New ERP system”: Approved by Dana Director. (request {REQUEST})"
    assert rig.calls("POST activities")[0]["args"]["body"]["textFormat"] == "plain"


async def test_a_notice_to_who_has_not_installed_the_app_is_dead(rig: Rig) -> None:
    outcome = await rig.platform.channel.tell(RESULT, TO_FINN, person(EVE))
    assert isinstance(outcome, Dead)
    assert "not installed" in outcome.reason


async def test_the_channel_is_called_teams(rig: Rig) -> None:
    assert rig.platform.channel.platform == "teams"
