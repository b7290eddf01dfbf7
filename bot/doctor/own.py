"""What can be looked at on this machine: the settings, both files, the database, the key."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.books import FIRST_POLICY, default_policy_file
from bot.documents import read_document
from bot.email_settings import IN_CLEAR, NO_ADDRESS
from bot.files import FileMistakes, load, load_directory
from bot.kept import kept_in
from bot.settings import Problem, Secret, Settings, SettingsError
from bot.signing_keys import KEY, key_source, read_ring
from bot.web_settings import CANNOT_DECIDE, undecidable
from bot.web_settings import IN_CLEAR as PAGES_IN_CLEAR
from core.checkup import Found, ok, problem, warning
from core.directory.merging import ever_known, merged
from core.directory.people import Directory
from core.policy.check import check as findings
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.source import Mistakes

SETTINGS: Final = "settings"
FILES: Final = "policy and directory"
DATABASE: Final = "database"
SIGNING: Final = "signing key"
ENDS_WITH_REMEDY: Final = (NO_ADDRESS, IN_CLEAR, PAGES_IN_CLEAR)


def mistaken(error: SettingsError) -> list[Found]:
    """The mistakes in the settings."""
    return [
        problem(SETTINGS, f"{each.key} {each.problem}.", each.remedy) for each in error.problems
    ]


def settings(found: Settings) -> list[Found]:
    """What settings that could be read are about."""
    if found.notes:
        # What is said of e-mail and the pages ends with what to do.
        return [
            warning(SETTINGS, note, "" if note in ENDS_WITH_REMEDY else "Remove it.")
            for note in found.notes
        ]
    return [ok(SETTINGS, "They can be read.")]


def database(url: Secret) -> tuple[bool, list[Found]]:
    """Whether the database can be read as it is, and what is to be said of it."""
    path = sqlite_file(url)
    if path is not None and not path.exists():
        said = f"There is none yet at {path}."
        remedy = "The server makes it at its first start; or see COUNTERSIGN_DATABASE_URL."
        return False, [warning(DATABASE, said, remedy)]
    from storage.errors import StorageError
    from storage.migrate import check

    try:
        stale = check(url.reveal())
    except StorageError as error:
        return False, [_split(DATABASE, str(error))]
    if stale is not None:
        return False, [_split(DATABASE, stale)]
    return True, [ok(DATABASE, "It answers, and its tables are up to date.")]


def policy_file(given: Settings) -> str | None:
    """The policy file in use, None where the database has the policy."""
    return given.policy or default_policy_file()


def books(given: Settings, stored: str | None) -> tuple[Directory | None, list[Found]]:
    """The directory, and what is to be said of it and the policy.

    `stored` is the newest policy of the database, where no file is the source.
    """
    path, kept = policy_file(given), kept_in(given.database_url.reveal())
    try:
        if path is not None:
            policy, people = load(path, given.directory, kept)
        else:
            people, text = load_directory(given.directory), stored or FIRST_POLICY
            policy = read_policy(read_document(text), text, ever_known(people, kept))
    except FileMistakes as error:
        return None, [
            problem(FILES, f"{name}:{each.line}:{each.column}: {each.message}.", f"{each.remedy}.")
            for name, each in error.mistakes
        ]
    except Mistakes as error:
        remedy = "Mend the directory, or set COUNTERSIGN_POLICY to a policy file."
        told = f"The policy in the database does not fit the directory: {error.mistakes[0]}."
        return None, [problem(FILES, told, remedy)]
    said = undecidable(policy, given.web)
    found = [*_policy(policy, ever_known(people, kept), path, stored)]
    if said is not None:
        found.append(problem(FILES, f"{said[0].upper()}{said[1:]}.", f"{CANNOT_DECIDE}."))
    return merged(people, kept), found


def signing_key(given: Settings) -> list[Found]:
    """Whether the key that signs approvals can be read; makes none."""
    try:
        source = key_source(given.signing_key, given.database_url)
        if source.path is not None and given.signing_key is None and not source.path.exists():
            said = f"There is none yet at {source.path}."
            return [warning(SIGNING, said, "The server makes it at its first start; back it up.")]
        read_ring(source)
    except SettingsError as error:
        return [
            problem(SIGNING, f"{each.key} {each.problem}.", each.remedy) for each in error.problems
        ]
    if source.path is not None and _open_to_others(source.path):
        said = "Other users of this machine can read its file."
        return [warning(SIGNING, said, f"Run: chmod 600 {source.path}")]
    return [
        ok(SIGNING, f"{KEY} can be read." if given.signing_key else f"{source.path} can be read.")
    ]


def _policy(
    policy: Policy, people: Directory, path: str | None, stored: str | None
) -> Sequence[Found]:
    if path is None and stored is None:
        remedy = "Store one: countersign policy put FILE, or set COUNTERSIGN_POLICY."
        return [
            warning(FILES, "There is no policy yet: the administrators review everything.", remedy)
        ]
    where = "the database" if path is None else path
    unwise = findings(read_document(policy.text), policy.text, people)
    if unwise:
        things = "1 thing" if len(unwise) == 1 else f"{len(unwise)} things"
        said = f"{where} has {things} to think about."
        return [warning(FILES, said, "Read them: countersign policy check")]
    rules, known = len(policy.rules), len(people)
    return [ok(FILES, f"No mistakes: {rules} rules in {where}, {known} people.")]


def mistake(check: str, wrong: Problem) -> Found:
    """A mistake in a setting."""
    return problem(check, f"{wrong.key} {wrong.problem}.", wrong.remedy)


def sqlite_file(url: Secret) -> Path | None:
    """The file of the database, None for PostgreSQL."""
    scheme, _, rest = url.reveal().partition(":///")
    return Path(rest.partition("?")[0]) if scheme == "sqlite" else None


def _split(check: str, told: str) -> Found:
    """Storage says what is wrong in its first sentence, and what to do in the others."""
    said, _, remedy = told.partition(". ")
    return problem(check, f"{said.rstrip('.')}.", remedy)


def _open_to_others(path: Path) -> bool:
    # As the server warns: containers mount secrets with 0644.
    return os.name != "nt" and bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
