"""How much of a request a card shows: three sizes, each a little harsher than the one before.

Teams takes about 100 KB a message in UTF-16 and advises 80 KB
(https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages);
older channels and webhooks take 28 KB. `MOST` bytes of UTF-8 are below all of these.
"""

from dataclasses import dataclass

MOST = 25_000
"""Bytes of a card's JSON in UTF-8."""
DIGEST_SHOWN = 12
"""Hexadecimal digits of a digest, enough to compare two cards by eye."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Characters, unless the name says what is counted."""

    title: int
    why: int
    name: int
    question: int
    description: int
    fact: int
    facts_counted: int
    stages_counted: int
    names_counted: int
    comment: int
    remarks_counted: int
    summary: int
    point: int
    points_counted: int
    lines: int


FULL = Limits(
    title=300,
    why=600,
    name=80,
    question=500,
    description=2900,
    fact=300,
    facts_counted=12,
    stages_counted=12,
    names_counted=8,
    comment=300,
    remarks_counted=5,
    summary=1000,
    point=400,
    points_counted=6,
    lines=30,
)
SMALL = Limits(
    title=200,
    why=200,
    name=60,
    question=300,
    description=300,
    fact=120,
    facts_counted=8,
    stages_counted=8,
    names_counted=4,
    comment=150,
    remarks_counted=3,
    summary=200,
    point=150,
    points_counted=3,
    lines=5,
)
TINY = Limits(
    title=80,
    why=60,
    name=30,
    question=150,
    description=100,
    fact=40,
    facts_counted=3,
    stages_counted=3,
    names_counted=1,
    comment=40,
    remarks_counted=1,
    summary=60,
    point=60,
    points_counted=1,
    lines=1,
)
SIZES = (FULL, SMALL, TINY)
