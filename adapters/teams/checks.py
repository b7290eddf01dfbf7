"""Whether an installation works with Teams: its login, Microsoft's keys, clock and people.

Asks Microsoft only what changes nothing. Every finding is a sentence for the operator with what
to do; no finding holds a secret.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout

from adapters.teams.addresses import hosted
from adapters.teams.errors import BAD_LOGIN, LOGIN_PAGE, Failure, NoToken, outcome
from adapters.teams.graph import Graph
from adapters.teams.keys import KeyRing, KeysUnavailable
from adapters.teams.settings import MANAGED_IDENTITY, TeamsSettings
from adapters.teams.tokens import AUDIENCE, Credential, Fetch, client_secret, managed_identity
from core.checkup import Found, have, named, ok, problem, skew, warning
from core.directory.people import Identity
from core.ports import Clock, Dead

Accounts = Mapping[str, Identity | None]
"""The people by name, each with their Teams account in the directory."""

APP: Final = "teams app"
LOGIN: Final = "teams login"
KEYS: Final = "teams keys"
SERVICE: Final = "teams service"
PEOPLE: Final = "teams people"
INSTALLING: Final = "teams installing"

ASKED: Final = 10
"""Of how many people it is looked up whether they have the app."""
_TIMEOUT: Final = ClientTimeout(total=10)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_REACH: Final = "See that this machine can reach {host}, through a proxy or firewall too."


async def everything(settings: TeamsSettings, accounts: Accounts, clock: Clock) -> list[Found]:
    """What Microsoft says to this app, and what is to be said of the people."""
    async with ClientSession(timeout=_TIMEOUT) as http:
        found = [*_shapes(settings), *await _keys(settings, http, clock)]
        with ThreadPoolExecutor(max_workers=1) as pool:
            fetch = _sources(settings, http, pool, clock)
            login = await _login(settings, fetch)
            found += [login, await _service(settings, http), *placed(accounts, settings.tenants)]
            if settings.catalog_app and login.level == "ok":
                graph = _graph(settings, http, fetch, clock)
                found += await _installed(graph, accounts, settings.tenants)
    return found


def placed(accounts: Accounts, tenants: Collection[str]) -> list[Found]:
    """Who has no account in these tenants."""
    without = [name for name, identity in accounts.items() if identity is None]
    elsewhere = [name for name, i in accounts.items() if i and i.realm.lower() not in tenants]
    found = []
    if without:
        remedy = (
            "Let them write link to the app in Teams, run countersign people link EMAIL, or add "
            "identities.teams to their entries."
        )
        said = f"{named(without)} {have(without)} no Teams account that is known."
        found.append(warning(PEOPLE, said, remedy))
    if elsewhere:
        remedy = f"Correct the tenant in identities.teams: it is {' or '.join(sorted(tenants))}."
        said = f"{named(elsewhere)} {have(elsewhere)} an account of another tenant."
        found.append(warning(PEOPLE, said, remedy))
    if accounts and not found:
        found.append(ok(PEOPLE, "Everybody who is reached in Teams has an account there."))
    return found


def _shapes(settings: TeamsSettings) -> list[Found]:
    """What can be said of the ids without asking anybody."""
    ids = {"MICROSOFT_APP_ID": settings.app_id, "MICROSOFT_APP_TENANT_ID": settings.tenant}
    wrong = [key for key, value in ids.items() if value and not _GUID.fullmatch(value)]
    remedy = "Copy it from the app's Overview in Entra, App registrations: 8-4-4-4-12 characters."
    return [warning(APP, f"{key} does not look like an id.", remedy) for key in wrong]


async def _keys(settings: TeamsSettings, http: ClientSession, clock: Clock) -> list[Found]:
    """Whether there are keys to check callers by; with them Microsoft says what time it is."""
    ring = KeyRing(lambda: http, settings.metadata_url)
    host = hosted(settings.metadata_url)
    try:
        before = clock()
        async with http.get(settings.metadata_url) as answer:
            date, now = answer.headers.get("Date", ""), (before + clock()) // 2
        await ring.key("")
    except (KeysUnavailable, ClientError, TimeoutError, OSError) as error:
        said = f"The keys at {host} cannot be had ({_what(error)}): every call is refused."
        return [problem(KEYS, said, _REACH.format(host=host))]
    told = skew(date, now, "Microsoft's")
    if not ring.held:
        remedy = "Remove MICROSOFT_OPENID_METADATA_URL, or correct it."
        return [
            problem(KEYS, f"There are no keys at {host}: every call is refused.", remedy),
            *told,
        ]
    return [ok(KEYS, "The keys by which callers are checked can be had."), *told]


async def _login(settings: TeamsSettings, fetch: Callable[[str, str], Fetch]) -> Found:
    """What the login says to this app id and password."""
    if not settings.app_id:
        remedy = "Set MICROSOFT_APP_ID before you serve real people."
        return warning(LOGIN, "Unsigned calls are taken, and nobody is asked for a token.", remedy)
    try:
        await fetch(settings.token_url, AUDIENCE)()
    except NoToken as refused:
        if refused.settings:
            return problem(LOGIN, _sentence(str(refused)), _sentence(f"{BAD_LOGIN} ({LOGIN_PAGE})"))
        remedy = _REACH.format(host=hosted(settings.login_url))
        return problem(LOGIN, _sentence(str(refused)), remedy)
    return ok(LOGIN, "Microsoft gives the bot a token.")


async def _service(settings: TeamsSettings, http: ClientSession) -> Found:
    """Whether anything answers where cards are sent; what it says to nobody is no matter."""
    host = hosted(settings.service_url)
    try:
        async with http.get(settings.service_url, allow_redirects=False):
            return ok(SERVICE, f"{host} answers.")
    except (ClientError, TimeoutError, OSError) as error:
        said = f"{host} cannot be reached ({_what(error)}): no card is sent."
        return problem(SERVICE, said, _REACH.format(host=host))


async def _installed(graph: Graph, accounts: Accounts, tenants: Sequence[str]) -> list[Found]:
    """Whether the first few people have the app, which is also whether that may be asked."""
    here = [(name, i) for name, i in accounts.items() if i and i.realm.lower() in tenants]
    without = []
    for name, account in islice(here, ASKED):
        try:
            if not await graph.has(account):
                without.append(name)
        except Failure as failure:
            return [_not_asked(name, failure)]
    looked = min(len(here), ASKED)
    said = f"Microsoft Graph was asked of {looked} people."
    if without:
        said += f" {named(without)} {have(without)} not got the app: their first card brings it."
    return [ok(INSTALLING, said)]


def _not_asked(name: str, failure: Failure) -> Found:
    what = outcome(failure)
    if isinstance(what, Dead):
        said, _, remedy = what.reason.partition(": ")
        return problem(INSTALLING, _sentence(f"{said}, about {name}"), _sentence(remedy))
    remedy = "See that this machine can reach Microsoft Graph, and try again."
    return warning(INSTALLING, _sentence(str(failure)), remedy)


def _graph(
    settings: TeamsSettings, http: ClientSession, fetch: Callable[[str, str], Fetch], clock: Clock
) -> Graph:
    def credential(tenant: str) -> Credential:
        return Credential(fetch(settings.tenants_token_url(tenant), settings.graph_url))

    return Graph(lambda: http, credential, settings.graph_url, settings.catalog_app, clock)


def _sources(
    settings: TeamsSettings, http: ClientSession, pool: ThreadPoolExecutor, clock: Clock
) -> Callable[[str, str], Fetch]:
    """Where tokens come from, by the login's address and the service they are for."""
    if settings.app_type == MANAGED_IDENTITY:
        return lambda _url, audience: managed_identity(settings.app_id, pool, audience)
    app, secret = settings.app_id, settings.app_password
    return lambda url, audience: client_secret(lambda: http, url, app, secret, clock, audience)


def _what(error: Exception) -> str:
    return str(error) if isinstance(error, KeysUnavailable) else type(error).__name__


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
