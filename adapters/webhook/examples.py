"""Examples of every operation, as a real server answered them: `examples.json`.

That file is written by `docs/take_examples.py`, and a test tells the same calls again. The
OpenAPI document and the docs page take theirs from here.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET

FILE: Final = Path(__file__).with_name("examples.json")


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call. `request` is its method and address; a text that goes on, of another `media`
    type than JSON, has its first line as `answer`."""

    summary: str
    request: str
    status: int
    media: str
    answer: Any
    headers: dict[str, str] = {}
    body: Any = UNSET

    @property
    def method(self) -> str:
        return self.request.partition(" ")[0]

    @property
    def address(self) -> str:
        """The path with its query."""
        return self.request.partition(" ")[2]


Examples = Mapping[str, Sequence[Example]]


def read_examples() -> Examples:
    """All examples by operation, in the order in which they happened."""
    return msgspec.json.decode(FILE.read_bytes(), type=dict[str, list[Example]])
