"""Whether an installation works with Teams: that Microsoft's login gives the bot a token."""

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from aiohttp import ClientSession

from adapters.teams.errors import BAD_LOGIN, LOGIN_PAGE, NoToken
from adapters.teams.settings import MANAGED_IDENTITY, TeamsSettings
from adapters.teams.tokens import Fetch, client_secret, managed_identity
from core.checkup import Found, ok, problem, warning
from core.ports import Clock

LOGIN: Final = "teams login"


async def login(settings: TeamsSettings, clock: Clock) -> list[Found]:
    """What the login says to this app id and password."""
    if not settings.app_id:
        remedy = "Set MICROSOFT_APP_ID before you serve real people."
        return [
            warning(LOGIN, "Unsigned calls are taken, and nobody is asked for a token.", remedy)
        ]
    with ThreadPoolExecutor(max_workers=1) as pool:
        async with ClientSession() as http:
            return [await _asked(_source(settings, http, pool, clock))]


def _source(
    settings: TeamsSettings, http: ClientSession, pool: ThreadPoolExecutor, clock: Clock
) -> Fetch:
    if settings.app_type == MANAGED_IDENTITY:
        return managed_identity(settings.app_id, pool)
    secret = settings.app_password
    return client_secret(lambda: http, settings.token_url, settings.app_id, secret, clock)


async def _asked(fetch: Fetch) -> Found:
    try:
        await fetch()
    except NoToken as refused:
        if refused.settings:
            return problem(LOGIN, _sentence(str(refused)), _sentence(f"{BAD_LOGIN} ({LOGIN_PAGE})"))
        remedy = "See that this machine can reach Microsoft, and try again."
        return problem(LOGIN, _sentence(str(refused)), remedy)
    return ok(LOGIN, "Microsoft gives the bot a token.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
