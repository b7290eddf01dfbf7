"""What a provider sent, as plain values that the core judges, whatever dialect it was sent in."""

from typing import Any, Final

from msgspec.structs import replace

from adapters.scim.resources import MOST_MAILS, EnterpriseUser, FullUser, Group, Name
from adapters.scim.view import View
from core.calendars.text import known_timezone
from core.directory.groups import require_line
from core.directory.kept import SCIM, KeptGroup, KeptPerson, Mail, ScimNames
from core.directory.refusing import NotKept, Why
from core.directory.text import is_email
from core.source import NAME_LIMIT
from core.text import cut, is_blank, one_line, visible

MANAGER: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:manager"
_ENTERPRISE: Final = MANAGER.rpartition(":")[0]
_NOT_WRITTEN: Final = frozenset({"id", "meta", "groups"})
"""What providers send along though it cannot be written; it is left out, as in a PUT."""

LONGEST: Final = 256
"""Characters of a text that is only given back."""


def person_of(sent: FullUser, before: KeptPerson, view: View) -> KeptPerson:
    """The person as sent, on top of what SCIM cannot say. Raises NotKept."""
    names = _names(sent)
    work = sent[EnterpriseUser] if EnterpriseUser in _extensions(sent) else None
    department = None if work is None else work.department
    manager = None if work is None or work.manager is None else work.manager.value
    return replace(
        before,
        email=_address(names),
        name=_shown(names, before),
        # Who does not count must not come back because nothing was said of it.
        active=before.active if sent.active is None else sent.active,
        source=SCIM,
        timezone=names.timezone or "UTC",
        department=_line(department, "department"),
        manager=_lead(manager, view),
        roles=tuple(dict.fromkeys(require_line(r.value or "", "A role") for r in sent.roles or [])),
        scim=names,
    )


def group_of(sent: Group, before: KeptGroup) -> tuple[KeptGroup, tuple[str, ...]]:
    """The group as sent, and the ids of its members. Raises NotKept."""
    name = require_line(sent.display_name or "", "displayName")
    members = dict.fromkeys(m.value for m in sent.members or [] if m.value)
    external = _short(sent.external_id, "externalId")
    return replace(before, name=name, external_id=external), tuple(members)


def in_standard_form(payload: Any) -> Any:
    """A resource as the standard has it: Okta and Entra send a manager as a bare id."""
    if not isinstance(payload, dict):
        return payload
    return {key: _standard(key, value) for key, value in payload.items()}


def patch_in_standard_form(payload: Any) -> Any:
    """A PATCH as the standard has it."""
    if not isinstance(payload, dict):
        return payload
    return {
        key: [_operation(each) for each in value]
        if key.lower() == "operations" and isinstance(value, list)
        else value
        for key, value in payload.items()
    }


def _operation(operation: Any) -> Any:
    if not isinstance(operation, dict):
        return operation
    value, path = operation.get("value"), operation.get("path")
    if isinstance(path, str):
        if path.lower() in (MANAGER, "manager"):
            return {**operation, "value": _manager(value)} if "value" in operation else operation
        return operation
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k.lower() not in _NOT_WRITTEN}
        return {**operation, "value": in_standard_form(kept)}
    return operation


def _standard(key: str, value: Any) -> Any:
    lower = key.lower()
    if lower == MANAGER:
        return _manager(value)
    if lower == _ENTERPRISE and isinstance(value, dict):
        return {k: _manager(v) if k.lower() == "manager" else v for k, v in value.items()}
    return value


def _manager(value: Any) -> Any:
    """Nobody for an empty id: that is how Entra takes a manager away."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        value = {"value": value}
    if isinstance(value, dict) and value.get("value") in ("", None) and "value" in value:
        return None
    return value


def _extensions(sent: FullUser) -> frozenset[type]:
    return frozenset(type(sent).get_extension_models().values())


def _names(sent: FullUser) -> ScimNames:
    name = sent.name or Name()
    mails = [m for m in sent.emails or [] if m.value]
    if len(mails) > MOST_MAILS:
        raise NotKept(Why.TOO_MUCH, what="emails", limit=str(MOST_MAILS))
    return ScimNames(
        user_name=_short(sent.user_name, "userName"),
        external_id=_short(sent.external_id, "externalId"),
        display_name=_short(sent.display_name, "displayName"),
        given_name=_short(name.given_name, "givenName"),
        family_name=_short(name.family_name, "familyName"),
        formatted=_short(name.formatted, "formatted"),
        timezone=_timezone(sent.timezone),
        emails=tuple(
            Mail(
                _short(m.value, "emails.value") or "",
                _short(m.type, "emails.type"),
                m.primary,
            )
            for m in mails
        ),
    )


def _address(names: ScimNames) -> str:
    """Who somebody is: their primary address, or the first, or their name to sign in with."""
    mails = names.emails
    chosen = next((m for m in mails if m.primary), mails[0] if mails else None)
    given = (names.user_name or "") if chosen is None else chosen.value
    address = given.strip().lower()
    # The sign of the kelvin, in lower case, is a k: the mailbox is somebody else's.
    is_other = address.isascii() and not given.strip().isascii()
    if is_other or not is_email(address):
        raise NotKept(Why.NO_ADDRESS, given=visible(given)[:LONGEST] or "An empty text")
    return address


def _shown(names: ScimNames, before: KeptPerson) -> str:
    """The name on cards: what cannot be seen in it is shown, and it is cut to one line of them."""
    parts = (names.given_name, names.family_name)
    joined = " ".join(part for part in parts if part)
    for text in (names.display_name, names.formatted, joined, before.name):
        if text and not is_blank(text):
            return cut(one_line(visible(text)), NAME_LIMIT)
    return cut(_address(names), NAME_LIMIT)


def _lead(given: str | None, view: View) -> str | None:
    """The address of a manager who is named by id, or by the address itself."""
    if not given:
        return None
    entry = view.people.get(given)
    return given.strip().lower() if entry is None else entry.person.email


def _timezone(given: str | None) -> str | None:
    if not given:
        return None
    try:
        return known_timezone(given)
    except ValueError:
        raise NotKept(Why.WRONG_TIMEZONE, given=visible(given)[:LONGEST]) from None


def _line(given: str | None, what: str) -> str | None:
    return require_line(given, what) if given and given.strip() else None


def _short(given: str | None, what: str) -> str | None:
    """A text that is only given back. Raises NotKept where it is very long, or no text."""
    if given is None or not given:
        return None
    if len(given) > LONGEST or not _whole(given):
        raise NotKept(Why.WRONG_NAME, what=what, limit=str(LONGEST))
    return given


def _whole(text: str) -> bool:
    """Whether it has neither NUL nor half of a pair."""
    try:
        return "\x00" not in text and bool(text.encode())
    except UnicodeEncodeError:
        return False
