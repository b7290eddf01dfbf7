"""The daily digest and the welcome after an absence: several requests in one message.

Pure. The core bounds how many lines there are; within Slack's limits each of them stands whole,
with a button that brings its card to the reader alone.
"""

from collections.abc import Iterator
from typing import Any, Final

from adapters.slack import listing
from adapters.slack.parts import HEADER_CHARS, SECTION_CHARS, Room, context, section
from adapters.slack.render import JSON_MAX, TEXT_MAX, Message, size
from adapters.slack.text import Bold, Piece, Quoted, clean, escape, fitted, lay, plain
from core.chat.digest_words import OWN, comments, more_own, more_waiting
from core.ports import Notice, OwnNews

Json = dict[str, Any]

_SIZES: Final = (150, 100, 60)
"""Characters of each text from outside: the first with which the message is not too long."""


def message(notice: Notice) -> Message:
    """The digest as a message, what waits first."""
    blocks: list[Json] = []
    for most in _SIZES:
        blocks = list(_blocks(notice, most))
        if size(blocks) <= JSON_MAX:
            break
    return Message(text=escape(fitted(clean(notice.title), TEXT_MAX)), blocks=blocks)


def _blocks(notice: Notice, most: int) -> Iterator[Json]:
    header = plain(notice.title, HEADER_CHARS)
    yield {"type": "header", "block_id": "countersign_digest", "text": header}
    if notice.text:
        yield context("about", [plain(notice.text, SECTION_CHARS)])
    for number, item in enumerate(notice.items):
        yield listing.item(number, item, notice.timezone, most)
        if item.comments:
            yield context(f"news_{number}", [plain(comments(item.comments), 100)])
    if notice.more:
        where = f"{more_waiting(notice.more)} The Home tab of this app has all."
        yield section("more", plain(where, SECTION_CHARS))
    if notice.own:
        yield {"type": "divider", "block_id": "countersign_line"}
        yield section("own", lay([Bold(OWN)], SECTION_CHARS))
    for number, news in enumerate(notice.own):
        yield _own(number, news, most)
    if notice.own_more:
        yield section("own_more", plain(more_own(notice.own_more), SECTION_CHARS))


def _own(number: int, news: OwnNews, most: int) -> Json:
    room = Room(most)
    pieces: list[Piece] = [Quoted(room.fit(news.title, 150), bold=True)]
    pieces += ["\n", Quoted(room.fit(news.text, 150))]
    body = section(f"own_{number}", lay(pieces, SECTION_CHARS))
    return {**body, "accessory": listing.show(news.request, "Show")}
