"""The rows of one submission, for the storage's bench: through the port, and ready-made."""

from collections.abc import Callable
from typing import Any

from core.content import Content
from core.events import Actor, Recorded, StageOpened, Submitted
from core.request import RequestState, Stage, StageStatus, Status
from core.route import Category, Entry, Route, StagePlan
from core.rows import Changes, IdempotencyRow, Loaded, Recipient
from core.value import encode

NOW = 1_780_000_000_000
ACTOR = Actor(via="api", agent="key1")
MANAGER = Entry(ref="manager_of:requester", people=("mia.manager@example.com",))
FINANCE = Entry(ref="group:finance", people=("mia.manager@example.com",))
PLANS = (
    StagePlan(level=1, name="Manager", entries=(MANAGER,), sla=14_400_000),
    StagePlan(level=2, name="Finance", entries=(FINANCE,), required_role="finance_analyst"),
)
ROUTE = Route(
    rule="purchase-order", policy_version="a" * 64, category=Category.REVIEW, stages=PLANS
)
BODY = b'{"action":{"params":{"purpose":"%s"},"type":"purchase_order"}}' % (b"new ERP system " * 60)


def submission(id: str) -> Callable[[Loaded], Changes[str]]:
    """A function for the store that makes a request of nine rows."""

    def run(_: Loaded) -> Changes[str]:
        state = _state(id)
        return Changes(
            result=id,
            state=state,
            events=_events(id),
            content=(Content(id=f"{id}.r1", salt="5" * 32, body=BODY),),
            audience=(Recipient(platform="slack", id="mia.manager@example.com"),),
            idempotency=IdempotencyRow(
                holder="key1", key=id, body_hash="b" * 64, request=id, status=201, at=NOW
            ),
        )

    return run


def _events(id: str) -> tuple[Recorded, ...]:
    submitted = Submitted(
        agent="procurement",
        agent_key="key1",
        requester="alice@example.com",
        action_type="purchase_order",
        amount="120000",
        currency="EUR",
        route=ROUTE,
        content=f"{id}.r1",
        commitment="c" * 64,
        expires_at=NOW + 86_400_000,
    )
    opened = StageOpened(level=1, round=1, entries=(MANAGER,))
    return tuple(Recorded(event=e, actor=ACTOR, at=NOW) for e in (submitted, opened))


def _state(id: str) -> RequestState:
    first = Stage(
        plan=PLANS[0], status=StageStatus.PENDING, round=1, entries=(MANAGER,), opened_at=NOW
    )
    return RequestState(
        id=id,
        version=2,
        status=Status.PENDING,
        created_at=NOW,
        expires_at=NOW + 86_400_000,
        requester="alice@example.com",
        agent="procurement",
        agent_key="key1",
        action_type="purchase_order",
        amount="120000",
        currency="EUR",
        revision=1,
        commitment="c" * 64,
        content=f"{id}.r1",
        route=ROUTE,
        stages=(first, Stage(plan=PLANS[1])),
    )


_SNAPSHOT = encode(_state("0" * 26))
_EVENTS = tuple(encode(recorded) for recorded in _events("0" * 26))


def floor_rows(id: str) -> dict[str, list[dict[str, Any]]]:
    """The same nine rows by table, made beforehand but for the id."""
    manager = "mia.manager@example.com"
    return {
        "requests": [_request_row(id)],
        "request_people": [
            {"request_id": id, "person": person, "kind": kind}
            for person, kind in (
                (manager, "asked"),
                (manager, "open"),
                ("alice@example.com", "requester"),
            )
        ],
        "events": [
            {"stream": id, "seq": seq, "type": name, "at": NOW, "body": body, "hash": "e" * 64}
            for seq, name, body in zip((1, 2), ("submitted", "stage_opened"), _EVENTS, strict=True)
        ],
        "content": [{"request_id": id, "id": f"{id}.r1", "salt": "5" * 32, "body": BODY}],
        "deliveries": [
            {
                "request_id": id,
                "platform": "slack",
                "recipient": manager,
                "kind": "person",
                "wanted": 2,
                "shown": 0,
                "attempts": 0,
                "next_at": 0,
                "lease_until": None,
                "uncertain": False,
                "dead_reason": None,
                "waiting_reason": None,
            }
        ],
        "idempotency": [
            {
                "holder": "key1",
                "key": id,
                "body_hash": "b" * 64,
                "request_id": id,
                "status": 201,
                "at": NOW,
            }
        ],
    }


def _request_row(id: str) -> dict[str, Any]:
    return {
        "id": id,
        "version": 2,
        "status": "pending",
        "category": "review",
        "requester": "alice@example.com",
        "agent": "procurement",
        "agent_key": "key1",
        "rule": "purchase-order",
        "created_at": NOW,
        "wake_at": NOW + 86_400_000,
        "deadline": None,
        "head_hash": "d" * 64,
        "snapshot": _SNAPSHOT,
        "previous": None,
    }
