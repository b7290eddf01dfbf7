"""The same client for code that awaits. See `countersign_client.sync` for what each call does."""

import asyncio
import random
import time
import uuid
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx2

from countersign_client import flows
from countersign_client.address import bearer, reaches_itself, server_at
from countersign_client.asking import Ask
from countersign_client.flows import Broken, Call, Flow, Heard, Pause, Reply, World
from countersign_client.outcomes import Outcome
from countersign_client.request import Action, Request
from countersign_client.sync import UNLIMITED, broken, reply
from countersign_client.tokens import Claims, KeySet

T = TypeVar("T")


def connections(url: str) -> httpx2.AsyncClient:
    """To a server, as many as there are calls."""
    return httpx2.AsyncClient(trust_env=not reaches_itself(url), limits=UNLIMITED)


class AsyncCountersign:
    """A server of Countersign, for one API key, in one event loop."""

    def __init__(self, url: str, key: str, *, http: httpx2.AsyncClient | None = None) -> None:
        self._url, self._headers = server_at(url), bearer(key)
        self._http = connections(self._url) if http is None else http
        self._keys = KeySet()
        self._world = World(time.monotonic, lambda: str(uuid.uuid4()), random.random)

    def __repr__(self) -> str:
        return f"AsyncCountersign({self._url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def request_approval(
        self, ask: Ask, *, timeout: float | None = None, idempotency_key: str | None = None
    ) -> Outcome:
        """Ask and wait for the outcome."""
        return await self._run(flows.request_approval(self._world, ask, idempotency_key, timeout))

    async def submit(self, ask: Ask, *, idempotency_key: str | None = None) -> Request:
        """Ask, and do not wait."""
        return await self._run(flows.submit(self._world, ask, idempotency_key))

    async def get(self, request_id: str, *, hold: int = 0) -> Request:
        """The request as it stands; with `hold` once it leaves `pending`, or after so many seconds
        (at most 60)."""
        return await self._run(flows.view(self._world, request_id, hold))

    async def wait(self, request_id: str, *, timeout: float | None = None) -> Outcome:
        """The outcome, once there is one. Raises WaitedTooLong."""
        return await self._run(flows.wait(self._world, request_id, timeout))

    async def revise(self, request: Request, **changes: Any) -> Request:
        """Send a new revision."""
        return await self._run(flows.revise(self._world, request, changes))

    async def cancel(self, request_id: str, reason: str | None = None) -> Request:
        """Withdraw it."""
        return await self._run(flows.cancel(self._world, request_id, reason))

    async def redeem(self, token: str, action: Action) -> Request:
        """Use the approval of this action, once."""
        return await self._run(flows.redeem(self._world, token, action))

    async def report(
        self, request_id: str, *, succeeded: bool, detail: str | None = None
    ) -> Request:
        """Say how the approved action went."""
        return await self._run(flows.report(self._world, request_id, succeeded, detail))

    async def incident(
        self, request_id: str, detail: str, *, kind: str = "other", severity: str = "medium"
    ) -> Request:
        """Say that an approval turned out wrong."""
        return await self._run(flows.incident(self._world, request_id, detail, kind, severity))

    async def verify(self, token: str, action: Action) -> Claims:
        """Check offline that the token approves this action now. Raises TokenProblem."""
        if self._keys.wants(token, time.monotonic()):
            self._keys.update(await self._run(flows.keys(self._world)), time.monotonic())
        return self._keys.check(token, action, time.time())

    async def _run(self, flow: Flow[T]) -> T:
        heard: Heard = None
        while True:
            try:
                step = flow.send(heard)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
                heard = None
            else:
                heard = await self._call(step)

    async def _call(self, call: Call) -> Reply | Broken:
        try:
            answer = await self._http.request(
                call.method,
                self._url + call.path,
                json=call.body,
                headers={**self._headers, **call.headers},
                timeout=call.seconds,
                follow_redirects=False,
            )
        except httpx2.HTTPError as trouble:
            return broken(self._url, trouble)
        return reply(answer.status_code, answer.headers, answer.content)
