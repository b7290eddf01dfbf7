"""Where a call comes in: which key it has, whether that may call now, and that it is counted.

Every call with a key of ours is counted, those that are refused here too. A secret that is none
is counted in the metrics only: there is no stream that it could stand in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from adapters.webhook import limits
from adapters.webhook.auth import Authenticator, digest_of
from adapters.webhook.operation import Operation
from adapters.webhook.problems import Answered, HttpReason, problem
from adapters.webhook.statuses import AnyReason
from adapters.webhook.uses import Uses
from adapters.webhook.visit import POLICY, VISIT, Visit
from adapters.webhook.whence import Whence
from core.ports import Keys
from core.rate import Rate, read_rate
from core.refusals import Reason, Refused
from core.rows import ApiKey
from core.service.access import Caller, require_valid
from core.value import Millis

COUNTED: Final = frozenset(
    {
        Reason.KEY_UNKNOWN,
        Reason.KEY_EXPIRED,
        Reason.KEY_REVOKED,
        Reason.QUOTA_USED,
        HttpReason.RATE_LIMITED,
        HttpReason.TOO_MANY_FAILURES,
    }
)
"""The refusals of keys that are metrics."""


def _nobody(_reason: AnyReason) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Watch:
    """How keys are watched: `rate` is that of a key that has none of its own, None for any;
    `refused` is told of refusals in `COUNTED`."""

    rate: Rate | None = None
    whence: Whence = field(default_factory=Whence)
    uses: Uses = field(default_factory=Uses)
    refused: Callable[[AnyReason], None] = _nobody


class Door:
    """Lets calls in, each with its `Visit`."""

    def __init__(self, keys: Keys, clock: Callable[[], Millis], watch: Watch) -> None:
        self._auth = Authenticator(keys, clock)
        self._clock = clock
        self._watch = watch
        self._calls = limits.Buckets()
        self._known: dict[tuple[str | None, int | None], tuple[Rate | None, str]] = {}

    async def enter(self, request: web.Request, operation: Operation) -> Caller:
        """The caller. Raises Refused for a key that may not be used, Answered for one that has
        called too often."""
        visit = request[VISIT] = Visit()
        try:
            return await self._enter(request, operation, visit)
        except Refused as refusal:
            self._count(refusal.reason)
            raise
        except Answered as answered:
            self._count(HttpReason(answered.problem.reason))
            raise

    def refused(self, request: web.Request, reason: Reason, caller: Caller) -> None:
        """The core refused a call that had come in: about its key there is more to be said."""
        if reason.name.startswith("KEY_"):
            self._auth.forget(caller.key_hash)
        if reason is Reason.QUOTA_USED:
            request[VISIT].day_is_over(self._clock())
        self._count(reason)

    def _count(self, reason: AnyReason) -> None:
        if reason in COUNTED:
            self._watch.refused(reason)

    async def _enter(self, request: web.Request, operation: Operation, visit: Visit) -> Caller:
        whence, now = self._watch.whence, self._clock()
        digest = digest_of(request.headers.getall("Authorization", ()))
        address = whence.address(request)
        key = self._auth.kept(digest, now) if operation.rechecked else None
        if key is None:
            key = await self._auth.key(digest, whence.household(address), visit)
            now = self._clock()
        visit.counts(self._watch.uses, key, operation.id, whence.network(address), now)
        try:
            require_valid(key, now)
        except Refused:
            self._auth.forget(digest)
            raise
        visit.ends(key.expires_at, now)
        self._limit(key, visit, now)
        return Caller(
            key_id=key.id,
            key_name=key.name,
            key_hash=digest,
            scopes=key.scopes,
            person=key.person,
            owner=key.owner,
            requesters=key.requesters,
        )

    def _limit(self, key: ApiKey, visit: Visit, now: Millis) -> None:
        """Take one call of the key's, and say what is left."""
        named = key.rate, key.per_day
        known = self._known.get(named)
        if known is None:
            rate = self._rate(key.rate)
            known = self._known[named] = rate, limits.policy(rate, key.per_day)
        rate, policy = known
        if policy:
            visit.headers[POLICY] = policy
        if rate is None:
            return
        left, wait = self._calls.take(key.id, rate, now)
        visit.limits.append(limits.calls_left(left, rate, wait))
        if wait:
            visit.wait(wait)
            raise Answered(problem(HttpReason.RATE_LIMITED))

    def _rate(self, written: str | None) -> Rate | None:
        if written is None:
            return self._watch.rate
        try:
            return read_rate(written)
        except ValueError:  # nothing of ours wrote it
            return self._watch.rate
