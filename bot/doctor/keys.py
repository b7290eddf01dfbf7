"""API keys that end before long: their holders learn of it when nothing works any more."""

from collections.abc import Sequence
from typing import Final

from bot.cli_keys_shown import ending, warning
from core.checkup import Found
from core.checkup import warning as found
from core.rows import ApiKey
from core.value import Millis

KEYS: Final = "API keys"
REMEDY: Final = "Run: countersign keys rotate ID --expires 90d, and give the agent what it prints."


def keys(rows: Sequence[ApiKey], now: Millis) -> list[Found]:
    """What is to be said of the keys; nothing where none ends soon."""
    soon = ending(list(rows), now)
    return [found(KEYS, warning(soon), REMEDY)] if soon else []
