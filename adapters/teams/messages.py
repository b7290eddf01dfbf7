"""Messages as Bot Framework spells them, sent to a conversation or put in another's place.

The only place that makes outgoing activities. Raises errors.Failure.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from botbuilder.schema import Activity, Attachment, ChannelAccount, ConversationAccount

from adapters.teams.errors import Refused
from adapters.teams.limits import SIZES
from adapters.teams.references import Fields
from adapters.teams.render import CONTENT_TYPE, render, summary
from adapters.teams.text import Element, escaped, fitted
from core.card import Card
from core.text import one_line

T = TypeVar("T")
_TOO_LARGE = 413
_MOST_TEXT = 4000
_MOST_LINE = 400


def words(text: str, place: Fields) -> Activity:
    """A plain text message: no Markdown, no mention."""
    return _message(place, text=fitted(text, _MOST_TEXT), text_format="plain")


def listing(lines: Sequence[str], place: Fields) -> Activity:
    """A text message with each line on its own.

    Teams folds a single line end; two make a new line, without a gap
    (https://github.com/MicrosoftDocs/msteams-docs/issues/740), and phones draw no Markdown lists
    (https://learn.microsoft.com/en-us/microsoftteams/platform/resources/bot-v3/bots-text-formats).
    """
    text = "\n\n".join(escaped(fitted(one_line(each), _MOST_LINE)) for each in lines)
    return _message(place, text=text, text_format="markdown")


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


async def fitting(
    shown: Card,
    place: Fields,
    send: Callable[[Activity], Awaitable[T]],
    viewers: Sequence[str] = (),
) -> T:
    """Send a card as large as Teams takes it; one that is too large is made smaller. `viewers`
    get views of their own (`render.render`)."""
    for smaller in range(len(SIZES)):
        content = render(shown, smaller=smaller, viewers=viewers)
        try:
            return await send(card(content, summary(shown), place))
        except Refused as refused:
            if refused.status != _TOO_LARGE or smaller == len(SIZES) - 1:
                raise
    raise AssertionError("the last size either went or raised")
