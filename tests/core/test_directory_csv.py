"""Tables of people: how they are read, every mistake with its place, and what they change."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.directory.changes import Change, changed
from core.directory.csv_text import COLUMNS, PeopleTable, read_table
from core.directory.importing import Outcome, brought_in
from core.directory.kept import CSV, SCIM, KeptPerson
from core.directory.people import Directory, Identity, Person
from core.events import Actor
from core.source import Mistakes
from tests.core.people_ledger import MemoryPeople

SLACK = Identity(platform="slack", realm="T1", account="U1")
FILE = Directory(
    [Person(email="ann@example.com", name="Ann", groups=("finance",), identities=(SLACK,))]
)


def bring(
    ledger: MemoryPeople, text: str, *, missing_leave: bool = False, source: str = CSV
) -> Outcome:
    change = Change(
        ledger=ledger,
        file=FILE,
        actor=Actor(via="cli"),
        now=9,
        source=source,
        managers_are_good=True,
    )
    ids = (f"id{n}" for n in range(ledger.number, ledger.number + 100))
    return ledger.whole(
        lambda _: brought_in(
            change, read_table(text), lambda: next(ids), missing_leave=missing_leave
        )
    )


def mistakes(text: str, ledger: MemoryPeople | None = None) -> list[str]:
    ledger = ledger or MemoryPeople()
    before = ledger.kept()
    with pytest.raises(Mistakes) as caught:
        bring(ledger, text)
    assert ledger.kept() == before, "all of it or nothing"
    return [str(mistake) for mistake in caught.value.mistakes]


def people(table: PeopleTable) -> list[tuple[str, str, Sequence[str]]]:
    return [(r.person.email, r.person.name, r.person.groups) for r in table.rows]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", [True, False])
def test_whatever_a_spreadsheet_writes_is_read(separator: str, newline: str, end: bool) -> None:
    lines = [
        "\ufeffEmail{}NAME{}groups",
        'A@example.com{}"Ann ""A"", {}"{}"x;y,z"',
        "",
        "b@example.com{}Ben{}",
    ]
    text = newline.join(line.replace("{}", separator) for line in lines) + newline * end
    found = read_table(text)
    assert found.mistakes == ()
    assert people(found) == [
        ("a@example.com", f'Ann "A", {separator}'.replace("\t", " ").strip(), ("x", "y", "z"))
        if separator != "\t"
        else ("a@example.com", 'Ann "A",', ("x", "y", "z")),
        ("b@example.com", "Ben", ()),
    ]


def test_every_mistake_is_told_at_once_with_its_place() -> None:
    ledger = MemoryPeople()
    bring(ledger, "email,name\nold@example.com,Old\n")
    old = ledger.by_email("old@example.com")
    assert old is not None
    ledger.put(changed(_scim(ledger), old))
    text = (
        "email;name;manager;groups;timezone;slack_team;slack_user;teams_tenant\n"
        "ann@example.com;Ann;;;;;;\n"
        "old@example.com;Old;;;;;;\n"
        "b@example.com;Ben;c@example.com;Board;Mars/X;T1;U1;\n"
        "c@example.com;Cleo;b@example.com;board;;T1;;\n"
        "B@example.com;Ben;;;;;;\n"
        '"d@example.com";"two\nlines";nobody@example.com;;;;;\n'
        "e@example.com;E\u202evil;;;;;;t\n"
        "no address;N;;;;;;\n"
        "f@example.com;F\n"
    )
    said = mistakes(text, ledger)
    assert [each.partition(" - ")[0] for each in said] == [
        "2:1: ann@example.com stands in the directory file",
        "3:1: old@example.com is kept by the identity provider",
        "4:1: managers go in a circle: b@example.com -> c@example.com -> b@example.com",
        "4:1: this slack account belongs to ann@example.com",
        "4:39: unknown time zone 'Mars/X'",
        "5:1: 'user' is missing in 'slack'",
        "5:1: managers go in a circle: c@example.com -> b@example.com -> c@example.com",
        "5:1: there is a group 'Board', and 'board' is almost the same",
        "6:1: b@example.com stands here twice",
        "7:1: manager 'nobody@example.com' of d@example.com is not in the directory",
        "7:17: 'name' is too long or has several lines",
        "9:1: 'aad_object_id' is missing in 'teams'",
        "9:15: the cell has hidden characters",
        "9:26: 'tenant' is not a GUID",
        "10:1: 'no address' is not an e-mail address",
        "11:1: the line has 2 cells, the first one 8",
    ]


def _scim(ledger: MemoryPeople) -> Change:
    return Change(ledger=ledger, file=FILE, actor=Actor(via="api"), now=1, source=SCIM)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: the table is empty"),
        ("\n\n", "1:1: the table is empty"),
        ("email\nx@example.com\n", "1:1: the column 'name' is missing"),
        ("email,name,nmae\n", "1:12: there is no column 'nmae' - Did you mean 'name'?"),
        ("email,name,name\n", "1:12: the column 'name' stands here twice"),
        ('email,name\n"a@example.com', "2:1: the quotes are not closed"),
        ('email,name\n"a@example.com"x,A', "2:1: something stands behind the closing quotes"),
    ],
)
def test_a_table_that_is_none_is_told(text: str, said: str) -> None:
    assert mistakes(text)[0].startswith(said)


def test_a_column_that_is_not_there_changes_nothing() -> None:
    ledger = MemoryPeople()
    bring(ledger, "email,name,groups,department\nb@example.com,Ben,board,Legal\n")
    outcome = bring(ledger, "email,name\nb@example.com,Benedict\n")
    kept = ledger.by_email("b@example.com")
    assert kept is not None
    assert (kept.name, kept.groups, kept.department) == ("Benedict", ("board",), "Legal")
    assert [each.fields for each in outcome.brought] == [("name",)]
    assert (
        bring(ledger, "email,name,groups\nb@example.com,Benedict,\n").brought[0].after.groups == ()
    )


def test_people_may_lead_each_other_in_any_order_and_change_places() -> None:
    ledger = MemoryPeople()
    bring(ledger, "email,name,manager\nb@example.com,B,c@example.com\nc@example.com,C,\n")
    bring(ledger, "email,name,manager\nb@example.com,B,\nc@example.com,C,b@example.com\n")
    assert {p.email: p.manager for p in ledger.everyone()} == {
        "b@example.com": None,
        "c@example.com": "b@example.com",
    }


def test_an_empty_table_does_not_take_everybody_away() -> None:
    """That is an export that failed."""
    ledger = MemoryPeople()
    bring(ledger, "email,name\na@example.com,A\n")
    with pytest.raises(Mistakes, match="the table names nobody"):
        bring(ledger, "email,name\n", missing_leave=True)
    assert bring(ledger, "email,name\n").brought == []


def test_a_group_of_the_file_is_not_written_in_other_capitals() -> None:
    """The policy means the file's; the other would be one without a say."""
    said = mistakes("email,name,groups\nb@example.com,B,Finance\n")
    message = "there is a group 'finance', and 'Finance' is almost the same"
    assert said == [f"2:1: {message} - Write 'finance'"]
    assert bring(MemoryPeople(), "email,name,groups\nb@example.com,B,finance\n").groups == [
        "finance"
    ]


def test_only_who_came_in_a_table_can_be_missing_in_one() -> None:
    ledger = MemoryPeople()
    bring(ledger, "email,name\nb@example.com,B\nc@example.com,C\n")
    ledger.put(KeptPerson(id="s", email="s@example.com", name="S", source=SCIM))
    outcome = bring(ledger, "email,name\nb@example.com,B\n", missing_leave=True)
    assert [(each.after.email, each.after.active) for each in outcome.brought] == [
        ("c@example.com", False)
    ]
    back = bring(ledger, "email,name\nc@example.com,C\n")
    assert back.brought[0].after.active


def test_groups_of_a_table_are_groups() -> None:
    ledger = MemoryPeople()
    outcome = bring(ledger, "email,name,groups\nb@example.com,B,board;legal;board\n")
    assert (outcome.groups, sorted(g.name for g in ledger.groups.values())) == (
        ["board", "legal"],
        ["board", "legal"],
    )
    assert bring(ledger, "email,name,groups\nb@example.com,B,board;legal\n").same == 1


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from([*'ab@.,;\t\n\r" ', "é", "\u202e"]), max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    head = ",".join(COLUMNS[:3])
    for table in (read_table(text), read_table(f"{head}\n{text}")):
        assert all(m.line >= 1 and m.column >= 1 for m in table.mistakes)
