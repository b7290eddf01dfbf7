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
_GRAPH = "https://learn.microsoft.com/en-us/graph/errors"


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


class NotTrusted(Failure):
    """The address of a conversation is not one that may be given the bot's token."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(f"{host or 'its address'} is not a place of Teams that is known")


class NotServed(Failure):
    """A person of a tenant whose people do not decide here; nothing is sent there."""


class GraphRefused(Refused):
    """Microsoft Graph would not install the app, or not say where the chat with it is."""

    def __init__(self, status: int, code: str = "", retry_after: Millis | None = None) -> None:
        super().__init__(status, code, retry_after)
        self.args = (f"Microsoft Graph answered {status}{f' ({code})' if code else ''}",)


NOT_INSTALLED = (
    "the person has not installed the app in Teams: ask them to add it, "
    "or have an administrator install it for them"
)
NOT_IN_TEAM = (
    "the app is not in that Teams channel's team or group chat: have an owner of the team, or a "
    "member of the chat, add it"
)
BLOCKED = "the person blocked the app in Teams: ask them to unblock it in its chat"
DISABLED = (
    "an administrator blocked the app: have them allow it in the Teams admin center, under "
    "Manage apps"
)
UNKNOWN_PERSON = (
    "nobody in the tenant has this account: correct identities.teams of this person in the "
    "directory, or take them out of it if they left"
)
OTHER_TENANT = (
    "correct identities.teams of this person in the directory, or, if people of several tenants "
    "decide, add theirs to MICROSOFT_ALLOWED_TENANTS"
)
CATALOG = (
    "check TEAMS_CATALOG_APP_ID, which is the app's id in the organisation's own catalogue, and "
    "identities.teams of this person"
)
NOT_PERMITTED = (
    "the app is not installed for this person, and Countersign may not install it: grant it the "
    "permission TeamsAppInstallation.ReadWriteSelfForUser.All in Entra, with an administrator's "
    "consent, allow it for this person in the Teams admin center, or ask them to add it"
)
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


_FORBIDDEN = {"ConversationBlockedByUser": BLOCKED, "BotDisabledByAdmin": DISABLED}
_INSTALLING_HELPS_NOT = frozenset({*_FORBIDDEN, "NotEnoughPermissions"})
_NO_SUCH_PERSON = "MemberNotFoundInConversation"


def not_installed(refused: Refused) -> bool:
    """Whether a person was not reached because the app is not installed for them."""
    return refused.status == 403 and refused.code not in _INSTALLING_HELPS_NOT


def _forbidden(refused: Refused, kind: str) -> Outcome:
    missing = NOT_IN_TEAM if kind == "channel" else NOT_INSTALLED
    return Dead(reason=f"{refused}: {_FORBIDDEN.get(refused.code, missing)}")


def _gone(refused: Refused, _kind: str) -> Outcome:
    gone = "the conversation is gone; the next request opens a new one"
    return Dead(reason=f"{refused}: {UNKNOWN_PERSON if _nobody(refused) else gone}")


def _nobody(refused: Refused) -> bool:
    return refused.code == _NO_SUCH_PERSON


def _not_taken(refused: Refused, _kind: str) -> Outcome:
    ours = "Countersign sent something Teams does not take"
    return Dead(reason=f"{refused}: {UNKNOWN_PERSON if _nobody(refused) else ours}")


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
    Rule(404, 404, _gone, _PROACTIVE),
    # Two operations met in one conversation: nothing was done, try again.
    Rule(412, 412, _later(uncertain=False), _RATE_LIMIT),
    Rule(413, 413, _dead("even the shortest card is too large for it"), _SIZE),
    Rule(429, 429, _later(uncertain=False, whole_channel=True), _RATE_LIMIT),
    # Also 502 and 504, which Teams asks to retry: what was sent may have been accepted.
    Rule(500, 599, _later(uncertain=True), _RATE_LIMIT),
    Rule(100, 599, _not_taken, _STATUS_CODES),
)
GRAPH_TABLE = (
    Rule(400, 400, _dead(CATALOG), _GRAPH),
    Rule(401, 401, _dead(BAD_LOGIN), _GRAPH),
    Rule(403, 403, _dead(NOT_PERMITTED), _GRAPH),
    Rule(404, 404, _dead(CATALOG), _GRAPH),
    # Installing twice is harmless, so nothing is ever uncertain.
    Rule(423, 423, _later(uncertain=False), _GRAPH),
    Rule(429, 429, _later(uncertain=False), _GRAPH),
    Rule(500, 599, _later(uncertain=False), _GRAPH),
    Rule(100, 599, _dead(CATALOG), _GRAPH),
)


def outcome(failure: Failure, kind: str = "person") -> Outcome:
    """What a failure means for a delivery to a recipient of that kind."""
    if isinstance(failure, Refused):
        table = GRAPH_TABLE if isinstance(failure, GraphRefused) else TABLE
        rule = next(r for r in table if r.first <= failure.status <= r.last)
        return rule.outcome(failure, kind)
    if isinstance(failure, NotServed):
        return Dead(reason=f"{failure}: {OTHER_TENANT}")
    if isinstance(failure, NotTrusted):
        remedy = f"if it is Microsoft's, add {failure.host} to TEAMS_SERVICE_HOSTS"
        return Dead(reason=f"{failure}: {remedy}")
    if isinstance(failure, NoToken):
        if failure.settings:
            return Dead(reason=f"{failure}: {BAD_LOGIN} (see {LOGIN_PAGE})")
        return RetryAt(reason=str(failure), after=failure.retry_after, whole_channel=True)
    maybe_done = isinstance(failure, Silent) and failure.maybe_done
    return RetryAt(reason=str(failure), uncertain=maybe_done)
