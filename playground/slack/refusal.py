"""How the simulated Web API says no: an error code, and whatever stands beside it in the answer.

Holds no rule of its own; see `coverage` for who answers what.
"""

from collections.abc import Sequence
from typing import Any

Json = dict[str, Any]


class Refusal(Exception):
    """The method refuses with this error code; nothing has been changed."""

    def __init__(self, error: str, messages: Sequence[str] = (), **beside: object) -> None:
        super().__init__(error)
        self.error = error
        self.messages = [f"[ERROR] {message}" for message in messages]
        self.beside = beside

    def answer(self) -> Json:
        """Return the body Slack would send."""
        body: Json = {"ok": False, "error": self.error, **self.beside}
        if self.messages:
            body["errors"] = [message.removeprefix("[ERROR] ") for message in self.messages]
            body["response_metadata"] = {"messages": self.messages}
        return body


class BadAct(ValueError):
    """A person cannot do that here (no such user, message, button or view); the text says why."""
