"""What must be known to serve Teams, and what is wrong with it, all at once.

Reads no environment: the composition root fills it in.
"""

from dataclasses import dataclass, field

from adapters.teams.identity import usable
from adapters.teams.keys import METADATA_URL
from adapters.teams.references import SERVICE_URL

LOGIN_URL = "https://login.microsoftonline.com"
SINGLE_TENANT = "SingleTenant"
MULTI_TENANT = "MultiTenant"
MANAGED_IDENTITY = "UserAssignedMSI"
_TYPES = (SINGLE_TENANT, MULTI_TENANT, MANAGED_IDENTITY)


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

    def problems(self) -> list[str]:
        """Every mistake with its key and remedy; empty when it can be served."""
        found = []
        if not self.app_id and not self.allow_anonymous:
            found.append(
                "MICROSOFT_APP_ID: empty, which would switch authentication off. Give the bot's "
                "app id, or TEAMS_ALLOW_ANONYMOUS=1 on a loopback address for development."
            )
        if not self.tenant:
            found.append("MICROSOFT_APP_TENANT_ID: missing. Give the tenant whose people decide.")
        if self.app_type not in _TYPES:
            found.append(f"MICROSOFT_APP_TYPE: unknown. Use one of {', '.join(_TYPES)}.")
        if self.app_id and not self.app_password and self.app_type != MANAGED_IDENTITY:
            found.append("MICROSOFT_APP_PASSWORD: missing. Give the app's client secret.")
        urls = {
            "MICROSOFT_OPENID_METADATA_URL": self.metadata_url,
            "MICROSOFT_LOGIN_URL": self.login_url,
            "the Teams service address": self.service_url,
        }
        wrong = [name for name, url in urls.items() if not usable(url)]
        return [*found, *(f"{name}: not an address. Use https://..." for name in wrong)]

    @property
    def token_url(self) -> str:
        """Where the bot's own tokens come from.

        https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
        """
        authority = "botframework.com" if self.app_type == MULTI_TENANT else self.tenant
        return f"{self.login_url.rstrip('/')}/{authority}/oauth2/v2.0/token"
