"""`countersign people show`: one person as the rules see them, and how they came to be so."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_storage import with_storage
from bot.cli_table import shown_time
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.audit.chain import Link
    from core.directory.kept import Kept
    from core.directory.people import Directory, Person
    from core.system_events import AnySystemEvent, Authority, PersonChanged, SystemRecorded

app = typer.Typer()

Told = dict[str, object]


@app.command()
def show(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The person's address.")],
    directory_file: Annotated[
        str | None, typer.Option("--directory", help="Instead of COUNTERSIGN_DIRECTORY.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show one person: where they come from, their say, and the changes of it in the trail."""
    with explained():
        from bot.cli_policy import directory_path
        from bot.files import load_directory
        from bot.kept import kept_here

        file, kept = load_directory(directory_path(directory_file)), kept_here()
        address = email.strip().lower()
        links = with_storage(lambda storage: storage.store.links(f"person:{address}"))
        found = _found(address, file, kept, links)
        if as_json:
            typer.echo(json.dumps(found, indent=2))
        else:
            typer.echo("\n".join(_lines(found)))


def _found(address: str, file: "Directory", kept: "Kept", links: "Sequence[Link]") -> Told:
    """The person and the history. Raises Failure for somebody who never was there."""
    from core.directory.merging import merged

    changes = list(_changes(links))
    person = merged(file, kept).person(address)
    own = next((p for p in kept.people.values() if p.email == address and not p.deleted_at), None)
    if person is None and own is None and not changes:
        raise Failure(f"{address} is not in the directory.")
    source = "file" if file.person(address) else None if own is None else own.source
    told: Told = {"person": address, "source": source, "active": person is not None}
    if person is not None:
        told |= _said(person)
    return {**told, "changes": changes}


def _said(person: "Person") -> Told:
    return {
        "name": person.name,
        "manager": person.manager,
        "department": person.department,
        "roles": list(person.roles),
        "groups": list(person.groups),
        "timezone": person.timezone,
    }


def _changes(links: "Sequence[Link]") -> Iterator[Told]:
    """What the trail says of the person in the directory, oldest first."""
    import msgspec

    from core.system_events import SystemRecorded

    for link in links:
        if link.type.startswith("person_"):
            yield _change(msgspec.json.decode(link.body, type=SystemRecorded))


def _change(recorded: "SystemRecorded") -> Told:
    actor = recorded.actor
    by = actor.person or (actor.via if actor.agent is None else f"key {actor.agent}")
    return {"at": shown_time(recorded.at), "by": by, "what": _what(recorded.event)}


def _what(event: "AnySystemEvent") -> str:
    from core import system_events as events

    match event:
        case events.PersonAdded(formerly=None):
            return f"added by {event.source}: {_say(event.authority)}"
        case events.PersonAdded():
            return f"added by {event.source}, formerly {event.formerly}: {_say(event.authority)}"
        case events.PersonReactivated():
            return f"active again by {event.source}: {_say(event.authority)}"
        case events.PersonDeactivated():
            return f"left ({event.because}) by {event.source}, with {_say(event.authority)}"
        case events.PersonChanged():
            return f"changed by {event.source}: {', '.join(_differences(event))}"
    return type(event).__name__


def _differences(event: "PersonChanged") -> Iterator[str]:
    """What was and is, of what gives somebody a say; of the rest that it is another."""
    before, after = event.before, event.after
    for name in event.fields:
        was, now = getattr(before, name, None), getattr(after, name, None)
        yield name if was is now is None else f"{name} {_one(was)} -> {_one(now)}"


def _one(value: "str | tuple[str, ...] | None") -> str:
    return (value if isinstance(value, str) else " ".join(value or ())) or "none"


def _say(authority: "Authority") -> str:
    """What somebody has a say by, in one line."""
    parts = {
        "groups": " ".join(authority.groups),
        "roles": " ".join(authority.roles),
        "department": authority.department,
        "manager": authority.manager,
    }
    said = [f"{name} {value}" for name, value in parts.items() if value]
    return ", ".join(said) or "no groups, no roles"


def _lines(found: Told) -> Iterator[str]:
    from core.text import visible

    for name, value in found.items():
        if name == "changes":
            continue
        shown = " ".join(value) if isinstance(value, list) else value
        if isinstance(value, bool):
            shown = "yes" if value else "no"
        yield f"{name + ':':12} {visible(str(shown or '-'))}"
    changes = found["changes"]
    assert isinstance(changes, list)
    for each in changes:
        yield visible(f"{each['at']}  {each['by']}  {each['what']}")
