"""What went wrong between here and Teams, and what it means for a delivery: one table.

Failures are raised by connectors.py and tokens.py and become an `Outcome` in deliver.py;
nothing here sends or retries.
"""

from collections.abc import Callable
from dataclasses import dataclass

from core.ports import Dead, Outcome, RetryAt
from core.value import Millis

_STATUS_CODES = (
    "https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability"
)
_RATE_LIMIT = "https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit"
_PROACTIVE = (
    "https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/"
    "send-proactive-messages"
)
LOGIN_PAGE = "https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes"
_SIZE = (
    "https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages"
)


class Failure(Exception):
    """A call to Microsoft that did not succeed; never holds a token or a request body."""


class Refused(Failure):
    """The connector answered with an error. `retry_after` is milliseconds, if it said so."""

    def __init__(self, status: int, code: str = "", retry_after: Millis | None = None) -> None:
        self.status = status
        self.code = code
        self.retry_after = retry_after
        super().__init__(f"Teams answered {status}{f' ({code})' if code else ''}")


class Silent(Failure):
    """No answer. `maybe_done`: the call may have had its effect all the same."""

    def __init__(self, what: str, *, maybe_done: bool) -> None:
        self.maybe_done = maybe_done
        super().__init__(what)


class NoToken(Failure):
    """The login gave no token. `settings`: because of what is configured, not of the moment."""

    def __init__(
        self, what: str, *, settings: bool = False, retry_after: Millis | None = None
    ) -> None:
        self.settings = settings
        self.retry_after = retry_after
        super().__init__(what)


NOT_INSTALLED = (
    "the person has not installed the app in Teams: ask them to add it, "
    "or have an administrator install it for them"
)
NOT_IN_TEAM = "the app is not in that Teams channel's team: have an owner of the team add it"
BAD_LOGIN = (
    "check MICROSOFT_APP_ID, MICROSOFT_APP_PASSWORD, MICROSOFT_APP_TYPE and MICROSOFT_APP_TENANT_ID"
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What statuses from `first` to `last` mean, and the page that says so."""

    first: int
    last: int
    outcome: Callable[[Refused, str], Outcome]
    page: str


def _dead(text: str) -> Callable[[Refused, str], Outcome]:
    return lambda refused, _kind: Dead(reason=f"{refused}: {text}")


def _forbidden(refused: Refused, kind: str) -> Outcome:
    remedy = NOT_IN_TEAM if kind == "channel" else NOT_INSTALLED
    return Dead(reason=f"{refused}: {remedy}")


def _later(*, uncertain: bool, whole_channel: bool = False) -> Callable[[Refused, str], Outcome]:
    return lambda refused, _kind: RetryAt(
        reason=str(refused),
        after=refused.retry_after,
        uncertain=uncertain,
        whole_channel=whole_channel,
    )


# The first rule that fits counts; the last one fits everything.
TABLE = (
    Rule(401, 401, _dead(BAD_LOGIN), _STATUS_CODES),
    Rule(403, 403, _forbidden, _PROACTIVE),
    Rule(404, 404, _dead("the conversation is gone; the next request opens a new one"), _PROACTIVE),
    # Two operations met in one conversation: nothing was done, try again.
    Rule(412, 412, _later(uncertain=False), _RATE_LIMIT),
    Rule(413, 413, _dead("even the shortest card is too large for it"), _SIZE),
    Rule(429, 429, _later(uncertain=False, whole_channel=True), _RATE_LIMIT),
    # Also 502 and 504, which Teams asks to retry: what was sent may have been accepted.
    Rule(500, 599, _later(uncertain=True), _RATE_LIMIT),
    Rule(100, 599, _dead("Countersign sent something Teams does not take"), _STATUS_CODES),
)


def outcome(failure: Failure, kind: str = "person") -> Outcome:
    """What a failure means for a delivery to a recipient of that kind."""
    if isinstance(failure, Refused):
        rule = next(r for r in TABLE if r.first <= failure.status <= r.last)
        return rule.outcome(failure, kind)
    if isinstance(failure, NoToken):
        if failure.settings:
            return Dead(reason=f"{failure}: {BAD_LOGIN} (see {LOGIN_PAGE})")
        return RetryAt(reason=str(failure), after=failure.retry_after, whole_channel=True)
    maybe_done = isinstance(failure, Silent) and failure.maybe_done
    return RetryAt(reason=str(failure), uncertain=maybe_done)
