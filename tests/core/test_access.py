"""Who may see a request beside those who are asked."""

from core.commands import Cancel
from core.directory.people import Directory
from core.route import Glass
from core.service.access import person_may_see
from tests.core.builders import AGENT, DANA, FINN, MANAGER, MARA, PEOPLE, a_route, person, stage
from tests.core.shown import BOB, EVE, asked
from tests.core.spec import submitted

COMMANDER = "olga@example.com"
COMPANY = Directory([*PEOPLE, person(COMMANDER, roles=("incident_commander",))])


def test_who_may_break_the_glass_sees_what_is_open_and_nothing_else() -> None:
    route = a_route(MANAGER, glass=Glass(role="incident_commander"))
    story = submitted(route=route)
    assert person_may_see(story.state, COMMANDER, COMPANY)
    assert not person_may_see(story.state, DANA, COMPANY)
    story.when(Cancel(actor=AGENT, agent_key="key-1"))
    assert not person_may_see(story.state, COMMANDER, COMPANY)


def test_the_role_alone_opens_nothing() -> None:
    story = submitted(route=a_route(MANAGER))
    assert not person_may_see(story.state, COMMANDER, COMPANY)
    assert not person_may_see(story.state, FINN, COMPANY)


def test_who_stands_in_for_somebody_sees_as_much_as_they_do() -> None:
    story = asked(route=a_route(MANAGER)).delegates(MARA, BOB).delegates(BOB, EVE)
    assert all(person_may_see(story.state, p, COMPANY) for p in (MARA, BOB, EVE))
    story.revises(title="Raise for Bob", route=a_route(stage(1, "Payroll", FINN)))
    assert [p for p in (MARA, BOB, EVE, FINN) if person_may_see(story.state, p, COMPANY)] == [FINN]
