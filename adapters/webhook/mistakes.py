"""What is wrong with an input, place by place: data, without any wording of its own."""

from collections.abc import Sequence

import msgspec

MAX_MISTAKES = 20
"""How many are told at once; looking for more would let a caller keep the server busy."""


class Mistake(msgspec.Struct, frozen=True):
    """One place: the path of the field ("" for the whole), what is wrong, how to mend it."""

    field: str
    problem: str
    remedy: str

    @property
    def sentence(self) -> str:
        """All three in one line."""
        return f"{self.field or 'body'}: {self.problem}. {self.remedy}"


class Mistaken(Exception):
    """An input with at least one mistake."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(mistake.sentence for mistake in self.mistakes))
