"""The chat platforms: which are switched on, and each made from its settings.

A platform's libraries are imported only when it is switched on.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from bot.settings import EmailSettings, Settings, SlackSettings, TeamsSettings, WebhookSettings
from core.chat.finding_port import Finder
from core.chat.port import Chat
from core.ports import Channel, References
from core.tokens.links import Links
from core.tokens.signing import KeyRing
from core.value import Millis

if TYPE_CHECKING:
    from adapters.slack.oauth import Distribution


class Platform(Protocol):
    """A chat platform as the composition root sees it."""

    @property
    def channel(self) -> Channel: ...

    @property
    def finder(self) -> Finder | None: ...

    @property
    def routes(self) -> list[web.RouteDef]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


def switched_on(settings: Settings) -> frozenset[str]:
    """The platforms that have their settings."""
    named = (
        ("slack", settings.slack),
        ("teams", settings.teams),
        ("email", settings.email),
        ("webhook", settings.webhook),
    )
    return frozenset(name for name, given in named if given is not None)


def platforms_of(
    settings: Settings,
    chat: Chat,
    references: References,
    clock: Callable[[], Millis],
    distribution: "Distribution | None",
    new_id: Callable[[], str],
    ring: KeyRing | None,
) -> dict[str, Platform]:
    """Those that are switched on, by name; opens nothing.

    Raises ValueError without a `ring` where links in letters must be signed."""
    platforms: dict[str, Platform] = {}
    if settings.slack is not None:
        platforms["slack"] = _slack(settings.slack, chat, distribution)
    if settings.teams is not None:
        platforms["teams"] = _teams(settings.teams, chat, references, clock)
    if settings.email is not None:
        platforms["email"] = _email(settings.email, chat, clock, new_id, ring)
    if settings.webhook is not None:
        platforms["webhook"] = _webhook(settings.webhook, clock)
    return platforms


def _webhook(settings: WebhookSettings, clock: Callable[[], Millis]) -> Platform:
    from adapters.webhook.deliver import WebhookPlatform
    from adapters.webhook.outgoing import Outgoing

    return WebhookPlatform(Outgoing(settings.hosts, clock), settings.secret.reveal(), clock)


def _email(
    settings: EmailSettings,
    chat: Chat,
    clock: Callable[[], Millis],
    new_id: Callable[[], str],
    ring: KeyRing | None,
) -> Platform:
    from adapters.email import app as email
    from adapters.web import app as pages

    if ring is None:
        raise ValueError("the links in letters are signed, and there is no key")
    links, url = Links(ring), settings.public_url
    routes = pages.build(chat.conversations, links, url, clock, new_id)
    return email.build(settings.mail, links, url, clock, routes)


def _slack(settings: SlackSettings, chat: Chat, distribution: "Distribution | None") -> Platform:
    from adapters.slack import app as slack

    return slack.build(
        chat,
        bot_token=settings.bot_token.reveal(),
        signing_secret=settings.signing_secret.reveal(),
        api_url=settings.api_url or slack.API_URL,
        paced=settings.pace,
        app_token=settings.app_token.reveal(),
        distribution=distribution,
    )


def _teams(
    settings: TeamsSettings,
    chat: Chat,
    references: References,
    clock: Callable[[], Millis],
) -> Platform:
    from adapters.teams import app as teams

    return teams.build(chat, references, settings.for_adapter(), clock=clock)
