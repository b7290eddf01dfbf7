"""The page on watching a server names what there is: metrics, alerts, findings, log fields."""

import re
from io import StringIO
from typing import Any

import pytest
from ruamel.yaml import YAML

from bot import log
from bot.metrics import Metrics
from bot.metrics_stored import HELP
from bot.watching import Kind
from core.events import AnyEvent
from tests.architecture.test_docs import ROOT
from tests.architecture.test_docs_names import routes

PAGE = (ROOT / "docs" / "observe.md").read_text()
BLOCKS = [
    YAML(typ="safe").load(StringIO(b)) for b in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
]
RULES = [rule for block in BLOCKS for group in block.get("groups", ()) for rule in group["rules"]]
SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}

_NAMED = re.compile(r"\b(countersign_\w+)(?:\{([^}]*)\})?")
_MATCHER = re.compile(r'(\w+)(=~?)"([^"]*)"')
_BY = re.compile(r"\bby \(([^)]*)\)")


def samples() -> dict[str, set[str]]:
    """Every name that a query can use, with its labels."""
    found = {name: set(labels) for name, (_, labels) in HELP.items()}
    made = (_instrument(each) for each in vars(Metrics("0")).values())
    for instrument in (each for each in made if hasattr(each, "_labelnames")):
        [family] = instrument.describe()
        labels = {*instrument._labelnames, *(["le"] if family.type == "histogram" else [])}
        found |= {f"{family.name}{suffix}": labels for suffix in SUFFIXES[family.type]}
    return found


def _instrument(held: Any) -> Any:
    """What an attribute of `Metrics` holds: an instrument, or the way to its series."""
    return getattr(getattr(held, "__wrapped__", None), "__self__", held)


SAMPLES = samples()
VALUES: dict[str, set[str]] = {
    "route": {path for _, path in routes()},
    "type": {kind.__struct_config__.tag for kind in AnyEvent.__args__},
    "outcome": {"delivered", "retry", "dead", "stored", "refused", "failed"},
    "kind": {kind.value for kind in Kind} | {"card", "notice"},
}


def test_the_page_has_alerts_to_begin_with() -> None:
    assert len(RULES) >= 5
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    assert all(rule["annotations"]["summary"].endswith(".") for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    query = rule["expr"]
    named = _NAMED.findall(query)
    assert named or "up{" in query
    for name, matchers in named:
        assert name in SAMPLES, name
        for label, how, value in _MATCHER.findall(matchers):
            assert label in SAMPLES[name], label
            wanted = VALUES.get(label)
            if wanted is not None:
                parts = value.split("|") if how == "=~" else [value]
                assert set(parts) <= wanted, value
    labels = {each.strip() for by in _BY.findall(query) for each in by.split(",")}
    known = set().union(*(SAMPLES[name] for name, _ in named)) if named else set()
    assert labels <= known
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels
    assert query.count("(") == query.count(")")


def test_every_kind_of_finding_is_explained() -> None:
    table = PAGE.split("## Readiness")[1].split("## The dead man's switch")[0]
    assert {kind.value for kind in Kind} <= set(re.findall(r"`([a-z_]+)`", table))


def test_every_field_of_the_log_s_context_is_explained() -> None:
    table = PAGE.split("## The log")[1].split("## Metrics")[0]
    assert set(log._CONTEXT) <= set(re.findall(r"`([a-z_]+)`", table))


def test_every_attribute_of_a_span_is_explained() -> None:
    code = (ROOT / "bot" / "observing.py").read_text()
    named = set(re.findall(r'"((?:countersign|http)\.[a-z_.]+)"', code))
    assert len(named) > 8
    table = PAGE.split("## Traces")[1]
    assert named == {each for each in re.findall(r"`([a-z_.]+)`", table) if "." in each}
