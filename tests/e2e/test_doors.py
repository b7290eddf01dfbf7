"""Every address of a running server, tried with every method, and keys that end elsewhere."""

import asyncio
from typing import Any

import pytest

from tests.e2e.company import ERP, SMALL, Company, Json
from tests.e2e.served import command

MANAGER = "mara@example.com"
METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")


def addresses(co: Company, request_id: str) -> list[str]:
    """Every path that the server answers, about this request where it is about one."""
    found = {route.resource for route in co.app.http.router.routes()}
    paths = [resource.canonical for resource in found if resource is not None]
    assert any("{id}" in path for path in paths)
    return sorted(path.replace("{id}", request_id) for path in paths)


@pytest.mark.parametrize("method", METHODS)
async def test_nothing_but_a_post_changes_anything_at_any_address(co: Company, method: str) -> None:
    asked = await co.submit(await co.key("submit"), ERP)
    key = await co.key("submit", "read", "decide", "admin", person=MANAGER)
    for path in addresses(co, asked["id"]):
        for query in ("", "?decision=approve"):
            headers = {"Authorization": f"Bearer {key}"}
            body = {"decision": "approve"} if method not in ("GET", "HEAD") else None
            url = f"{co.base_url}{path}{query}"
            async with co.http.request(method, url, headers=headers, json=body) as answer:
                if answer.content_type != "text/event-stream":  # which has no end of its own
                    await answer.read()
            assert answer.status < 500, (method, path)
    found = await co.storage.store.snapshot(asked["id"])
    assert found is not None
    assert (found.state.version, found.state.status) == (3, "pending")


async def test_a_key_made_by_a_command_works_and_a_command_ends_keys_at_once(
    co: Company,
) -> None:
    made = ("keys", "create", "--name", "elsewhere", "--scope", "submit", "--scope", "read")
    code, printed = await command(co.database, *made)
    assert code == 0, printed
    secrets = [printed.splitlines()[-1], *[await co.key("submit", "read") for _ in range(2)]]
    asked = [await co.submit(secret, SMALL) for secret in secrets]
    ids = [key.id for key in await co.storage.keys.all_keys()]
    revoked = await asyncio.gather(*[command(co.database, "keys", "revoke", one) for one in ids])
    assert [code for code, _ in revoked] == [0, 0, 0]
    # What each key tries first is refused, although the server knew the key a moment ago.
    firsts: list[tuple[str, str, Any]] = [
        ("POST", "/v1/requests", ERP),
        ("POST", f"/v1/requests/{asked[1]['id']}/cancel", {}),
        ("GET", f"/v1/requests/{asked[2]['id']}", None),
    ]
    for secret, first in zip(secrets, firsts, strict=True):
        for method, where, body in (first, ("GET", "/v1/requests", None)):
            status, found = await co.call(method, where, secret, body)
            assert (where, status, found["reason"]) == (where, 401, "key_revoked")
    _, listed = await co.call("GET", "/v1/requests", await co.key("read_all"))
    assert [item["status"] for item in listed["items"]] == ["pending"] * 3


@pytest.mark.parametrize("limit", ["-1", "0", "201", "1e9", "all"])
async def test_a_list_is_never_the_whole_table(co: Company, limit: str) -> None:
    key = await co.key("read_all")
    status, found = await co.call("GET", f"/v1/requests?limit={limit}", key)
    errors: list[Json] = found["errors"]
    assert (status, [e["field"] for e in errors]) == (422, ["limit"])
