"""What a model is asked for: one schema, from which the request to it and the reading are made."""

from typing import Annotated, Final, Literal

import msgspec

MOST_POINTS: Final = 5
MOST_RISKS: Final = 5
MOST_QUESTIONS: Final = 3

Numbers = Annotated[list[int], msgspec.Meta(description="Numbers of the facts it rests on.")]


class Cited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence, and the facts that it rests on."""

    text: Annotated[str, msgspec.Meta(description="One plain sentence.")]
    facts: Numbers


class ModelAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Advice to the person who decides."""

    recommendation: Literal["approve", "needs_review", "reject"]
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100, description="A whole percentage.")]
    summary: Annotated[str, msgspec.Meta(description="One sentence, at most 200 characters.")]
    points: Annotated[list[Cited], msgspec.Meta(description="At most 5, for and against.")]
    risks: Annotated[list[Cited], msgspec.Meta(description="At most 5.")]
    questions: Annotated[list[str], msgspec.Meta(description="At most 3, to ask before deciding.")]
