"""Everything that is to be said about a policy document: mistakes, and what is unwise."""

from enum import StrEnum

from core.directory.people import Directory
from core.policy.text import read_with_warnings
from core.source import Mistake, Mistakes, Node
from core.value import Value


class Severity(StrEnum):
    """A mistake keeps a policy from being used; a warning does not."""

    MISTAKE = "mistake"
    WARNING = "warning"


class Finding(Value, frozen=True):
    """One thing to mend or to think about, with its place (from 1) and what to do."""

    severity: Severity
    line: int
    column: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return str(Mistake(self.line, self.column, self.message, self.remedy))


def check(node: Node, text: str, directory: Directory | None) -> tuple[Finding, ...]:
    """All findings, in the document's order. With mistakes there are no warnings: what they
    rest on may be about to change."""
    try:
        _, warnings = read_with_warnings(node, text, directory)
    except Mistakes as error:
        return tuple(_finding(Severity.MISTAKE, mistake) for mistake in error.mistakes)
    return tuple(map(warning, warnings))


def warning(said: Mistake) -> Finding:
    """A warning as a finding, also of another document."""
    return _finding(Severity.WARNING, said)


def _finding(severity: Severity, said: Mistake) -> Finding:
    return Finding(severity, said.line, said.column, said.message, said.remedy)
