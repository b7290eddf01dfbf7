"""A colleague who has less to do is suggested, and nothing is done by itself."""

from collections.abc import Mapping, Sequence
from dataclasses import replace as with_fields

import pytest

from core.card import Verb
from core.chat.digest import gathered
from core.chat.helping import HAND_ON, IN_TIME, LONG, colleagues
from core.commands import Tick
from core.directory.people import Directory
from core.rows import OutboxRow, Recipient
from tests.core.builders import ALICE, HOUR, MANAGER, MARA, NOW, PEOPLE, a_route, person, stage
from tests.core.desk import Desk
from tests.core.shown import BOB, OWEN, asked

ENGINEER = {"department": "Engineering"}
TEAM = Directory((*PEOPLE, person(BOB, **ENGINEER), person(OWEN, **ENGINEER)))
ROUTE = a_route(MANAGER)


class Counted:
    """How much waits for people, and of whom that was asked."""

    def __init__(self, load: Mapping[str, int]) -> None:
        self._load = load
        self.asked: list[Sequence[str]] = []

    def now(self) -> Mapping[str, int]:
        return {}

    async def load(self, people: Sequence[str], most: int) -> Sequence[tuple[str, int]]:
        assert most > 1
        self.asked.append(people)
        return [(each, self._load[each]) for each in people if each in self._load]


def desk(load: Mapping[str, int], directory: Directory = TEAM) -> tuple[Desk, Counted]:
    desk, counted = Desk(asked(route=ROUTE, directory=directory)), Counted(load)
    approvals = desk.chat._approvals
    approvals.world = with_fields(approvals.world, workload=counted)
    desk.chat._world = approvals.world
    return desk, counted


async def intro(desk: Desk, verb: Verb = Verb.DELEGATE) -> str:
    form = (await desk.form(MARA, verb)).form
    assert form is not None
    return form.intro or ""


async def test_the_form_names_who_could_and_has_the_least_to_do() -> None:
    made, counted = desk({MARA: 9, BOB: 4, OWEN: 2})
    assert (await intro(made)).endswith(" Owen could decide it too, and has less waiting.")
    assert counted.asked == [[MARA, BOB, OWEN]]
    assert made.state.delegations == ()


@pytest.mark.parametrize("load", [{BOB: 4, OWEN: 2}, {MARA: 2, BOB: 4, OWEN: 2}])
async def test_nobody_is_suggested_who_has_as_much_to_do(load: Mapping[str, int]) -> None:
    made, _ = desk(load)
    assert "waiting" not in await intro(made)


async def test_only_handing_on_is_about_others() -> None:
    made, counted = desk({MARA: 9})
    assert "waiting" not in await intro(made, Verb.REJECT)
    assert counted.asked == []
    alone, nobody = desk({MARA: 9}, Directory(PEOPLE))
    assert "waiting" not in await intro(alone)
    assert nobody.asked == []


def test_who_may_not_decide_is_no_colleague() -> None:
    story = asked(route=ROUTE, directory=TEAM)
    mara = TEAM.people[MARA]
    assert list(colleagues(story.state, mara, TEAM)) == [BOB, OWEN]
    assert ALICE in {p.email for p in TEAM.people.values() if p.department == "Engineering"}
    story.delegates(MARA, BOB)
    assert list(colleagues(story.state, mara, TEAM)) == [BOB, OWEN]
    needs = asked(route=a_route(stage(1, "Manager", MARA, required_role="lead")), directory=TEAM)
    assert list(colleagues(needs.state, mara, TEAM)) == []
    over = asked(route=ROUTE, directory=TEAM).approves(MARA)
    assert list(colleagues(over.state, mara, TEAM)) == []


def test_the_last_reminder_says_that_it_may_be_handed_on() -> None:
    timed = stage(1, "Manager", MARA, sla=4 * HOUR, remind_at=(HOUR, 2 * HOUR))
    story = asked(route=a_route(timed), directory=TEAM).at(NOW + HOUR).when(Tick())
    assert IN_TIME not in (story.words("reminder", MARA) or "")
    story.at(NOW + 2 * HOUR).when(Tick())
    assert (story.words("reminder", MARA) or "").endswith(IN_TIME)
    alone = asked(route=a_route(timed)).at(NOW + 2 * HOUR).when(Tick())
    assert IN_TIME not in (alone.words("reminder", MARA) or "")


@pytest.mark.parametrize(("total", "said"), [(LONG - 1, False), (LONG, True)])
async def test_a_digest_of_a_long_queue_says_so(total: int, said: bool) -> None:
    made, _ = desk({})

    class Store:
        async def waiting(self, who: str, limit: int) -> tuple[Sequence[object], int]:
            return (), total

    to = Recipient(platform="slack", id=MARA)
    row = OutboxRow(id="w", dedupe="w", kind="welcome_back", request="", to=to)
    notice = await gathered(row, Store(), made.directory)  # type: ignore[arg-type]  # all it asks
    assert notice is not None
    assert (HAND_ON in notice.text) is said
