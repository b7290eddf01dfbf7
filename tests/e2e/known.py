"""The company of a policy and a directory, read once for all tests that begin with it."""

import functools
from pathlib import Path

from bot.files import load
from core.directory.people import Directory
from core.policy.policy import Policy


def known(policy: Path, directory: Path) -> tuple[Policy, Directory]:
    """The policy and the directory of two files, read anew only when one has changed."""
    return _read(*((path, path.stat().st_mtime_ns) for path in (policy, directory)))


@functools.cache
def _read(policy: tuple[Path, int], directory: tuple[Path, int]) -> tuple[Policy, Directory]:
    return load(policy[0], directory[0])
