"""What the parts of a policy share while they are read: the defaults, and who is who."""

from dataclasses import dataclass, field

from core.policy.calendars import Calendars
from core.policy.people import People
from core.route import OnTimeout
from core.source import Fields, Mistake, Node, Reader
from core.value import Millis


@dataclass(frozen=True, slots=True)
class Reminder:
    """When to remind: a percentage of the sla, or a length of time since the stage opened."""

    node: Node
    percent: int | None = None
    length: Millis | None = None


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where a rule or stage says nothing; `node` is where `expires_in` stands."""

    expires_in: Millis
    sla: Millis | None = None
    node: Node | None = None
    remind_at: tuple[Reminder, ...] = ()
    calendar: str | None = None
    on_timeout: OnTimeout = OnTimeout.ESCALATE
    retention: Millis | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The whole policy while it is read. `warnings` are what may be meant, but is unwise."""

    people: People
    defaults: Defaults
    calendars: Calendars = field(default_factory=dict)
    warnings: list[Mistake] = field(default_factory=list)

    @property
    def reader(self) -> Reader:
        return self.people.reader

    def warn(self, fields: Fields, key: str | None, message: str, remedy: str) -> None:
        """Note a warning at the value of a key, or where it is absent at the whole mapping."""
        self.warn_at((fields.get(key) if key else None) or fields.node, message, remedy)

    def warn_at(self, node: Node, message: str, remedy: str) -> None:
        """Note a warning at a node."""
        self.warnings.append(Mistake(node.line, node.column, message, remedy))
