"""A finding's change of the policy, whole: the new text, how it differs, what it would change."""

import hashlib
from collections.abc import Callable, Mapping
from difflib import unified_diff
from typing import Any, Final

from core.insight.edits import CannotEdit, edited
from core.insight.findings import Finding
from core.policy.backtest import Change
from core.policy.policy import Policy
from core.source import Mistakes, Node
from core.value import Millis, Value

MOST_LINES = 200
"""Lines of a difference that are shown; a change of ours has a few."""

LONGEST: Final = 10_000
"""Characters of a description."""

_CUT: Final = "\n(Cut here. The params have the whole difference.)"

CHANGES: Final[Mapping[str, str]] = {
    Change.SAME.value: "stay as they are",
    Change.OTHER_PEOPLE.value: "ask other people",
    Change.REVIEWED_MORE.value: "are reviewed more",
    Change.REVIEWED_LESS.value: "are reviewed less",
    Change.AUTO_APPROVED.value: "pass without a person",
    Change.PROHIBITED.value: "are prohibited",
    Change.REFUSED.value: "are refused",
    Change.NOT_COMPARABLE.value: "cannot be compared",
}
"""What becomes of requests, after how many of them."""


class Proposal(Value, frozen=True):
    """`text` is the whole policy that is proposed, `digest` its SHA-256; `before` and `after` are
    versions. `counts` say what becomes of `requests` past ones, by `core.policy.backtest`."""

    before: str
    after: str
    digest: str
    text: str
    diff: tuple[str, ...]
    counts: dict[str, int] = {}
    requests: int = 0

    @property
    def tested(self) -> str:
        """What would become of past requests, in a sentence."""
        if not self.requests:
            return "There were no past requests to test it with."
        said = (f"{number} {CHANGES.get(name, name)}" for name, number in self.counts.items())
        return f"Of the last {self.requests} requests, with this policy: {', '.join(said)}."


class Examined(Value, frozen=True):
    """A finding with its proposal; `problem` says why there is none."""

    finding: Finding
    proposal: Proposal | None = None
    problem: str = ""


class Found(Value, frozen=True):
    """Everything that was found at one moment, under one version of the policy."""

    at: Millis
    policy: str
    items: tuple[Examined, ...] = ()
    cases: int = 0
    ballots: int = 0


def examined(
    finding: Finding,
    policy: Policy,
    parse: Callable[[str], Node],
    read: Callable[[str], Policy],
    backtest: Callable[[Policy], Mapping[str, int]],
) -> Examined:
    """The finding with the change that follows from it, if the text takes it.

    `parse` and `read` make a document and a policy of a text, and raise Mistakes."""
    if finding.edit is None:
        return Examined(finding, problem=finding.unchanged)
    try:
        text = edited(policy.text, parse(policy.text), finding.edit)
        other = read(text)
    except CannotEdit as error:
        return Examined(finding, problem=f"The policy's text cannot be changed by itself: {error}.")
    except Mistakes as error:
        said = "; ".join(str(each) for each in error.mistakes[:3])
        return Examined(finding, problem=f"The changed policy would have mistakes: {said}.")
    counts = dict(backtest(other))
    return Examined(
        finding,
        Proposal(
            before=policy.version,
            after=other.version,
            digest=digest_of(text),
            text=text,
            diff=difference(policy.text, text),
            counts={name: number for name, number in counts.items() if number},
            requests=sum(counts.values()),
        ),
    )


def digest_of(text: str) -> str:
    """The SHA-256 of a policy's text, as the trail has it."""
    return hashlib.sha256(text.encode()).hexdigest()


def difference(before: str, after: str) -> tuple[str, ...]:
    """How two texts differ, line by line, in the unified format."""
    lines = unified_diff(
        before.split("\n"),
        after.split("\n"),
        "policy.yaml, in force",
        "policy.yaml, proposed",
        "",
        "",
        2,
        "",
    )
    return tuple(lines)[:MOST_LINES]


def params_of(finding: Finding, proposal: Proposal) -> dict[str, Any]:
    """What the request to adopt it says, and is bound to."""
    return {
        "finding": finding.id,
        "before": proposal.before,
        "after": proposal.after,
        "digest": proposal.digest,
        "diff": list(proposal.diff),
        "backtest": {"requests": proposal.requests, **proposal.counts},
    }


def description_of(finding: Finding, proposal: Proposal) -> str:
    """What people read who decide about it."""
    numbers = [f"{label}: {text}" for label, text in finding.numbers]
    parts = (finding.said, *numbers, *finding.cautions, proposal.tested, "", *proposal.diff)
    text = "\n".join(parts)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - len(_CUT)]}{_CUT}"
