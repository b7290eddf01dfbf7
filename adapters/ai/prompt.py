"""What a model is sent: a versioned text of ours, and the facts, those from outside in a fence.

The fence's mark is made of the facts themselves, so that the same facts are asked about in the
same words, and cannot stand in them: whoever writes a text would have to know the hash of it.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Template
from typing import Any, Final

import msgspec

from core.advice.answer import ModelAnswer
from core.advice.facts import Fact
from core.value import Value

VERSION: Final = "advice-1"
"""Recorded with each answer. Another text is another version, in a file of its own."""

_FILE: Final = Path(__file__).with_name("prompts") / f"{VERSION}.md"
_MARK: Final = 16
BESIDE: Final = 2_048
"""Bytes: the schema, and what a provider puts around the messages, which count as tokens too."""

_LIKE_A_FENCE: Final = re.compile(r"<{3,}|>{3,}")
_NOT_A_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]+")
# Schemas that are followed strictly know no bounds of numbers:
# https://learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs
_NOT_IN_STRICT: Final = frozenset({"title", "minimum", "maximum"})


class Asked(Value, frozen=True):
    """What is sent, besides the schema: `system` is ours, `user` holds the facts."""

    system: str
    user: str

    @property
    def size(self) -> int:
        """Bytes of all that is sent: no fewer than its tokens, in any vocabulary of bytes."""
        return len(self.system.encode()) + len(self.user.encode()) + BESIDE


def asked(facts: Sequence[Fact], mark: str | None = None) -> Asked:
    """What a model is asked about these facts, in the fence that `mark` makes."""
    mark = mark or mark_for(facts)
    system = Template(_FILE.read_text("utf-8")).substitute(mark=mark)
    told = "\n".join(line for fact in facts for line in _told(fact, mark))
    return Asked(system=system, user=f"# Facts\n\n{told}\n")


def mark_for(facts: Sequence[Fact]) -> str:
    """Hex digits that stand in none of these facts."""
    texts = "\n".join(f"{fact.number} {fact.source}\n{fact.text}" for fact in facts)
    found = hashlib.sha256(texts.encode("utf-8", "replace")).hexdigest()
    while found[:_MARK] in texts:
        found = hashlib.sha256(found.encode()).hexdigest()
    return found[:_MARK]


def answer_schema() -> dict[str, Any]:
    """The answer's JSON Schema as providers follow it strictly: nothing referred to, all needed."""
    whole = msgspec.json.schema(ModelAnswer)
    found: dict[str, Any] = _inlined(whole, whole["$defs"])
    return found


def _inlined(part: Any, known: dict[str, Any]) -> Any:
    if isinstance(part, list):
        return [_inlined(each, known) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _inlined(known[part["$ref"].rpartition("/")[2]], known)
    kept = {k: v for k, v in part.items() if k != "$defs" and k not in _NOT_IN_STRICT}
    made = {name: _inlined(each, known) for name, each in kept.items()}
    return {"type": "string", **made} if "enum" in made else made


def _told(fact: Fact, mark: str) -> Iterator[str]:
    # A parameter's name is part of its source, and was written outside too.
    source = _NOT_A_NAME.sub("_", fact.source)
    text = _LIKE_A_FENCE.sub(lambda m: " ".join(m.group()), fact.text)
    if not fact.outside:
        yield f"{fact.number}. ({source}) {' '.join(text.split())}"
        return
    yield f"{fact.number}. ({source}) from outside:"
    yield f"<<<outside {mark}"
    yield from (f"| {line}" for line in text.splitlines() or [""])
    yield f"outside {mark}>>>"
