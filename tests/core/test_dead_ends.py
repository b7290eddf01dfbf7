"""A route is refused just where the ladder finds nobody: the short way to know it changes
nothing but the time it takes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from core.calendars.rotation import Rotation
from core.commands import Facts
from core.directory.people import Directory, Person
from core.refusals import Refused
from core.request import RequestState
from core.route import Category, Entry, Route, StagePlan
from core.routing import _own_people_can, _refuse_dead_ends
from core.rules.eligibility import Bars
from core.rules.quorum import needed, possible
from core.rules.staffing import Ladder

NOW = 1_800_000_000_000
PEOPLE = tuple(f"p{number}@example.com" for number in range(6))
GONE = "gone@example.com"

roles = st.sampled_from([(), ("buyer",)])
groups = st.sets(st.sampled_from(["red", "blue"])).map(lambda found: tuple(sorted(found)))
managers = st.none() | st.sampled_from(PEOPLE)


@st.composite
def directories(draw: st.DrawFn) -> Directory:
    return Directory(
        Person(email=p, name=p, roles=draw(roles), groups=draw(groups), manager=draw(managers))
        for p in PEOPLE
    )


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """An entry that pins whomever it pinned: some have left its group since."""
    people = tuple(draw(st.lists(st.sampled_from((*PEOPLE, GONE)), unique=True, max_size=5)))
    if draw(st.booleans()) or not people:
        ref = f"group:{draw(st.sampled_from(['red', 'blue']))}"
        return Entry(ref=ref, people=people, seats=draw(st.integers(1, 3)))
    if draw(st.booleans()):
        return Entry(ref=people[0], people=people[:1])
    rotation = Rotation(people=people, period="daily", starts="2026-01-05T09:00")
    return Entry(ref="on_call:desk", people=people, rotation=rotation)


stages = st.builds(
    StagePlan,
    level=st.just(1),
    name=st.just("Only"),
    entries=st.lists(entries(), min_size=1, max_size=3).map(tuple),
    quorum=st.just("all") | st.integers(1, 4),
    required_role=st.none() | st.just("buyer"),
    escalate_to=st.just(()) | entries().map(lambda entry: ((entry,),)),
    in_order=st.booleans(),
)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    return Route(
        rule="purchases",
        policy_version="v1",
        category=Category.REVIEW,
        stages=(draw(stages),),
        last_resort=draw(st.just(()) | entries().map(lambda entry: (entry,))),
        conflicted=draw(st.just(()) | st.just(PEOPLE[1:2])),
    )


@given(routes(), directories())
@settings(deadline=None, max_examples=400)
def test_a_route_is_refused_where_the_ladder_finds_nobody(
    route: Route, directory: Directory
) -> None:
    (stage,) = route.stages
    state = RequestState(requester=PEOPLE[0], route=route)
    facts = Facts(people=directory.people)
    bars = Bars(state, facts)
    asked = Ladder(stage, route, facts, bars, NOW).open().entries
    found = possible(asked, needed(stage.entries, stage.quorum))

    assert found or not _own_people_can(stage, facts, bars)
    assert _goes(route, directory) is found


def _goes(route: Route, directory: Directory) -> bool:
    try:
        _refuse_dead_ends(route, directory, PEOPLE[:1], NOW)
    except Refused:
        return False
    return True
