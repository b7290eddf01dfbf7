"""`/approvals link`: with an address it asks for a code, with a code it links the account."""

import re
from collections.abc import Sequence
from typing import Final

from adapters.slack import listing
from adapters.slack.render import Message
from core.chat.linking_port import Linking
from core.directory.codes import read_code
from core.directory.people import Identity

# With `should_escape` an address arrives as a link: <mailto:ann@example.com|ann@example.com>
# https://docs.slack.dev/interactivity/implementing-slash-commands
_MAIL: Final = re.compile(r"(?:<mailto:)?([^\s<>|@]{1,64}@[^\s<>|@]{1,189})(?:\|[^>]*)?>?")
_EMPTY: Final = frozenset({"me", "as", "to", "my", "account", "code"})

USAGE: Final = (
    "Write /approvals link and your own e-mail address, or /approvals link and the code of 16 "
    "letters that you got."
)


async def reply(linking: Linking, who: Identity, words: Sequence[str]) -> Message:
    """The answer to the words behind `link`."""
    said = [word for word in (w.strip("`'\",;") for w in words) if word.lower() not in _EMPTY]
    if not said:
        return listing.sentence((await linking.about(who)).text)
    addresses = [found.group(1) for word in said if (found := _MAIL.fullmatch(word))]
    if len(addresses) == 1 == len(said):
        return listing.sentence((await linking.start(who, addresses[0])).text)
    if read_code("".join(said)) is None:
        return listing.sentence(USAGE)
    return listing.sentence((await linking.redeem(who, "".join(said))).text)
