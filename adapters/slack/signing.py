"""`/approvals web`: a link that signs the asker in in a browser, shown to them alone."""

from collections.abc import Mapping
from typing import Final

from adapters.slack import listing
from adapters.slack.commands import Asked, Word
from adapters.slack.parts import SECTION_CHARS, section
from adapters.slack.render import Message
from adapters.slack.text import plain
from core.chat.signing_in_port import Signing, Way

OPEN: Final = "Open Countersign in your browser"


def words(signing: Signing) -> Mapping[str, Word]:
    """`web`."""

    async def browser(asked: Asked) -> Message:
        return message(await signing.link(asked.who))

    return {"web": browser}


def message(way: Way) -> Message:
    """The link behind words of our own, since it is long; or why there is none."""
    if not way.url:
        return listing.sentence(way.text)
    # The address is our own making, of the public address and a secret of hex digits.
    link = {"type": "mrkdwn", "text": f"*<{way.url}|{OPEN}>*", "verbatim": True}
    told = section("web_told", plain(way.text, SECTION_CHARS))
    return Message(text=OPEN, blocks=[section("web_link", link), told])
