"""An episode in words: what, since when, how much, and what to do. Pure."""

from collections.abc import Callable, Mapping

from core.alerting.episode import Kind
from core.alerting.telling import CLOSED
from core.cards.moments import moment
from core.chat.figures_words import lasting
from core.directory.people import Directory
from core.ports import Notice
from core.rows import OutboxRow

Facts = Mapping[str, str]
Name = Callable[[str], str]


def notice(row: OutboxRow, directory: Directory) -> Notice:
    """The notice for a row that tells of an episode's beginning or end."""
    person = directory.person(row.to.id) if row.to.kind == "person" else None
    zone = "UTC" if person is None else person.timezone
    title = headline(Kind(row.facts["kind"]), row.facts, directory.name)
    over = row.facts["phase"] == CLOSED
    return Notice(
        kind=row.kind,
        request="",
        title=f"Over: {title}" if over else f"Alert: {title}",
        text=_over(row.facts, zone) if over else _begun(row.facts, zone, directory.name),
        facts=row.facts,
        key=row.id,
        link=row.facts.get("link", ""),
        timezone=zone,
    )


def headline(kind: Kind, facts: Facts, name: Name) -> str:
    """What it is about, in a few words without a full stop."""
    match kind:
        case Kind.STUCK:
            return f"{_stage(facts)} is stuck"
        case Kind.REJECTIONS:
            return f"much is rejected at {_stage(facts)}"
        case Kind.OVERLOADED:
            return f"{name(facts['person'])} has too much to decide"
        case Kind.ESCALATIONS:
            return f"{_stage(facts)} is escalated again and again"
        case Kind.UNKNOWN_ACTION:
            return f"no rule names the action {facts['action']}"
        case Kind.TROUBLE:
            return "Countersign does not work as it should"


def sentence(kind: Kind, facts: Facts, name: Name, zone: str) -> str:
    """How much of it there was at the beginning."""
    count = int(facts.get("count", "0"))
    match kind:
        case Kind.STUCK:
            waits = "1 request waits" if count == 1 else f"{count:,} requests wait"
            since = moment(int(facts["late"]), zone)
            return (
                f"{waits} there long past the deadline. The oldest, {facts['request']}, should "
                f"have been decided by {since}."
            )
        case Kind.REJECTIONS:
            return f"{facts['rejected']} of the last {facts['of']} decisions there were rejections."
        case Kind.OVERLOADED:
            return f"{count:,} requests wait for {name(facts['person'])}."
        case Kind.ESCALATIONS:
            return f"It was escalated {count:,} times of late."
        case Kind.UNKNOWN_ACTION:
            asked = "1 request" if count == 1 else f"{count:,} requests"
            return f"{asked} of the last 24 hours went to the fallback stage because of that."
        case Kind.TROUBLE:
            return facts["said"]


REMEDIES: Mapping[Kind, str] = {
    Kind.STUCK: "Ask those who decide, or reassign or escalate what is urgent.",
    Kind.REJECTIONS: "Look at the reasons, and tell those who ask, or mend the agent or the rule.",
    Kind.OVERLOADED: "Reassign some of them, or name more approvers.",
    Kind.ESCALATIONS: "Name more approvers there, or give them more time.",
    Kind.UNKNOWN_ACTION: "Write a rule that names it, or see which agent asks for it.",
    Kind.TROUBLE: "See countersign doctor and the server's log.",
}
"""What to do, a sentence for each kind."""


def _begun(facts: Facts, zone: str, name: Name) -> str:
    kind = Kind(facts["kind"])
    since = moment(int(facts["since"]), zone)
    return f"{sentence(kind, facts, name, zone)} {REMEDIES[kind]} Noticed {since}."


def _over(facts: Facts, zone: str) -> str:
    since = moment(int(facts["since"]), zone)
    return f"It lasted {lasting(int(facts['at']) - int(facts['since']))}, since {since}."


def _stage(facts: Facts) -> str:
    return f"{facts['stage']} of {facts['rule']}"
