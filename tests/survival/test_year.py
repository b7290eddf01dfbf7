"""A year in an hour: every reminder, escalation and end at its exact moment.

The product's own service, scheduler and SQLite storage go through the year by a clock that the
test sets to each moment at which the store says that something is due. A slow model, which knows
only the written rules, tells what must come of each request; the two must agree on all of it:
which request, what happened, to whom, and at which millisecond.
"""

import json
import os
import random
import shutil
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bot.documents import read_document
from bot.scheduler import Scheduler
from core.directory.text import read_directory
from core.events import Actor
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.refusals import Refused
from core.request import Decision
from core.rows import ApiKey
from core.service.absences import AbsenceService, Wish
from core.service.access import Caller
from core.service.acts import Acts
from core.service.approvals import Approvals, World
from core.submission import Submission
from storage import open_storage
from storage.migrate import upgrade
from tests.core.desk import NoWait, numbers
from tests.survival.almanac import (
    DAY,
    POLICY,
    Asked,
    Away,
    Vote,
    absences,
    address,
    directory,
    requests,
)
from tests.survival.slow_model import Told, story

SEED = int(os.environ.get("COUNTERSIGN_TEST_SEED", "20261121"))
IN_THE_SUITE, IN_THE_SOAK = 500, 5_000
NEVER = 1 << 60

WORDS = {
    "stage_opened": "asked",
    "escalated": "escalated",
    "reminded": "reminded",
    "held": "held",
    "restaffed": "called up",
    "delegated": "stands in",
    "delegation_ended": "given back",
}
"""The trail's events as the model calls them."""


class Year:
    """The product over a database of its own, with a clock that is set by hand."""

    def __init__(self, path: Path) -> None:
        self.now = 0
        self.path = path
        self.storage = open_storage(f"sqlite:///{path}")
        people = read_directory(read_document(directory()))
        self.policy: Policy = read_policy(read_document(POLICY), POLICY, people)
        ids = numbers()
        world = World(
            store=self.storage.store,
            directory=lambda: people,
            policy=lambda: self.policy,
            policy_of=self._policy_of,
            revive=self.storage.deliveries.revive,
            platforms=frozenset({"slack"}),
            clock=lambda: self.now,
            new_id=lambda: next(ids),
            new_salt=lambda: "33" * 16,
            waiting=lambda _request: NoWait(),
        )
        self.approvals = Approvals(world)
        self.acts = Acts(self.approvals)
        self.away = AbsenceService(self.approvals)
        self.scheduler = Scheduler(self.approvals, self.away, self.storage.store, lambda: self.now)
        self.agent = Caller(key_id="k1", key_name="agent", key_hash="h1", scopes=("submit",))
        self.ids: dict[int, str] = {}

    async def _policy_of(self, _version: str) -> Policy:
        return self.policy

    async def go_through(self, asked: list[Asked], away: list[Away]) -> None:
        """All that is asked, decided and due, in its order."""
        self.now = asked[0].at - 1
        await self.storage.keys.add_key(ApiKey(id="k1", name="a", scopes=("submit",), hash="h1"))
        for each in away:
            giver, taker = address(each.giver), address(each.taker)
            wish = Wish(giver=giver, taker=taker, starts=each.starts, ends=each.ends)
            await self.away.set(wish, Actor(via="cli"))
        edges = sorted({edge for each in away for edge in (each.starts, each.ends)})
        made = [(each.at, 0, each, None) for each in asked]
        votes = [(vote.at, 1, each, vote) for each in asked for vote in each.votes]
        acts = sorted([*made, *votes], key=lambda act: (act[:2], act[2].number))
        with closing(sqlite3.connect(self.path)) as looking:
            while acts or self._next_due(looking) < NEVER:
                following = [self._next_due(looking), *edges[:1], *(act[0] for act in acts[:1])]
                self.now = min(following)
                edges = [edge for edge in edges if edge > self.now]
                await self.scheduler.turn()
                await self.scheduler.sweep()
                assert self.scheduler.last_pass == self.now, "a sweep failed"
                while acts and acts[0][0] == self.now:
                    await self._do(acts[0][2], acts[0][3])
                    del acts[0]

    def _next_due(self, looking: sqlite3.Connection) -> int:
        found = looking.execute("SELECT min(wake_at) FROM requests WHERE wake_at IS NOT NULL")
        return int(found.fetchone()[0] or NEVER)

    async def _do(self, asked: Asked, vote: Vote | None) -> None:
        if vote is None:
            wish = Submission(
                action_type=asked.rule,
                params={"number": asked.number},
                title=f"Request {asked.number}",
                requester=address(asked.requester),
            )
            made = await self.approvals.submit(wish, self.agent, None)
            self.ids[asked.number] = made.snapshot.state.id
            return
        who = address(vote.person)
        caller = Caller(
            key_id="",
            key_name="",
            key_hash="",
            scopes=("decide",),
            person=who,
            chat=Actor(via="slack", person=who),
        )
        try:
            request = self.ids[asked.number]
            await self.acts.decide(caller, request, Decision.APPROVE, None, None, None, None)
        except Refused:
            pass  # too early, too late or not asked: the model knows it too


def to_the_moment(asked: list[Asked]) -> list[Away]:
    """Absences that begin or end at the very moment of a reminder."""
    found: list[Away] = []
    reminded = [told for each in asked for told in story(each, ()) if told[1] == "reminded"]
    for giver in ("fern", "sara", "kate", "dev"):
        moments = sorted({at for _, _, who, at in reminded if who == giver})
        last, mine = moments[0], list[Away]()
        for at in moments:
            if at > last + 6 * DAY and len(mine) < 15:
                last, begins = at, len(mine) % 2 == 0
                starts, ends = (at, at + DAY) if begins else (at - DAY, at)
                mine.append(Away(giver, "deputy", starts, ends))
        found += mine
    return found


def happened(year: Year) -> Iterator[Told]:
    """What the trail in the database says, event by event."""
    numbers_of = {made: number for number, made in year.ids.items()}
    with closing(sqlite3.connect(year.path)) as database:
        rows = database.execute(
            "SELECT stream, type, at, body FROM events ORDER BY stream, seq"
        ).fetchall()
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for stream, kind, at, body in rows:
        number = numbers_of.get(stream)
        if number is None:
            continue
        event = json.loads(body)["event"]
        if kind == "finished":
            yield number, event["status"], "", at
        elif kind in WORDS:
            people = _people(kind, event)
            if kind == "restaffed":
                people = [who for who in people if who not in asked[stream]]
            if kind in ("stage_opened", "escalated", "restaffed"):
                asked[stream].update(people)
            yield from ((number, WORDS[kind], who, at) for who in people)


def _people(kind: str, event: dict[str, object]) -> list[str]:
    found: list[object]
    match kind:
        case "stage_opened" | "restaffed":
            entries = event["entries"]
            assert isinstance(entries, list)
            found = [person for entry in entries for person in entry["people"]]
        case "escalated":
            told = event["told"]
            assert isinstance(told, list)
            found = told
        case "reminded":
            people = event["people"]
            assert isinstance(people, list)
            found = people
        case "held":
            return [""]
        case _:
            found = [event["taker"]]
    return [str(person).partition("@")[0] for person in found]


def queued(year: Year) -> Counter[tuple[int, str, str, int]]:
    """The messages that are to be sent of it, each with the moment of its event."""
    numbers_of = {made: number for number, made in year.ids.items()}
    asking = """SELECT o.request_id, o.kind, o.recipient, e.at, o.facts FROM outbox o
        JOIN events e ON e.stream = o.request_id
        AND e.seq = CAST(json_extract(o.facts, '$.event') AS INTEGER)
        WHERE o.kind IN ('reminder', 'escalated')"""
    found: Counter[tuple[int, str, str, int]] = Counter()
    with closing(sqlite3.connect(year.path)) as database:
        for request, kind, who, at, facts in database.execute(asking):
            if kind == "reminder" or json.loads(facts)["as"] == "new":
                word = "reminded" if kind == "reminder" else "escalated"
                found[numbers_of[request], word, who.partition("@")[0], at] += 1
    return found


async def live_through(path: Path, count: int) -> None:
    """Compare the product's year with the model's."""
    chance = random.Random(SEED)
    asked = requests(count, chance)
    away = [*absences(chance), *to_the_moment(asked)]
    year = Year(path)
    try:
        await year.go_through(asked, away)
    finally:
        await year.storage.close()
    expected = Counter(told for each in asked for told in story(each, away))
    found = Counter(happened(year))
    assert found == expected, difference(asked, found, expected)
    sent = queued(year)
    must = Counter({t: n for t, n in expected.items() if t[1] in ("reminded", "escalated")})
    assert sent == must, difference(asked, sent, must)
    kinds = Counter(told[1] for told in expected)
    assert min(kinds[word] for word in (*WORDS.values(), "approved", "rejected", "expired")) > 9, (
        f"the year was too quiet to prove anything: {kinds}"
    )


def difference(asked: list[Asked], found: Counter[Told], expected: Counter[Told]) -> str:
    """The first requests on which the two do not agree."""
    wrong = sorted({told[0] for told in (found - expected) + (expected - found)})
    lines = [f"COUNTERSIGN_TEST_SEED={SEED}: {len(wrong)} of {len(asked)} requests differ"]
    for number in wrong[:3]:
        lines += [f"{asked[number]}"]
        lines += [f"  happened: {t[1:]}" for t in sorted(found - expected) if t[0] == number]
        lines += [f"  expected: {t[1:]}" for t in sorted(expected - found) if t[0] == number]
    return "\n".join(lines)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("year") / "migrated.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.mark.timeout(600)
async def test_a_year_of_deadlines_comes_exactly_as_a_slow_model_says(
    migrated: Path, tmp_path: Path
) -> None:
    await live_through(Path(shutil.copy(migrated, tmp_path / "year.db")), IN_THE_SUITE)


@pytest.mark.soak
async def test_five_thousand_requests_of_a_year_come_exactly_as_a_slow_model_says(
    migrated: Path, tmp_path: Path
) -> None:
    await live_through(Path(shutil.copy(migrated, tmp_path / "year.db")), IN_THE_SOAK)
