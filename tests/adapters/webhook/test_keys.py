"""Who may call: keys, their life and their scopes."""

import pytest

from core.refusals import Reason, Refused
from tests.adapters.webhook.conftest import Api, a_body
from tests.core.builders import NOW

ROUTES = [
    ("POST", "/v1/requests"),
    ("GET", "/v1/requests"),
    ("GET", "/v1/requests/r1"),
    ("GET", "/v1/requests/r1/events"),
    ("POST", "/v1/requests/r1/decisions"),
    ("POST", "/v1/requests/r1/cancel"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_key_nothing_is_answered(api: Api, method: str, path: str) -> None:
    reply = await api.call(method, path, key=None)
    assert (reply.status, reply.reason) == (401, "key_missing")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert api.service.calls == []


@pytest.mark.parametrize(
    "header", ["Basic abc", "Bearer", "Bearer ", "cs_good", "bearer:cs_good", "Token cs_good"]
)
async def test_another_scheme_is_a_missing_key(api: Api, header: str) -> None:
    reply = await api.get("/v1/requests", key=None, headers={"Authorization": header})
    assert (reply.status, reply.reason) == (401, "key_missing")


@pytest.mark.parametrize("secret", ["cs_bad", "x" * 5000, "schlüssel", "cs_good x", "' OR 1=1 --"])
async def test_an_unknown_key_is_401_and_is_not_repeated(api: Api, secret: str) -> None:
    header = {"Authorization": f"Bearer {secret}"}
    reply = await api.get("/v1/requests", key=None, headers=header)
    assert (reply.status, reply.reason) == (401, "key_unknown")
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert secret not in reply.text


@pytest.mark.parametrize("second", ["cs_good", "cs_bad", "cs_other"])
async def test_of_two_keys_none_counts(api: Api, second: str) -> None:
    api.keys.make("cs_other", "read")
    both = [("Authorization", "Bearer cs_good"), ("Authorization", f"Bearer {second}")]
    async with api.session.get(f"{api.url}/v1/requests", headers=both) as answer:
        assert (answer.status, (await answer.json(content_type=None))["reason"]) == (
            401,
            "key_missing",
        )


async def test_the_scheme_is_read_without_regard_to_case(api: Api) -> None:
    reply = await api.get("/v1/requests", key=None, headers={"Authorization": "bearer cs_good"})
    assert reply.status == 200


async def test_a_key_in_the_address_is_no_key(api: Api) -> None:
    reply = await api.get("/v1/requests?key=cs_good", key=None)
    assert (reply.status, reply.reason) == (401, "key_missing")


async def test_an_expired_key_is_401_from_that_millisecond_on(api: Api) -> None:
    api.keys.make("cs_short", "read", expires_at=NOW + 1000)
    assert (await api.get("/v1/requests", key="cs_short")).status == 200
    api.now = NOW + 1000
    reply = await api.get("/v1/requests", key="cs_short")
    assert (reply.status, reply.reason) == (401, "key_expired")


async def test_an_expired_key_that_was_kept_for_writes_is_401_too(api: Api) -> None:
    api.keys.make("cs_short", "submit", expires_at=NOW + 1000)
    assert (await api.post("/v1/requests", a_body(), key="cs_short")).status == 201
    api.now = NOW + 1000
    reply = await api.post("/v1/requests", a_body(), key="cs_short")
    assert (reply.status, reply.reason) == (401, "key_expired")


async def test_a_revoked_key_reads_nothing_from_the_next_call_on(api: Api) -> None:
    assert (await api.get("/v1/requests")).status == 200
    assert (await api.post("/v1/requests", a_body())).status == 201
    api.keys.change("cs_good", revoked_at=NOW)
    reply = await api.get("/v1/requests")
    assert (reply.status, reply.reason) == (401, "key_revoked")


async def test_a_key_that_a_write_finds_revoked_is_looked_up_again(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    api.keys.change("cs_good", revoked_at=NOW)
    api.service.error = Refused(Reason.KEY_REVOKED)
    assert (await api.post("/v1/requests", a_body())).reason == "key_revoked"
    api.service.error = None
    reply = await api.post("/v1/requests", a_body())
    assert (reply.status, reply.reason) == (401, "key_revoked")


async def test_writes_do_not_look_their_key_up_each_time_but_reads_do(api: Api) -> None:
    for _ in range(3):
        await api.post("/v1/requests", a_body())
    assert api.keys.looked_up == 1
    for _ in range(3):
        await api.get("/v1/requests")
    assert api.keys.looked_up == 4


async def test_unknown_keys_fill_no_memory_and_are_found_once_they_exist(api: Api) -> None:
    assert (await api.post("/v1/requests", a_body(), key="cs_new")).status == 401
    api.keys.make("cs_new", "submit")
    assert (await api.post("/v1/requests", a_body(), key="cs_new")).status == 201


@pytest.mark.parametrize(
    ("scope", "method", "path", "body"),
    [
        ("read", "POST", "/v1/requests", a_body()),
        ("decide", "POST", "/v1/requests", a_body()),
        ("read_all", "POST", "/v1/requests", a_body()),
        ("read", "POST", "/v1/requests/r1/decisions", {"decision": "approve"}),
        ("submit", "POST", "/v1/requests/r1/decisions", {"decision": "approve"}),
        ("read", "POST", "/v1/requests/r1/cancel", {}),
        ("submit", "GET", "/v1/requests", None),
        ("redeem", "GET", "/v1/requests/r1", None),
        ("redeem", "GET", "/v1/requests/r1/events", None),
    ],
)
async def test_a_key_without_the_scope_is_403_before_anything_happens(
    api: Api, scope: str, method: str, path: str, body: object
) -> None:
    await api.post("/v1/requests", a_body())
    before = len(api.service.calls)
    api.keys.make("cs_other", scope, person="mara@example.com")
    reply = await api.call(method, path, key="cs_other", json=body)
    assert (reply.status, reply.reason) == (403, "scope_missing")
    assert len(api.service.calls) == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_an_admin_key_may_call_every_route(api: Api, method: str, path: str) -> None:
    await api.post("/v1/requests", a_body())
    api.keys.make("cs_admin", "admin")
    bodies = {"/v1/requests": a_body(), "/v1/requests/r1/decisions": {"decision": "approve"}}
    body = bodies.get(path, {}) if method == "POST" else None
    assert (await api.call(method, path, key="cs_admin", json=body)).status in (200, 201)


async def test_a_wrong_scope_is_told_before_a_wrong_body(api: Api) -> None:
    api.keys.make("cs_reader", "read")
    assert (await api.send(b"{not json", key="cs_reader")).status == 403
