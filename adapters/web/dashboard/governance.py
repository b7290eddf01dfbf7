"""Who changed what in a quarter, as tables. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from adapters.web.charts.table import Table, named
from core.directory.people import Directory
from core.insight.governance import MOST_SHOWN, Governed
from core.insight.quarter import Quarter
from core.rows import ApiKey
from core.rules.absence import Standing
from core.system_events import (
    AccountLinked,
    AccountUnlinked,
    AnySystemEvent,
    Authority,
    HoldLifted,
    HoldSet,
    PersonAdded,
    PersonChanged,
    PersonDeactivated,
    PersonReactivated,
)
from core.value import Millis, Value

SHORT = 12
"""Characters of a version or a hash that people compare."""


class Fact(Value, frozen=True):
    """A number or sentence: what, and how it stands."""

    name: str
    text: str


def tables(found: Governed, quarter: Quarter, directory: Directory) -> Iterator[Table]:
    """One for each kind of change, those without any left out."""
    parts = (
        _policies(found, directory),
        _switches(found, directory),
        _keys(found, quarter, directory),
        _absences(found.absences, directory),
        _say(found, directory),
        _holds(found, directory),
        _erased(found, directory),
    )
    return (part for part in parts if part.rows)


def facts(found: Governed, directory: Directory) -> Iterator[Fact]:
    """How it stands with what is not a list."""
    version = "none is known" if found.in_force is None else found.in_force[:SHORT]
    yield Fact("Policy at the beginning", f"version {version}" if found.in_force else version)
    yield Fact("Policies that came into force", f"{len(found.changes):,}")
    frozen = sum(each.frozen for each in found.switches)
    yield Fact("Times that approvals were frozen", f"{frozen:,}")
    yield Fact("Keys that could be used at the end", f"{len(found.keys):,}")
    yield Fact(
        "Keys in the quarter",
        f"{len(found.made):,} made, {len(found.rotated):,} rotated last, "
        f"{len(found.revoked):,} revoked",
    )
    admins = ", ".join(named(directory.name(email)) for email in found.admins) or "nobody"
    yield Fact("Administrators today", admins)
    yield Fact("People in the directory today", f"{found.people:,}")
    if found.restored:
        moments = ", ".join(at_minute(at) for at in found.restored)
        yield Fact("Database restored from a backup", moments)
    yield from _trail(found)


def at_minute(moment: Millis) -> str:
    """A moment to the minute, in UTC: "2026-11-03 14:05"."""
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _trail(found: Governed) -> Iterator[Fact]:
    newest = found.trail.checkpoint
    if newest is None:
        yield Fact("Audit trail today", f"{found.trail.events:,} events, no checkpoint yet")
        return
    yield Fact(
        "Audit trail today",
        f"{found.trail.events:,} events; checkpoint {newest.number:,} of "
        f"{at_minute(newest.at)} UTC signs all up to {newest.last:,}, {found.trail.waiting:,} "
        "wait for the next",
    )
    yield Fact("Root of that checkpoint", newest.root)


def _policies(found: Governed, directory: Directory) -> Table:
    return Table(
        caption=_caption("Policy versions that came into force", len(found.changes)),
        headings=("When (UTC)", "Version", "Before", "By", "Approved as request"),
        rows=tuple(
            (
                at_minute(c.at),
                c.version[:SHORT],
                (c.before or "none")[:SHORT],
                "policy file" if c.by == "system" else _by(c.by, directory),
                c.request or "none",
            )
            for c in found.changes[-MOST_SHOWN:]
        ),
        numbers=5,
    )


def _switches(found: Governed, directory: Directory) -> Table:
    return Table(
        caption=_caption("Freezes", len(found.switches)),
        headings=("When (UTC)", "What", "By"),
        rows=tuple(
            (at_minute(s.at), "frozen" if s.frozen else "goes on", _by(s.by, directory))
            for s in found.switches[-MOST_SHOWN:]
        ),
        numbers=3,
    )


def _keys(found: Governed, quarter: Quarter, directory: Directory) -> Table:
    keys = list({key.id: key for key in (*found.keys, *found.made, *found.revoked)}.values())
    return Table(
        caption=_caption("API keys: who may call", len(keys)),
        headings=("Key", "Scopes", "Person", "Owner", "In the quarter", "Last used (UTC)"),
        rows=tuple(_key(key, quarter, directory) for key in keys[-MOST_SHOWN:]),
        numbers=6,
    )


def _key(key: ApiKey, quarter: Quarter, directory: Directory) -> tuple[str, ...]:
    happened = (
        ("made", key.created_at),
        ("rotated", key.rotated_at),
        ("ended", key.expires_at),
        ("revoked", key.revoked_at),
    )
    changes = [f"{what} {at_minute(at)}" for what, at in happened if at and quarter.has(at)]
    return (
        named(key.name),
        ", ".join(key.scopes),
        "" if key.person is None else named(directory.name(key.person)),
        "" if key.owner is None else named(directory.name(key.owner)),
        ", ".join(changes) or "unchanged",
        "not known" if key.used_at is None else at_minute(key.used_at),
    )


def _absences(absences: Sequence[Standing], directory: Directory) -> Table:
    return Table(
        caption=_caption("Out of office: who acted for whom", len(absences)),
        headings=("Away", "Acted for them", "From (UTC)", "Until (UTC)", "Limited to"),
        rows=tuple(
            (
                named(directory.name(each.giver)),
                named(directory.name(each.taker)),
                at_minute(each.starts),
                "further notice" if each.ends is None else at_minute(each.ends),
                _limits(each),
            )
            for each in absences[-MOST_SHOWN:]
        ),
        numbers=5,
    )


def _limits(each: Standing) -> str:
    limits = [named(category) for category in each.categories]
    if each.amount_cap is not None:
        limits.append(f"up to {each.amount_cap} {each.currency or ''}".rstrip())
    return ", ".join(limits) or "nothing"


def _say(found: Governed, directory: Directory) -> Table:
    return Table(
        caption=_caption("Who got another say, or another account", len(found.say)),
        headings=("When (UTC)", "Person", "What", "By"),
        rows=tuple(
            (
                at_minute(each.at),
                named(directory.name(getattr(each.event, "person", ""))),
                _became(each.event),
                _by(each.actor.person or each.actor.agent or each.actor.via, directory),
            )
            for each in found.say[-MOST_SHOWN:]
        ),
        numbers=4,
    )


def _became(event: AnySystemEvent) -> str:
    """What happened to a person's say."""
    match event:
        case PersonAdded(source=source, authority=has):
            return f"added by {source}: {_authority(has)}"
        case PersonChanged(source=source, before=before, after=after):
            was = "" if before is None else f" (before: {_authority(before)})"
            return f"changed by {source}: {_authority(after or Authority())}{was}"
        case PersonDeactivated(source=source, because=because):
            return f"{because}, by {source}"
        case PersonReactivated(source=source, authority=has):
            return f"counts again, by {source}: {_authority(has)}"
        case AccountLinked(platform=platform, how=how):
            return f"account in {platform} linked ({how})"
        case AccountUnlinked(platform=platform, because=because):
            return f"account in {platform} unlinked ({because})"
        case _:
            return "changed"


def _authority(has: Authority) -> str:
    parts = [f"groups {', '.join(map(named, has.groups))}"] if has.groups else []
    parts += [f"roles {', '.join(map(named, has.roles))}"] if has.roles else []
    parts += [] if has.department is None else [f"department {named(has.department)}"]
    parts += [] if has.manager is None else [f"reports to {named(has.manager)}"]
    return "; ".join(parts) or "no groups and no roles"


def _holds(found: Governed, directory: Directory) -> Table:
    return Table(
        caption=_caption("Legal holds", len(found.holds)),
        headings=("When (UTC)", "What", "Of", "By"),
        rows=tuple(
            (
                at_minute(each.at),
                "set" if isinstance(each.event, HoldSet) else "lifted",
                f"{each.event.scope} {named(each.event.name)}",
                _by(each.actor.person or each.actor.agent or each.actor.via, directory),
            )
            for each in found.holds[-MOST_SHOWN:]
            if isinstance(each.event, HoldSet | HoldLifted)
        ),
        numbers=4,
    )


def _erased(found: Governed, directory: Directory) -> Table:
    return Table(
        caption=_caption("Content erased", len(found.erased)),
        headings=("When (UTC)", "Requests", "By"),
        rows=tuple(
            (at_minute(e.at), f"{e.requests:,}", _by(e.by, directory))
            for e in found.erased[-MOST_SHOWN:]
        ),
        numbers=3,
    )


def _by(who: str, directory: Directory) -> str:
    """A person's name; a key, a file or the command line as they are called."""
    known = {"cli": "command line", "system": "Countersign", "file": "policy file"}
    return known.get(who) or named(directory.name(who))


def _caption(text: str, count: int) -> str:
    return text if count <= MOST_SHOWN else f"{text}: the newest {MOST_SHOWN} of {count:,}"
