"""What a digest says around its lines, on every platform. Pure."""

OWN = "Your own requests"
"""The heading above what happened to the reader's own requests."""


def comments(count: int) -> str:
    """How much was written about a request since the last digest."""
    return "1 new comment" if count == 1 else f"{count} new comments"


def more_waiting(count: int) -> str:
    """That more waits than is listed."""
    waits = "1 more waits" if count == 1 else f"{count:,} more wait"
    return f"{waits}; these have the earliest deadlines."


def more_own(count: int) -> str:
    """That there is news of more of the reader's own requests."""
    return "1 more has news." if count == 1 else f"{count:,} more have news."
