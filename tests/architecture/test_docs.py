"""The docs follow the code: every setting, policy key, command and route they must name."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bot.cli import app
from bot.files import load
from bot.sample import DIRECTORY
from bot.settings import _KNOWN
from core.policy import keys as policy_keys
from core.policy.conditions import FIELDS

ROOT = Path(__file__).parents[2]
OURS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/policies/README.md")
PAGES = [*(ROOT / name for name in OURS), *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text() for page in PAGES)
NEWS = "CHANGELOG.md"


def commands(command: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """Every command by its words; typer's own classes are told by what they have."""
    if not hasattr(command, "commands"):
        return {path: command}
    found: dict[tuple[str, ...], Any] = {}
    for name, inner in command.commands.items():
        found |= commands(inner, (*path, name))
    return found


COMMANDS = commands(typer.main.get_command(app))


def test_every_command_in_the_docs_exists_with_its_options() -> None:
    shown = re.findall(r"(?:^|`)countersign ([a-z][^`\n]*)", TEXT, re.MULTILINE)
    assert shown
    for line in shown:
        words = line.split("#")[0].split()
        path = next((tuple(words[:n]) for n in (2, 1) if tuple(words[:n]) in COMMANDS), None)
        assert path is not None, line
        known = {o for p in COMMANDS[path].params for o in (*p.opts, *p.secondary_opts)}
        assert {w for w in words if w.startswith("--")} <= known, line


@pytest.mark.parametrize("setting", _KNOWN)
def test_every_setting_is_described(setting: str) -> None:
    page = "rationale_provider.md" if setting.startswith("COUNTERSIGN_AI_") else "run.md"
    assert f"`{setting}`" in (ROOT / "docs" / page).read_text()


@pytest.mark.parametrize(
    "key",
    sorted({*policy_keys.POLICY, *policy_keys.RULE, *policy_keys.STAGE}),
)
def test_every_policy_key_is_described(key: str) -> None:
    assert re.search(rf"`{key}[:`]", (ROOT / "docs" / "policy.md").read_text())


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_every_field_of_a_condition_is_described(field: str) -> None:
    assert f"`{field}`" in (ROOT / "docs" / "policy.md").read_text()


def test_every_decision_page_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text()
    assert all(p.name in index for p in folder.glob("0*.md"))


def test_every_make_target_in_the_docs_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", TEXT, re.MULTILINE)) <= targets


def test_every_link_between_our_pages_leads_somewhere() -> None:
    for page in [*PAGES, *(ROOT / "docs" / "decisions").glob("*.md")]:
        links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", page.read_text())
        for target in (a or b for a, b in links):
            if "://" not in target:
                path, _, anchor = target.partition("#")
                there = page.parent / path if path else page
                assert there.exists(), f"{page.name}: {target}"
                assert not anchor or anchor in headings(there), f"{page.name}: {target}"


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them of its headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_the_whole_policy_in_the_docs_has_no_mistakes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "policy.md").read_text()
    policy, directory = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert directory.startswith("people:")
    path = tmp_path / "policy.yaml"
    path.write_text(policy)
    found, _ = load(path, DIRECTORY)
    assert [rule.name for rule in found.rules][:2] == ["small-refund", "refund"]
