"""A sample agent: it asks for five things over HTTP and reports what it hears.

It uses nothing but the public API, as any agent would. Where changes are requested it sends
one revision and goes on waiting.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp

REQUESTS: tuple[dict[str, Any], ...] = (
    {
        "title": "New ERP system",
        "requester": "alice@example.com",
        "currency": "EUR",
        "risk_score": 35,
        "description": "Replaces the three systems that Finance reconciles by hand each month. "
        "The offer ends on 30 November.",
        "action": {
            "type": "purchase_order",
            "params": {
                "purpose": "New ERP system",
                "vendor": "Nordwind Software",
                "amount": 120000,
            },
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
        "title": "Train tickets to Munich",
        "requester": "alice@example.com",
        "currency": "EUR",
        "risk_score": 5,
        "action": {
            "type": "purchase_order",
            "params": {"purpose": "Visit to a customer", "vendor": "Railway", "amount": 189},
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

JUSTIFIED = "The vendor takes off a tenth; everything else stays as it was."

OPEN = ("pending", "changes_requested")
BY_THE_POLICY = ("approved", "rejected", "prohibited")
"""Ends that are a rule's own doing where neither a person nor the model is named."""

PAUSE = 2.0
"""Seconds between two looks while a person must revise: only `pending` can be waited for."""

Say = Callable[[str], None]


async def run(base_url: str, key: str, say: Say) -> None:
    """Ask for everything, then wait for each decision; ends when all are decided."""
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(base_url, headers=headers) as session:
        asked = [await _ask(session, body, i, say) for i, body in enumerate(REQUESTS, start=1)]
        waiting = [r for r in asked if r is not None and r["status"] in OPEN]
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
    """Follow one request to its end, with one revision where changes are requested."""
    told: object = None
    try:
        while request["status"] in OPEN:
            feedback = request.get("feedback")
            if request["status"] == "changes_requested" and feedback != told:
                told = feedback
                say(f"agent: {request['title']}: {_wanted(feedback)}")
                if await _revise(session, request, say):
                    request = {**request, "status": "pending"}
            if request["status"] == "changes_requested":
                await asyncio.sleep(PAUSE)
            async with session.get(f"/v1/requests/{request['id']}?wait=30") as answer:
                if answer.status != 200:
                    return
                request = await answer.json()
    except aiohttp.ClientError:
        return
    say(f"agent: {request['title']}: {_ended(request)}")


async def _revise(session: aiohttp.ClientSession, request: dict[str, Any], say: Say) -> bool:
    """Send the one revision: a tenth less, and why. False where that was done or is refused."""
    title, number = request["title"], request["revision"]["number"]
    params = request["action"]["params"]
    if number > 1 or not params or "amount" not in params:
        say(f"agent: {title}: I have no other offer; a person can send one: {_by_hand(request)}")
        return False
    # The params are replaced as a whole, so all of them are sent.
    offer = {**params, "amount": int(params["amount"]) * 9 // 10, "justification": JUSTIFIED}
    body = {"revision": number, "action": {"params": offer}}
    async with session.post(f"/v1/requests/{request['id']}/revisions", json=body) as answer:
        found = await answer.json(content_type=None)
        if answer.status != 200:
            say(f"agent: {title}: the revision was refused: {found.get('detail')}")
            return False
    say(f"agent: {title}: revised: {params['amount']} is now {offer['amount']}; {found['status']}")
    return True


def _wanted(feedback: dict[str, Any] | None) -> str:
    given = feedback or {}
    return f"changes requested by {given.get('by')}: {given.get('reason') or 'no reason given'}"


def _by_hand(request: dict[str, Any]) -> str:
    return f"countersign revise {request['id']} FILE.json"


def _ended(request: dict[str, Any]) -> str:
    """How it ended and through whom; "the policy" only where a rule decided."""
    decision = request.get("decision") or {}
    status = str(request["status"])
    by = ", ".join(decision.get("by") or ())
    if not by and status in BY_THE_POLICY:
        by = "the model" if decision.get("bypass") == "model_grant" else "the policy"
    because = f": {decision['reason']}" if decision.get("reason") else ""
    return f"{status} by {by}{because}" if by else f"{status}{because}"
