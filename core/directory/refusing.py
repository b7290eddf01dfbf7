"""Why the directory is not changed as somebody asked: one closed set, each with its sentence."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Why(StrEnum):
    """The reasons."""

    FROM_FILE = "from_file"
    NO_SUCH_PERSON = "no_such_person"
    NO_SUCH_GROUP = "no_such_group"
    ADDRESS_TAKEN = "address_taken"
    USER_NAME_TAKEN = "user_name_taken"
    GROUP_TAKEN = "group_taken"
    NO_ADDRESS = "no_address"
    WRONG_NAME = "wrong_name"
    UNKNOWN_MANAGER = "unknown_manager"
    CIRCLE = "circle"
    UNKNOWN_MEMBER = "unknown_member"
    PROTECTED = "protected"
    OTHER_VERSION = "other_version"
    TOO_MUCH = "too_much"
    WRONG_TIMEZONE = "wrong_timezone"


SENTENCES: Final[Mapping[Why, str]] = {
    Why.FROM_FILE: (
        "{person} stands in the directory file, and is what that file says. Change the file, or "
        "remove {person} from it first."
    ),
    Why.NO_SUCH_PERSON: "There is no user with the id {id}.",
    Why.NO_SUCH_GROUP: "There is no group with the id {id}.",
    Why.ADDRESS_TAKEN: "Somebody has the address {person} already.",
    Why.USER_NAME_TAKEN: "Somebody has the user name {name} already.",
    Why.GROUP_TAKEN: (
        "There is a group {name} already; capital letters alone do not make another one."
    ),
    Why.NO_ADDRESS: (
        "A user needs an e-mail address: send emails with one that is primary, or an address as "
        "userName. {given} is none."
    ),
    Why.WRONG_NAME: (
        "{what} must be one line of at most {limit} characters, without hidden characters."
    ),
    Why.UNKNOWN_MANAGER: "The manager {manager} is not in the directory. Add them first.",
    Why.CIRCLE: "Managers would go in a circle: {line}.",
    Why.UNKNOWN_MEMBER: "There is no user with the id {id}, who is to be a member of {group}.",
    Why.PROTECTED: (
        "{what} gives power over approvals, so it is not given over SCIM. Give it in the directory "
        "file, or set COUNTERSIGN_SCIM_ADMINS=on."
    ),
    Why.OTHER_VERSION: "It was changed meanwhile: its version is {version}.",
    Why.TOO_MUCH: "{what} may have at most {limit} values.",
    Why.WRONG_TIMEZONE: "There is no time zone {given}. Use a name such as Europe/Berlin.",
}


class NotKept(Exception):
    """A change of the directory that was refused; nothing of it is kept."""

    def __init__(self, why: Why, **details: str) -> None:
        self.why = why
        self.details = details
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """For whoever asked for it."""
        return SENTENCES[self.why].format_map(self.details)
