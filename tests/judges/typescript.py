"""TypeScript's compiler as a judge: what we make must be of the types that others publish."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

PACKAGES = Path(__file__).parents[2] / "node_modules"
TSC = PACKAGES / "typescript" / "bin" / "tsc"
MISSING = "Node and the packages of package.json are not installed (npm install)"

Values = tuple[str, Iterable[tuple[str, object]]]
"""What a file begins with, imports and types of one's own, and values by their types."""

_OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022")
_MODULES = ("--module", "nodenext", "--moduleResolution", "nodenext")


def available() -> bool:
    return shutil.which("node") is not None and TSC.exists()


def judged(folder: Path, files: Mapping[str, Values]) -> dict[str, str]:
    """What the compiler says of the values of each file; nothing when all is well.

    It is started once for all of them: most of its time it reads the types.
    """
    for name, (head, values) in files.items():
        (folder / f"{name}.ts").write_text("\n".join([head, *_lines(values), "export {};"]))
    beside = folder / "node_modules"
    if not beside.exists():
        beside.symlink_to(PACKAGES)
    done = subprocess.run(
        ["node", str(TSC), *_OPTIONS, *_MODULES, *(f"{name}.ts" for name in files)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return _by_file(done.stdout + done.stderr, list(files))


def _lines(values: Iterable[tuple[str, object]]) -> Iterator[str]:
    for number, (kind, value) in enumerate(values):
        yield f"const v{number} = {json.dumps(value)} satisfies {kind};"


def _by_file(said: str, names: Sequence[str]) -> dict[str, str]:
    """What is said of no file is said of all; what is indented goes on with the line before."""
    found = dict.fromkeys(names, "")
    about: Sequence[str] = names
    for line in said.splitlines(keepends=True):
        if not line.startswith(" "):
            about = [name for name in names if line.startswith(f"{name}.ts(")] or names
        for name in about:
            found[name] += line
    return found
