"""The connector API's refusals, with the status, code and message that Teams documents.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability
(section "Status codes from bot conversational APIs"). Nothing here decides when to refuse.
"""

from typing import Any


class Refusal(Exception):
    """A call answered with an error; `body` is what goes out as JSON."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}

    @property
    def body(self) -> dict[str, Any]:
        """The error envelope of the connector API."""
        return {"error": {"code": self.code, "message": self.message}}


class Unauthorized(Refusal):
    """No token, or none that this service issued and that is still alive."""

    def __init__(self) -> None:
        super().__init__(401, "Unauthorized", "Authorization has been denied for this request.")

    @property
    def body(self) -> dict[str, Any]:
        """The bare message that the web framework in front of the connector answers."""
        return {"message": self.message}


def bad_argument(message: str) -> Refusal:
    """The payload is wrong in the way the message says."""
    return Refusal(400, "BadArgument", message)


def bad_syntax(message: str) -> Refusal:
    """The request cannot be read as what it claims to be."""
    return Refusal(400, "BadSyntax", message)


def bad_creation() -> Refusal:
    """What Teams says to any conversation it does not create, group chats among them."""
    return bad_syntax("Incorrect conversation creation parameters")


def member_unknown(status: int = 404) -> Refusal:
    """No such person in this conversation or tenant."""
    return Refusal(
        status, "MemberNotFoundInConversation", "The member was not found in the conversation."
    )


def not_installed() -> Refusal:
    """A proactive message to a person for whom the app is not installed."""
    return Refusal(
        403, "ForbiddenOperationException", "Bot is not installed in user's personal scope"
    )


def not_in_roster() -> Refusal:
    """A message to a conversation that the bot was removed from or never added to."""
    return Refusal(
        403, "BotNotInConversationRoster", "The bot is not part of the conversation roster."
    )


def not_yours() -> Refusal:
    """An edit of a message that somebody else wrote."""
    return Refusal(403, "NotEnoughPermissions", "Only the bot's own activities can be changed.")


def conversation_unknown() -> Refusal:
    """No such conversation."""
    return Refusal(404, "ConversationNotFound", "Conversation not found.")


def activity_unknown() -> Refusal:
    """No such message in the conversation; Teams says "conversation" here too."""
    return Refusal(404, "ActivityNotFoundInConversation", "Conversation not found.")


def precondition_failed() -> Refusal:
    """Two operations met in one conversation; worth a retry."""
    return Refusal(412, "PreconditionFailed", "Precondition failed, please try again.")


def too_big() -> Refusal:
    """The message is over the size that Teams takes."""
    return Refusal(413, "MessageSizeTooBig", "Message size too large.")


def throttled(retry_after: float) -> Refusal:
    """Too many requests; `retry_after` seconds, rounded up to the whole seconds of the header."""
    seconds = max(1, int(-(-retry_after // 1)))
    return Refusal(429, "Throttled", "Too many requests.", {"Retry-After": str(seconds)})


def service_error(status: int) -> Refusal:
    """The service or one of its parts failed."""
    return Refusal(status, "ServiceError", "The service could not complete the request.")


def blocked() -> Refusal:
    """The person blocked the bot."""
    return Refusal(403, "ConversationBlockedByUser", "User blocked the conversation with the bot.")


def disabled() -> Refusal:
    """An administrator blocked the bot in the tenant."""
    return Refusal(403, "BotDisabledByAdmin", "The tenant admin disabled this bot")


def not_registered() -> Refusal:
    """The service does not know the bot at all."""
    return Refusal(401, "BotNotRegistered", "No registration found for this bot.")


def documented() -> dict[str, Refusal]:
    """Return one refusal for each documented error code, by code."""
    found = (
        not_registered(),
        blocked(),
        disabled(),
        not_installed(),
        not_in_roster(),
        not_yours(),
        conversation_unknown(),
        activity_unknown(),
        precondition_failed(),
        too_big(),
        throttled(1),
        service_error(500),
    )
    return {refusal.code: refusal for refusal in found}
