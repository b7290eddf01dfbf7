"""What is raised: an answer that is no answer. How a request ended is a value, not an error."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from countersign_client.outcomes import Outcome


class CountersignError(Exception):
    """Base of everything that this package raises on purpose."""


class Refused(CountersignError):
    """The server understood and said no. `reason` is of its closed set, `errors` name fields."""

    def __init__(self, status: int, reason: str, detail: str, errors: Sequence[str] = ()) -> None:
        self.status, self.reason, self.detail = status, reason, detail
        self.errors = tuple(errors)
        super().__init__(" ".join((detail, *self.errors)))


class Unavailable(CountersignError):
    """No answer could be had, also not by trying again; nothing is known of what was sent last.

    With the same idempotency key it can be sent again.
    """


class WaitedTooLong(CountersignError):
    """The time to wait passed first; the request goes on, and can be waited for again."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(
            f"Request {request_id} is not decided yet. Wait for it again, or cancel it."
        )


class NotApproved(CountersignError):
    """Something was to be run that nobody approved. `outcome` says how the request ended."""

    def __init__(self, message: str, outcome: "Outcome | None" = None) -> None:
        self.outcome = outcome
        super().__init__(message)


class TokenProblem(NotApproved):
    """The token does not stand for this action now; `kind` is "malformed", "wrong_type",
    "unknown_key", "bad_signature", "expired", "not_yet_valid", "wrong_issuer", "other_action",
    "used" or "revoked"."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)
