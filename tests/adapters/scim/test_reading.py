"""Who somebody is, of what a provider sent."""

import pytest

from adapters.scim.reading import person_of
from adapters.scim.resources import FullUser
from adapters.scim.view import View
from core.directory.kept import NOBODY, KeptPerson
from core.directory.people import Directory
from core.directory.refusing import NotKept, Why

NEW = KeptPerson(id="", email="", name="")
VIEW = View(Directory([]), NOBODY)


@pytest.mark.parametrize("given", ["\u212aate@example.com", "ka\u200bte@example.com"])
def test_an_address_that_only_looks_like_another_is_none(given: str) -> None:
    """The sign of the kelvin is no K: in lower case it would be the mailbox of somebody else."""
    with pytest.raises(NotKept) as caught:
        person_of(FullUser(user_name=given, timezone=None), NEW, VIEW)
    assert caught.value.why is Why.NO_ADDRESS
    usual = FullUser(user_name="KATE@example.com", timezone=None)
    assert person_of(usual, NEW, VIEW).email == "kate@example.com"
