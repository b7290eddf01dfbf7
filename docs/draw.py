"""Draws the diagrams and tables of the pages from the code's own tables.

`python docs/draw.py` writes them between their markers; a test fails when they are stale.
"""

import inspect
import re
import sys
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "architecture.md"
PAGES = (PAGE, ROOT / "docs" / "rules.md", ROOT / "docs" / "observe.md")
sys.path.insert(0, str(ROOT))

from adapters.webhook.routes import OPERATIONS  # noqa: E402 - the path above makes it importable
from adapters.webhook.statuses import STATUS  # noqa: E402 - as above
from bot.metrics import Metrics  # noqa: E402 - as above
from bot.metrics_stored import HELP  # noqa: E402 - as above
from core.events import AnyEvent  # noqa: E402 - as above
from core.lifecycle import REQUEST_MOVES, STAGE_MOVES  # noqa: E402 - as above
from core.refusals import SENTENCES  # noqa: E402 - as above
from core.system_events import AnySystemEvent  # noqa: E402 - as above


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


def events(kinds: Any) -> str:
    """A closed vocabulary of events with the first sentence of each."""
    rows = ["| event | what happened |", "|---|---|"]
    rows += [f"| `{kind.__struct_config__.tag}` | {_first(kind)} |" for kind in get_args(kinds)]
    return "\n".join(rows)


def routes() -> str:
    """Every route of the API, and the scopes of which a key needs one."""
    rows = ["| route | what it does | scopes, one of |", "|---|---|---|"]
    for route in OPERATIONS:
        scopes = ", ".join(f"`{scope}`" for scope in route.all_scopes)
        rows.append(f"| `{route.method} {route.path}` | {route.summary} | {scopes} |")
    return "\n".join(rows)


def refusals() -> str:
    """Every refusal of the rules, its status over HTTP, and its sentence."""
    rows = ["| reason | status | sentence |", "|---|---|---|"]
    for reason, sentence in SENTENCES.items():
        said = re.sub(r"\{([a-z_]+)\}", r"‹\1›", sentence)
        rows.append(f"| `{reason.value}` | {STATUS[reason]} | {_cell(said)} |")
    return "\n".join(rows)


def metrics() -> str:
    """Every metric of a server: those that it counts, then those that it reads."""
    rows = ["| metric | kind | labels | what |", "|---|---|---|---|"]
    made = map(_instrument, vars(Metrics("0")).values())
    counted = [each for each in made if hasattr(each, "_labelnames")]
    for instrument in counted:
        [found] = instrument.describe()
        name = f"{found.name}_total" if found.type == "counter" else found.name
        rows.append(_metric(name, found.type, instrument._labelnames, found.documentation))
    rows += [_metric(name, "gauge", labels, said) for name, (said, labels) in HELP.items()]
    return "\n".join(rows)


def _instrument(held: Any) -> Any:
    """What an attribute of `Metrics` holds: an instrument, or the way to its series."""
    return getattr(getattr(held, "__wrapped__", None), "__self__", held)


def _metric(name: str, kind: str, labels: Iterable[str], said: str) -> str:
    return f"| `{name}` | {kind} | {', '.join(f'`{each}`' for each in labels)} | {_cell(said)} |"


def _first(kind: type) -> str:
    """The first sentence of a docstring, on one line."""
    paragraph = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")
    return _cell(paragraph.split(". ")[0].rstrip("."))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def drawn() -> dict[str, str]:
    """Every drawing by the name of its marker."""
    return {
        "floors": f"```mermaid\n{floors()}\n```",
        "request": f"```mermaid\n{moves(REQUEST_MOVES, next(iter(REQUEST_MOVES)))}\n```",
        "stage": f"```mermaid\n{moves(STAGE_MOVES, next(iter(STAGE_MOVES)))}\n```",
        "events": events(AnyEvent),
        "system events": events(AnySystemEvent),
        "routes": routes(),
        "refusals": refusals(),
        "metrics": metrics(),
    }


def filled(page: str) -> str:
    """The page with each drawing between its markers."""
    for name, drawing in drawn().items():
        pattern = rf"(<!-- drawn: {name} -->\n).*?(<!-- end -->)"
        page = re.sub(pattern, lambda m, d=drawing: f"{m[1]}{d}\n{m[2]}", page, flags=re.DOTALL)
    return page


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(filled(path.read_text()))
