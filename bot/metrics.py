"""Metrics for Prometheus: what this server did, counted as it happens.

The registry is made with the server, never the library's global one. Labels have few values:
no request, person or free text is ever one, and names from the policy count only up to a number.
What the database knows is added by `bot.metrics_stored`.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from core.events import Event, Finished, Recorded, Voted, VoteWithdrawn
from core.request import RequestState
from core.rows import Changes
from core.system_events import SystemEvent
from core.value import Millis

MOST_RULES: Final = 50
MOST_KINDS: Final = 40
OTHER: Final = "other"
"""The label of whatever comes after so many different ones."""

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
PEOPLE: Final = (
    *(5, 15, 30, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE),
    *(_HOUR, 2 * _HOUR, 4 * _HOUR, 8 * _HOUR, _DAY, 2 * _DAY, 4 * _DAY, 7 * _DAY),
)
"""Seconds that people take."""
CALLS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
"""Seconds that calls take."""
WRITES: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
"""Seconds that a transaction takes."""
LAGS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 6 * _HOUR, _DAY)
"""Seconds that something waits for its turn."""
TOGETHER: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Few:
    """The values of a label, so many at most; those that come later are all called "other"."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[str] = set()

    def __call__(self, value: str) -> str:
        if value in self._seen:
            return value
        if len(self._seen) >= self._most:
            return OTHER
        self._seen.add(value)
        return value


class _New:
    """Makes instruments with labels. Each is a function from its labels' values to the series of
    just these, which is looked up once: the library does it anew, and under a lock."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, about: str, *labels: str) -> Callable[..., Counter]:
        made = Counter(name, about, labels, registry=self._registry)
        return cache(made.labels)

    def histogram(
        self, name: str, about: str, buckets: Sequence[float], *labels: str
    ) -> Callable[..., Histogram]:
        made = Histogram(name, about, labels, registry=self._registry, buckets=buckets)
        return cache(made.labels)


class Metrics:
    """The instruments of one server; all methods are called in the event loop."""

    def __init__(self, version: str) -> None:
        # When each series began is said for each of them again, and helps nobody here.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library left it out
        self.registry = registry = CollectorRegistry()
        self._rules, self._kinds = Few(MOST_RULES), Few(MOST_KINDS)
        self._count_requests(registry)
        self._count_deliveries(registry)
        self._count_work(registry)
        self._build = Gauge("countersign_build_info", _BUILD, ["version"], registry=registry)
        self._build.labels(version).set(1)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)

    def _count_requests(self, registry: CollectorRegistry) -> None:
        new = _New(registry)
        self._requests = new.counter("countersign_requests_total", _REQUESTS, "status", "rule")
        self._events = new.counter("countersign_events_total", _EVENTS, "type")
        self._decisions = new.counter(
            "countersign_decisions_total", _DECISIONS, "platform", "decision"
        )
        self._ended = new.histogram("countersign_request_seconds", _ENDED, PEOPLE, "status")
        self._voted = new.histogram("countersign_vote_seconds", _VOTED, PEOPLE, "platform")

    def _count_deliveries(self, registry: CollectorRegistry) -> None:
        new = _New(registry)
        self._deliveries = new.counter(
            "countersign_deliveries_total", _DELIVERIES, "platform", "kind", "outcome"
        )
        self._sends = new.histogram("countersign_delivery_seconds", _SENDS, CALLS, "platform")
        self._lag = new.histogram("countersign_delivery_lag_seconds", _LAG, LAGS, "platform")

    def _count_work(self, registry: CollectorRegistry) -> None:
        new = _New(registry)
        self._calls = new.counter(
            "countersign_http_requests_total", _CALLS, "method", "route", "status"
        )
        self._took = new.histogram(
            "countersign_http_request_seconds", _TOOK, CALLS, "method", "route"
        )
        self._keys = new.counter("countersign_key_refusals_total", _KEYS, "reason")
        self._transactions = new.counter("countersign_transactions_total", _TRANSACTIONS, "outcome")
        self._written = Histogram(
            "countersign_transaction_seconds", _WRITTEN, registry=registry, buckets=WRITES
        )
        self._together = Histogram(
            "countersign_commit_requests", _TOGETHER, registry=registry, buckets=TOGETHER
        )
        self._ticks = Histogram(
            "countersign_tick_lag_seconds", _TICKS, registry=registry, buckets=LAGS
        )
        self._passes = Gauge(
            "countersign_last_pass_timestamp_seconds", _PASSES, ["job"], registry=registry
        )
        self._findings = Gauge("countersign_findings", _FINDINGS, ["kind"], registry=registry)

    # --- requests ------------------------------------------------------------------------

    def changed(self, before: RequestState, changes: Changes[object]) -> None:
        """What a transaction stored: `before` is the request as it was loaded."""
        for _, other in changes.streams:
            self._events(_tag(other.event)).inc()
        state = changes.state
        if state is None or not changes.events:
            return
        if not before.version or before.status is not state.status:
            rule = "" if state.route is None else self._rules(state.route.rule)
            self._requests(state.status.value, rule).inc()
        for recorded in changes.events:
            self._events(_tag(recorded.event)).inc()
            self._decided(state, recorded)

    def _decided(self, state: RequestState, recorded: Recorded) -> None:
        match recorded.event:
            case Voted() as vote:
                via = recorded.actor.via
                self._decisions(via, vote.decision.value).inc()
                took = _since_opened(state, vote, recorded.at)
                if took is not None:
                    self._voted(via).observe(took / 1000)
            case VoteWithdrawn():
                self._decisions(recorded.actor.via, "withdrawn").inc()
            case Finished(status=status):
                took = max(0, recorded.at - state.created_at)
                self._ended(status.value).observe(took / 1000)

    # --- deliveries ----------------------------------------------------------------------

    def sent(self, platform: str, kind: str, outcome: str) -> None:
        """A card or notice was "delivered", is to "retry", or "dead"; `kind` is "card" or what
        the notice is about."""
        self._deliveries(platform, self._kinds(kind), outcome).inc()

    def sending_took(self, platform: str, seconds: float) -> None:
        """One try, whatever came of it."""
        self._sends(platform).observe(seconds)

    def shown(self, platform: str, lag: Millis) -> None:
        """A card shows what was committed so long ago."""
        self._lag(platform).observe(max(0, lag) / 1000)

    # --- work ----------------------------------------------------------------------------

    def answered(self, method: str, route: str, status: int, seconds: float | None) -> None:
        """A call of the HTTP server; None for one that was made to wait."""
        known = method if method in _METHODS else OTHER
        self._calls(known, route, str(status)).inc()
        if seconds is not None:
            self._took(known, route).observe(seconds)

    def key_refused(self, reason: str) -> None:
        """A call was refused because of its key, for a reason of the API."""
        self._keys(reason).inc()

    def transacted(self, outcome: str, seconds: float) -> None:
        """A command was "stored", "refused", or "failed"."""
        self._transactions(outcome).inc()
        self._written.observe(seconds)

    def committed(self, requests: int) -> None:
        """So many requests were changed by one commit."""
        self._together.observe(requests)

    def ticked(self, lag: Millis) -> None:
        """Time was applied to a request so long after it was due."""
        self._ticks.observe(max(0, lag) / 1000)

    def passes(self, job: str, last: Callable[[], Millis | None]) -> None:
        """When a job finished its last pass, asked whenever metrics are read."""
        self._passes.labels(job).set_function(lambda: (last() or 0) / 1000)

    def found(self, kind: str, there: bool) -> None:
        """Whether something is wrong."""
        self._findings.labels(kind).set(there)


def _tag(event: Event | SystemEvent) -> str:
    return str(event.__struct_config__.tag)


def _since_opened(state: RequestState, vote: Voted, at: Millis) -> Millis | None:
    """How long the stage had been open; None where the vote has already led somewhere else."""
    if vote.revision != state.revision or not 1 <= vote.level <= len(state.stages):
        return None
    stage = state.stages[vote.level - 1]
    if stage.round != vote.round or stage.opened_at is None:
        return None
    return max(0, at - stage.opened_at)


_REQUESTS: Final = (
    "Requests that came into a status. One that ends in the step that makes it counts where it "
    "ended. After the first 50 rules the rule is other."
)
_EVENTS: Final = "Events that were recorded in the trail."
_DECISIONS: Final = "Votes, those that were taken back too, by where people cast them."
_ENDED: Final = "From the submission of a request to its end."
_VOTED: Final = "From the opening of a stage to each vote."
_DELIVERIES: Final = (
    "Tries to deliver a card or a notice. After a retry the same one is tried again, after dead "
    "it is not."
)
_SENDS: Final = "How long each try to deliver took."
_LAG: Final = "From the commit on this server to a card that shows it."
_CALLS: Final = "Calls that were answered."
_TOOK: Final = "How long answers took, without calls that asked to wait."
_KEYS: Final = (
    "Calls that were refused because of their key: `key_unknown`, `key_expired`, `key_revoked`, "
    "`rate_limited`, `quota_used`, and `too_many_failures` for unknown keys from one address."
)
_TRANSACTIONS: Final = (
    "Commands on requests. A refused one was against the rules, a failed one was not stored or "
    "it is not known whether it was."
)
_WRITTEN: Final = "How long commands took, from being queued for the writer to the commit."
_TOGETHER: Final = "Requests that one commit changed together."
_TICKS: Final = "How long after it was due time was applied to a request."
_PASSES: Final = "When a job of this server finished its last good pass; 0 before the first."
_FINDINGS: Final = "1 while something is wrong that the server found by itself, else 0."
_BUILD: Final = "1, with the version of Countersign."
