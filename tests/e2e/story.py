"""The examples of the API: one story told to a real server, call by call.

Time, ids and keys are the story's own, so that it is the same each time it is told.
`docs/take_examples.py` writes it down; the description of the API and its page show that.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp

from bot.app import Sources, compose
from bot.books import Books
from bot.documents import read_document
from bot.files import load
from bot.sample import DIRECTORY
from bot.sample import POLICY as SAMPLE
from bot.server import listening
from bot.settings import Secret, Settings, SlackSettings
from core.events import Actor
from core.policy.text import read_policy
from core.rows import ApiKey
from core.tokens.signing import KeyRing, SigningKey
from storage.database import open_storage
from storage.migrate import upgrade

Json = dict[str, Any]

START = 1_767_603_600_000
"""2026-01-05T09:00:00Z, a Monday."""
STEP = 45_000
FIRST = """\
version: 1
rules: []
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
POLICY = """\
version: 1
rules:
  - name: purchase-order
    when: request.action.type == "purchase_order"
    category: review
    editable: [amount]
    break_glass: {role: director, tell: [ada@example.com]}
    stages:
      - {name: Manager, approvers: ["manager_of:requester"], sla: 4h}
      - name: Finance
        when: request.amount > 10000
        approvers: [{group: finance, seats: 2}]
        quorum: 2
  - name: never-delete-customers
    when: request.action.type == "delete_customer"
    category: prohibited
    because: Only a person may delete a customer account.
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
AGENT = "purchasing-agent"
KEYS: dict[str, Json] = {
    AGENT: {"scopes": ("submit", "read", "redeem")},
    "mara": {"scopes": ("read", "decide"), "person": "mara@example.com"},
    "finn": {"scopes": ("decide",), "person": "finn@example.com"},
    "faye": {"scopes": ("decide",), "person": "faye@example.com"},
    "dana": {"scopes": ("decide",), "person": "dana@example.com"},
    "ada": {"scopes": ("decide", "admin"), "person": "ada@example.com"},
    "auditor": {"scopes": ("read_all",)},
}
ERP: Json = {
    "title": "New ERP system",
    "description": "Replaces three spreadsheets. The offer holds until Friday.",
    "requester": "alice@example.com",
    "currency": "EUR",
    "risk_score": 40,
    "labels": ["software"],
    "context": {
        "reasoning": "The cheapest of three offers that have an audit log.",
        "confidence": 0.9,
        "links": ["https://example.com/offers/4711"],
    },
    "action": {
        "type": "purchase_order",
        "params": {"purpose": "New ERP system", "vendor": "Example Software", "amount": 120000},
    },
}
CHAIRS: Json = {
    "title": "Two chairs",
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"purpose": "Chairs", "amount": 840}},
}


class Teller:
    """Tells the story, and keeps what was said. `told` has the calls by operation."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self.now = START
        self.told: dict[str, list[Json]] = {}
        self.url = ""
        self._http = http

    async def tell(
        self, operation: str, says: str, who: str, where: str, body: Any = None, **headers: str
    ) -> Any:
        """One call that is an example; "where" is the method and the address."""
        status, kind, answer = await self._call(who, where, body, headers)
        told: Json = {"summary": says, "request": where, "status": status}
        if headers:
            told["headers"] = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            told["body"] = body
        told["media"] = kind
        told["answer"] = answer
        self.told.setdefault(operation, []).append(told)
        return answer

    async def quietly(self, who: str, where: str, body: Any = None) -> Any:
        """One call that only brings the story on."""
        return (await self._call(who, where, body, {}))[2]

    async def _call(
        self, who: str, where: str, body: Any, headers: dict[str, str]
    ) -> tuple[int, str, Any]:
        method, _, path = where.partition(" ")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent |= {"Authorization": f"Bearer cs_{who}"} if who else {}
        sent |= {"X-Request-Id": "example"}
        async with self._http.request(method, self.url + path, json=body, headers=sent) as answer:
            text = await answer.text()
            assert answer.status < 300, (where, text)
            self.now += STEP
            kind = answer.content_type
            found = json.loads(text) if kind == "application/json" else _beginning(kind, text)
            return answer.status, kind, found


def _beginning(kind: str, text: str) -> str:
    """The first line is enough of a text that goes on; of a stream its lines, not their ends."""
    if kind != "text/event-stream":
        return text.partition("\n")[0] + "\n"
    return "".join(line[:70] + ("…" if line[70:] else "") + "\n" for line in text.splitlines())


@asynccontextmanager
async def teller(folder: Path) -> AsyncIterator[Teller]:
    """A server that knows the story's people and keys, and nothing of its requests."""
    url = f"sqlite:///{folder}/story.db"
    await asyncio.to_thread(upgrade, url)
    ids, salts = count(1), count(1)
    sources = Sources(
        clock=lambda: told.now,
        new_id=lambda: f"01kf0000000000000000{next(ids):06}",
        new_salt=lambda: f"{next(salts):032x}",
    )
    _, people = load(SAMPLE, DIRECTORY)
    books = Books(read_policy(read_document(FIRST), FIRST, people), people, from_file=False)
    nowhere = SlackSettings(
        bot_token=Secret("xoxb-example"), signing_secret=Secret("s"), api_url="http://localhost:1/"
    )
    settings = Settings(
        database_url=Secret(url), policy=None, directory=str(DIRECTORY), slack=nowhere
    )
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        told = Teller(http)
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        for name, fields in KEYS.items():
            digest = hashlib.sha256(f"cs_{name}".encode()).hexdigest()
            await storage.keys.add_key(
                ApiKey(id=sources.new_id(), name=name, hash=digest, **fields)
            )
        app = compose(settings, books, storage, sources, KeyRing(SigningKey(bytes(range(32)))))
        await app.governance.adopt(books.policy(), Actor(via="system"))
        # Nothing runs beside the calls: what it did and when would differ from time to time.
        await app.accounts.linked.refresh()
        await app.scheduler.sweep()
        told.url = await stack.enter_async_context(listening(app.http, "127.0.0.1", 0))
        yield told


async def story(t: Teller) -> None:
    """Everything that the API can do, in an order in which it happens."""
    await rules(t)
    erp = await a_purchase(t)
    chairs = await others_are_asked(t)
    await an_emergency(t)
    await away(t)
    await reading(t, erp, chairs)


async def rules(t: Teller) -> None:
    await t.tell("readiness", "It is ready", "", "GET /readyz")
    await t.tell("health", "It answers", "", "GET /healthz")
    await t.tell("putPolicy", "A whole policy", "ada", "PUT /v1/policy", {"text": POLICY})
    await t.tell("viewPolicy", "The one in force", AGENT, "GET /v1/policy")
    await t.tell("listPolicyVersions", "The newest", AGENT, "GET /v1/policy/versions?limit=2")
    await t.tell("explainPolicy", "A purchase", AGENT, "POST /v1/policy/explain", ERP)


async def a_purchase(t: Teller) -> str:
    """From the question to what came of it; its id."""
    asked = "POST /v1/requests"
    key = {"Idempotency_Key": "po-4711"}
    made = await t.tell("submitRequest", "People must agree", AGENT, asked, ERP, **key)
    at = f"/v1/requests/{made['id']}"
    deleting = {
        "title": "Delete the account of customer 815",
        "action": {"type": "delete_customer", "params": {"customer": "815"}},
    }
    await t.tell("submitRequest", "The policy prohibits it", AGENT, asked, deleting)
    note = {"text": "The vendor has confirmed the price."}
    await t.tell("commentRequest", "A comment", AGENT, f"POST {at}/comments", note)
    await t.tell("nudgeRequest", "Remind them", AGENT, f"POST {at}/nudge", {})
    decide = f"POST {at}/decisions"
    wish = {"decision": "request_changes", "comment": "One year is enough for a start."}
    await t.tell("decideRequest", "Ask for changes", "mara", decide, wish)
    less = {
        "action": {"params": {"purpose": "New ERP system, one year", "amount": 90000}},
        "revision": 1,
    }
    await t.tell("reviseRequest", "Answer with a revision", AGENT, f"POST {at}/revisions", less)
    await t.tell(
        "decideRequest",
        "Approve what was seen",
        "mara",
        decide,
        {"decision": "approve", "revision": 2},
    )
    await t.quietly("finn", decide, {"decision": "approve", "revision": 2})
    await t.tell("withdrawVote", "Take it back", "finn", f"DELETE {at}/decisions")
    for who in ("finn", "faye"):
        await t.quietly(who, decide, {"decision": "approve", "revision": 2})
    done = await t.tell("viewRequest", "Wait for the decision", AGENT, f"GET {at}?wait=30")
    action = {"type": "purchase_order", "params": done["action"]["params"]}
    await t.tell(
        "redeemToken",
        "Right before the action is run",
        AGENT,
        "POST /v1/tokens/redeem",
        {"token": done["token"], "action": action},
        Idempotency_Key="run-po-4711",
    )
    report = {"outcome": "succeeded", "detail": "Order 2026-118"}
    await t.tell("reportExecution", "It went well", AGENT, f"POST {at}/execution", report)
    await t.tell("replayCallbacks", "There were none", AGENT, f"POST {at}/callbacks/replay")
    wrong = {"detail": "Chairs of another colour came", "kind": "wrong", "severity": "low"}
    once = {"Idempotency_Key": "incident-po-4711"}
    where = f"POST {at}/incidents"
    await t.tell("reportIncident", "It was not so good", AGENT, where, wrong, **once)
    await t.tell("streamRequest", "It is over already", AGENT, f"GET {at}/stream")
    return str(made["id"])


async def others_are_asked(t: Teller) -> str:
    """A request that goes from hand to hand, and ends without a decision; its id."""
    made = await t.quietly(AGENT, "POST /v1/requests", CHAIRS)
    at = f"/v1/requests/{made['id']}"
    here = "GET /v1/requests?status=pending&waiting_for=me&limit=10"
    await t.tell("listRequests", "What waits for me", "mara", here)
    over = {"to": "faye@example.com", "reason": "I am in a meeting all day."}
    await t.tell("delegateRequest", "Hand it on", "mara", f"POST {at}/delegations", over)
    hurry = {"reason": "The shop closes at noon."}
    await t.tell("escalateRequest", "It is urgent", AGENT, f"POST {at}/escalate", hurry)
    other = {"from": "mara@example.com", "to": "dev@example.com", "reason": "Mara is ill."}
    await t.tell("reassignRequest", "Ask Dev", "ada", f"POST {at}/reassign", other)
    over = {"reason": "We found two in the cellar."}
    await t.tell("cancelRequest", "Not needed any more", AGENT, f"POST {at}/cancel", over)
    return str(made["id"])


async def an_emergency(t: Teller) -> None:
    made = await t.quietly(
        AGENT,
        "POST /v1/requests",
        {
            **CHAIRS,
            "title": "Pump for the flooded cellar",
            "action": {"type": "purchase_order", "params": {"purpose": "Pump", "amount": 700}},
        },
    )
    at = f"/v1/requests/{made['id']}"
    why = {"reason": "The server room is next."}
    await t.tell("breakGlass", "In an emergency", "dana", f"POST {at}/break-glass", why)
    back = {"reason": "The fire brigade was faster."}
    await t.tell("revokeToken", "Before it was used", "ada", f"POST {at}/token/revoke", back)


async def away(t: Teller) -> None:
    week = {
        "to": "dana@example.com",
        "starts": "2026-01-12T07:00:00Z",
        "until": "2026-01-17T07:00:00Z",
        "amount_cap": 50000,
        "currency": "EUR",
    }
    made = await t.tell("setDelegation", "A week off", "mara", "POST /v1/delegations", week)
    await t.tell("listDelegations", "My own", "mara", "GET /v1/delegations")
    await t.tell("endDelegation", "Back early", "mara", f"DELETE /v1/delegations/{made['id']}")


async def reading(t: Teller, erp: str, chairs: str) -> None:
    await t.tell("listAttempts", "The first attempt", AGENT, f"GET /v1/requests/{erp}/attempts")
    await t.tell("listEvents", "The trail", AGENT, f"GET /v1/requests/{chairs}/events")
    other = {"text": POLICY.replace("10000", "100000"), "last": 3}
    await t.tell("backtestPolicy", "A higher limit", "ada", "POST /v1/policy/backtest", other)
    await t.tell("exportAudit", "Everything", "auditor", "GET /v1/audit/export")
    await t.tell("listCheckpoints", "From the start", "auditor", "GET /v1/audit/checkpoints")
    period = "since=2026-01-01T00:00:00Z&until=2026-02-01T00:00:00Z"
    await t.tell("viewStats", "Of one month", "auditor", f"GET /v1/stats?{period}")
    await t.tell("publicKeys", "The keys", "", "GET /.well-known/jwks.json")
    await t.tell("metrics", "The first line", "", "GET /metrics")
