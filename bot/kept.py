"""Whoever is kept in the database of this working directory, for commands that only look."""

from pathlib import Path
from typing import TYPE_CHECKING

from bot.environment import environment
from bot.settings import SettingsError, read_database_url

if TYPE_CHECKING:
    from core.directory.kept import Kept
    from core.directory.people import Directory


def kept_here() -> "Kept":
    """Nobody where there is no database, or none that can be read."""
    from core.directory.kept import NOBODY

    try:
        return kept_in(read_database_url(environment()).reveal())
    except SettingsError:
        return NOBODY


def kept_in(url: str) -> "Kept":
    """The same of a database at this address; it is not made."""
    from core.directory.kept import NOBODY

    path = Path(url.partition("?")[0].removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and not path.exists():
        return NOBODY
    from storage.people_kept import peek

    return peek(url)


def with_kept(file: "Directory") -> "Directory":
    """The people of the file, and those who are kept."""
    from core.directory.merging import merged

    return merged(file, kept_here())
