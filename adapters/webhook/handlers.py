"""One short handler for each route: take what was validated, call the service, present.

Authentication, scopes, bodies and refusals are `endpoint`'s and the server's business.
"""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, Protocol

from aiohttp import web

from adapters.webhook import incoming, present
from adapters.webhook.schema import (
    CancelBody,
    DecisionBody,
    ListQuery,
    Strict,
    SubmitBody,
    WaitQuery,
)
from core.access import Caller, unknown
from core.audit import Link
from core.idempotency import Given
from core.ports import Listed, ListFilter, Snapshot
from core.request import Decision
from core.service import Submitted
from core.submission import Submission
from core.value import Millis

JSON: Final = "application/json"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Service(Protocol):
    """What the routes need of `core.service.Approvals`; every call may raise Refused."""

    async def submit(
        self, submission: Submission, caller: Caller, idempotency: Given | None
    ) -> Submitted: ...

    async def decide(
        self,
        caller: Caller,
        request_id: str,
        decision: Decision,
        comment: str | None,
        stage: str | None,
        revision: int | None,
        idempotency: Given | None,
    ) -> Snapshot: ...

    async def cancel(
        self, caller: Caller, request_id: str, reason: str | None, idempotency: Given | None
    ) -> Snapshot: ...

    async def view(self, caller: Caller, request_id: str, wait_ms: Millis = 0) -> Snapshot: ...

    async def listed(self, caller: Caller, filter: ListFilter) -> Listed: ...

    async def events(
        self, caller: Caller, request_id: str
    ) -> tuple[Sequence[Link], dict[str, bytes]]: ...


class Call:
    """One authenticated, validated call. `raw` is the body as it came."""

    __slots__ = ("_body", "_query", "caller", "raw", "request", "service")

    def __init__(
        self,
        service: Service,
        request: web.Request,
        caller: Caller,
        query: Strict,
        body: Strict | None,
        raw: bytes,
    ) -> None:
        self.service = service
        self.request = request
        self.caller = caller
        self.raw = raw
        self._query = query
        self._body = body

    @property
    def body(self) -> Any:
        """The body, of the type that the route table names."""
        return self._body

    @property
    def query(self) -> Any:
        """The query, of the type that the route table names."""
        return self._query

    @property
    def id(self) -> str:
        """The id in the path; raises Refused for one that no request can have."""
        given = self.request.match_info["id"]
        if _ID.fullmatch(given) is None:
            raise unknown(given)
        return given

    @property
    def idempotency(self) -> Given | None:
        """The Idempotency-Key with what it stands for: the path and the body."""
        key = incoming.idempotency_key(self.request.headers.getall("Idempotency-Key", []))
        if key is None:
            return None
        path = self.request.path.encode()
        return key, hashlib.sha256(path + b"\n" + self.raw).hexdigest()


Handler = Callable[[Call], Awaitable[web.Response]]


async def submit(call: Call) -> web.Response:
    body: SubmitBody = call.body
    made = await call.service.submit(incoming.submission(body), call.caller, call.idempotency)
    headers = {"Location": f"/v1/requests/{made.snapshot.state.id}"}
    if made.replayed:
        headers["Idempotent-Replayed"] = "true"
    return _answer(present.request(made.snapshot), status=201, headers=headers)


async def view(call: Call) -> web.Response:
    query: WaitQuery = call.query
    found = await call.service.view(call.caller, call.id, query.wait * 1000)
    return _answer(present.request(found))


async def listed(call: Call) -> web.Response:
    query: ListQuery = call.query
    found = await call.service.listed(call.caller, incoming.list_filter(query))
    return _answer(present.page(found))


async def events(call: Call) -> web.Response:
    links, contents = await call.service.events(call.caller, call.id)
    return _answer(present.trail(links, contents))


async def decide(call: Call) -> web.Response:
    body: DecisionBody = call.body
    found = await call.service.decide(
        call.caller,
        call.id,
        body.decision,
        body.comment,
        body.stage,
        body.revision,
        call.idempotency,
    )
    return _answer(present.request(found))


async def cancel(call: Call) -> web.Response:
    body: CancelBody = call.body
    found = await call.service.cancel(call.caller, call.id, body.reason, call.idempotency)
    return _answer(present.request(found))


def _answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(
        body=present.encode(value), status=status, headers=headers, content_type=JSON
    )
