"""`link` in words: with an address it asks for a code, with a code it links the account."""

import re
from collections.abc import Sequence
from typing import Final

from core.chat.linking_port import Linking, Told
from core.chat.strangers import LINK_WORDS
from core.directory.codes import read_code
from core.directory.people import Identity

_MAIL: Final = re.compile(r"[^\s<>|@]{1,64}@[^\s<>|@]{1,189}")
_EMPTY: Final = frozenset({"me", "as", "to", "my", "account", "code"})

USAGE: Final = (
    "Write {command} and your own e-mail address, or {command} and the code of 16 letters and "
    "digits that you got."
)


async def answer(linking: Linking, who: Identity, words: Sequence[str]) -> Told:
    """The answer to the words behind `link`; an address stands there without any markup."""
    said = [word for word in (w.strip("`'\",;<>") for w in words) if word.lower() not in _EMPTY]
    if not said:
        return await linking.about(who)
    addresses = [word for word in said if _MAIL.fullmatch(word)]
    if len(addresses) == 1 == len(said):
        return await linking.start(who, addresses[0])
    if read_code("".join(said)) is None:
        return Told(text=USAGE.format(command=LINK_WORDS.get(who.platform, "link")))
    return await linking.redeem(who, "".join(said))
