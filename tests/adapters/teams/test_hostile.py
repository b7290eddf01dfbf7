"""What an activity may do to us, however it was made: nothing in it is believed that the token
does not vouch for, and no shape of it breaks the server."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.teams.addresses import Trusted, hosted
from adapters.teams.app import build
from adapters.teams.settings import TeamsSettings
from core.directory.people import Identity
from core.ports import Dead, Delivered
from core.rows import MessageRef, Recipient
from tests.adapters.teams.cards import DATA, NOW, a_card
from tests.adapters.teams.conftest import EVE, FINN, TENANT, Json, Rig, delivery, person
from tests.adapters.teams.fakes import Recording, Shelf
from tests.ports import a_chat

OTHER = "99999999-aaaa-4aaa-8aaa-000000000009"
APPROVE = {**DATA, "verb": "approve"}
TO_FINN = Recipient(platform="teams", id="finn@example.com")

JUNK: list[Any] = [
    None,
    True,
    -1,
    1e308,
    2**80,
    "",
    "x" * 5000,
    "\u202e\x00<at>x</at>\ud7ff",
    "2026-99-99T99:99:99Z",
    [],
    [[[]]],
    [None],
    ["a", 1, {"id": 5}],
    {},
    {"id": {"id": []}},
    {"id": None, "type": 3, "verb": [], "data": "x", "tenant": [], "channel": 7},
]


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every member of a JSON value, however deep."""
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for name, inner in members:
        yield (*at, name)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*at, name))


def changed(value: Json, path: tuple[Any, ...], new: Any) -> Json:
    made: Any = copy.deepcopy(value)
    inner = made
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = new
    return dict(made)


def activities(rig: Rig) -> dict[str, Json]:
    """One of each kind of activity that means something, and some more members."""
    click = rig.invoke({"verb": "approve"}, APPROVE)
    bare = {"name": None, "value": None}
    bot = [{"id": click["recipient"]["id"], "name": "Countersign"}]
    mention = {"type": "mention", "text": "<at>C</at>", "mentioned": {"id": "28:x", "name": "C"}}
    message = {**click, **bare, "type": "message", "text": "help", "entities": [mention]}
    return {
        "a click": click,
        "a submitted button": {**message, "value": APPROVE, "text": None},
        "a message": message,
        "an installation": {**click, **bare, "type": "installationUpdate", "action": "add"},
        "a removal": {**click, **bare, "type": "installationUpdate", "action": "remove"},
        "members": {
            **click,
            **bare,
            "type": "conversationUpdate",
            "membersAdded": bot,
            "membersRemoved": bot,
        },
        "a form asked for": {**click, "name": "task/fetch", "value": {"data": APPROVE}},
        "a form sent": {**click, "name": "task/submit", "value": {"data": APPROVE}},
    }


KINDS = (
    "a click",
    "a submitted button",
    "a message",
    "an installation",
    "a removal",
    "members",
    "a form asked for",
    "a form sent",
)


@pytest.mark.parametrize("kind", KINDS)
async def test_no_value_of_any_type_in_any_member_is_a_server_error(
    rig: Rig, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    whole = activities(rig)[kind]
    assert (await rig.post(whole))[0] == 200
    for path in list(paths(whole)):
        for junk in JUNK:
            status, body = await rig.post(changed(whole, path, junk))
            assert status < 500 or (status, body) == (501, {}), (path, junk, status, body)
            # An invoke says in its body how it went; what we failed at would be 500 there.
            if isinstance(body, dict):
                assert body.get("statusCode", 200) < 500, (path, junk, body)
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    "value",
    [
        {"action": {"type": "Action.Execute", "verb": "approve", "data": 0}},
        json.loads('{"a":' * 90 + "1" + "}" * 90),
        [[[[[[]]]]]],
    ],
    ids=["odd", "deep", "lists"],
)
async def test_no_value_of_a_click_is_a_server_error(rig: Rig, value: Any) -> None:
    status, body = await rig.post({**rig.invoke({}, None), "value": value})
    assert (status, body["statusCode"] < 500) == (200, True)
    assert rig.conversations.clicks == []


async def test_names_addresses_and_ids_in_a_click_say_nothing_about_who_clicks(rig: Rig) -> None:
    claims = {"person": "cfo@example.com", "aadObjectId": EVE, "from": {"aadObjectId": EVE}}
    click = rig.invoke({"verb": "approve"}, {**APPROVE, **claims})
    click["from"] = {**click["from"], "name": "Eve Ende", "userPrincipalName": "eve@example.com"}
    assert (await rig.post(click))[0] == 200
    assert [each.identity for each in rig.conversations.clicks] == [person(FINN)]


async def test_without_an_entra_object_id_nobody_clicks(rig: Rig) -> None:
    click = rig.invoke({"verb": "approve"}, APPROVE)
    click["from"] = {"id": "29:1finn", "name": "Finn Fischer"}
    _, body = await rig.post(click)
    assert "did not say who you are" in body["value"]["message"]
    assert rig.conversations.clicks == []


async def test_people_of_another_organisation_in_a_shared_channel_are_nobody(rig: Rig) -> None:
    click = rig.invoke({"verb": "approve"}, APPROVE)
    click["from"]["tenantId"] = OTHER
    _, body = await rig.post(click)
    assert "did not say who you are" in body["value"]["message"]
    click["from"]["tenantId"] = TENANT.upper()
    await rig.post(click)
    assert [each.identity for each in rig.conversations.clicks] == [person(FINN)]


# --- where the bot's token goes ------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://smba.trafficmanager.net/emea/", True),
        ("https://SMBA.trafficmanager.net/teams", True),
        ("https://smba.infra.gcc.teams.microsoft.com/teams", True),
        ("http://smba.trafficmanager.net/emea/", False),
        ("https://evil.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net.evil.example/", False),
        ("https://smba.trafficmanager.net@evil.example/", False),
        ("https://user@smba.trafficmanager.net/", False),
        ("https://smba.trafficmanager.net:8443/", False),
        ("https://evil.example/smba.trafficmanager.net", False),
        ("https://evil.example#smba.trafficmanager.net", False),
        ("https://169.254.169.254/", False),
        ("http://127.0.0.1:3978/", False),
        ("http://localhost/", False),
        ("https://[::1", False),
        ("smba.trafficmanager.net", False),
        ("", False),
    ],
)
def test_only_places_of_teams_get_the_bots_token(address: str, good: bool) -> None:
    assert Trusted()(address) is good


def test_this_machine_is_trusted_only_where_it_stands_in_for_microsoft() -> None:
    real = TeamsSettings(app_id="app", tenant=TENANT, app_password="s")
    assert not real.trusted("http://127.0.0.1:3978/")
    for simulated in (
        replace(real, metadata_url="http://127.0.0.1:9/keys"),
        TeamsSettings(app_id="", tenant=TENANT, allow_anonymous=True),
    ):
        assert simulated.trusted("http://127.0.0.1:3978/")
        assert not simulated.trusted("http://10.0.0.1/")
        assert not simulated.trusted("http://x@127.0.0.1/")
    more = replace(real, service_hosts=("smba.example.com", "smba.example.org:8443"))
    assert more.trusted("https://smba.example.com/teams")
    assert more.trusted("https://smba.example.org:8443/")
    assert not more.trusted("https://smba.example.org/")


def test_a_host_is_named_whatever_stands_for_an_address() -> None:
    assert hosted("https://evil.example/x") == "evil.example"
    assert hosted("https://[::1") == ""


async def test_a_signed_activity_that_names_another_place_is_refused_and_kept_nowhere(
    rig: Rig,
) -> None:
    evil = "https://evil.example/teams"
    key = rig.token_for(evil)
    click = {**rig.invoke({"verb": "approve"}, APPROVE), "serviceUrl": evil}
    status, body = await rig.post(click, key)
    assert (status, body["message"]) == (403, "serviceUrl is not a place of Teams")
    assert rig.conversations.clicks == []
    assert rig.shelf.writes == []
    assert rig.calls("token") == []


async def test_a_place_kept_from_elsewhere_never_gets_the_token(rig: Rig) -> None:
    evil = {"service_url": "https://evil.example/teams", "conversation": "a:1", "tenant": TENANT}
    rig.shelf.kept[person(FINN)] = {**evil, "bot": "28:x"}
    ref = MessageRef(platform="teams", fields={**evil, "activity": "1"})
    for refs in ((), (ref,)):
        outcome = await rig.platform.channel.show(a_card(), TO_FINN, person(FINN), delivery(*refs))
        assert isinstance(outcome, Dead)
        assert "add evil.example to TEAMS_SERVICE_HOSTS" in outcome.reason
    assert rig.calls("token") == []


# --- several tenants -----------------------------------------------------------------------


async def test_people_of_every_listed_tenant_decide_each_as_who_they_are_there(
    rig: Rig,
) -> None:
    conversations, shelf = Recording(), Shelf()
    settings = replace(rig.settings, app_type="MultiTenant", more_tenants=(OTHER.upper(),))
    platform = build(a_chat(conversations), shelf, settings, clock=lambda: NOW)
    app = web.Application()
    app.add_routes(platform.routes)
    async with TestServer(app) as server:
        await platform.start()
        url, rig.url = rig.url, str(server.make_url("/api/messages"))
        for tenant, status in ((TENANT, 200), (OTHER, 200), (OTHER[:-1] + "8", 403)):
            click = rig.invoke({"verb": "approve"}, APPROVE)
            click["conversation"]["tenantId"] = tenant
            click["channelData"]["tenant"]["id"] = tenant
            assert (await rig.post(click))[0] == status
        click["channelData"]["tenant"]["id"] = TENANT
        assert (await rig.post(click))[0] == 403, "two tenants at once"
        rig.url = url
        await platform.stop()
    there = Identity(platform="teams", realm=OTHER, account=FINN)
    assert [each.identity for each in conversations.clicks] == [person(FINN), there]
    assert {who.realm for who in shelf.kept} == {TENANT, OTHER}
    assert shelf.kept[there]["tenant"] == OTHER


async def test_nothing_is_sent_to_people_of_a_tenant_that_is_not_served(rig: Rig) -> None:
    stranger = Identity(platform="teams", realm=OTHER, account=FINN)
    outcome = await rig.platform.channel.show(a_card(), TO_FINN, stranger, delivery())
    assert isinstance(outcome, Dead)
    assert "add theirs to MICROSOFT_ALLOWED_TENANTS" in outcome.reason
    assert rig.calls("POST conversations") == []


# --- again ---------------------------------------------------------------------------------


async def test_a_replayed_activity_is_told_to_be_the_same(rig: Rig) -> None:
    nudge = rig.invoke({"verb": "nudge"}, {**DATA, "verb": "nudge"})
    submitted = {**nudge, "type": "message", "name": None, "value": {**DATA, "verb": "nudge"}}
    for activity in (nudge, {**submitted, "id": "1700000000001"}):
        for _ in range(3):
            assert (await rig.post(activity))[0] == 200
    onces = rig.conversations.onces
    assert onces == [onces[0]] * 3 + [onces[3]] * 3
    assert len({*onces, ""}) == 3


async def test_what_is_posted_after_hostile_activities_still_arrives(rig: Rig) -> None:
    for junk in JUNK:
        await rig.post({**rig.invoke({}, None), "conversation": junk})
    outcome = await rig.platform.channel.show(a_card(), TO_FINN, person(FINN), delivery())
    assert isinstance(outcome, Delivered)


async def test_answers_to_somebody_who_writes_without_a_pause_come_in_order_and_wait_together(
    rig: Rig,
) -> None:
    rig.fault("POST activities", "429", retry_after=1)
    message = {**activities(rig)["a message"], "text": "status"}
    for number in range(5):
        await rig.post({**message, "id": f"170000000010{number}"})
    await rig.replies(rig.chat(FINN), 5)
    refused = [call["status"] for call in rig.calls("POST activities")].count(429)
    assert refused == 1, "those behind it did not try meanwhile"
