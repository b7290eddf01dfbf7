"""TypeScript's compiler as a judge: what we make must be of the types that others publish."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

PACKAGES = Path(__file__).parents[2] / "node_modules"
TSC = PACKAGES / "typescript" / "bin" / "tsc"
MISSING = "Node and the packages of package.json are not installed (npm install)"

_OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--target", "es2022")
_MODULES = ("--module", "nodenext", "--moduleResolution", "nodenext")


def available() -> bool:
    return shutil.which("node") is not None and TSC.exists()


def judged(folder: Path, head: str, values: Iterable[tuple[str, object]]) -> str:
    """What the compiler says of values by their types; nothing when all is well.

    `head` is what the file begins with: imports, and types of one's own.
    """
    lines = [
        f"const v{number} = {json.dumps(value)} satisfies {kind};"
        for number, (kind, value) in enumerate(values)
    ]
    (folder / "check.ts").write_text("\n".join([head, *lines, "export {};"]))
    beside = folder / "node_modules"
    if not beside.exists():
        beside.symlink_to(PACKAGES)
    done = subprocess.run(
        ["node", str(TSC), *_OPTIONS, *_MODULES, "check.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
