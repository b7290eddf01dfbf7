"""Exchanging a bot token before it expires, so that of several replicas only one does it.

Whoever claims the row exchanges, for a refresh token works only once; the others go on with
the present token, which is valid for two hours more, and read the new one.
https://docs.slack.dev/authentication/using-token-rotation
"""

import asyncio
import logging
from enum import Enum, auto
from typing import Final

import aiohttp
from msgspec.structs import replace
from slack_sdk.errors import SlackClientError, SlackTokenRotationError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator

from adapters.slack.calls import Wire
from adapters.slack.installs import Installed, InstallStore
from adapters.slack.sealing import Grant
from core.value import Millis, Value

EARLY: Final[Millis] = 2 * 60 * 60 * 1000
"""How long before its end a token is exchanged, as Slack's own library does."""
CLAIM: Final[Millis] = 30_000
"""How long one replica may take, and how long all wait after a failure."""
PAUSES: Final = (0.2, 1.0, 3.0, 10.0)
"""Seconds between one try to keep a new token and the next."""
LEAST: Final[Millis] = 60_000
"""With less than this left, callers wait for the new token."""

# Slack gave it "expires_in" from the moment it answered; the library asks the clock itself and
# is told to exchange whatever it says.
_ALWAYS_MINUTES: Final = 10**7

_log = logging.getLogger(__name__)


class App(Value, frozen=True):
    """The credentials of the app itself."""

    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        return f"App({self.client_id})"


def is_due(grant: Grant, now: Millis) -> bool:
    return grant.expires_at is not None and grant.expires_at - now < EARLY


def is_over(grant: Grant, now: Millis) -> bool:
    return grant.expires_at is not None and grant.expires_at - now < LEAST


class End(Enum):
    """How an exchange ended: there is another token, somebody else sees to it, or neither."""

    CHANGED = auto()
    ELSEWHERE = auto()
    FAILED = auto()


async def exchange(wire: Wire, app: App, store: InstallStore, found: Installed) -> End:
    """Exchange the token and keep the new one, unless somebody else does."""
    if not await store.claim(found, CLAIM):
        return End.ELSEWHERE
    grant = await _exchanged(wire, app, found.grant)
    if grant is None:
        return End.FAILED
    if not await _kept(store, found, grant):
        # It ended or was installed again while Slack answered: that counts.
        _log.info("a token of %s was exchanged for nothing", found.row.id)
    return End.CHANGED


async def _kept(store: InstallStore, found: Installed, grant: Grant) -> bool:
    """Keep it, and try again where the database fails: nobody gets another one for it."""
    for pause in PAUSES:
        try:
            return await store.exchange(found, grant)
        except Exception:
            _log.warning("a token of %s is not kept yet, trying again", found.row.id, exc_info=True)
        await asyncio.sleep(pause)
    return await store.exchange(found, grant)


async def _exchanged(wire: Wire, app: App, grant: Grant) -> Grant | None:
    rotator = AsyncTokenRotator(
        client_id=app.client_id, client_secret=app.client_secret, client=wire.client()
    )
    try:
        bot = await rotator.perform_bot_token_rotation(
            bot=_bot(grant), minutes_before_expiration=_ALWAYS_MINUTES
        )
    except SlackTokenRotationError as refusal:
        _log.error(
            "Slack refused to exchange the token of %s (%s); if that goes on, install again there",
            grant.id,
            _code(refusal),
        )
        return None
    except (TimeoutError, aiohttp.ClientError, SlackClientError, OSError, LookupError) as problem:
        _log.warning("the token of %s is not exchanged yet: %s", grant.id, type(problem).__name__)
        return None
    if bot is None or not bot.bot_token or bot.bot_token_expires_at is None:
        _log.error("Slack exchanged the token of %s for no bot token", grant.id)
        return None
    return replace(
        grant,
        bot_token=bot.bot_token,
        refresh_token=bot.bot_refresh_token or grant.refresh_token,
        expires_at=bot.bot_token_expires_at * 1000,
    )


def _code(refusal: SlackTokenRotationError) -> str:
    # The text of the error repeats Slack's whole answer.
    data = getattr(refusal.api_error.response, "data", None)
    return str(data.get("error")) if isinstance(data, dict) else "no JSON"


def _bot(grant: Grant) -> Bot:
    assert grant.expires_at is not None, "only what expires is exchanged"
    return Bot(
        bot_token=grant.bot_token,
        bot_id=grant.bot_id,
        bot_user_id=grant.bot_user,
        bot_refresh_token=grant.refresh_token,
        bot_token_expires_at=grant.expires_at // 1000,
        installed_at=0.0,
    )
