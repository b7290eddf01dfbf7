"""Draws the diagrams of architecture.md from the code's own tables.

`python docs/draw.py` writes them between their markers; a test fails when they are stale.
"""

import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import get_args

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
sys.path.insert(0, str(ROOT))

from core.events import AnyEvent  # noqa: E402 - the path above makes it importable
from core.lifecycle import REQUEST_MOVES, STAGE_MOVES  # noqa: E402 - as above


def floors() -> str:
    """The floors, from the import contracts that hold them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    rows = [layer.split(" | ") for layer in layers]
    lines = ["flowchart TD"]
    for upper, lower in pairwise(rows):
        lines += [f"    {a} --> {b}" for a in upper for b in lower]
    lines += [f"    {rows[0][0]} --> {rows[-1][0]}"]
    lines += ["    playground -. HTTP only .- adapters"]
    return "\n".join(lines)


def moves(table: Mapping[StrEnum, Iterable[StrEnum]], start: StrEnum) -> str:
    """A status table as a state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {start.value}"]
    for old, following in table.items():
        lines += [f"    {old.value} --> {new.value}" for new in sorted(following)]
        if not following:
            lines.append(f"    {old.value} --> [*]")
    return "\n".join(lines)


def events() -> str:
    """The closed vocabulary of events with the first sentence of each."""
    rows = ["| event | what happened |", "|---|---|"]
    for kind in get_args(AnyEvent):
        said = (kind.__doc__ or "").strip().split("\n")[0].split(". ")[0].rstrip(".")
        rows.append(f"| `{kind.__struct_config__.tag}` | {said} |")
    return "\n".join(rows)


def drawn() -> dict[str, str]:
    """Every drawing by the name of its marker."""
    return {
        "floors": f"```mermaid\n{floors()}\n```",
        "request": f"```mermaid\n{moves(REQUEST_MOVES, next(iter(REQUEST_MOVES)))}\n```",
        "stage": f"```mermaid\n{moves(STAGE_MOVES, next(iter(STAGE_MOVES)))}\n```",
        "events": events(),
    }


def filled(page: str) -> str:
    """The page with each drawing between its markers."""
    for name, drawing in drawn().items():
        pattern = rf"(<!-- drawn: {name} -->\n).*?(<!-- end -->)"
        page = re.sub(pattern, lambda m, d=drawing: f"{m[1]}{d}\n{m[2]}", page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text()))
