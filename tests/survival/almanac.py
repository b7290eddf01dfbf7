"""The year of the test: who is there, what the policy says, and what happens when.

The policy stands here twice: as the file the product reads, and as `PLANS`, written by hand for
the slow model, which reads nothing of ours.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FIRST_DAY = datetime(2026, 1, 6, tzinfo=UTC)
LAST_DAY = datetime(2026, 12, 31, tzinfo=UTC)

POLICY = """\
version: 1
defaults: {expires_in: 10d}
calendars:
  office: {timezone: Europe/Berlin, hours: "09:00-17:00", holidays: DE-BE,
           closed: [2026-12-24, 2026-12-31]}
  south: {timezone: Europe/Berlin, hours: "08:00-16:30", holidays: DE-BY}
  desk: {timezone: America/New_York, hours: "08:30-17:30", holidays: US}
  floor: {timezone: Asia/Kolkata, hours: "10:00-18:30", holidays: IN,
          weekdays: [mon, tue, wed, thu, fri, sat]}
  small_hours: {timezone: Europe/Berlin, hours: "00:00-04:00", weekdays: [sat, sun, mon]}
  island: {timezone: Australia/Lord_Howe, hours: "00:00-01:45",
           weekdays: [mon, tue, wed, thu, fri, sat, sun]}
on_call:
  night: {people: [zed@example.com, al@example.com], rotate: weekly, from: 2026-01-05T09:00,
          timezone: Europe/Berlin}
rules:
  - name: berlin
    when: request.action.type == "berlin"
    category: review
    stages:
      - {name: Finance, approvers: ["group:finance"], sla: 4h, remind_at: [50%, 90%],
         calendar: office, escalate_to: [dana@example.com, [dev@example.com, dora@example.com]]}
  - name: new_york
    when: request.action.type == "new_york"
    category: review
    stages:
      - {name: Desk, approvers: [bob@example.com], sla: 6h, remind_at: [30m, 50%],
         calendar: desk, on_timeout: reject}
  - name: kolkata
    when: request.action.type == "kolkata"
    category: review
    expires_in: 5d
    stages:
      - {name: Floor, approvers: [{group: engineering, seats: 2}], quorum: 2, sla: 9h,
         remind_at: [25%, 3h, 90%], calendar: floor, on_timeout: hold}
  - name: small_hours
    when: request.action.type == "small_hours"
    category: review
    stages:
      - {name: Night, approvers: [eve@example.com], sla: 5h, remind_at: [1h, 210m],
         calendar: small_hours, escalate_to: [erin@example.com]}
  - name: island
    when: request.action.type == "island"
    category: review
    stages:
      - {name: Island, approvers: [eve@example.com, carol@example.com], sla: 7h,
         remind_at: [35%, 5h], calendar: island, escalate_to: [erin@example.com]}
  - name: own_hours
    when: request.action.type == "own_hours"
    category: review
    stages:
      - {name: Anywhere, approvers: [ann@example.com, kate@example.com], sla: 11h,
         remind_at: [50%, 10h], calendar: approver, escalate_to: [ben@example.com]}
  - name: in_line
    when: request.action.type == "in_line"
    category: review
    expires_in: 8h
    stages:
      - {name: Line, approvers: [carol@example.com, eve@example.com, erin@example.com],
         ask: in_order, sla: 90m, remind_at: [1h], escalate_to: [mara@example.com]}
  - name: after_hours
    when: request.action.type == "after_hours"
    category: review
    stages:
      - {name: Watch, approvers: ["group:finance"], sla: 2h, remind_at: [50%], calendar: office,
         outside_hours: "on_call:night", escalate_to: [dana@example.com]}
  - name: two_stages
    when: request.action.type == "two_stages"
    category: review
    stages:
      - {name: Manager, approvers: ["manager_of:requester"], sla: 12h, remind_at: [50%],
         calendar: south, escalate_to: [dana@example.com]}
      - {name: Desk, approvers: [bob@example.com, dev@example.com], sla: 5h, remind_at: [2h, 80%],
         calendar: desk, escalate_to: [dora@example.com]}
  - name: managers
    when: request.action.type == "managers"
    category: review
    expires_in: 3d
    stages:
      - {name: Pair, approvers: [owen@example.com, nora@example.com], sla: 2h, remind_at: [45m]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""

_HOURS = {
    "ann": ("America/New_York", "09:00-17:00"),
    "kate": ("Asia/Kolkata", "10:00-18:00"),
    "ben": ("Europe/Berlin", "07:30-15:30"),
}
_GROUPS = {
    "finn": "finance",
    "faye": "finance",
    "fern": "finance",
    "tess": "engineering",
    "theo": "engineering",
    "sara": "engineering",
    "ada": "admins",
    "ivan": "admins",
}
_MANAGERS = {"alice": "mara", "olga": "rolf", "faye": "mara", "owen": "jonas", "nora": "kim"}
_OTHERS = "mara rolf jonas kim bob eve erin carol dana dev dora zed al owen nora alice olga"
TAKERS = ("fin", "owner", "deputy")
PEOPLE = tuple(dict.fromkeys((*_OTHERS.split(), *_HOURS, *_GROUPS, *TAKERS)))


def address(name: str) -> str:
    return f"{name}@example.com"


def directory() -> str:
    """The directory file."""
    return "people:\n" + "".join(map(_person, PEOPLE))


def _person(name: str) -> str:
    zone, hours = _HOURS.get(name, ("UTC", ""))
    lines = [
        f"  - email: {address(name)}",
        f"    name: {name.title()} Sample",
        f"    timezone: {zone}",
        f"    identities: {{slack: {{team: T0EXAMPLE, user: U0{name.upper()}}}}}",
    ]
    lines += [f'    working_hours: "{hours}"'] if hours else []
    lines += [f"    groups: [{_GROUPS[name]}]"] if name in _GROUPS else []
    lines += [f"    manager: {address(_MANAGERS[name])}"] if name in _MANAGERS else []
    return "\n".join(lines) + "\n"


# --- the same for the model, written by hand -------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """A stage. `line` are further approvers who are asked one after the other; `levels` those
    of each escalation; `hours` a calendar's name, "own" for the approvers', None for elapsed
    time."""

    asked: tuple[str, ...]
    sla: int
    remind: tuple[int, ...]
    hours: str | None = None
    levels: tuple[tuple[str, ...], ...] = ()
    line: tuple[str, ...] = ()
    quorum: int = 1
    on_timeout: str = "escalate"
    watch: bool = False


FINANCE = ("finn", "faye", "fern")
ADMINS = ("ada", "ivan")
BOSS = ("the requester's manager",)
PLANS: dict[str, tuple[Plan, ...]] = {
    "berlin": (Plan(FINANCE, 240, (120, 216), "office", (("dana",), ("dev", "dora"), ADMINS)),),
    "new_york": (Plan(("bob",), 360, (30, 180), "desk", on_timeout="reject"),),
    "kolkata": (
        Plan(
            ("tess", "theo", "sara"),
            540,
            (135, 180, 486),
            "floor",
            quorum=2,
            on_timeout="hold",
        ),
    ),
    "small_hours": (Plan(("eve",), 300, (60, 210), "small_hours", (("erin",), ADMINS)),),
    "island": (Plan(("eve", "carol"), 420, (147, 300), "island", (("erin",), ADMINS)),),
    "own_hours": (Plan(("ann", "kate"), 660, (330, 600), "own", (("ben",), ADMINS)),),
    "in_line": (Plan(("carol",), 90, (60,), None, (("mara",), ADMINS), line=("eve", "erin")),),
    "after_hours": (Plan(FINANCE, 120, (60,), "office", (("dana",), ADMINS), watch=True),),
    "two_stages": (
        Plan(BOSS, 720, (360,), "south", (("dana",), ADMINS)),
        Plan(("bob", "dev"), 300, (120, 240), "desk", (("dora",), ADMINS)),
    ),
    "managers": (Plan(("owen", "nora"), 120, (45,), None, (("jonas", "kim"), ADMINS)),),
}
"""The stages of each rule; all lengths in minutes."""

LIVES = {"kolkata": 5 * DAY, "in_line": 8 * HOUR, "managers": 3 * DAY}
LIFE = 10 * DAY
MANAGER_OF = _MANAGERS


# --- what happens ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Vote:
    """Somebody approves at a moment, if they are asked then."""

    at: int
    person: str


@dataclass(frozen=True)
class Asked:
    """One request: when it is made, by which rule it is judged, who will approve and when."""

    number: int
    at: int
    rule: str
    requester: str
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class Away:
    """`taker` acts for `giver` from a moment until, and without, another."""

    giver: str
    taker: str
    starts: int
    ends: int


VOTERS = {
    "berlin": ("finn", "fern", "dana", "ada"),
    "new_york": ("bob",),
    "kolkata": ("tess", "sara"),
    "small_hours": ("eve", "erin"),
    "island": ("carol", "erin"),
    "own_hours": ("ann", "kate", "ben"),
    "in_line": ("carol", "eve", "erin", "mara"),
    "after_hours": ("fern", "zed", "dana"),
    "two_stages": ("mara", "rolf"),
    "managers": ("owen", "jonas", "ivan"),
}


SPECIAL = ((3, 8), (3, 29), (4, 5), (6, 4), (7, 3), (10, 4), (10, 25), (11, 1), (11, 26), (12, 24))
"""Days (month, day) on which clocks change or some of the calendars have a day off."""


def requests(count: int, chance: random.Random) -> list[Asked]:
    """So many requests over the year, a third of them before special days; about half of them are
    decided some time."""
    begins, ends = _millis(FIRST_DAY), _millis(LAST_DAY)
    moments = [chance.randrange(begins, ends) for _ in range(count * 2 // 3)]
    while len(moments) < count:
        month, day = chance.choice(SPECIAL)
        near = _millis(datetime(2026, month, day, tzinfo=UTC))
        moments.append(near + chance.randrange(-3 * DAY, DAY))
    moments.sort()
    return [_request(number, at, chance) for number, at in enumerate(moments)]


def _request(number: int, at: int, chance: random.Random) -> Asked:
    if chance.random() < 0.3:
        at -= at % (15 * MINUTE)  # as if by a timer: at the opening, at the closing, at midnight
    rule = chance.choice(list(PLANS))
    requester = chance.choice(("alice", "olga", "faye"))
    return Asked(number, at, rule, requester, tuple(_votes(rule, at, requester, chance)))


def _votes(rule: str, at: int, requester: str, chance: random.Random) -> Iterator[Vote]:
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        at += chance.randrange(1, chance.choice((6 * HOUR, 2 * DAY, 8 * DAY)))
        voters = VOTERS[rule]
        if rule == "two_stages":
            voters = (MANAGER_OF[requester], "bob", "dora")
        yield Vote(at, chance.choice(voters))


def absences(chance: random.Random) -> list[Away]:
    """Who is away in the year, by whole days of their own; who stands in may be away too."""
    found: list[Away] = []
    for giver in ("finn", "bob", "eve", "tess", "ann", "dana", "ada", "carol", "mara", "fin"):
        day = FIRST_DAY + timedelta(days=chance.randrange(1, 30))
        while day < LAST_DAY:
            until = day + timedelta(days=chance.randrange(1, 16))
            takers = [name for name in TAKERS if name != giver]
            taker = "owner" if giver == "fin" else chance.choice(takers)
            zone = ZoneInfo(_HOURS.get(giver, ("Europe/Berlin", ""))[0])
            found.append(Away(giver, taker, _midnight(day, zone), _midnight(until, zone)))
            day = until + timedelta(days=chance.randrange(10, 60))
    return found


def _midnight(day: datetime, zone: ZoneInfo) -> int:
    return _millis(datetime(day.year, day.month, day.day, tzinfo=zone))


def _millis(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
