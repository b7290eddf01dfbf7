"""One call on its way to the core, and how its answer leaves."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from adapters.webhook import answers, incoming, present
from adapters.webhook.desk import Desk
from adapters.webhook.schema import Strict
from adapters.webhook.visit import VISIT
from core.rows import Snapshot
from core.service.absences import unknown_absence
from core.service.access import Caller, unknown
from core.service.approvals import Submitted
from core.service.idempotency import Given

JSON: Final = "application/json"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Call:
    """One authenticated, validated call. `raw` is the body as it came."""

    __slots__ = ("_body", "_query", "caller", "desk", "raw", "request")

    def __init__(
        self,
        desk: Desk,
        request: web.Request,
        caller: Caller,
        query: Strict,
        body: Strict | None,
        raw: bytes,
    ) -> None:
        self.desk = desk
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
    def absence(self) -> str:
        """The same where it is the id of a standing delegation."""
        given = self.request.match_info["id"]
        if _ID.fullmatch(given) is None:
            raise unknown_absence(given)
        return given

    @property
    def idempotency(self) -> Given | None:
        """The Idempotency-Key with what it stands for: the path and the body."""
        key = incoming.idempotency_key(self.request.headers.getall("Idempotency-Key", []))
        if key is None:
            return None
        path = self.request.path.encode()
        return key, hashlib.sha256(path + b"\n" + self.raw).hexdigest()

    def shown(self, found: Snapshot) -> web.Response:
        """The request as it stands, after an act."""
        return answer(self._shown(found))

    def made(self, made: Submitted) -> web.Response:
        """What a submission led to; a replay carries no token, which GET gives."""
        found = made.snapshot
        headers = {"Location": f"/v1/requests/{found.state.id}"}
        if made.replayed:
            headers["Idempotent-Replayed"] = "true"
        if made.from_record:
            estimate = self.desk.requests.estimate(found.state)
            told = present.request(found, estimate=estimate, from_record=True)
            return answer(told, headers=headers)
        told = self._shown(found) if made.replayed else self._seen(found)
        if made.quota is not None:
            self.request[VISIT].day(made.quota, self.desk.clock())
        return answer(told, 201, headers)

    def _shown(self, found: Snapshot) -> answers.Request:
        estimate = self.desk.requests.estimate(found.state)
        return present.request(found, estimate=estimate, own=self._is_agent(found))

    def _seen(self, found: Snapshot) -> answers.Request:
        """With its token, for the key that asked for it."""
        requests = self.desk.requests
        token, estimate = requests.token(self.caller, found), requests.estimate(found.state)
        own = self._is_agent(found)
        return present.request(found, token=token, estimate=estimate, own=own)

    def _is_agent(self, found: Snapshot) -> bool:
        """Whether the key is the one that asked."""
        return self.caller.key_id == found.state.agent_key


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """A JSON answer."""
    return json(present.encode(value), status, headers)


def json(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """An answer of which the JSON is there already."""
    return web.Response(body=body, status=status, headers=headers, content_type=JSON)
