"""Teams' settings. What is wrong with them is known to the adapter alone, whose list is shown."""

from dataclasses import dataclass
from typing import Final

from adapters.teams import settings as adapter
from bot.secret import Secret
from bot.slack_settings import Reader

_NEEDED: Final = ("MICROSOFT_APP_ID", "MICROSOFT_APP_PASSWORD", "MICROSOFT_APP_TENANT_ID")


@dataclass(frozen=True, kw_only=True, slots=True)
class TeamsSettings:
    """The Teams bot. The addresses are None for Microsoft's own.

    With `allow_anonymous`, unsigned calls are taken: for development, on loopback only. What
    the others mean stands at the adapter's settings.
    """

    app_id: str
    app_password: Secret
    app_type: str = adapter.SINGLE_TENANT
    tenant_id: str | None = None
    openid_metadata_url: str | None = None
    login_url: str | None = None
    service_url: str | None = None
    graph_url: str | None = None
    allow_anonymous: bool = False
    more_tenants: tuple[str, ...] = ()
    service_hosts: tuple[str, ...] = ()
    catalog_app: str = ""
    pace: bool = True

    def for_adapter(self) -> adapter.TeamsSettings:
        """The same as the adapter takes it, which also knows what is wrong with it."""
        return adapter.TeamsSettings(
            app_id=self.app_id,
            app_password=self.app_password.reveal(),
            app_type=self.app_type,
            tenant=self.tenant_id or "",
            metadata_url=self.openid_metadata_url or adapter.METADATA_URL,
            login_url=self.login_url or adapter.LOGIN_URL,
            service_url=self.service_url or adapter.SERVICE_URL,
            graph_url=self.graph_url or adapter.GRAPH_URL,
            allow_anonymous=self.allow_anonymous,
            more_tenants=self.more_tenants,
            service_hosts=self.service_hosts,
            catalog_app=self.catalog_app,
            paced=self.pace,
        )


def read_teams(reader: Reader, *, anonymous: bool) -> TeamsSettings | None:
    """None where Teams is off; `anonymous` where unsigned calls are to be taken."""
    if not anonymous and not any(map(reader.text, _NEEDED)):
        return None
    app_id, password, tenant = map(reader.text, _NEEDED)
    found = TeamsSettings(
        app_id=app_id,
        app_password=Secret(password),
        app_type=reader.text("MICROSOFT_APP_TYPE") or adapter.SINGLE_TENANT,
        tenant_id=tenant or None,
        openid_metadata_url=_address("MICROSOFT_OPENID_METADATA_URL", reader),
        login_url=_address("MICROSOFT_LOGIN_URL", reader),
        service_url=_address("TEAMS_SERVICE_URL", reader),
        graph_url=_address("MICROSOFT_GRAPH_URL", reader),
        allow_anonymous=anonymous,
        more_tenants=_listed(adapter.ALLOWED, reader),
        service_hosts=_listed("TEAMS_SERVICE_HOSTS", reader),
        catalog_app=reader.text(adapter.CATALOG),
        pace=reader.switch("TEAMS_PACE", "Remove it, or use 0 for a simulated Teams.", unset=True),
    )
    for mistake in found.for_adapter().mistakes():
        reader.wrong(mistake.key, mistake.problem, mistake.remedy)
    return found


def _address(key: str, reader: Reader) -> str | None:
    return reader.text(key).rstrip("/") or None


def _listed(key: str, reader: Reader) -> tuple[str, ...]:
    """Names with commas between them, in lower case."""
    return tuple(reader.text(key).replace(",", " ").lower().split())
