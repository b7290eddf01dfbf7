"""The architecture as tests: the import contracts, the sizes, and the docs that follow the code."""

import ast
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from core.refusals import SENTENCES, Reason

ROOT = Path(__file__).parents[2]
OURS = ("core", "adapters", "storage", "bot", "playground", "bench", "tests")
FILES = sorted(p for folder in OURS for p in (ROOT / folder).rglob("*.py"))


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_file_is_past_the_size_at_which_rooms_stop_being_clear() -> None:
    long = {str(p.relative_to(ROOT)): n for p in FILES if (n := len(_lines(p))) > 400}
    assert long == {}


def test_no_function_is_past_sixty_lines() -> None:
    # Tests may be longer: they write out what they expect.
    files = [p for p in FILES if ROOT / "tests" not in p.parents]
    long = [f"{p.relative_to(ROOT)}:{f.lineno} {f.name}" for p in files for f in _long(p)]
    assert long == []


def test_every_module_says_what_it_is() -> None:
    silent = [p for p in FILES if _lines(p) and ast.get_docstring(_tree(p)) is None]
    assert silent == []


@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_every_chat_adapter_has_the_same_file_names(platform: str) -> None:
    wanted = {"app", "handlers", "render", "actions", "deliver", "errors", "identity"}
    assert wanted <= {p.stem for p in (ROOT / "adapters" / platform).glob("*.py")}


@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_chat_handlers_are_under_fifteen_lines(platform: str) -> None:
    tree = _tree(ROOT / "adapters" / platform / "handlers.py")
    assert [f.name for f in _functions(tree) if _body_length(f) >= 15] == []


def test_every_refusal_has_one_sentence_and_each_detail_it_needs_is_a_name() -> None:
    assert set(SENTENCES) == set(Reason)
    assert all(re.fullmatch(r"[^{}]*(\{[a-z_]+\}[^{}]*)*", s) for s in SENTENCES.values())


def test_the_diagrams_are_drawn_from_the_present_code() -> None:
    draw = runpy.run_path(str(ROOT / "docs" / "draw.py"))
    page = draw["PAGE"].read_text()
    assert draw["filled"](page) == page, "run: python docs/draw.py"


def test_the_project_speaks_of_itself_alone() -> None:
    """No absolute paths of a machine and no package registries' addresses."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    forbidden = re.compile(r"/home/[a-z]|/root/|registry\.npmjs|pypi\.org|files\.pythonhosted")
    mine = str(Path(__file__).relative_to(ROOT))
    found = [
        name
        for name in listed
        if name != mine
        and (ROOT / name).suffix not in (".png", ".ico")
        and (ROOT / name).exists()
        and forbidden.search((ROOT / name).read_text(errors="replace"))
    ]
    assert found == []


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def _functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree) if isinstance(node, kinds)]


def _long(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    found = _functions(_tree(path))
    return [f for f in found if (f.end_lineno or f.lineno) - f.lineno + 1 > 60]


def _body_length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return 0 if not body else (body[-1].end_lineno or 0) - body[0].lineno + 1
