"""Who is told of an episode, and the rows of the outbox that tell them. Pure.

A row holds the facts of the episode; `core.alerting.words` makes its sentences when it is sent.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.alerting.episode import Episode, Sign
from core.alerting.wanted import Alerts
from core.calendars.rotation import line
from core.chat.audience import Platforms, reach
from core.directory.people import Directory
from core.events import SYSTEM
from core.policy.policy import Policy, people_of
from core.rows import OutboxRow, Recipient
from core.system_events import AlertClosed, AlertOpened, SystemRecorded
from core.value import Millis

ALERT: Final = "alert"
"""The kind of a notice that tells of an episode."""

OPENED, CLOSED = "opened", "closed"


def recipients(
    alerts: Alerts, policy: Policy, directory: Directory, platforms: Platforms, now: Millis
) -> tuple[Recipient, ...]:
    """Where those are reached today whom the policy names, each person once. Of a rotation it is
    whoever is on call."""
    people = dict.fromkeys(
        email for ref in alerts.tell for email in _people(ref, policy, directory, now)
    )
    found = [place for email in people for place in reach(email, directory, platforms)[:1]]
    found += [
        Recipient(platform=each.platform, id=each.id, kind="channel")
        for each in alerts.channels
        if each.platform in platforms
    ]
    return tuple(dict.fromkeys(found))


def _people(ref: str, policy: Policy, directory: Directory, now: Millis) -> Iterable[str]:
    kind, _, name = ref.partition(":")
    if kind == "on_call" and name in policy.on_call:
        known = (p for p in line(policy.on_call[name], now) if directory.person(p) is not None)
        return tuple(known)[:1]
    return people_of(ref, directory, None)


def today(
    told: Sequence[Recipient], directory: Directory, platforms: Platforms
) -> tuple[Recipient, ...]:
    """Where those are reached now who were told of the beginning."""
    return tuple(dict.fromkeys(_today(told, directory, platforms)))


def _today(
    told: Sequence[Recipient], directory: Directory, platforms: Platforms
) -> Iterator[Recipient]:
    for to in told:
        if to.kind == "person":
            yield from reach(to.id, directory, platforms)[:1]
        elif to.platform in platforms:
            yield to


def begun(
    sign: Sign, id: str, told: tuple[Recipient, ...], now: Millis, replica: str = ""
) -> Episode:
    """The episode that a sign begins."""
    return Episode(
        id=id,
        kind=sign.kind,
        subject=sign.subject,
        opened_at=now,
        facts=sign.facts,
        told=told,
        replica=replica,
    )


def opening(episode: Episode, link: str) -> tuple[tuple[OutboxRow, ...], SystemRecorded]:
    """What tells of the beginning, and its record. `link` is the page with the figures, or ""."""
    event = AlertOpened(
        alert=episode.id,
        kind=episode.kind.value,
        subject=episode.subject,
        told=len(episode.told),
    )
    rows = tuple(_row(episode, OPENED, to, link, episode.opened_at) for to in episode.told)
    return rows, SystemRecorded(event=event, actor=SYSTEM, at=episode.opened_at)


def closing(
    episode: Episode, told: Iterable[Recipient], link: str, now: Millis
) -> tuple[tuple[OutboxRow, ...], SystemRecorded]:
    """What tells of the end, and its record."""
    event = AlertClosed(
        alert=episode.id,
        kind=episode.kind.value,
        subject=episode.subject,
        opened_at=episode.opened_at,
    )
    rows = tuple(_row(episode, CLOSED, to, link, now) for to in told)
    return rows, SystemRecorded(event=event, actor=SYSTEM, at=now)


def _row(episode: Episode, phase: str, to: Recipient, link: str, at: Millis) -> OutboxRow:
    own = {"kind": episode.kind.value, "subject": episode.subject, "phase": phase}
    own |= {"since": str(episode.opened_at), "at": str(at)}
    own |= {"link": link} if link else {}
    return OutboxRow(
        id=f"{ALERT}.{episode.id}.{phase}.{to.platform}.{to.id}",
        dedupe=f"{ALERT}:{episode.id}:{phase}:{to.platform}:{to.id}",
        kind=ALERT,
        request="",
        to=to,
        facts=episode.facts | own,
    )
