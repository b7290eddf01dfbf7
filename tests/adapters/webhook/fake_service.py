"""The service and the keys as the routes see them: records every call, answers as told."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from core.audit.chain import GENESIS, Link, chain
from core.commands import Submit
from core.content import Content, Rationale, row
from core.decide import decide
from core.events import SYSTEM, Actor
from core.limits import Quota
from core.refusals import Reason, Refused
from core.request import RequestState
from core.rows import ApiKey, Delivery, Listed, ListFilter, Recipient, Snapshot
from core.service.access import Caller
from core.service.approvals import Submitted
from core.service.estimate import Estimate
from core.submission import Submission
from tests.adapters.webhook.fake_acts import FakeActs
from tests.adapters.webhook.fake_rules import FakeRules
from tests.core.builders import DIRECTORY, NOW, a_revision, a_submit, content
from tests.core.spec import facts_of

ADVICE = Rationale(recommendation="review", summary="Look closely.", at=NOW)


def a_snapshot(id: str = "r1", submit: Submit | None = None, **contents: bytes) -> Snapshot:
    """A request as the store would give it, just submitted and not yet shown to anyone."""
    rows = (content("R1.r1", a_revision()), row("R1.a1", "00" * 16, ADVICE))
    command = submit or a_submit(content=rows[0], rationale=rows[1])
    start = RequestState(id=id)
    state = decide(start, command, facts_of(DIRECTORY, None), NOW).state
    to = Recipient(platform="slack", id="mara@example.com")
    delivery = Delivery(request=id, to=to, wanted=state.version, shown=0, attempts=0)
    bodies = {c.id: c.body for c in (command.content, command.rationale)}
    return Snapshot(state=state, contents={**bodies, **contents}, deliveries=(delivery,))


def links_of(id: str, submit: Submit | None = None) -> list[Link]:
    """The trail of the same request."""
    start = RequestState(id=id)
    own = decide(start, submit or a_submit(), facts_of(DIRECTORY, None), NOW)
    return chain(id, 0, GENESIS, own.events)


class FakeKeys:
    """Keys by hash; `looked_up` counts the look-ups."""

    def __init__(self) -> None:
        self.rows: dict[str, ApiKey] = {}
        self.looked_up = 0

    def make(self, secret: str, *scopes: str, **fields: Any) -> str:
        """A key with this secret; gives the secret."""
        digest = hashlib.sha256(secret.encode()).hexdigest()
        row = ApiKey(id=f"key-{len(self.rows) + 1}", name=secret, scopes=scopes, hash=digest)
        self.rows[digest] = replace(row, **fields)
        return secret

    def change(self, secret: str, **fields: Any) -> None:
        digest = hashlib.sha256(secret.encode()).hexdigest()
        self.rows[digest] = replace(self.rows[digest], **fields)

    async def key_by_hash(self, hash: str) -> ApiKey | None:
        self.looked_up += 1
        return self.rows.get(hash)

    async def add_key(self, key: ApiKey, by: Actor = SYSTEM) -> None:
        self.rows[key.hash] = key

    async def all_keys(self) -> Sequence[ApiKey]:
        return list(self.rows.values())

    async def revoke_key(self, id: str, at: int, by: Actor = SYSTEM) -> bool:
        raise AssertionError("the API never revokes keys")


class FakeService(FakeActs, FakeRules):
    """Keeps one request for each submission; `error` is raised by the next call instead.

    A view that waits is held until `held` is set, which it is at first. `tokens` are what the
    submitting key finds, `usual` is when each request is likely to be decided, `record` the
    request with which a submission is answered from the record.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}
        self.usual: int | None = None
        self.record: str | None = None
        self.reads = 0
        self.quota: Quota | None = None
        self.held = asyncio.Event()
        self.held.set()
        self._answered: dict[tuple[str, str], tuple[str, str]] = {}

    async def submit(
        self, submission: Submission, caller: Caller, idempotency: tuple[str, str] | None
    ) -> Submitted:
        self._record("submit", submission, caller, idempotency)
        if idempotency is not None:
            earlier = self._answered.get((caller.key_id, idempotency[0]))
            if earlier is not None and earlier[1] != idempotency[1]:
                raise Refused(Reason.IDEMPOTENCY_MISMATCH)
            if earlier is not None:
                return Submitted(snapshot=self.requests[earlier[0]], replayed=True)
        if self.record is not None:
            return Submitted(snapshot=self._known(self.record), from_record=True)
        made = f"r{len(self.requests) + 1}"
        self.requests[made] = a_snapshot(made)
        if idempotency is not None:
            self._answered[caller.key_id, idempotency[0]] = (made, idempotency[1])
        return Submitted(snapshot=self.requests[made], replayed=False, quota=self.quota)

    async def submitted(self, caller: Caller, idempotency: tuple[str, str]) -> Submitted | None:
        earlier = self._answered.get((caller.key_id, idempotency[0]))
        if earlier is None or earlier[1] != idempotency[1]:
            return None
        return Submitted(snapshot=self.requests[earlier[0]], replayed=True)

    async def view(self, caller: Caller, request_id: str, wait_ms: int = 0) -> Snapshot:
        self._record("view", caller, request_id, wait_ms)
        if wait_ms:
            await self.held.wait()
        return self._known(request_id)

    async def stored(self, request_id: str) -> Snapshot | None:
        self.reads += 1
        return self.requests.get(request_id)

    async def listed(self, caller: Caller, filter: ListFilter) -> Listed:
        self._record("listed", caller, filter)
        return Listed(items=tuple(self.requests.values()), next_cursor=None)

    async def events(
        self, caller: Caller, request_id: str
    ) -> tuple[Sequence[Link], dict[str, bytes]]:
        self._record("events", caller, request_id)
        return links_of(request_id), self._known(request_id).contents

    async def attempts(self, caller: Caller, request_id: str) -> Sequence[str]:
        self._record("attempts", caller, request_id)
        return (self._known(request_id).state.id,)

    def estimate(self, state: RequestState) -> Estimate | None:
        return None if self.usual is None or not state.is_open else Estimate(self.usual)

    def token(self, caller: Caller, found: Snapshot) -> str | None:
        own = caller.key_id == found.state.agent_key
        return self.tokens.get(found.state.id) if own else None


def erased(found: Snapshot) -> Snapshot:
    """The same request after its content was erased."""
    return replace(found, contents={})


def a_comment(id: str, text: str) -> Content:
    return Content(id=id, salt="00" * 16, body=b'{"text":"%s"}' % text.encode())
