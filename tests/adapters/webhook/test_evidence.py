"""Public keys, checkpoints and the export."""

import json

from core.tokens.signing import public_key
from tests.adapters.webhook.conftest import Api


async def test_the_public_keys_are_for_everyone_and_hold_no_secret(api: Api) -> None:
    reply = await api.get("/.well-known/jwks.json", key=None)
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "public, max-age=300")
    assert public_key(reply.json, api.ring.active.kid) is not None
    assert {name for key in reply.json["keys"] for name in key} == {
        *("alg", "crv", "kid", "kty", "use", "x")
    }


async def test_the_export_is_the_pieces_one_after_the_other(api: Api) -> None:
    api.keys.make("cs_auditor", "read_all")
    reply = await api.get("/v1/audit/export", key="cs_auditor")
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/x-ndjson")
    assert [json.loads(line) for line in reply.text.splitlines()] == [
        {"format": "countersign-audit"},
        {"end": {}},
    ]
    assert reply.headers["X-Request-Id"] == "call-1"
    assert api.evidence.closed == 1


async def test_an_export_from_where_nothing_is_yet_is_422(api: Api) -> None:
    api.keys.make("cs_auditor", "read_all")
    reply = await api.get("/v1/audit/export?since=10", key="cs_auditor")
    assert (reply.status, reply.fields) == (422, {"since": "is not there yet"})


async def test_checkpoints_are_paged(api: Api) -> None:
    api.keys.make("cs_auditor", "read_all")
    first = await api.get("/v1/audit/checkpoints?limit=2", key="cs_auditor")
    assert [c["checkpoint"]["number"] for c in first.json["items"]] == [1, 2]
    assert first.json["next_cursor"] == "2"
    rest = await api.get("/v1/audit/checkpoints?limit=2&cursor=2", key="cs_auditor")
    assert [c["checkpoint"]["number"] for c in rest.json["items"]] == [3]
    assert rest.json["next_cursor"] is None


async def test_only_who_may_read_all_sees_evidence(api: Api) -> None:
    for path in ("/v1/audit/export", "/v1/audit/checkpoints"):
        reply = await api.get(path)
        assert (reply.status, reply.reason) == (403, "scope_missing")
