"""The client for ordinary code: every call returns when it is answered."""

import os
import random
import time
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2

from countersign_client import flows
from countersign_client.address import bearer, reaches_itself, server_at
from countersign_client.asking import Ask
from countersign_client.flows import Broken, Call, Flow, Heard, Pause, Reply, World
from countersign_client.outcomes import Outcome
from countersign_client.request import Action, Request
from countersign_client.tokens import Claims, KeySet

T = TypeVar("T")

UNLIMITED: Final = httpx2.Limits(max_connections=None, max_keepalive_connections=100)
"""Whoever waits for people holds one connection: others must not wait for that."""


class Countersign:
    """A server of Countersign, for one API key. Close it, or use it in a `with`.

    It may be used by several threads, and after a fork. `http` is a client of your own, with its
    proxies and certificates; its base address and headers are not looked at, redirects are never
    followed, and a process that forks makes a new one. Raises ValueError for an address or a key
    that cannot be one.
    """

    def __init__(self, url: str, key: str, *, http: httpx2.Client | None = None) -> None:
        self._url, self._headers = server_at(url), bearer(key)
        self._http = self._connections() if http is None else http
        self._mine, self._process = http is None, os.getpid()
        self._keys = KeySet()
        self._world = World(time.monotonic, lambda: str(uuid.uuid4()), random.random)

    def __repr__(self) -> str:
        return f"Countersign({self._url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request_approval(
        self, ask: Ask, *, timeout: float | None = None, idempotency_key: str | None = None
    ) -> Outcome:
        """Ask and wait for the outcome, at most `timeout` seconds (None: as long as it takes).

        Raises Refused, Unavailable, and WaitedTooLong, after which `wait` goes on.
        """
        return self._run(flows.request_approval(self._world, ask, idempotency_key, timeout))

    def submit(self, ask: Ask, *, idempotency_key: str | None = None) -> Request:
        """Ask, and do not wait. With the same key it is the same request."""
        return self._run(flows.submit(self._world, ask, idempotency_key))

    def get(self, request_id: str, *, hold: int = 0) -> Request:
        """The request as it stands; with `hold` once it leaves `pending`, or after so many seconds
        (at most 60)."""
        return self._run(flows.view(self._world, request_id, hold))

    def wait(self, request_id: str, *, timeout: float | None = None) -> Outcome:
        """The outcome, once there is one. Raises WaitedTooLong."""
        return self._run(flows.wait(self._world, request_id, timeout))

    def revise(self, request: Request, **changes: Any) -> Request:
        """Send a new revision: `action`, `title`, `description`, ... as the API names them."""
        return self._run(flows.revise(self._world, request, changes))

    def cancel(self, request_id: str, reason: str | None = None) -> Request:
        """Withdraw it."""
        return self._run(flows.cancel(self._world, request_id, reason))

    def redeem(self, token: str, action: Action) -> Request:
        """Use the approval of this action, once; right before it is run. Raises NotApproved."""
        return self._run(flows.redeem(self._world, token, action))

    def report(self, request_id: str, *, succeeded: bool, detail: str | None = None) -> Request:
        """Say how the approved action went."""
        return self._run(flows.report(self._world, request_id, succeeded, detail))

    def incident(
        self, request_id: str, detail: str, *, kind: str = "other", severity: str = "medium"
    ) -> Request:
        """Say that an approval turned out wrong; `kind` is wrong, harm, fraud, complaint or other,
        `severity` low, medium or high."""
        return self._run(flows.incident(self._world, request_id, detail, kind, severity))

    def verify(self, token: str, action: Action) -> Claims:
        """Check offline that the token approves this action now; the keys are fetched when a new
        one is named, at most once a minute. Raises TokenProblem."""
        if self._keys.wants(token, time.monotonic()):
            self._keys.update(self._run(flows.keys(self._world)), time.monotonic())
        return self._keys.check(token, action, time.time())

    def _run(self, flow: Flow[T]) -> T:
        heard: Heard = None
        while True:
            try:
                step = flow.send(heard)
            except StopIteration as done:
                result: T = done.value
                return result
            if isinstance(step, Pause):
                time.sleep(step.seconds)
                heard = None
            else:
                heard = self._call(step)

    def _connections(self) -> httpx2.Client:
        return httpx2.Client(trust_env=not reaches_itself(self._url), limits=UNLIMITED)

    def _opened(self) -> httpx2.Client:
        """On a connection that a fork left in two processes, each would read the other's answers.
        What the parent has open stays open: it is not closed here."""
        if self._mine and self._process != os.getpid():
            self._inherited = self._http
            self._http, self._process = self._connections(), os.getpid()
        return self._http

    def _call(self, call: Call) -> Reply | Broken:
        try:
            answer = self._opened().request(
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


def reply(status: int, headers: Mapping[str, str], body: bytes) -> Reply:
    """What httpx2 gives, as flows read it."""
    return Reply(status, {name.lower(): value for name, value in headers.items()}, body)


def broken(url: str, trouble: httpx2.HTTPError) -> Broken:
    """What kept the answer away; never more than the kind of trouble and the address."""
    return Broken(f"No answer from {url} ({type(trouble).__name__}).")
