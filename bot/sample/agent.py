"""A sample agent: it asks for four things over HTTP and reports what it hears.

It uses nothing but the public API, as any agent would.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "title": "New ERP system",
        "requester": "alice@example.com",
        "action": {
            "type": "purchase_order",
            "params": {"purpose": "New ERP system", "amount": 120000},
        },
    },
    {
        "title": "Two ergonomic chairs",
        "requester": "alice@example.com",
        "currency": "EUR",
        "risk_score": 10,
        "action": {
            "type": "purchase_order",
            "params": {"purpose": "Ergonomic chairs", "vendor": "Office Example", "amount": 840},
        },
    },
    {
        "title": "Printer paper",
        "requester": "alice@example.com",
        "currency": "EUR",
        "action": {
            "type": "purchase_order",
            "params": {"purpose": "Printer paper", "amount": 25},
        },
    },
    {
        "title": "Delete the account of customer 4711",
        "requester": "alice@example.com",
        "action": {"type": "delete_customer", "params": {"customer": "4711"}},
    },
)

Say = Callable[[str], None]


async def run(base_url: str, key: str, say: Say) -> None:
    """Ask for everything, then wait for each decision; ends when all are decided."""
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(base_url, headers=headers) as session:
        asked = [await _ask(session, body, i, say) for i, body in enumerate(REQUESTS, start=1)]
        waiting = [r for r in asked if r is not None and r["status"] == "pending"]
        await asyncio.gather(*(_wait(session, request, say) for request in waiting))


async def _ask(
    session: aiohttp.ClientSession, body: dict[str, Any], number: int, say: Say
) -> dict[str, Any] | None:
    """Ask once: a second demo run sends the same keys and gets the same requests."""
    key = {"Idempotency-Key": f"demo-{number}"}
    async with session.post("/v1/requests", json=body, headers=key) as answer:
        found: dict[str, Any] = await answer.json(content_type=None)
        if answer.status != 201:
            say(f"agent: {body['title']}: refused: {found.get('detail')}")
            return None
        say(f"agent: {body['title']}: {found['status']} ({found['id']})")
        return found


async def _wait(session: aiohttp.ClientSession, request: dict[str, Any], say: Say) -> None:
    while request["status"] == "pending":
        url = f"/v1/requests/{request['id']}?wait=30"
        try:
            async with session.get(url) as answer:
                if answer.status != 200:
                    return
                request = await answer.json()
        except aiohttp.ClientError:
            return
    by = ", ".join((request.get("decision") or {}).get("by") or ()) or "the policy"
    say(f"agent: {request['title']}: {request['status']} by {by}")
