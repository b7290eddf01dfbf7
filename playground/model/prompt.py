"""Reads a prompt as a model does: numbered facts, and texts in a fence that say anything."""

import re
from dataclasses import dataclass

_FACT = re.compile(r"^(\d+)\. \(([^)]*)\) (.*)$")
_OPENS = re.compile(r"^<<<outside \w+$")
_CLOSES = re.compile(r"^outside \w+>>>$")


@dataclass(frozen=True, slots=True)
class Fact:
    """A numbered fact; `fenced` where somebody outside wrote it."""

    number: int
    source: str
    text: str
    fenced: bool = False


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the model was told: the `system` text, and the facts."""

    system: str
    facts: tuple[Fact, ...]

    @property
    def fenced(self) -> tuple[Fact, ...]:
        """What somebody outside wrote."""
        return tuple(fact for fact in self.facts if fact.fenced)

    @property
    def own(self) -> tuple[Fact, ...]:
        """What the asking system says itself."""
        return tuple(fact for fact in self.facts if not fact.fenced)


def read(messages: list[dict[str, str]]) -> Prompt:
    """The facts of all messages that are not the system's; lines of no known form are passed."""
    system = "\n".join(m["content"] for m in messages if m["role"] in ("system", "developer"))
    lines = [line for m in messages if m["role"] == "user" for line in m["content"].split("\n")]
    found: list[Fact] = []
    inside: list[str] | None = None
    for line in lines:
        if inside is not None:
            if _CLOSES.match(line):
                last = found.pop()
                found.append(Fact(last.number, last.source, "\n".join(inside), fenced=True))
                inside = None
            else:
                inside.append(line.removeprefix("| "))
        elif _OPENS.match(line) and found:
            inside = []
        elif fact := _FACT.match(line):
            found.append(Fact(int(fact[1]), fact[2], fact[3]))
    return Prompt(system, tuple(found))
