"""The words of commands: what there is to write, and which word is meant by what was written.

Pure, and the same on every platform; what a platform puts around a command is its own.
"""

from collections.abc import Collection, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final

QUEUE: Final = "queue"
"""What a command without any word means."""

FREE: Final = frozenset({"request"})
"""Free text follows these, so other words count for nothing behind them."""

SYNONYMS: Final[Mapping[str, str]] = {
    "list": QUEUE,
    "inbox": QUEUE,
    "pending": QUEUE,
    "web": "inbox",
    "todo": QUEUE,
    "away": "ooo",
    "office": "ooo",
    "vacation": "ooo",
    "holiday": "ooo",
    "leave": "ooo",
    "absence": "ooo",
    "absences": "ooo",
    "statistics": "stats",
    "figures": "stats",
    "numbers": "stats",
    "new": "request",
    "ask": "request",
    "create": "request",
    "submit": "request",
    "connect": "link",
    "commands": "help",
    "usage": "help",
    "?": "help",
}
"""What people write instead, where no word of the table stands beside it."""

PAGES: Final[Mapping[str, str]] = {"Slack": "web", "Teams": "inbox"}
"""What one writes on each platform to come to the web pages."""

ALIKE: Final = 0.7
"""How alike a word must be to be taken for a slip of the fingers, from 0 to 1."""

ID_MAX: Final = 100


def usages(platform: str) -> tuple[tuple[str, str], ...]:
    """How each command is written and what it does, in the order in which help lists them; the
    first one without its word, since it is what no word means."""
    pages = PAGES.get(platform, "web")
    return (
        ("", "what waits for you"),
        ("status ID", "one request, with its buttons if you may decide it"),
        ("request", "ask for something, with a form"),
        ("delegate @name until YYYY-MM-DD", "let somebody act for you while you are away"),
        ("delegate ID @name", "let somebody act for you on one request"),
        ("ooo", "who is away and who acts for them"),
        ("ooo end ID", "let them no longer act for you"),
        ("stats", "your figures, and everybody's"),
        (pages, "a link that signs you in on the web pages"),
        ("link", f"say who you are, or see whose your {platform} account is"),
        ("help", "this list"),
    )


def told_apart(written: Sequence[str], table: Collection[str]) -> tuple[str | None, list[str]]:
    """The word of the table that is meant, and the others; None when none is.

    The first word of the table counts, wherever it stands; only without one does a synonym.
    """
    if not written:
        return QUEUE, []
    lower = [word.lower() for word in written]
    first = SYNONYMS.get(lower[0], lower[0])
    if first in FREE and first in table:
        return first, list(written[1:])
    for meant in (lower, [SYNONYMS.get(word, "") for word in lower]):
        for at, word in enumerate(meant):
            if word in table:
                return word, [*written[:at], *written[at + 1 :]]
    return None, list(written)


def nearest(written: Sequence[str], table: Collection[str]) -> str | None:
    """The word of the table that is nearest to any of what was written, if one is near."""
    known = (*table, *(s for s, meant in SYNONYMS.items() if meant in table))
    alike = [
        (SequenceMatcher(None, word[:40].lower(), each).ratio(), SYNONYMS.get(each, each))
        for word in written[:20]
        for each in known
    ]
    likeness, near = max(alike, key=lambda pair: pair[0], default=(0.0, ""))
    return near if likeness >= ALIKE else None


def bare(word: str) -> str:
    """An id without the signs that people put around it."""
    return word.strip("`'\"<>,;")[:ID_MAX]
