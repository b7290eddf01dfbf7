"""`countersign people import`: a table of people, all of it or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock, ids
from bot.cli_storage import with_storage
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.directory.csv_text import PeopleTable
    from core.directory.importing import Brought, Outcome
    from core.directory.kept import Kept, KeptPerson, PeopleLedger
    from core.directory.people import Directory
    from storage.database import Storage

app = typer.Typer()

LARGEST = 20_000_000
"""Bytes of a table."""

SHOWN = ("name", "manager", "department", "roles", "groups")
"""Fields of which a line says what they were and are; of the others it says only that they are
others now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Given:
    """What is to be brought in beside which files, and how."""

    file: Path
    people: "Directory"
    table: "PeopleTable"
    policy: str | None
    missing_leave: bool
    dry_run: bool


class _OnlyTried(Exception):
    """What would change, raised so that nothing does."""

    def __init__(self, outcome: "Outcome") -> None:
        self.outcome = outcome
        super().__init__()


@app.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The table.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    deactivate_missing: Annotated[
        bool,
        typer.Option(
            "--deactivate-missing",
            help="Whom an earlier table brought in and this one does not name counts no more.",
        ),
    ] = False,
    directory_file: Annotated[
        str | None, typer.Option("--directory", help="Instead of COUNTERSIGN_DIRECTORY.")
    ] = None,
) -> None:
    """Bring in people from a table, beside those of the directory file; all of it, or nothing."""
    with explained():
        table = _read(file)
        from bot.cli_policy import directory_path
        from bot.files import load_directory

        given = _Given(
            file=file,
            people=load_directory(directory_path(directory_file)),
            table=table,
            policy=_policy_file(),
            missing_leave=deactivate_missing,
            dry_run=dry_run,
        )
        outcome = with_storage(lambda storage: _bring(storage, given))
        for line in _told(outcome, dry_run):
            typer.echo(line)


def _read(file: Path) -> "PeopleTable":
    from core.directory.csv_text import read_table

    try:
        body = file.read_bytes()[: LARGEST + 1]
        if len(body) > LARGEST:
            raise Failure(f"{file} is larger than {LARGEST} bytes. Bring it in in parts.")
        return read_table(body.decode("utf-8-sig"))
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}. Name a CSV file.") from error
    except UnicodeDecodeError as error:
        raise Failure(f"{file} is not UTF-8 text. Save it as 'CSV UTF-8'.") from error


async def _bring(storage: "Storage", given: _Given) -> "Outcome":
    from core.directory.changes import Change
    from core.directory.importing import brought_in
    from core.directory.kept import CSV, NOBODY
    from core.events import Actor
    from core.source import Mistakes

    before = NOBODY.with_newer(await storage.people.newer(0))
    policy = given.policy or await _in_force(storage)

    def run(ledger: "PeopleLedger") -> "Outcome":
        change = Change(
            ledger=ledger,
            file=given.people,
            actor=Actor(via="cli"),
            now=clock.now(),
            source=CSV,
            managers_are_good=True,
        )
        outcome = brought_in(change, given.table, ids.new_id, missing_leave=given.missing_leave)
        _require_policy(policy, given.people, before, _after(before, outcome.brought))
        if given.dry_run:
            raise _OnlyTried(outcome)
        return outcome

    try:
        return await storage.people.transact(run)
    except _OnlyTried as tried:
        return tried.outcome
    except Mistakes as mistakes:
        raise _failure(given.file, mistakes) from mistakes


def _policy_file() -> str | None:
    """The text of the policy file in use, None where the database has the policy."""
    from bot.cli_policy import policy_path

    path = Path(policy_path(None))
    return path.read_text("utf-8-sig") if path.exists() else None


async def _in_force(storage: "Storage") -> str | None:
    """The policy of the database, None where there is none yet."""
    newest = await storage.store.policies(1)
    return newest[0].text if newest else None


def _require_policy(text: str | None, people: "Directory", before: "Kept", after: "Kept") -> None:
    """Raises Failure where the policy would name somebody, or a group, that nobody is any more."""
    if text is None:
        return
    from core.directory.merging import merged

    known = _mistakes(text, merged(people, _after(before, ())))
    new = [said for said in _mistakes(text, merged(people, after)) if said not in known]
    if new:
        told = "\n".join(f"policy:{said}" for said in new)
        raise Failure(f"Nothing was brought in: the policy would not fit any more.\n{told}")


def _mistakes(text: str, people: "Directory") -> list[str]:
    from bot.documents import read_document
    from core.policy.text import read_policy
    from core.source import Mistakes

    try:
        read_policy(read_document(text), text, people)
    except Mistakes as mistakes:
        return [str(mistake) for mistake in mistakes.mistakes]
    return []


def _after(before: "Kept", brought: "Sequence[Brought]") -> "Kept":
    """Everybody as they would be. A group that nobody would be in does not count as one."""
    from core.directory.kept import Kept

    people = {**before.people, **{each.after.id: each.after for each in brought}}
    return Kept(before.number, people)


def _failure(file: Path, mistakes: Exception) -> Failure:
    return Failure("\n".join(f"{file}:{line}" for line in str(mistakes).splitlines()))


def _told(outcome: "Outcome", dry_run: bool) -> list[str]:
    """One line for each person who is another, then how many there are."""
    from core.text import visible

    lines = [visible(line) for each in outcome.brought for line in _line(each)]
    new = sum(each.before is None for each in outcome.brought)
    left = sum(_left(each) for each in outcome.brought)
    changed = len(outcome.brought) - new - left
    said = f"{new} new, {changed} changed, {left} deactivated, {outcome.same} as they were."
    groups = f" New groups: {', '.join(outcome.groups)}." if outcome.groups else ""
    would = "Nothing was changed; this is what would be: " if dry_run else ""
    return [*lines, f"{would}{said}{visible(groups)}"]


def _left(each: "Brought") -> bool:
    return each.before is not None and each.before.active and not each.after.active


def _line(each: "Brought") -> list[str]:
    after, before = each.after, each.before
    if before is None:
        shown = (f"{name}: {_value(after, name)}" for name in SHOWN if getattr(after, name))
        return [f"+ {after.email}  {', '.join(shown)}"]
    if _left(each):
        return [f"- {after.email}  not in the table"]
    fields = [
        f"{name}: {_value(before, name)} -> {_value(after, name)}" if name in SHOWN else name
        for name in each.fields
        if name != "source"
    ]
    return [f"~ {after.email}  {', '.join(fields)}"]


def _value(person: "KeptPerson", name: str) -> str:
    value = getattr(person, name)
    if isinstance(value, tuple):
        return " ".join(value) or "none"
    return value or "none"
