"""What the server does, told as it happens: to the metrics, to the traces and to the log.

One `Observing` stands around the HTTP calls, the store and the relay. Each names in the context
what it works on, so that every line of the log between the agent's call and the platform's answer
holds the same ids.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter, time_ns
from typing import Any, Final, TypeVar, cast

import structlog
from aiohttp import web

from bot import log as context
from bot.metrics import Metrics
from bot.sending import CardItem, Item, NoticeItem
from bot.server import Told, route_of
from bot.tracing import Kind, Span, Tracer
from core.ports import Dead, Delivered, Outcome, Store
from core.refusals import Refused
from core.request import RequestState
from core.rows import FIRST, NO_READS, Changes, Loaded, Reads, Recipient, Ticked, Wake
from core.value import Millis

T = TypeVar("T")

REMEMBERED: Final = 4096
"""Requests of which it is known when, and by which call, they were changed last."""

CALLBACK: Final = "callback"
"""The platform, and the kind, of what agents are told at addresses of their own."""

REQUEST: Final = "countersign.request"
"""The attribute of a span that is about a request."""

_NOTHING: Final = nullcontext(None)

log = structlog.get_logger("observing")


@dataclass(frozen=True, slots=True)
class Origin:
    """The call that changed a request last, and its span; "" and None where it was none."""

    call: str
    place: object | None


@dataclass(slots=True)
class Commit:
    """The newest change of a request: when it was committed, and whose card shows it."""

    version: int
    at: Millis
    shown: set[Recipient] = field(default_factory=set)


@dataclass(slots=True)
class Under:
    """A try to deliver that is under way."""

    began: float
    span: Span | None


class Calling:
    """Around a call of the HTTP server, inside its span where there are any."""

    __slots__ = ("_began", "_calling", "_metrics", "_request", "_route", "_span")

    def __init__(
        self,
        metrics: Metrics | None,
        request: web.Request,
        route: str,
        calling: AbstractContextManager[Span | None],
    ) -> None:
        self._metrics = metrics
        self._request = request
        self._route = route
        self._calling = calling
        self._span: Span | None = None
        self._began = perf_counter()

    def __enter__(self) -> Told:
        self._span = self._calling.__enter__()
        return self._told

    def __exit__(self, *raised: Any) -> bool | None:
        return self._calling.__exit__(*raised)

    def _told(self, status: int) -> None:
        """It is answered with this status."""
        if self._span is not None:
            self._span.put("http.response.status_code", status)
            if status >= 500:
                self._span.fail(str(status))
        if self._metrics is not None:
            request, route = self._request, self._route
            asked = bool(request.query_string) and "wait" in request.query
            waits = asked or route.endswith("/stream")
            took = None if waits else perf_counter() - self._began
            self._metrics.answered(request.method, route, status, took)


_TRY: ContextVar[Under | None] = ContextVar("delivery_try", default=None)
_SPAN: ContextVar[Span | None] = ContextVar("call_span", default=None)


class Observing:
    """Stands around the parts; with neither metrics nor a tracer it only names things in the
    log's context."""

    def __init__(
        self, clock: Callable[[], Millis], metrics: Metrics | None, tracer: Tracer | None
    ) -> None:
        self._clock = clock
        self.metrics = metrics
        self._tracer = tracer
        self._origins: OrderedDict[str, Origin] = OrderedDict()
        self._commits: OrderedDict[str, Commit] = OrderedDict()

    # --- calls ---------------------------------------------------------------------------

    def call(self, request: web.Request) -> AbstractContextManager[Told]:
        """Around a call of the HTTP server."""
        route = route_of(request)
        if self._tracer is None:
            return Calling(self.metrics, request, route, _NOTHING)
        return Calling(self.metrics, request, route, self._calling(self._tracer, request, route))

    @contextmanager
    def _calling(self, tracer: Tracer, request: web.Request, route: str) -> Iterator[Span]:
        named = {"http.request.method": request.method, "http.route": route}
        about = {**named, "countersign.call": context.request_id.get()}
        name = f"{request.method} {route}".strip()
        with tracer.span(name, Kind.SERVER, headers=request.headers, about=about) as span:
            context.trace_id.set(span.trace_id)
            _SPAN.set(span)
            yield span

    # --- the store -----------------------------------------------------------------------

    def store(self, store: Store) -> Store:
        """The store with an eye on what is written."""
        return cast("Store", ObservedStore(store, self))

    def transacting(self, request: str) -> AbstractContextManager[Span | None]:
        """Around a command on a request: its span, where there are any."""
        if context.request_id.get():
            # The call's own last line shall name the request too.
            context.request.set(request)
            return self._span("transact", request)
        return self._transacting(request)

    @contextmanager
    def _transacting(self, request: str) -> Iterator[Span | None]:
        with context.about(request=request), self._span("transact", request) as span:
            yield span

    def changed(self, before: RequestState, changes: Changes[Any]) -> None:
        """Something was stored."""
        if self.metrics is not None:
            self.metrics.changed(before, changes)
        state = changes.state
        if state is None or not changes.events:
            return
        span = _SPAN.get()
        origin = Origin(context.request_id.get(), None if span is None else span.place)
        _remember(self._origins, state.id, origin)
        log.debug("committed", request=state.id, version=state.version, status=state.status.value)

    def committed(self, states: Sequence[RequestState]) -> None:
        """After each commit."""
        if self.metrics is None:
            return
        if states:
            self.metrics.committed(len(states))
        now = self._clock()
        for state in states:
            _remember(self._commits, state.id, Commit(state.version, now))

    def ticked(self, ticked: Ticked, now: Millis) -> None:
        """After each chunk of requests to which time was applied."""
        if ticked.claimed:
            log.debug("ticked", count=len(ticked.claimed), failed=len(ticked.failed))
        if self.metrics is not None:
            for due, _ in ticked.claimed:
                self.metrics.ticked(now - due)

    def tick_span(self, began: int, ticked: Ticked) -> None:
        """The span of a tick that found something, from this moment (nanoseconds) until now."""
        if self._tracer is not None and ticked.claimed:
            about = {
                "countersign.claimed": len(ticked.claimed),
                "countersign.failed": len(ticked.failed),
            }
            self._tracer.past("tick", began, about)

    def transacted(self, outcome: str, began: float) -> None:
        """A command ended."""
        if self.metrics is not None:
            self.metrics.transacted(outcome, perf_counter() - began)

    def _span(self, name: str, request: str) -> AbstractContextManager[Span | None]:
        if self._tracer is None:
            return _NOTHING
        return self._tracer.span(name, about={REQUEST: request})

    # --- the relay -----------------------------------------------------------------------

    @contextmanager
    def sending(self, item: Item) -> Iterator[None]:
        """Around one try to deliver."""
        origin = self._origins.get(item.request, Origin("", None))
        with (
            context.about(request=item.request, request_id=origin.call),
            self._delivering(item, origin) as span,
        ):
            token = _TRY.set(Under(perf_counter(), span))
            try:
                yield
            finally:
                _TRY.reset(token)

    def sent(self, item: Item, outcome: Outcome) -> None:
        """How it ended, also where nobody was asked."""
        platform, kind, under = item.to.platform, _kind(item), _TRY.get()
        name = _outcome(outcome)
        log.debug("delivery", platform=platform, kind=kind, outcome=name, request=item.request)
        if under is not None and under.span is not None:
            under.span.put("countersign.outcome", name)
        if self.metrics is None:
            return
        self.metrics.sent(platform, kind, name)
        if under is not None:
            self.metrics.sending_took(platform, perf_counter() - under.began)
        lag = self._lag(item) if name == "delivered" else None
        if lag is not None:
            self.metrics.shown(platform, lag)

    def called_back(self, outcome: Outcome, seconds: float) -> None:
        """How a callback to an agent ended."""
        if self.metrics is not None:
            self.metrics.sent(CALLBACK, CALLBACK, _outcome(outcome))
            self.metrics.sending_took(CALLBACK, seconds)

    def _delivering(self, item: Item, origin: Origin) -> AbstractContextManager[Span | None]:
        if self._tracer is None:
            return _NOTHING
        about = {
            REQUEST: item.request,
            "countersign.platform": item.to.platform,
            "countersign.kind": _kind(item),
        }
        return self._tracer.span("deliver", Kind.CLIENT, follows=origin.place, about=about)

    def _lag(self, item: Item) -> Millis | None:
        """Since when it was to be shown; None where that is not known, or it was shown before."""
        commit = self._commits.get(item.request)
        if commit is None or not isinstance(item, CardItem) or item.found is None:
            return None
        if item.found.state.version < commit.version or item.to in commit.shown:
            return None
        commit.shown.add(item.to)
        return self._clock() - commit.at


class ObservedStore:
    """A store that tells of what it writes; whatever else it is asked goes straight on."""

    def __init__(self, store: Store, observing: Observing) -> None:
        self._store = store
        self._observing = observing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def transact(
        self, request_id: str, fn: Callable[[Loaded], Changes[T]], reads: Reads = NO_READS
    ) -> T:
        """See `core.ports.Store.transact`."""
        done: list[tuple[RequestState, Changes[T]]] = []

        def run(loaded: Loaded) -> Changes[T]:
            changes = fn(loaded)
            done[:] = [(loaded.state, changes)]  # it may run again
            return changes

        observing, began, refusal = self._observing, perf_counter(), None
        with observing.transacting(request_id) as span:
            try:
                result = await self._store.transact(request_id, run, reads)
                for before, changes in done:
                    observing.changed(before, changes)
            except Refused as refused:
                # It is no failure of what the span is about.
                refusal = refused
                if span is not None:
                    span.put("countersign.refused", refused.reason.value)
                observing.transacted("refused", began)
            except Exception:
                observing.transacted("failed", began)
                raise
            else:
                observing.transacted("stored", began)
        if refusal is not None:
            raise refusal
        return result

    async def tick_due(
        self,
        now: Millis,
        limit: int,
        fn: Callable[[Loaded], Changes[Any]],
        reads: Reads = NO_READS,
        after: Wake = FIRST,
    ) -> Ticked:
        """See `core.ports.Store.tick_due`."""
        done: dict[str, tuple[RequestState, Changes[Any]]] = {}

        def run(loaded: Loaded) -> Changes[Any]:
            done.pop(loaded.state.id, None)
            changes = fn(loaded)
            done[loaded.state.id] = loaded.state, changes
            return changes

        began = time_ns()
        ticked = await self._store.tick_due(now, limit, run, reads, after)
        failed = {request for request, _ in ticked.failed}
        for _, request in ticked.claimed:
            if request in done and request not in failed:
                self._observing.changed(*done[request])
        self._observing.tick_span(began, ticked)
        return ticked


K = TypeVar("K")


def _remember(kept: OrderedDict[str, K], request: str, what: K) -> None:
    kept[request] = what
    kept.move_to_end(request)
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)


def _kind(item: Item) -> str:
    """ "card", or what the notice is about."""
    return item.queued.row.kind if isinstance(item, NoticeItem) else "card"


def _outcome(outcome: Outcome) -> str:
    if isinstance(outcome, Delivered):
        return "delivered"
    return "dead" if isinstance(outcome, Dead) else "retry"
