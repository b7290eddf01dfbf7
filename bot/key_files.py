"""A file with a secret in it that the server makes for itself: whole from its first moment."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TextIO


def make_once(path: Path, text: str) -> bool:
    """Make the file with this text, for its owner alone; False where it was there by then.

    Raises OSError where no file can be made.
    """
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            write_through(file, text)
        os.link(draft, path)
    except FileExistsError:
        return False  # another process was first, and its file counts
    finally:
        draft.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def write_through(file: TextIO, text: str) -> None:
    """Write, and return once it is on the disk."""
    file.write(text)
    file.flush()
    os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Let the new name of a file survive a power cut, where the file system can do that."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
