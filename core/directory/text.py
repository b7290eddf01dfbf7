"""Reads the directory document: who exists, who leads whom, whose account is whose.

It finds every mistake before it answers. It reads nodes, never files.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from core.calendars.text import known_timezone, read_hours, read_time
from core.directory.people import EMAIL, Directory, Identity, Person
from core.source import Fields, Kind, Mistake, Mistakes, Node, Reader, nearest
from core.text import has_hidden, visible

KEYS = (
    *("email", "name", "manager", "department", "roles", "groups", "timezone"),
    *("working_hours", "identities", "notify", "cards", "digest", "conflicts"),
)
"""What may stand in a person's entry."""

ACCOUNTS = {
    "slack": ("team", "user"),
    "teams": ("tenant", "aad_object_id"),
    "webhook": ("url",),
}
"""For each platform the keys that name an account: its realm, where it has any, and the account
in it."""

LINKED = {
    "slack": (
        "Unless it is linked already, let them write /approvals link in Slack, run "
        "countersign people link EMAIL, or add slack to 'identities'"
    )
}
"""Platforms whose accounts need not stand in the directory, and how else they become known."""

_EMAIL = re.compile(r"[^\s@:,;<>()\[\]\"'\\]{1,64}@[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_URL = re.compile(r"https?://[^\s\\@]{1,1980}", re.ASCII)
_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class DirectoryMistakes(Mistakes):
    """All mistakes, and with them the people as far as they could be read.

    `directory` is only for finding further mistakes in the policy, never for running.
    """

    def __init__(self, mistakes: Iterable[Mistake], directory: Directory) -> None:
        super().__init__(mistakes)
        self.directory = directory


@dataclass(frozen=True, slots=True)
class _Draft:
    """A person as read, with the places that later checks point at."""

    person: Person
    place: Node
    manager: Node | None
    accounts: tuple[tuple[Identity, Node], ...]
    conflicts: tuple[tuple[str, Node], ...]


def read_directory(node: Node) -> Directory:
    """The directory of a document. Raises DirectoryMistakes."""
    return read_with_warnings(node)[0]


def read_with_warnings(node: Node) -> tuple[Directory, tuple[Mistake, ...]]:
    """The directory, and what in it does not work yet. Raises DirectoryMistakes."""
    reader = Reader()
    drafts = _drafts(reader, _entries(reader, node))
    _check_accounts(reader, drafts)
    _check_managers(reader, drafts)
    _check_conflicts(reader, drafts)
    directory = Directory(draft.person for draft in drafts.values())
    if reader.mistakes:
        raise DirectoryMistakes(reader.mistakes, directory)
    return directory, tuple(sorted(set(reader.warnings)))


def read_rows(reader: Reader, entries: Iterable[Node]) -> list[tuple[Person, Node]]:
    """People, each from a mapping of its own, with where their address stands. Whether their
    managers are there is not asked."""
    drafts = _drafts(reader, ((None, entry) for entry in entries))
    _check_accounts(reader, drafts)
    return [(draft.person, draft.place) for draft in drafts.values()]


def read_email(reader: Reader, node: Node, what: str) -> str | None:
    """An e-mail address in lower case; None with a mistake for anything else."""
    text = reader.text(node, what)
    email = None if text is None else text.strip().lower()
    if email is None or is_email(email):
        return email
    message = f"'{visible(email)}' is not an e-mail address"
    reader.wrong(node, message, "Write it like ann@example.com")
    return None


def is_email(text: str) -> bool:
    """Whether this is an e-mail address in lower case, as a person id is. One with characters that
    cannot be seen looks like somebody else's."""
    return _EMAIL.fullmatch(text) is not None and ".." not in text and not has_hidden(text)


def nearest_address(email: str, known: Iterable[str], otherwise: str) -> str:
    """The remedy for an unknown address. Only the part before the @ must be alike."""
    locals_ = {address.partition("@")[0]: address for address in known}
    near = get_close_matches(email.partition("@")[0], sorted(locals_), 1, 0.6)
    return f"Did you mean '{locals_[near[0]]}'?" if near else otherwise


def _drafts(reader: Reader, entries: Iterable[tuple[Node | None, Node]]) -> dict[str, _Draft]:
    """Who could be read, by address."""
    drafts: dict[str, _Draft] = {}
    for place, entry in entries:
        draft = _person(reader, place, entry)
        if draft is None:
            continue
        first = drafts.setdefault(draft.person.email, draft)
        if first is not draft:
            message = f"{draft.person.email} stands here twice"
            remedy = f"Remove it here or in line {first.place.line}"
            reader.wrong(draft.place, message, remedy)
    return drafts


def _entries(reader: Reader, node: Node) -> list[tuple[Node | None, Node]]:
    """Each person's node; before it the key that names them where people are a mapping."""
    people: Node | None = node
    if node.kind is not Kind.LIST:
        fields = reader.mapping(node, "the directory", ("people",))
        people = fields.need("people", "List at least one person with email and name")
    if people is None:
        return []
    if people.kind is Kind.MAPPING:
        return list(people.entries)
    items = reader.listed(people, "'people'")
    if people.kind is Kind.LIST and not items:
        reader.wrong(people, "'people' is empty", "List at least one person with email and name")
    return [(None, item) for item in items]


def _person(reader: Reader, key: Node | None, entry: Node) -> _Draft | None:
    known = KEYS if key is None else KEYS[1:]
    fields = reader.mapping(entry, "a person", known)
    place = fields.need("email", "Write the person's address") if key is None else key
    email = None if place is None else read_email(reader, place, "'email'")
    fields.need("name", "Write the person's name")
    manager = fields.get("manager")
    accounts, conflicts = _accounts(fields), _conflicts(fields)
    person = Person(
        email=email or "",
        name=fields.name("name") or email or "",
        manager=None if manager is None else read_email(reader, manager, "'manager'"),
        department=fields.name("department"),
        roles=_names(fields, "roles"),
        groups=_names(fields, "groups"),
        timezone=_timezone(fields),
        working_hours=_working_hours(fields),
        identities=tuple(identity for identity, _ in accounts),
        notify=_notify(fields),
        cards=_cards(fields),
        digest=_digest(fields),
        conflicts=tuple(dict.fromkeys(reference for reference, _ in conflicts)),
    )
    if place is None or not email:
        return None
    return _Draft(person, place, manager, accounts, conflicts)


def _names(fields: Fields, key: str) -> tuple[str, ...]:
    node = fields.get(key)
    return () if node is None else fields.reader.names(node, f"'{key}'")


def _timezone(fields: Fields) -> str:
    node, zone = fields.get("timezone"), fields.name("timezone")
    if node is None or zone is None:
        return "UTC"
    try:
        return known_timezone(zone)
    except ValueError as error:
        fields.reader.wrong(node, f"unknown time zone '{zone}'", str(error))
        return "UTC"


def _working_hours(fields: Fields) -> str | None:
    node, hours = fields.get("working_hours"), fields.name("working_hours")
    if node is None or hours is None:
        return None
    try:
        read_hours(hours)
    except ValueError as error:
        message = f"'{hours}' is not a time span of one day"
        fields.reader.wrong(node, message, str(error))
        return None
    return hours


def _accounts(fields: Fields) -> tuple[tuple[Identity, Node], ...]:
    node = fields.get("identities")
    if node is None:
        return ()
    platforms = fields.reader.mapping(node, "'identities'", tuple(ACCOUNTS))
    read = ((_account(platforms, p, where), where) for p, where in platforms.values.items())
    return tuple((identity, where) for identity, where in read if identity is not None)


def _account(platforms: Fields, platform: str, node: Node) -> Identity | None:
    keys = ACCOUNTS[platform]
    fields = platforms.reader.mapping(node, f"'{platform}'", keys)
    for key in keys:
        fields.need(key, f"Write {platform}: {{{', '.join(f'{each}: ...' for each in keys)}}}")
    *realm, account = (_id(fields, key, platform) for key in keys)
    if account is None or None in realm:
        return None
    return Identity(platform=platform, realm="".join(filter(None, realm)), account=account)


def _id(fields: Fields, key: str, platform: str) -> str | None:
    node, text = fields.get(key), fields.name(key)
    if node is None or text is None or platform == "slack":
        return text
    if platform == "webhook":
        if _URL.fullmatch(text):
            return text
        fields.reader.wrong(node, f"'{key}' is not a web address", "Write https://host/path")
        return None
    # Entra writes these ids in either case; they are compared in lower case.
    if _GUID.fullmatch(text.lower()):
        return text.lower()
    remedy = "Copy the id from Entra, such as 5f0c1d52-8a3e-4b7d-9c61-2e1f4a7b9d10"
    fields.reader.wrong(node, f"'{key}' is not a GUID", remedy)
    return None


def _notify(fields: Fields) -> tuple[str, ...]:
    node = fields.get("notify")
    if node is None:
        return ()
    reader, wished = fields.reader, list[str]()
    has = _platforms(fields)
    for item in reader.listed(node, "'notify'"):
        channel = reader.one_of(item, "a channel of 'notify'", (*ACCOUNTS, EMAIL))
        if channel is None:
            continue
        if channel in wished:
            reader.wrong(item, f"'notify' names {channel} twice", "Remove one of them")
        elif channel in has or channel in LINKED or channel == EMAIL:
            wished.append(channel)
            if channel not in has and channel in LINKED:
                reader.warn(item, f"no {channel.capitalize()} account yet", LINKED[channel])
        else:
            remedy = f"Add {channel} to 'identities' or remove it here"
            reader.wrong(item, f"'notify' names {channel}, where there is no account", remedy)
    return tuple(wished)


def _platforms(fields: Fields) -> frozenset[object]:
    """The platforms for which something is written, right or wrong."""
    node = fields.get("identities")
    return frozenset(key.value for key, _ in node.entries) if node is not None else frozenset()


def _cards(fields: Fields) -> str:
    node = fields.get("cards")
    chosen = None if node is None else fields.reader.one_of(node, "'cards'", ("first", "all"))
    return chosen or "first"


def _digest(fields: Fields) -> str | None:
    node, at = fields.get("digest"), fields.name("digest")
    if node is None or at is None:
        return None
    try:
        read_time(at)
    except ValueError as error:
        fields.reader.wrong(node, f"'{at}' is not a time of day", str(error))
        return None
    return at


def _conflicts(fields: Fields) -> tuple[tuple[str, Node], ...]:
    """Addresses and groups, each with where it stands; whether they exist is asked later."""
    node = fields.get("conflicts")
    items = () if node is None else fields.reader.one_or_more(node, "'conflicts'")
    found: list[tuple[str, Node]] = []
    for item in items:
        text = fields.reader.name(item, "an item of 'conflicts'")
        kind, colon, name = (text or "").partition(":")
        if kind == "group" and colon and name.strip():
            found.append((f"group:{name.strip()}", item))
        elif text is not None:
            email = read_email(fields.reader, item, "an item of 'conflicts'")
            found += [] if email is None else [(email, item)]
    return tuple(found)


def _check_conflicts(reader: Reader, drafts: dict[str, _Draft]) -> None:
    groups = {group for draft in drafts.values() for group in draft.person.groups}
    for draft in drafts.values():
        for reference, node in draft.conflicts:
            kind, colon, name = reference.partition(":")
            if colon and name not in groups:
                otherwise = "Add the group to somebody's 'groups', or remove it here"
                message = f"nobody in the directory is in group '{name}'"
                reader.wrong(node, message, nearest(name, groups, otherwise))
            elif not colon and kind not in drafts:
                otherwise = "Add that person or correct the address"
                message = f"'{reference}' is not in the directory"
                reader.wrong(node, message, nearest_address(reference, drafts, otherwise))


def _check_accounts(reader: Reader, drafts: dict[str, _Draft]) -> None:
    owners: dict[Identity, _Draft] = {}
    for draft in drafts.values():
        for identity, node in draft.accounts:
            first = owners.setdefault(identity, draft)
            if first is not draft:
                owner = f"{first.person.email} (line {first.place.line})"
                message = f"this {identity.platform} account belongs to {owner} already"
                reader.wrong(node, message, "Give each account to exactly one person")


def _check_managers(reader: Reader, drafts: dict[str, _Draft]) -> None:
    settled: set[str] = set()
    for email, draft in drafts.items():
        manager = draft.person.manager
        if manager is not None and manager not in drafts and draft.manager is not None:
            message = f"manager '{manager}' is not in the directory"
            remedy = nearest_address(manager, drafts, "Add that person or correct the address")
            reader.wrong(draft.manager, message, remedy)
        cycle = _cycle(email, drafts, settled)
        if cycle and (node := drafts[cycle[0]].manager) is not None:
            shown = " -> ".join([*cycle, cycle[0]])
            remedy = "Change or remove the manager of one of them"
            reader.wrong(node, f"managers go in a circle: {shown}", remedy)


def _cycle(start: str, drafts: dict[str, _Draft], settled: set[str]) -> list[str]:
    """The circle that the line of managers runs into, if it was not found before."""
    line: list[str] = []
    person: str | None = start
    while person in drafts and person not in settled:
        if person in line:
            settled.update(line)
            return line[line.index(person) :]
        line.append(person)
        person = drafts[person].person.manager
    settled.update(line)
    return []
