"""People of the file with accounts that were bound to them: the file counts first."""

from core.directory.people import Directory
from tests.core.linking import ANN, BEN, CAT, CAT_IN_FILE, OTHER_TEAM, PEOPLE, slack


def accounts(directory: Directory, email: str) -> list[str]:
    person = directory.person(email)
    assert person is not None
    return [f"{i.realm}/{i.account}" for i in person.identities]


def test_a_bound_account_is_the_persons() -> None:
    merged = PEOPLE.with_accounts([(slack("U1"), ANN)])
    found = merged.by_identity(slack("U1"))
    assert found is not None
    assert (found.email, found.platforms) == (ANN, ("slack", "email"))
    assert PEOPLE.by_identity(slack("U1")) is None, "the one it was made from stays as it is"


def test_an_account_of_the_file_is_not_taken_away() -> None:
    merged = PEOPLE.with_accounts([(CAT_IN_FILE, ANN)])
    found = merged.by_identity(CAT_IN_FILE)
    assert found is not None
    assert found.email == CAT
    assert accounts(merged, ANN) == []


def test_a_second_account_in_the_same_workspace_does_not_count() -> None:
    merged = PEOPLE.with_accounts([(slack("U1"), CAT), (slack("U2"), BEN), (slack("U3"), BEN)])
    assert merged.by_identity(slack("U1")) is None
    assert accounts(merged, BEN) == ["T1/U2"]


def test_an_account_in_another_workspace_stands_behind_that_of_the_file() -> None:
    merged = PEOPLE.with_accounts([(slack("U9", OTHER_TEAM), CAT)])
    assert accounts(merged, CAT) == ["T1/U-CAT", "T2/U9"]


def test_an_account_of_somebody_who_is_gone_is_nobodys() -> None:
    merged = PEOPLE.with_accounts([(slack("U1"), "gone@example.com")])
    assert merged is PEOPLE
