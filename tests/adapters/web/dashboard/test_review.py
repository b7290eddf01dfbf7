"""The review of a quarter: what lies in it and nothing else, for administrators."""

import pytest

from adapters.web.dashboard import governance
from core.directory.people import Person
from core.insight.figures import Asked
from core.insight.governance import governed
from core.insight.quarter import Quarter, last_whole, quarter_of, read_quarter
from tests.adapters.web.dashboard.quarters import NOW, Written, at, review_rig
from tests.adapters.web.dashboard.samples import DIRECTORY, FINN

THIRD = Quarter(year=2026, number=3)


def test_a_quarter_is_three_months_of_utc() -> None:
    assert (THIRD.since, THIRD.until) == (at(7, 1, 0), at(10, 1, 0))
    assert THIRD.before.name == "2026-Q2"
    assert Quarter(year=2026, number=4).after.name == "2027-Q1"
    assert Quarter(year=2026, number=1).before.name == "2025-Q4"
    assert quarter_of(at(9, 30, 23)) == THIRD == last_whole(at(10, 1, 0))
    assert quarter_of(THIRD.until).name == "2026-Q4"


@pytest.mark.parametrize("text", ["2026-Q3", "2026-q3"])
def test_a_quarter_is_read(text: str) -> None:
    assert read_quarter(text, NOW) == THIRD


@pytest.mark.parametrize(
    "text", ["2026-Q5", "26-Q1", "2026Q1", "1969-Q4", "2027-Q1", "x", "٢٠٢٦-Q1"]
)
def test_what_is_no_quarter_or_has_not_begun_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"2026-Q4"):
        read_quarter(text, NOW)


async def test_what_was_changed_in_the_quarter_and_by_whom() -> None:
    found = await governed(Written(), DIRECTORY, THIRD)
    assert found.in_force == "v1"
    assert [(c.version, c.before, c.by) for c in found.changes] == [
        ("v2-of-july", "v1", "ada@example.com")
    ]
    assert [(s.at, s.frozen) for s in found.switches] == [(at(8, 1), True), (at(8, 2), False)]
    assert [(e.requests, e.rows, e.by) for e in found.erased] == [(2, 5, "cli")]
    assert found.restored == (at(9, 2),)
    assert [key.id for key in found.keys] == ["used-all-the-time"]
    assert len(found.made) == len(found.revoked) == 1
    assert [each.id for each in found.absences] == ["1"]
    assert found.admins == ("ada@example.com",)
    assert found.trail.waiting == 12


async def test_it_stands_in_tables_with_names() -> None:
    found = await governed(Written(), DIRECTORY, THIRD)
    tables = {table.caption: table.rows for table in governance.tables(found, THIRD, DIRECTORY)}
    assert tables["Policy versions that came into force"] == (
        ("2026-07-03 12:00", "v2-of-july", "v1", "Ada Admin", "r7"),
    )
    assert tables["Content erased"] == (("2026-09-30 23:00", "2", "command line"),)
    assert tables["Legal holds"] == (
        ("2026-08-03 12:00", "set", "rule purchase-order", "Ada Admin"),
    )
    say = tables["Who got another say, or another account"]
    assert [row[2].partition("<")[0] for row in say] == [
        "account in slack linked (admin)",
        'changed by scim: groups payers, =cmd|"/c calc"',
    ], "neither a sign-in nor another time zone is a say"
    assert say[1][2].endswith("; roles payer (before: no groups and no roles)")
    keys = tables["API keys: who may call"]
    assert keys[0][4:] == ("unchanged", "2026-11-01 12:00")
    assert keys[1][4] == "made 2026-07-02 12:00, revoked 2026-08-09 12:00"
    assert [len(row) for rows in tables.values() for row in rows] == [5, 3, 3, 6, 6, 5, 4, 4, 4, 3]


async def test_a_quarter_that_goes_on_has_figures_until_today() -> None:
    page, door, kept = review_rig()
    answer = await door.call(page.look, "/review?quarter=2026-Q4")
    fourth = Quarter(year=2026, number=4)
    today = NOW // 86_400_000
    assert kept.asked == [Asked(first=fourth.first_day, last=today, people=True)]
    assert "The quarter is not over" in (answer.text or "")


async def test_without_a_name_it_is_the_last_whole_one() -> None:
    page, door, kept = review_rig()
    text = (await door.call(page.look, "/review")).text or ""
    assert kept.asked[0].last == THIRD.next_day - 1
    assert "<h1>Review of approvals, 2026-Q3</h1>" in text
    assert "not over" not in text
    assert "Open now" not in text, "today's queue says nothing of a quarter"
    assert 'id="load"' not in text
    assert "Who decided" in text
    assert "<script>alert" not in text


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [(FINN, "/review", 403), (None, "/review?quarter=2027-Q1", 400)],
)
async def test_who_and_what_is_turned_away(person: Person | None, path: str, status: int) -> None:
    page, door, kept = review_rig() if person is None else review_rig(person)
    answer = await door.call(page.look, path)
    assert answer.status == status
    assert kept.asked == []
