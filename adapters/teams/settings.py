"""What must be known to serve Teams, and what is wrong with it, all at once.

The only list of these checks: the composition root reads the environment and shows what is
found here. Imports nothing heavy, so that a process without Teams can have it too.
"""

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from adapters.teams.addresses import MICROSOFTS, Trusted, local, usable

METADATA_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
"""https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication"""
LOGIN_URL = "https://login.microsoftonline.com"
SERVICE_URL = "https://smba.trafficmanager.net/teams/"
"""Teams' global address, good until a conversation names a nearer one.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
"""
GRAPH_URL = "https://graph.microsoft.com"
SINGLE_TENANT = "SingleTenant"
MULTI_TENANT = "MultiTenant"
MANAGED_IDENTITY = "UserAssignedMSI"
ALLOWED = "MICROSOFT_ALLOWED_TENANTS"
CATALOG = "TEAMS_CATALOG_APP_ID"
_TYPES = (SINGLE_TENANT, MULTI_TENANT, MANAGED_IDENTITY)
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HOST = re.compile(r"[a-z0-9.-]+\.[a-z0-9-]+(:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A setting that is wrong, and what to do; never holds a value."""

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}. {self.remedy}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamsSettings:
    """One bot. `allow_anonymous` only ever on a loopback address.

    `tenant` is its own one; people of `more_tenants` decide too. `service_hosts` are places of
    Teams beside those that are known. With `catalog_app`, the id of the app in the
    organisation's catalogue, it is installed for people who have not got it, through Microsoft
    Graph. Without `paced`, everything is sent at once: to a simulated Teams.
    Without `dialogs`, forms stand in the place of their card.
    """

    app_id: str
    tenant: str
    app_password: str = field(default="", repr=False)
    app_type: str = SINGLE_TENANT
    metadata_url: str = METADATA_URL
    login_url: str = LOGIN_URL
    service_url: str = SERVICE_URL
    allow_anonymous: bool = False
    more_tenants: tuple[str, ...] = ()
    service_hosts: tuple[str, ...] = ()
    catalog_app: str = ""
    graph_url: str = GRAPH_URL
    paced: bool = True
    dialogs: bool = True

    def mistakes(self) -> list[Mistake]:
        """Every mistake with its key and remedy; empty when it can be served."""
        return [*self._of_the_app(), *self._of_the_tenants(), *self._of_the_addresses()]

    def _of_the_app(self) -> list[Mistake]:
        found = []
        if not self.app_id and not self.allow_anonymous:
            remedy = (
                "Set the bot's app id; remove the other Teams settings to switch Teams off; or, "
                "for development on a loopback address, set TEAMS_ALLOW_ANONYMOUS=1."
            )
            found.append(Mistake("MICROSOFT_APP_ID", "is missing, so nobody is checked", remedy))
        if self._needs_password and not self.app_password:
            remedy = f"Set the app's client secret, or use MICROSOFT_APP_TYPE={MANAGED_IDENTITY}."
            found.append(Mistake("MICROSOFT_APP_PASSWORD", "is missing", remedy))
        if self.app_type not in _TYPES:
            remedy = f"Use {', '.join(_TYPES[:-1])} or {_TYPES[-1]}."
            found.append(Mistake("MICROSOFT_APP_TYPE", "is unknown", remedy))
        if not self.tenant:
            # Whatever the app's type: an account is known by its tenant, and without one to
            # compare with, people of every tenant would be let in.
            remedy = "Set the Directory (tenant) ID of the organisation whose people decide."
            found.append(Mistake("MICROSOFT_APP_TENANT_ID", "is missing", remedy))
        return found

    def _of_the_tenants(self) -> list[Mistake]:
        found = []
        if self.more_tenants and self.app_type in (SINGLE_TENANT, MANAGED_IDENTITY):
            remedy = f"Remove it; only a bot of the type {MULTI_TENANT} is known in other tenants."
            found.append(Mistake(ALLOWED, "names tenants that this bot cannot serve", remedy))
        elif not all(map(_GUID.fullmatch, self.more_tenants)):
            remedy = "List Directory (tenant) IDs, with commas between them."
            found.append(Mistake(ALLOWED, "names something that is not a tenant's id", remedy))
        if self.catalog_app and not _GUID.fullmatch(self.catalog_app):
            remedy = "Set the id that the Teams admin center shows for the uploaded app."
            found.append(Mistake(CATALOG, "is not an app's id", remedy))
        elif self.catalog_app and not self.app_id:
            remedy = "Remove it, or set MICROSOFT_APP_ID."
            found.append(Mistake(CATALOG, "cannot be used without an app that signs in", remedy))
        return found

    def _of_the_addresses(self) -> list[Mistake]:
        addresses = {
            "MICROSOFT_OPENID_METADATA_URL": self.metadata_url,
            "MICROSOFT_LOGIN_URL": self.login_url,
            "MICROSOFT_GRAPH_URL": self.graph_url,
            "TEAMS_SERVICE_URL": self.service_url,
        }
        problem, remedy = "is not an address that can be called", "Use https://host."
        found = [Mistake(key, problem, remedy) for key, at in addresses.items() if not usable(at)]
        if not all(map(_HOST.fullmatch, self.service_hosts)):
            remedy = "List names like smba.example.com, with commas between them."
            found.append(Mistake("TEAMS_SERVICE_HOSTS", "names something that is no host", remedy))
        return found

    @property
    def _needs_password(self) -> bool:
        return self.app_type != MANAGED_IDENTITY and bool(self.app_id or not self.allow_anonymous)

    @property
    def tenants(self) -> tuple[str, ...]:
        """Every tenant whose people decide, the bot's own first, in lower case."""
        return tuple(dict.fromkeys(each.lower() for each in (self.tenant, *self.more_tenants)))

    @property
    def opens_dialogs(self) -> bool:
        """Whether clients open dialogs: without an app id the only one is Microsoft's Agents
        Playground, which does nothing when it is asked to."""
        return self.dialogs and bool(self.app_id)

    @property
    def trusted(self) -> Trusted:
        """Where Teams may say that it takes our calls, which carry the bot's token.

        This machine, where callers are vouched for by nobody or by this machine itself.
        """
        simulated = not self.app_id or local(self.metadata_url)
        hosts = {urlsplit(self.service_url).netloc.lower(), *self.service_hosts}
        return Trusted(MICROSOFTS | hosts, simulated)

    @property
    def token_url(self) -> str:
        """Where the bot's own tokens come from.

        https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
        """
        authority = "botframework.com" if self.app_type == MULTI_TENANT else self.tenant
        return self.tenants_token_url(authority)

    def tenants_token_url(self, tenant: str) -> str:
        """Where tokens for one tenant's own services come from."""
        return f"{self.login_url.rstrip('/')}/{tenant}/oauth2/v2.0/token"
