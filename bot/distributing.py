"""What Slack's adapter needs where several workspaces install the app."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from bot.encryption_keys import load_keys
from bot.settings import Settings
from core.value import Millis
from storage.database import Storage

if TYPE_CHECKING:
    from adapters.slack.oauth import Distribution

log = structlog.get_logger("distributing")


def distributed(
    settings: Settings, storage: Storage, clock: Callable[[], Millis], wake: Callable[[], None]
) -> "Distribution | None":
    """None with a bot token from the settings. Raises SettingsError without a key."""
    if settings.slack is None or settings.slack.installs is None:
        return None
    # Only here: what it imports is Slack's.
    from adapters.slack.oauth import Distribution
    from adapters.slack.rotation import App

    installs = settings.slack.installs
    if not installs.allowed:
        log.warning("any_workspace_may_install", remedy="set SLACK_ALLOWED_TEAMS to those you mean")

    async def revive() -> None:
        count = await storage.deliveries.retry_dead(None, clock(), stale=False, platform="slack")
        if count:
            log.info("dead_letters_tried_again", count=count)
            wake()

    return Distribution(
        app=App(client_id=installs.client_id, client_secret=installs.client_secret.reveal()),
        kept=storage.installations,
        seal_keys=load_keys(installs.encryption_keys, settings.database_url),
        allowed=installs.allowed,
        url=installs.public_url,
        clock=clock,
        revive=revive,
        matching=settings.slack.match_email,
    )
