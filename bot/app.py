"""The composition root: every part is made here, from arguments, and nowhere else.

`compose` wires and opens nothing; `running` starts the parts in order and stops them in the
reverse order. Chat libraries are imported only when their platform is switched on.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Protocol

from aiohttp import web

from adapters.webhook import app as api
from adapters.webhook.auth import recheck
from adapters.webhook.desk import Desk
from adapters.webhook.streams import Streams
from bot import ids
from bot.accounts import Accounted, accounted, finding
from bot.advice import Advice, advice
from bot.advising import Record
from bot.alarm import alarm
from bot.auditing import EVERY_SECONDS as AUDIT_SECONDS
from bot.auditing import Auditing
from bot.books import Books
from bot.calling_back import CalledBack, called_back
from bot.distributing import distributed
from bot.guarding import guarded
from bot.hearing import Hearing
from bot.observing import Observing
from bot.oversight import Oversight
from bot.parts import Ground, Part, parts_of, statistics_of
from bot.platforms import Platform, platforms_of, switched_on
from bot.relay import Relay
from bot.scheduler import REFRESH_SECONDS, Job, Scheduler, tick_failed
from bot.server import build_server
from bot.settings import STOP_SECONDS, Settings
from bot.stage_times import StageTimes
from bot.stopping import Graces
from bot.tracing import Tracer
from bot.waiting import Waiters
from core.chat.asking import AskingService
from core.chat.conversations import ChatService
from core.chat.figures import FiguresService
from core.chat.healing import Healer
from core.chat.home import HomeService
from core.chat.port import Chat
from core.chat.threads import ThreadService
from core.ports import Store
from core.request import RequestState
from core.service.absences import AbsenceService
from core.service.acts import Acts
from core.service.approvals import Approvals, World
from core.service.governing import Governance
from core.tokens.signing import KeyRing
from core.value import Millis
from storage.database import Storage

GRACES = Graces(STOP_SECONDS)

Heard = Callable[[Sequence[RequestState]], None]


class Listening(Protocol):
    """A part that is told of each commit."""

    def changed(self, states: Sequence[RequestState], /) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """Where time, ids and randomness come from."""

    clock: Callable[[], Millis]
    new_id: Callable[[], str]
    new_salt: Callable[[], str]
    new_code: Callable[[], str] = ids.new_code
    jitter: Callable[[], float] = lambda: 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """Everything that runs, wired."""

    http: web.Application
    approvals: Approvals
    absences: AbsenceService
    governance: Governance
    books: Books
    chat: ChatService
    platforms: Mapping[str, Platform]
    accounts: Accounted
    relay: Relay
    calling: CalledBack
    advised: Advice
    parts: tuple[Part, ...]
    scheduler: Scheduler
    waiters: Waiters
    hearing: Hearing
    oversight: Oversight


def compose(
    settings: Settings,
    books: Books,
    storage: Storage,
    sources: Sources,
    ring: KeyRing | None = None,
    tracer: Tracer | None = None,
) -> App:
    """Wire all parts; starts and opens nothing. Without a `ring` nothing is signed."""
    waiters, times, clock = Waiters(), StageTimes(storage.store, sources.clock), sources.clock
    record = Record(storage.history, clock)
    oversight = Oversight(settings, storage, clock, lambda: (scheduler, relay, auditing), tracer)
    observing, look = oversight.observing, partial(waiters.look, storage.store)
    wake: Callable[[], None] = lambda: relay.wake()  # noqa: E731 - the relay is made below
    store = observing.store(guarded(storage.store, books, storage.people))
    approvals = Approvals(
        _world(settings, books, storage, store, sources, record, wake, waiters, times, ring)
    )
    absences = AbsenceService(approvals, tick_failed)
    governance = _governance(books, storage, sources)
    auditing = None if ring is None else Auditing(storage.trail, ring, clock)
    chat = ChatService(approvals, absences)
    accounts = accounted(settings, books, storage, sources, switched_on(settings), wake)
    ports = _ports(approvals, chat, storage, accounts, wake)
    distribution, references = distributed(settings, storage, clock, wake), storage.references
    platforms = platforms_of(settings, ports, references, clock, distribution, sources.new_id, ring)
    advised = advice(settings, approvals, storage, record, sources.jitter)
    relay = _relay(storage, platforms, books, clock, observing, record)
    refreshing = (times.refresh, _following(books, storage), accounts.linked.refresh, look)
    jobs = [(job, REFRESH_SECONDS) for job in (*refreshing, oversight.keys.write)] + oversight.jobs
    jobs += _finding(settings, books, storage, accounts, platforms, clock) + _sweeping(auditing)
    parts = _parts(books, storage, approvals, absences, governance, ports, oversight, wake, waiters)
    jobs += [job for part in parts for job in part.jobs]
    scheduler = Scheduler(approvals, absences, storage.store, clock, jobs)
    scheduler.observe(observing.ticked)
    calling = called_back(settings, storage, clock, observing)
    _tell(storage, alarm, observing.committed, waiters, relay, scheduler, calling, advised, *parts)
    streams = _streams(approvals, storage, waiters)
    desk = _desk(approvals, streams, absences, governance, books, auditing, storage, calling)
    routes = _routes(desk, storage, clock, oversight, [*platforms.values(), *parts], advised)
    return App(
        http=build_server(routes, sources.new_id, observing.call),
        approvals=approvals,
        absences=absences,
        governance=governance,
        books=books,
        chat=chat,
        platforms=platforms,
        accounts=accounts,
        relay=relay,
        calling=calling,
        advised=advised,
        parts=parts,
        scheduler=scheduler,
        waiters=waiters,
        oversight=oversight,
        hearing=Hearing(storage.signals, waiters, scheduler, relay, look, sources.jitter),
    )


def _tell(storage: Storage, *heard: Heard | Listening) -> None:
    """Have these told of each commit, in this order."""
    for each in heard:
        storage.store.on_commit(each if callable(each) else each.changed)


def _relay(
    storage: Storage,
    platforms: Mapping[str, Platform],
    books: Books,
    clock: Callable[[], Millis],
    observing: Observing,
    record: Record,
) -> Relay:
    channels = {name: platform.channel for name, platform in platforms.items()}
    store, deliveries, people = storage.store, storage.deliveries, books.directory
    return Relay(store, deliveries, channels, people, clock, observing, record.said)


def _reviving(
    storage: Storage, wake: Callable[[], None]
) -> Callable[[str, str, Millis], Awaitable[int]]:
    async def revive(platform: str, person: str, now: Millis) -> int:
        found = await storage.deliveries.revive(platform, person, now)
        wake()
        return found

    return revive


def _governance(books: Books, storage: Storage, sources: Sources) -> Governance:
    return Governance(
        store=storage.store, read=books.read, clock=sources.clock, from_file=books.from_file
    )


def _sweeping(auditing: Auditing | None) -> list[tuple[Job, float]]:
    return [] if auditing is None else [(auditing.sweep, AUDIT_SECONDS)]


def _finding(
    settings: Settings,
    books: Books,
    storage: Storage,
    accounts: Accounted,
    platforms: Mapping[str, Platform],
    clock: Callable[[], Millis],
) -> list[tuple[Job, float]]:
    finders = {name: platform.finder for name, platform in platforms.items()}
    return finding(settings, books, storage, accounts.linking, finders, clock)


def _ports(
    approvals: Approvals,
    chat: ChatService,
    storage: Storage,
    accounts: Accounted,
    wake: Callable[[], None],
) -> Chat:
    """What chat adapters ask of the service."""
    world = approvals.world
    return Chat(
        asking=AskingService(approvals),
        conversations=chat,
        figures=FiguresService(world, storage.tallies, storage.history),
        healing=Healer(storage.deliveries, world.directory, world.clock, wake),
        home=HomeService(world, chat),
        linking=accounts.linking,
        signing=accounts.signing,
        threads=ThreadService(approvals, storage.messages),
    )


def _world(
    settings: Settings,
    books: Books,
    storage: Storage,
    store: Store,
    sources: Sources,
    record: Record,
    wake: Callable[[], None],
    waiters: Waiters,
    times: StageTimes,
    ring: KeyRing | None,
) -> World:
    return World(
        store=store,
        revive=_reviving(storage, wake),
        directory=books.directory,
        policy=books.policy,
        policy_of=lambda version: books.version(store, version),
        platforms=switched_on(settings),
        clock=sources.clock,
        new_id=sources.new_id,
        new_salt=sources.new_salt,
        waiting=waiters.watch,
        ring=ring,
        stage_times=times.now,
        stage_samples=times.samples,
        workload=storage.workload,
        record=record.said,
    )


def _streams(approvals: Approvals, storage: Storage, waiters: Waiters) -> Streams:
    world = approvals.world
    looking = partial(recheck, storage.keys, world.clock)
    streams = Streams(approvals, storage.store.snapshot, looking, world.directory)
    waiters.follow(streams)
    return streams


def _parts(
    books: Books,
    storage: Storage,
    approvals: Approvals,
    absences: AbsenceService,
    governance: Governance,
    chat: Chat,
    oversight: Oversight,
    wake: Callable[[], None],
    waiters: Waiters,
) -> tuple[Part, ...]:
    ground = Ground(
        settings=oversight.settings,
        findings=lambda: oversight.watching.findings,
        watch=oversight.keys.watch,
        books=books,
        storage=storage,
        approvals=approvals,
        absences=absences,
        governance=governance,
        chat=chat,
        wake=wake,
        waiters=waiters,
    )
    return parts_of(ground)


def _desk(
    approvals: Approvals,
    streams: Streams,
    absences: AbsenceService,
    governance: Governance,
    books: Books,
    auditing: Auditing | None,
    storage: Storage,
    calling: CalledBack,
) -> Desk:
    world = approvals.world
    return Desk(
        requests=approvals,
        streams=streams,
        acts=Acts(approvals),
        absences=absences,
        governance=governance,
        past=world.store,
        statistics=statistics_of(approvals, storage),
        callbacks=calling.agents,
        policy=books.policy,
        directory=books.directory,
        use=books.use,
        clock=world.clock,
        ring=world.ring,
        evidence=auditing,
    )


def _following(books: Books, storage: Storage) -> Job:
    async def follow() -> None:
        await books.follow(storage.store)

    return follow


def _routes(
    desk: Desk,
    storage: Storage,
    clock: Callable[[], Millis],
    oversight: Oversight,
    beside: Sequence[Platform | Part],
    advised: Advice,
) -> list[web.RouteDef]:
    own = api.build(
        desk,
        storage.keys,
        clock,
        oversight.checks(),
        version("countersign"),
        warnings=lambda: [*oversight.warnings(), *advised.warnings()],
        exposed=oversight.exposed,
        watch=oversight.keys.watch,
    )
    return own + [route for each in beside for route in each.routes]


@asynccontextmanager
async def running(app: App, *, relay: bool = True, graces: Graces = GRACES) -> AsyncIterator[App]:
    """Start everything but the HTTP server; stop it in reverse, undelivered cards kept.

    Without `relay` nothing is sent: for a measurement, or a replica that only answers.
    """
    async with AsyncExitStack() as stack:
        await app.accounts.linked.refresh()
        stack.push_async_callback(app.accounts.stop)
        for platform in app.platforms.values():
            await platform.start()
            stack.push_async_callback(platform.stop)
        await app.scheduler.sweep()
        stack.push_async_callback(app.oversight.stop)
        app.scheduler.start()
        replanning = asyncio.create_task(app.scheduler.replan())
        stack.callback(replanning.cancel)
        stack.push_async_callback(app.scheduler.stop, graces.jobs)
        app.hearing.start()
        stack.push_async_callback(app.hearing.stop)
        for part in app.parts:
            await part.start()
            stack.push_async_callback(part.stop)
        if relay:
            app.relay.start()
            stack.push_async_callback(app.relay.stop, graces.sending)
            await app.calling.start()
            stack.push_async_callback(app.calling.stop, graces.calling)
            app.advised.start()
            stack.push_async_callback(app.advised.stop, graces.asking)
        # What was made so far lives until the end: without it in every full collection, the
        # pauses of one in a hundred requests halve.
        gc.collect()
        gc.freeze()
        # What a request makes dies by its reference counts; looking for cycles after every 700
        # objects, as Python does unless told otherwise, takes a tenth of the processor.
        gc.set_threshold(20_000, 20, 50)
        yield app
