"""Reads the body of a chat completion: strictly what the schema says, or nothing.

https://platform.openai.com/docs/api-reference/chat/object
"""

from typing import Final

import msgspec

from adapters.ai.wire import MOST_BYTES
from core.advice.answer import ModelAnswer
from core.advice.port import Never
from core.value import Value

REFUSED: Final = Never(reason="the model refused to answer")
TOO_LONG: Final = Never(reason="the answer was cut off: COUNTERSIGN_AI_ANSWER_TOKENS is too low")
NOT_OURS: Final = Never(reason="the answer does not fit the schema")
MOST_TOKENS: Final = 1_000_000_000
"""Of one call; the largest contexts hold some millions."""


class _Message(msgspec.Struct, frozen=True):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct, frozen=True):
    message: _Message
    finish_reason: str | None = None


class _Usage(msgspec.Struct, frozen=True):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class _Completion(msgspec.Struct, frozen=True):
    choices: list[_Choice]
    model: str | None = None
    usage: _Usage | None = None


class Read(Value, frozen=True, gc=True):
    """The answer, or why there is none; tokens in and out, None where they are not told."""

    answer: ModelAnswer | Never
    tokens: tuple[int, int] | None


def read(body: bytes) -> Read | None:
    """None for what is no chat completion at all."""
    if len(body) > MOST_BYTES:
        return None
    try:
        found = msgspec.json.decode(body, type=_Completion)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not found.choices:
        return None
    return Read(answer=_answer(found.choices[0]), tokens=_tokens(found.usage))


def _answer(choice: _Choice) -> ModelAnswer | Never:
    message = choice.message
    if message.refusal or choice.finish_reason == "content_filter":
        return REFUSED
    if choice.finish_reason == "length":
        return TOO_LONG
    try:
        return msgspec.json.decode(message.content or "", type=ModelAnswer)
    except (msgspec.MsgspecError, RecursionError):
        # What msgspec says may quote the answer, which nobody has checked.
        return NOT_OURS


def _tokens(usage: _Usage | None) -> tuple[int, int] | None:
    """What no call can have used is not told: it would be counted, and could not be stored."""
    if usage is None:
        return None
    told = (usage.prompt_tokens, usage.completion_tokens)
    return told if all(0 <= each <= MOST_TOKENS for each in told) else None
