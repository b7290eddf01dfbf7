"""`/approvals link`: with an address it asks for a code, with a code it links the account."""

import re
from collections.abc import Sequence
from typing import Final

from adapters.slack import listing
from adapters.slack.render import Message
from core.chat import link_words
from core.chat.linking_port import Linking
from core.directory.people import Identity

# With `should_escape` an address arrives as a link: <mailto:ann@example.com|ann@example.com>
# https://docs.slack.dev/interactivity/implementing-slash-commands
_MAIL: Final = re.compile(r"<mailto:([^<>|]*)(?:\|[^>]*)?>")


async def reply(linking: Linking, who: Identity, words: Sequence[str]) -> Message:
    """The answer to the words behind `link`."""
    plain = [_MAIL.sub(r"\1", word) for word in words]
    return listing.sentence((await link_words.answer(linking, who, plain)).text)
