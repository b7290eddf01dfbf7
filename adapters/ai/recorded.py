"""Answers of a model kept in a file, and given again without the network: for tests.

One JSON object in each line: `request`, the SHA-256 of what was asked, and `answer`, the body that
came back. What was asked is not kept, but an answer tells of it: the file is as private as the
requests.
"""

import hashlib
import os
from pathlib import Path

import msgspec

from adapters.ai.prompt import Asked
from adapters.ai.wire import Unanswered, Why, Wire


class _Line(msgspec.Struct, frozen=True):
    request: str
    answer: msgspec.Raw


def key_of(model: str, asked: Asked) -> str:
    """What is the same for the same question to the same model."""
    return hashlib.sha256(msgspec.json.encode([model, asked.system, asked.user])).hexdigest()


class Recording:
    """Asks, and keeps each answer."""

    def __init__(self, wire: Wire, model: str, file: Path) -> None:
        self._wire = wire
        self._model = model
        self._file = file

    async def complete(self, asked: Asked) -> bytes:
        """The body of a chat completion. Raises Unanswered, OSError."""
        body = await self._wire.complete(asked)
        try:
            line = _Line(key_of(self._model, asked), msgspec.Raw(_one_line(body)))
        except msgspec.MsgspecError:
            return body  # what is no JSON is no answer either
        _append(self._file, msgspec.json.encode(line) + b"\n")
        return body

    async def models(self) -> frozenset[str] | None:
        """As the wire says."""
        return await self._wire.models()

    async def aclose(self) -> None:
        """Let connections go."""
        await self._wire.aclose()


class Replaying:
    """Answers from a file: of several for one question the last. Raises OSError, ValueError."""

    def __init__(self, model: str, file: Path) -> None:
        self._model = model
        decoder = msgspec.json.Decoder(_Line)
        lines = (decoder.decode(line) for line in file.read_bytes().splitlines() if line.strip())
        self._answers = {line.request: bytes(line.answer) for line in lines}

    async def complete(self, asked: Asked) -> bytes:
        """What came back then. Raises Unanswered."""
        found = self._answers.get(key_of(self._model, asked))
        if found is None:
            raise Unanswered(Why.NOT_RECORDED)
        return found

    async def models(self) -> frozenset[str] | None:
        """Only what was recorded can be asked."""
        return None

    async def aclose(self) -> None:
        """Nothing is open."""


def _one_line(body: bytes) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(body))


def _append(file: Path, line: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as opened:
        opened.write(line)
