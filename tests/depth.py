"""How much of a large collection is gone through: one part always, the rest in `make soak`."""

from typing import Any

import pytest


def parts(count: int) -> list[Any]:
    """The numbers of so many parts, as values of a parameter."""
    return [pytest.param(part, marks=[pytest.mark.soak] if part else []) for part in range(count)]
