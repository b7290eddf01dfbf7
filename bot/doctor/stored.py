"""What the database holds that other checks rest on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.settings import Secret
from core.audit.streaming import Standing
from core.directory.accounts import Account
from core.installs import Installation
from core.rows import ApiKey
from storage.database import open_storage


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest policy's text, the chat accounts that people linked, Slack's installations, the
    API keys, and how far the stream of events is."""

    policy: str | None = None
    accounts: Sequence[Account] = ()
    installations: Sequence[Installation] = ()
    keys: Sequence[ApiKey] = ()
    streamed: Standing | None = None


NOTHING: Final = Stored()


async def stored(url: Secret) -> Stored:
    """Read from a database whose tables are up to date."""
    storage = open_storage(url.reveal())
    try:
        newest = await storage.store.policies(1)
        return Stored(
            policy=newest[0].text if newest else None,
            accounts=await storage.accounts.all(),
            installations=await storage.installations.installed("slack"),
            keys=await storage.keys.all_keys(),
            streamed=await storage.event_stream.standing(),
        )
    finally:
        await storage.close()
