"""Figures are what the records say, counted one by one as they come."""

import json
from collections import Counter
from random import Random

from msgspec.structs import replace

from core.events import ExecutionReported, Finished, IncidentReported, RationaleRecorded, Recorded
from core.insight.figures_counting import About as CountedAbout
from core.insight.figures_counting import Followed, Sums, count
from core.insight.figures_places import HISTOGRAM, OfPeople, OfRequests, OfStages
from core.insight.histogram import LANE, histogram, lanes
from core.request import RequestState, Status
from core.route import Entry, Glass, Grant, StagePlan
from core.value import encode
from tests.core.anything import Anything
from tests.core.builders import ALICE, DANA, FINN, HOUR, a_route, a_submit
from tests.core.figures_by_hand import About, Book, by_hand
from tests.core.test_properties import walk

PLACES = {"request": OfRequests, "stage": OfStages, "person": OfPeople}
WALKS = 100
ADVICE = tuple((who, what) for who in ("rules", "gpt") for what in ("approve", "reject", "review"))


def counted(histories: list[list[Recorded]]) -> Sums:
    sums: Sums = {}
    for history in histories:
        now = Followed(RequestState(id="R1"))
        for recorded in history:
            now = count(sums, now, recorded)
    return sums


def story(seed: int) -> list[Recorded]:
    """What happened to a request; with advice, and what became of what was approved."""
    one, rng = walk(seed), Random(seed)
    source, what = rng.choice(ADVICE)
    advice = RationaleRecorded("a1", "00" * 32, source, what, rng.choice((None, 90)))
    found, last = one.history[:], one.history[-1]
    for at, recorded in enumerate(one.history):
        if isinstance(recorded.event, Finished):
            found.insert(at, replace(recorded, event=advice))
    if one.state.status is Status.APPROVED and one.state.execution is None:
        found.append(replace(last, event=ExecutionReported(rng.choice(("succeeded", "failed")))))
        incident = IncidentReported(kind="harm", severity="low", content="c1", commitment="00" * 32)
        found += [replace(last, event=incident)] * rng.randrange(3)
    return found


def rare() -> list[list[Recorded]]:
    """How requests end once in a thousand stories."""
    glass, grant = Glass(role="officer"), Grant(confidence=90, amount="200000")
    pool = StagePlan(level=1, name="Pool", entries=(Entry(ref="group:pool", people=(FINN, DANA)),))
    route = a_route(pool, uncategorised=True, glass=glass, grant=grant)
    ones = [Anything() for _ in range(3)]
    for one in ones:
        one.submit(a_submit(route))
        one.now += HOUR
    broken, granted, cancelled = ones
    broken.bypass(DANA, None)
    granted.bypass(DANA, 95)
    cancelled.cancel(ALICE)
    assert not any(one.state.is_open for one in ones)
    return [one.history for one in ones]


def _key(about: CountedAbout) -> About:
    return about.kind, about.day, about.rule, about.category, about.name


def told(sums: Sums) -> Book:
    """What sums say, in the words of the count by hand; times as their histogram."""
    book = Book()
    for about, each in sums.items():
        at = lanes(each)[:HISTOGRAM]
        names = {place.name.lower(): at[place] for place in PLACES[about.kind] if place < len(at)}
        book.counts[_key(about)] = Counter({name: n for name, n in names.items() if n})
        assert sum(names.values()) == sum(at), "every count has a name"
    return book


def test_what_is_counted_is_what_the_records_say_whatever_happened() -> None:
    histories = [*map(story, range(WALKS)), *rare()]
    sums = counted(histories)
    expected = by_hand([json.loads(encode(r)) for r in history] for history in histories)
    found = told(sums)
    assert {k: v for k, v in found.counts.items() if v} == dict(expected.counts)
    for about, each in sums.items():
        assert each >> LANE * HISTOGRAM == histogram(expected.times.get(_key(about), ())), about
    seen = {name for each in expected.counts.values() for name in each}
    assert seen == {p.name.lower() for places in PLACES.values() for p in places}


def test_each_place_holds_one_thing() -> None:
    for places in PLACES.values():
        assert len(set(places)) == len(places.__members__) <= HISTOGRAM
