"""Messages as Bot Framework spells them, sent to a conversation or put in another's place.

The only place that makes outgoing activities. Raises errors.Failure.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationAccount

from adapters.teams.errors import Refused
from adapters.teams.limits import SIZES
from adapters.teams.references import Fields
from adapters.teams.render import CONTENT_TYPE, render, summary
from adapters.teams.text import Element, fitted
from core.card import Card

T = TypeVar("T")
_TOO_LARGE = 413
_MOST_TEXT = 4000


def words(text: str, place: Fields) -> Activity:
    """A plain text message: no Markdown, no mention."""
    return _message(place, text=fitted(text, _MOST_TEXT), text_format="plain")


def card(content: Element, shown: str, place: Fields) -> Activity:
    """A message that is a card; `shown` is the line of its notification.

    A text beside it would become a message of its own.
    """
    attached = [Attachment(content_type=CONTENT_TYPE, content=content)]
    return _message(place, attachments=attached, summary=shown)


def _message(place: Fields, **content: object) -> Activity:
    return Activity(
        type="message",
        from_property=ChannelAccount(id=place["bot"]),
        conversation=ConversationAccount(id=place["conversation"], tenant_id=place["tenant"]),
        channel_data={"tenant": {"id": place["tenant"]}},
        **content,
    )


async def fitting(shown: Card, place: Fields, send: Callable[[Activity], Awaitable[T]]) -> T:
    """Send a card as large as Teams takes it; one that is too large is made smaller."""
    for smaller in range(len(SIZES)):
        content = render(shown, smaller=smaller)
        try:
            return await send(card(content, summary(shown), place))
        except Refused as refused:
            if refused.status != _TOO_LARGE or smaller == len(SIZES) - 1:
                raise
    raise AssertionError("the last size either went or raised")
