"""Who acts: the person to whom a letter was sent, as the core's `Identity`.

A mailbox is the account: whoever can read it can decide by what stands in it.
"""

from typing import Final

from core.directory.people import EMAIL

PLATFORM: Final = EMAIL
