"""The JSON Schema of the policy file: it knows what reading knows of the form."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.documents import read_document
from bot.sample import POLICY as SAMPLE
from core.policy import keys as policy_keys
from core.policy.schema import SHAPES, schema
from core.source import Kind, Node
from tests.core.policy_document import APPROVERS, CATEGORY, POLICY, changed

FOLDER = Path(__file__).parents[2] / "docs" / "policies"
EXAMPLES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "directory.yaml")
SCHEMA = schema()


def plain(node: Node) -> Any:
    if node.kind is Kind.MAPPING:
        return {str(key.value): plain(value) for key, value in node.entries}
    return [plain(item) for item in node.items] if node.kind is Kind.LIST else node.value


def errors(text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(SCHEMA)
    return [error.message for error in validator.iter_errors(plain(read_document(text)))]


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("table", sorted(policy_keys.TABLES))
def test_every_key_is_in_it_with_a_sentence(table: str) -> None:
    keys = policy_keys.TABLES[table]
    found = SCHEMA["$defs"][f"{table}_keys"]
    assert set(found["properties"]) == set(keys)
    assert set(found["required"]) == {name for name, key in keys.items() if key.needed}
    assert all(key.says.endswith(".") and key.shape in SHAPES for key in keys.values())


def test_every_table_is_reached_from_the_top() -> None:
    reached, pending = set[str](), ["policy_keys"]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += _references(SCHEMA["$defs"][name])
    assert reached == set(SCHEMA["$defs"])


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"].removeprefix("#/$defs/")] if "$ref" in value else []
        return own + [name for inner in value.values() for name in _references(inner)]
    return (
        [name for inner in value for name in _references(inner)] if isinstance(value, list) else []
    )


@pytest.mark.parametrize("path", [SAMPLE, *EXAMPLES], ids=lambda path: path.name)
def test_the_examples_conform(path: Path) -> None:
    assert errors(path.read_text()) == []


def test_what_reading_refuses_by_its_form_the_schema_refuses() -> None:
    assert errors(POLICY) == []
    wrong = [
        changed("version: 1", "version: 2"),
        changed("24h", "1.5h"),
        changed(CATEGORY, CATEGORY + "    chanel: slack:C1\n"),
        changed(CATEGORY, "    category: prohibited\n"),
        changed(CATEGORY, CATEGORY + "    decide_in: chat\n"),
        changed(APPROVERS, "approvers: [{seats: 2}]"),
        changed(APPROVERS, "approvers: []"),
        changed(APPROVERS, f"{APPROVERS}\n        on_timeout: approve"),
        changed("last_resort: group:admins\n", ""),
    ]
    assert [bool(errors(text)) for text in wrong] == [True] * len(wrong)
