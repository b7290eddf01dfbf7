"""The directory document: who it says exists, and every mistake where it stands."""

import pytest

from bot.documents import read_document
from core.directory.people import Directory, Identity
from core.directory.text import DirectoryMistakes, read_directory, read_with_warnings

DIRECTORY = """\
people:
  - email: Ann@Example.com
    name: Ann Archer
    manager: Bob@example.com
    department: Sales
    roles: [buyer]
    groups: [sales]
    timezone: Europe/Berlin
    working_hours: "09:00-17:00"
    identities:
      slack: {team: T1, user: U1}
      teams: {tenant: 11111111-2222-3333-4444-555555555555, aad_object_id: AAAAAAAA-0000-0000-0000-00000000000A}
    notify: [teams, slack]
    cards: all
    conflicts: [Bob@example.com, "group:sales", bob@example.com]
  - {email: bob@example.com, name: Bob Bauer, identities: {slack: {team: T1, user: U2}}}
"""
EMAIL = "email: Ann@Example.com"
NAME = "name: Ann Archer"
MANAGER = "manager: Bob@example.com"
SLACK = "slack: {team: T1, user: U1}"
NOTIFY = "[teams, slack]"


def read(text: str = DIRECTORY) -> Directory:
    return read_directory(read_document(text))


def changed(old: str, new: str) -> str:
    assert old in DIRECTORY
    return DIRECTORY.replace(old, new, 1)


def refused(text: str) -> DirectoryMistakes:
    with pytest.raises(DirectoryMistakes) as caught:
        read(text)
    return caught.value


def mistakes(text: str) -> list[str]:
    return [str(mistake) for mistake in refused(text).mistakes]


def test_a_person_is_read_whole() -> None:
    ann = read().people["ann@example.com"]
    assert (ann.name, ann.manager, ann.department) == ("Ann Archer", "bob@example.com", "Sales")
    assert (ann.roles, ann.groups) == (("buyer",), ("sales",))
    assert (ann.timezone, ann.working_hours) == ("Europe/Berlin", "09:00-17:00")
    assert (ann.notify, ann.cards) == (("teams", "slack"), "all")
    assert ann.conflicts == ("bob@example.com", "group:sales")
    assert ann.identities == (
        Identity(platform="slack", realm="T1", account="U1"),
        Identity(
            platform="teams",
            realm="11111111-2222-3333-4444-555555555555",
            account="aaaaaaaa-0000-0000-0000-00000000000a",
        ),
    )


def test_what_is_not_said_has_its_default() -> None:
    bob = read().people["bob@example.com"]
    assert (bob.manager, bob.department, bob.roles, bob.groups) == (None, None, (), ())
    assert (bob.timezone, bob.working_hours, bob.notify, bob.cards) == ("UTC", None, (), "first")
    assert bob.conflicts == ()


@pytest.mark.parametrize(
    "text",
    [
        "people: [{email: a@example.com, name: A}, {email: b@example.com, name: B}]",
        "[{email: a@example.com, name: A}, {email: b@example.com, name: B}]",
        "people: {A@example.com: {name: A}, b@example.com: {name: B}}",
    ],
)
def test_people_are_a_list_or_a_mapping_by_address(text: str) -> None:
    assert {p.email: p.name for p in read(text).people.values()} == {
        "a@example.com": "A",
        "b@example.com": "B",
    }


ADDRESS = "Write it like ann@example.com"
TEXT = "Write text, in quotes if need be"
ABSENT_MANAGER = "is not in the directory"
CHANGE = "Change or remove the manager of one of them"

WRONG = [
    (EMAIL, "email: ann", f"2:12: 'ann' is not an e-mail address - {ADDRESS}"),
    (EMAIL, "email: a b@example.com", f"2:12: 'a b@example.com' is not an e-mail address - {ADDRESS}"),
    (EMAIL, "email: a@b..com", f"2:12: 'a@b..com' is not an e-mail address - {ADDRESS}"),
    (EMAIL, "email: 5", f"2:12: 'email' is a whole number - {TEXT}"),
    (EMAIL + "\n    name", "name", "2:5: 'email' is missing in a person - Write the person's address"),
    ("    " + NAME + "\n", "", "2:5: 'name' is missing in a person - Write the person's name"),
    (NAME, "name: ''", "3:11: 'name' is empty - Write text"),
    (NAME, 'name: "Ann\\nArcher"', "3:11: 'name' is too long or has several lines - Use one line of at most 80 characters"),
    (NAME, f"name: {'x' * 81}", "3:11: 'name' is too long or has several lines - Use one line of at most 80 characters"),
    (NAME, NAME + "\n    nmae: Ann", "4:5: unknown key 'nmae' in a person - Did you mean 'name'?"),
    (NAME, NAME + "\n    name: Ann", "4:5: 'name' stands here twice - Remove it here or in line 3"),
    (NAME, NAME + "\n    5: x", "4:5: a key of a person is a whole number - Write a key that is text"),
    (MANAGER, "manager: bib@example.com", f"4:14: manager 'bib@example.com' {ABSENT_MANAGER} - Did you mean 'bob@example.com'?"),
    (MANAGER, "manager: xyz@example.com", f"4:14: manager 'xyz@example.com' {ABSENT_MANAGER} - Add that person or correct the address"),
    (MANAGER, "manager:", "5:5: 'manager' is empty - Write text, or remove it"),
    (MANAGER, "manager: ANN@example.com", f"4:14: managers go in a circle: ann@example.com -> ann@example.com - {CHANGE}"),
    ("name: Bob Bauer", "name: Bob Bauer, manager: ann@example.com", f"4:14: managers go in a circle: ann@example.com -> bob@example.com -> ann@example.com - {CHANGE}"),
    ("email: bob@example.com", "email: bob@example.com, email: b@example.com", "16:30: 'email' stands here twice - Remove it here or in line 16"),
    ("roles: [buyer]", "roles: buyer", "6:12: 'roles' is 'buyer' - Write a list, for example [a, b]"),
    ("groups: [sales]", "groups: [sales, 5]", f"7:21: an item of 'groups' is a whole number - {TEXT}"),
    ("Europe/Berlin", "Europe/Berln", "8:15: unknown time zone 'Europe/Berln' - Did you mean 'Europe/Berlin'?"),
    ("Europe/Berlin", "../../etc/passwd", "8:15: unknown time zone '../../etc/passwd' - Use a name of the IANA database, such as Europe/Berlin"),
    ('"09:00-17:00"', '"17:00-09:00"', "9:20: '17:00-09:00' is not a time span of one day - Write the start and the end in quotes: \"09:00-17:00\" or \"18:00-24:00\""),
    ('"09:00-17:00"', "9 to 5", "9:20: '9 to 5' is not a time span of one day - Write the start and the end in quotes: \"09:00-17:00\" or \"18:00-24:00\""),
    (SLACK, "slack: {team: T1}", "11:14: 'user' is missing in 'slack' - Write slack: {team: ..., user: ...}"),
    (SLACK, "slack: {team: T1, user: U1, usr: U1}", "11:35: unknown key 'usr' in 'slack' - Did you mean 'user'?"),
    (SLACK, "slack: U1", "11:14: 'slack' is text - Write a mapping with the keys team, user"),
    (SLACK, SLACK + "\n      slak: {}", "12:7: unknown key 'slak' in 'identities' - Did you mean 'slack'?"),
    ("user: U1", "user: U2", "16:67: this slack account belongs to ann@example.com (line 2) already - Give each account to exactly one person"),
    ("tenant: 1", "tenant: x", "12:23: 'tenant' is not a GUID - Copy the id from Entra, such as 5f0c1d52-8a3e-4b7d-9c61-2e1f4a7b9d10"),
    (NOTIFY, "[teams, slck]", "13:21: a channel of 'notify' is 'slck' - Did you mean 'slack'?"),
    (NOTIFY, "[teams, pager]", "13:21: a channel of 'notify' is 'pager' - Use one of: email, slack, teams, webhook"),
    (NOTIFY, "[email, email]", "13:21: 'notify' names email twice - Remove one of them"),
    (NOTIFY, "[teams, webhook]", "13:21: 'notify' names webhook, where there is no account - Add webhook to 'identities' or remove it here"),
    (NOTIFY, "[teams, teams]", "13:21: 'notify' names teams twice - Remove one of them"),
    ("name: Bob Bauer", "name: Bob Bauer, notify: [teams]", "16:56: 'notify' names teams, where there is no account - Add teams to 'identities' or remove it here"),
    ("Bob@example.com, \"group", "bib@example.com, \"group", "15:17: 'bib@example.com' is not in the directory - Did you mean 'bob@example.com'?"),
    ("group:sales\"", "group:sale\"", "15:34: nobody in the directory is in group 'sale' - Did you mean 'sales'?"),
    ("group:sales\"", "boss:sales\"", f"15:34: 'boss:sales' is not an e-mail address - {ADDRESS}"),
    ("cards: all", "cards: every", "14:12: 'cards' is 'every' - Use one of: all, first"),
    ("cards: all", "digest: daily", "14:13: 'daily' is not a time of day - Write a time of day in quotes: \"09:00\" or \"17:30\""),
    ("cards: all", 'digest: "24:00"', "14:13: '24:00' is not a time of day - Write a time of day in quotes: \"09:00\" or \"17:30\""),
]  # fmt: skip
# ruff: noqa: E501 - a row of the table is one mistake on one line


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_a_mistake_is_named_with_its_place_and_remedy(old: str, new: str, said: str) -> None:
    assert mistakes(changed(old, new)) == [said]


def test_an_address_that_stands_twice_is_a_mistake_in_any_spelling() -> None:
    text = DIRECTORY + "  - {email: BOB@example.com, name: Bob}\n"
    assert mistakes(text) == [
        "17:13: bob@example.com stands here twice - Remove it here or in line 16"
    ]


def test_a_folder_of_the_zone_database_is_no_time_zone() -> None:
    [said] = mistakes(changed("Europe/Berlin", "America"))
    assert said.startswith("8:15: unknown time zone 'America' - ")


def test_one_teams_account_in_two_spellings_is_one_account() -> None:
    teams = "teams: {tenant: 11111111-2222-3333-4444-555555555555, aad_object_id: aaaaaaaa-0000-0000-0000-00000000000a}"
    text = DIRECTORY + f"  - {{email: c@example.com, name: C, identities: {{{teams}}}}}\n"
    [said] = mistakes(text)
    assert "this teams account belongs to ann@example.com (line 2) already" in said


def test_a_circle_of_managers_is_named_once_and_its_followers_are_not() -> None:
    text = """\
- {email: e@example.com, name: E, manager: a@example.com}
- {email: a@example.com, name: A, manager: b@example.com}
- {email: b@example.com, name: B, manager: c@example.com}
- {email: c@example.com, name: C, manager: a@example.com}
- {email: f@example.com, name: F, manager: c@example.com}
"""
    assert mistakes(text) == [
        "2:44: managers go in a circle: a@example.com -> b@example.com -> c@example.com -> "
        f"a@example.com - {CHANGE}"
    ]


def test_a_long_line_of_managers_is_no_circle() -> None:
    lines = [
        f"- {{email: p{n}@example.com, name: P, manager: p{n + 1}@example.com}}"
        for n in range(2000)
    ]
    assert len(read("\n".join([*lines, "- {email: p2000@example.com, name: P}"]))) == 2001


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "persons: []",
            "1:1: 'people' is missing in the directory - List at least one person with email and name",
        ),
        ("people: []", "1:9: 'people' is empty - List at least one person with email and name"),
        ("people: 5", "1:9: 'people' is a whole number - Write a list, for example [a, b]"),
        ("5", "1:1: the directory is a whole number - Write a mapping with the keys people"),
    ],
)
def test_a_directory_without_people_is_a_mistake(text: str, said: str) -> None:
    assert said in mistakes(text)


def test_all_mistakes_are_found_at_once_in_the_order_of_the_text() -> None:
    text = (
        DIRECTORY.replace(EMAIL, "email: ann")
        .replace("Europe/Berlin", "Moon")
        .replace("cards: all", "cards: every")
        .replace("name: Bob Bauer", "nam: Bob Bauer")
    )
    assert [said.partition(": ")[0] for said in mistakes(text)] == [
        *("2:12", "8:15", "14:12", "16:5", "16:30"),
    ]


def test_with_the_mistakes_come_the_people_that_could_be_read() -> None:
    error = refused(changed("Europe/Berlin", "Moon"))
    assert sorted(error.directory.people) == ["ann@example.com", "bob@example.com"]
    assert error.directory.group("sales") == ("ann@example.com",)


def test_a_message_shows_no_control_characters() -> None:
    [said] = mistakes(changed(EMAIL, 'email: "\\e[2Jann"'))
    assert said.isprintable()
    assert "[2jann" in said


def test_everybody_has_a_mailbox_and_needs_no_entry_for_it() -> None:
    text = changed(NOTIFY, "[email, teams]").replace(
        ", identities: {slack: {team: T1, user: U2}}", ", notify: [email]"
    )
    found, warned = read_with_warnings(read_document(text))
    assert warned == ()
    ann, bob = (found.people[f"{name}@example.com"] for name in ("ann", "bob"))
    assert (ann.platforms, bob.platforms) == (("email", "teams"), ("email",))
    mailbox = Identity(platform="email", realm="", account="ann@example.com")
    assert ann.identity("email") == mailbox
    assert found.by_identity(mailbox) == ann


def test_without_a_wish_a_letter_comes_last() -> None:
    text = changed("    notify: [teams, slack]\n", "")
    assert read(text).people["ann@example.com"].platforms == ("slack", "teams", "email")


@pytest.mark.parametrize(
    ("realm", "account"), [("T1", "ann@example.com"), ("", "Ann@example.com"), ("", "")]
)
def test_no_other_mailbox_is_somebodys(realm: str, account: str) -> None:
    other = Identity(platform="email", realm=realm, account=account)
    assert read().by_identity(other) is None


def test_a_mailbox_that_notify_does_not_name_is_nobodys_account() -> None:
    mailbox = Identity(platform="email", realm="", account="ann@example.com")
    assert read().people["ann@example.com"].notify == ("teams", "slack")
    assert read().by_identity(mailbox) is None
    assert read().people["ann@example.com"].identity("email") is None
    unwished = read(changed("    notify: [teams, slack]\n", ""))
    assert unwished.by_identity(mailbox) == unwished.people["ann@example.com"]


def test_an_account_in_slack_may_become_known_later() -> None:
    text = changed("name: Bob Bauer", "name: Bob Bauer, notify: [slack]")
    text = text.replace(", identities: {slack: {team: T1, user: U2}}", "")
    directory, warnings = read_with_warnings(read_document(text))
    assert directory.people["bob@example.com"].notify == ("slack",)
    assert [str(warning) for warning in warnings] == [
        "16:56: no Slack account yet - Unless it is linked already, let them write "
        "/approvals link in Slack, run countersign people link EMAIL, or add slack to 'identities'"
    ]


def test_who_has_all_accounts_is_not_warned_of() -> None:
    assert read_with_warnings(read_document(DIRECTORY))[1] == ()


def test_a_person_may_want_one_message_a_day() -> None:
    found = read(changed("cards: all", 'cards: all\n    digest: "17:30"'))
    wanted = {person.email: person.digest for person in found.people.values()}
    assert wanted == {"ann@example.com": "17:30", "bob@example.com": None}
