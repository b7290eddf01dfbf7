"""Reads policy.yaml and directory.yaml together, and reports what is wrong with either.

Nothing else opens these files. It starts nothing and keeps nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from bot.documents import read_document
from core.directory.kept import NOBODY, Kept
from core.directory.merging import ever_known, merged
from core.directory.people import Directory
from core.directory.text import DirectoryMistakes, read_directory, read_with_warnings
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.source import Mistake, Mistakes

LARGEST = 1_000_000
"""Bytes of one file; far more than any company's directory needs."""


class FileMistakes(Exception):
    """Everything that is wrong with the files, each as `file:line:column: message - remedy`."""

    def __init__(self, mistakes: Sequence[tuple[str, Mistake]]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"{name}:{mistake}" for name, mistake in self.mistakes))


def load(
    policy_path: str | Path,
    directory_path: str | Path,
    kept: Kept = NOBODY,
    *,
    present: bool = False,
) -> tuple[Policy, Directory]:
    """The policy and the directory of two YAML files; the policy may name whoever is or was `kept`
    beside the file. With `present` only whoever is, and then the directory has them too. Raises
    FileMistakes with all of both."""
    directory, directory_mistakes = _directory(Path(directory_path))
    known = directory
    if directory is not None:
        known = (merged if present else ever_known)(directory, kept)
        directory = known if present else directory
    policy, policy_mistakes = _policy(Path(policy_path), known)
    mistakes = [
        *((str(policy_path), mistake) for mistake in policy_mistakes),
        *((str(directory_path), mistake) for mistake in directory_mistakes),
    ]
    if mistakes or policy is None or directory is None:
        raise FileMistakes(mistakes)
    return policy, directory


def load_form(policy_path: str | Path, directory_path: str | Path) -> tuple[Policy, Directory]:
    """The same, of the policy only the form: whom it names is not looked for. Raises
    FileMistakes."""
    directory, wrong = _directory(Path(directory_path))
    policy, mistakes = _policy(Path(policy_path), None)
    if wrong or mistakes or policy is None or directory is None:
        raise FileMistakes(
            [
                *((str(policy_path), mistake) for mistake in mistakes),
                *((str(directory_path), mistake) for mistake in wrong),
            ]
        )
    return policy, directory


def load_directory(path: str | Path) -> Directory:
    """The directory of a YAML file alone. Raises FileMistakes."""
    directory, mistakes = _directory(Path(path))
    if mistakes or directory is None:
        raise FileMistakes([(str(path), mistake) for mistake in mistakes])
    return directory


def directory_warnings(path: str | Path) -> tuple[Mistake, ...]:
    """What in a directory file without mistakes does not work yet. Raises FileMistakes."""
    try:
        return read_with_warnings(read_document(_text(Path(path))))[1]
    except Mistakes as error:
        raise FileMistakes([(str(path), mistake) for mistake in error.mistakes]) from error


def _directory(path: Path) -> tuple[Directory | None, Sequence[Mistake]]:
    """The directory; with mistakes what could be read of it, to go on with the policy."""
    try:
        return read_directory(read_document(_text(path))), ()
    except DirectoryMistakes as error:
        return error.directory, error.mistakes
    except Mistakes as error:
        return None, error.mistakes


def _policy(path: Path, directory: Directory | None) -> tuple[Policy | None, Sequence[Mistake]]:
    try:
        text = _text(path)
        return read_policy(read_document(text), text, directory), ()
    except Mistakes as error:
        return None, error.mistakes


def _text(path: Path) -> str:
    """The text of a file, without a byte order mark. Raises Mistakes."""
    body = _body(path)
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = body[: error.start]
        line, column = before.count(b"\n") + 1, _characters(before.rpartition(b"\n")[2]) + 1
        raise _whole("not UTF-8 text", "Save the file as UTF-8", line, column) from error


def _body(path: Path) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise _whole("is not a file", "Name a YAML file")
        with path.open("rb") as file:
            body = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise _whole("there is no such file", "Check the path or create the file") from error
    except OSError as error:
        said = error.strerror or "unknown error"
        raise _whole(f"cannot be opened: {said}", "Check the path and its permissions") from error
    if len(body) > LARGEST:
        raise _whole(f"larger than {LARGEST} bytes", "Keep the file smaller")
    return body


def _characters(line: bytes) -> int:
    return len(line.decode("utf-8-sig", "replace"))


def _whole(message: str, remedy: str, line: int = 1, column: int = 1) -> Mistakes:
    return Mistakes([Mistake(line, column, message, remedy)])
