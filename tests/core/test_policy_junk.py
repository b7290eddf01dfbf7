"""Whatever stands in a policy document: reading ends with a policy or with mistakes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.documents import read_document
from bot.files import load_directory
from core.policy.text import read_policy
from core.source import Kind, Mistakes, Node

FOLDER = Path(__file__).parents[2] / "docs" / "policies"
DIRECTORY = load_directory(FOLDER / "directory.yaml")
EXAMPLES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "directory.yaml")

JUNK = (
    Node(kind=Kind.NOTHING, line=1, column=1),
    Node(kind=Kind.INTEGER, line=1, column=1, value=10**17),
    Node(kind=Kind.TEXT, line=1, column=1, value="999999d"),
    Node(kind=Kind.LIST, line=1, column=1),
)


def spoiled(node: Node) -> Iterator[Node]:
    """The document with each of its nodes in turn left out, or junk in its place."""
    yield from JUNK
    for place, (key, value) in enumerate(node.entries):
        before, after = node.entries[:place], node.entries[place + 1 :]
        yield replace(node, entries=before + after)
        for other in spoiled(value):
            yield replace(node, entries=(*before, (key, other), *after))
    for place, item in enumerate(node.items):
        for other in spoiled(item):
            yield replace(node, items=(*node.items[:place], other, *node.items[place + 1 :]))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_junk_anywhere_is_a_mistake_and_never_a_crash(path: Path) -> None:
    text, refused = path.read_text(), 0
    for document in spoiled(read_document(text)):
        try:
            read_policy(document, text, DIRECTORY)
        except Mistakes:
            refused += 1
    assert refused > 0
