"""Alerts: once a minute it looks at what the policy wants people to be told, and tells what began
and what is over, each once, however many servers run.

It runs as a task of its own, so that a scheduler that stands still is told too. What only this
server can find, it looks at itself; all else is looked at by whichever server takes the turn.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from bot.parts import Ground, Part
from bot.stopping import ended
from bot.watching import Finding, Kind
from core.alerting import telling
from core.alerting.episode import Episode, Sign, steps
from core.alerting.port import AlertStore, Load, Windows
from core.alerting.signs import UNKNOWN_FOR, Seen, Trouble, signs, trouble
from core.alerting.wanted import Alerts
from core.chat.audience import Platforms
from core.directory.people import Directory
from core.policy.policy import Policy
from core.service.approvals import World
from core.value import Millis
from storage.checkpoints import SqlTrail
from storage.sequencer import PAGE

EVERY: Final = 60.0
"""Seconds between two looks."""

TURN: Final[Millis] = 50_000
"""For so long no other server looks for all."""

GONE: Final[Millis] = 300_000
"""A server that has not looked for so long is not there, and what it alone found is over."""

QUIET: Final[Millis] = 3_600_000
"""Dead letters are new for so long."""

PAGES: Final = 200
"""The most pages of the trail that one look follows: what a busy server does in a minute is far
less."""

SPACING: Final = 0.002
"""Seconds between two pages, so that a long past holds up no click."""

MOST: Final = 1_000
"""More open requests of one person than the policy's limit are counted up to here."""

OWN: Final = frozenset({Kind.SCHEDULER, Kind.RELAY})
"""What only the server itself can find out."""

log = structlog.get_logger("alerting")


class Alerting:
    """Looks, and tells. `findings` are those of this server's auditor, `link` is the page with the
    figures, or ""."""

    def __init__(
        self,
        world: World,
        store: AlertStore,
        workload: Load,
        trail: SqlTrail,
        wake: Callable[[], None],
        findings: Callable[[], Sequence[Finding]],
        *,
        replica: str,
        link: str = "",
    ) -> None:
        self._world = world
        self._wake = wake
        self._store = store
        self._workload = workload
        self._trail = trail
        self._findings = findings
        self._replica = replica
        self._link = link
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="alerting")

    async def stop(self) -> None:
        """Let the look that is under way come to its end."""
        self._stop.set()
        if self._task is not None:
            await ended([self._task], 5.0)

    async def _run(self) -> None:
        while not self._stop.is_set():
            try:
                await self.look()
            except Exception:
                log.exception("alerting_failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), EVERY)

    async def look(self) -> None:
        """Look once: at this server, and in turn at everything."""
        now, alerts = self._now(), self._policy.alerts
        wanted = alerts is not None and alerts.trouble
        episodes = await self._store.open()
        own = [_trouble(each) for each in self._findings() if each.kind in OWN and wanted]
        await self._take(
            [each for each in episodes if each.replica == self._replica],
            [trouble(each) for each in own],
            self._replica,
        )
        if not await self._store.claim(self._replica, now, now + TURN):
            return
        for_all = [each for each in episodes if not each.replica]
        if alerts is None:
            await self._store.forget()
            await self._end(episodes, now)
            return
        await self._follow()
        await self._take(for_all, list(signs(alerts, await self._seen(alerts))), "")
        gone = frozenset(await self._store.gone(now - GONE))
        await self._end([each for each in episodes if each.replica in gone], now)

    async def _follow(self) -> None:
        """Take up what happened, as far as one look goes."""
        for _ in range(PAGES):
            if (await self._trail.number()).seen < PAGE:
                break
        for _ in range(PAGES):
            if not await self._store.follow(self._now()):
                break
            await asyncio.sleep(SPACING)

    async def _seen(self, alerts: Alerts) -> Seen:
        now, store = self._now(), self._store
        counts = await store.counts(_windows(alerts, now))
        load: Sequence[tuple[str, int]] = ()
        if alerts.overloaded is not None:
            people = list(self._directory.people)
            load = await self._workload.load(people, alerts.overloaded + MOST)
        troubles = list[Trouble]()
        if alerts.trouble:
            troubles = [_trouble(each) for each in self._findings() if each.kind not in OWN]
            troubles += await store.dead(now, QUIET)
        return Seen(
            late=tuple(counts.late),
            rejections=tuple(counts.rejections),
            escalations=tuple(counts.escalations),
            load=tuple(load),
            unknown=tuple(counts.unknown),
            troubles=tuple(troubles),
        )

    async def _take(self, episodes: Sequence[Episode], found: Sequence[Sign], replica: str) -> None:
        now = self._now()
        made = steps(episodes, found, now)
        for sign in made.begun:
            await self._begin(sign, replica, now)
        await self._store.move(made.moved)
        await self._end(made.over, now)

    async def _begin(self, sign: Sign, replica: str, now: Millis) -> None:
        policy, alerts = self._policy, self._policy.alerts
        if alerts is None:
            return
        told = telling.recipients(alerts, policy, self._directory, self._platforms, now)
        episode = telling.begun(sign, self._world.new_id(), told, now, replica)
        rows, recorded = telling.opening(episode, self._link)
        if await self._store.begin(episode, rows, recorded):
            about = {"kind": sign.kind.value, "subject": sign.subject}
            log.warning("alert_opened", alert=episode.id, told=len(told), **about)
            self._wake()

    async def _end(self, episodes: Sequence[Episode], now: Millis) -> None:
        for each in episodes:
            told = telling.today(each.told, self._directory, self._platforms)
            rows, recorded = telling.closing(each, told, self._link, now)
            if await self._store.end(each, rows, recorded):
                about = {"kind": each.kind.value, "subject": each.subject}
                log.info("alert_closed", alert=each.id, **about)
                self._wake()

    def _now(self) -> Millis:
        return self._world.clock()

    @property
    def _policy(self) -> Policy:
        return self._world.policy()

    @property
    def _directory(self) -> Directory:
        return self._world.directory()

    @property
    def _platforms(self) -> Platforms:
        return self._world.platforms


def _windows(alerts: Alerts, now: Millis) -> Windows:
    """From when on things are counted: whole hours, the first one from its beginning."""
    rejections, escalations = alerts.rejections, alerts.escalations
    return Windows(
        late=None if alerts.stuck is None else now - alerts.stuck,
        rejections=None if rejections is None else now - rejections.within,
        escalations=None if escalations is None else now - escalations.within,
        unknown=now - UNKNOWN_FOR if alerts.unknown_actions else None,
    )


def _trouble(finding: Finding) -> Trouble:
    return Trouble(finding.kind.value, finding.said)


def alerting_part(ground: Ground) -> Part:
    """Alerts, wired; nothing is told unless the policy wants it."""
    url = ground.settings.public_url
    alerting = Alerting(
        ground.world,
        ground.storage.alerts,
        ground.storage.workload,
        ground.storage.trail,
        ground.wake,
        ground.findings,
        replica=ground.world.new_id(),
        link="" if url is None else f"{url}/dashboard",
    )
    return Part(start=alerting.start, stop=alerting.stop)
