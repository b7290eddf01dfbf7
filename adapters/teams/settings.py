"""What must be known to serve Teams, and what is wrong with it, all at once.

The only list of these checks: the composition root reads the environment and shows what is
found here. Imports nothing heavy, so that a process without Teams can have it too.
"""

from dataclasses import dataclass, field

from adapters.teams.addresses import usable

METADATA_URL = "https://login.botframework.com/v1/.well-known/openidconfiguration"
"""https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication"""
LOGIN_URL = "https://login.microsoftonline.com"
SERVICE_URL = "https://smba.trafficmanager.net/teams/"
"""Teams' global address, good until a conversation names a nearer one.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages
"""
SINGLE_TENANT = "SingleTenant"
MULTI_TENANT = "MultiTenant"
MANAGED_IDENTITY = "UserAssignedMSI"
_TYPES = (SINGLE_TENANT, MULTI_TENANT, MANAGED_IDENTITY)


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
    """One bot in one tenant. `allow_anonymous` only ever on a loopback address."""

    app_id: str
    tenant: str
    app_password: str = field(default="", repr=False)
    app_type: str = SINGLE_TENANT
    metadata_url: str = METADATA_URL
    login_url: str = LOGIN_URL
    service_url: str = SERVICE_URL
    allow_anonymous: bool = False

    def mistakes(self) -> list[Mistake]:
        """Every mistake with its key and remedy; empty when it can be served."""
        return [*self._of_the_app(), *self._of_the_addresses()]

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

    def _of_the_addresses(self) -> list[Mistake]:
        addresses = {
            "MICROSOFT_OPENID_METADATA_URL": self.metadata_url,
            "MICROSOFT_LOGIN_URL": self.login_url,
            "the Teams service address": self.service_url,
        }
        problem, remedy = "is not an address that can be called", "Use https://host."
        return [Mistake(key, problem, remedy) for key, at in addresses.items() if not usable(at)]

    @property
    def _needs_password(self) -> bool:
        return self.app_type != MANAGED_IDENTITY and bool(self.app_id or not self.allow_anonymous)

    @property
    def token_url(self) -> str:
        """Where the bot's own tokens come from.

        https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
        """
        authority = "botframework.com" if self.app_type == MULTI_TENANT else self.tenant
        return f"{self.login_url.rstrip('/')}/{authority}/oauth2/v2.0/token"
