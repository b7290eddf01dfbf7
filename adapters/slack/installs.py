"""slack_sdk's installation store over our own port, so that there is one engine and one writer.

Keeps the bot's token only, sealed. Installations by a person's own token are not asked for.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from slack_sdk.oauth.installation_store import Bot
from slack_sdk.oauth.installation_store import Installation as SlackInstallation
from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore

from adapters.slack.identity import PLATFORM
from adapters.slack.sealing import Grant, Seal
from core.installs import Installation, Installations
from core.ports import Clock
from core.value import Millis

SEALING: Final[Millis] = 10_000
"""How long one replica may take to seal an installation again."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation as it is kept, and opened."""

    row: Installation
    grant: Grant


class InstallStore(AsyncInstallationStore):
    """What slack_sdk and the rest of this adapter know of installations."""

    def __init__(self, kept: Installations, seal: Seal, clock: Clock) -> None:
        self._kept = kept
        self._seal = seal
        self._clock = clock

    @property
    def logger(self) -> logging.Logger:
        return _log

    async def all(self) -> Sequence[Installed]:
        """All that can be opened; what cannot counts as not installed, and the log says so."""
        found = [self._opened(row) for row in await self._kept.installed(PLATFORM)]
        return [each for each in found if each is not None]

    async def claim(self, found: Installed, milliseconds: Millis) -> bool:
        """Take the exchange of its token on oneself for that long."""
        now = self._clock()
        return await self._kept.claim(found.row, now, now + milliseconds)

    async def exchange(self, found: Installed, grant: Grant) -> bool:
        """Keep another grant in its place, unless it has changed or ended since."""
        return await self._kept.reseal(found.row, self._seal.close_grant(grant))

    async def seal_again(self) -> None:
        """Put everything under the newest key, so that older ones can be given up; but what
        another replica is just exchanging, which seals it itself."""
        for row in await self._kept.installed(PLATFORM):
            opened = self._opened(row)
            if opened is None or self._seal.is_newest(row.body):
                continue
            if await self.claim(opened, SEALING):
                await self.exchange(opened, opened.grant)

    async def end(self, id: str, at: Millis) -> bool:
        """The app was removed there at that time."""
        return await self._kept.end(PLATFORM, id, at)

    async def async_save(self, installation: SlackInstallation) -> None:
        """Keep a new installation, in the place of an earlier one."""
        whole = installation.is_enterprise_install
        team = "" if whole else installation.team_id or ""
        enterprise = installation.enterprise_id or ""
        grant = _grant(team or enterprise, installation)
        row = Installation(
            platform=PLATFORM,
            team=team,
            enterprise=enterprise,
            body=self._seal.close_grant(grant),
            at=self._clock(),
        )
        await self._kept.install(row)

    async def async_find_installation(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None = None,  # noqa: ARG002 - slack_sdk's signature
        is_enterprise_install: bool | None = False,
    ) -> SlackInstallation | None:
        """The installation in this workspace, or in the organisation."""
        place = enterprise_id if is_enterprise_install or not team_id else team_id
        found = next((each for each in await self.all() if each.row.id == place), None)
        return None if found is None else _installation(found)

    async def async_find_bot(
        self,
        *,
        enterprise_id: str | None,
        team_id: str | None,
        is_enterprise_install: bool | None = False,
    ) -> Bot | None:
        """The bot of that installation."""
        found = await self.async_find_installation(
            enterprise_id=enterprise_id,
            team_id=team_id,
            is_enterprise_install=is_enterprise_install,
        )
        return None if found is None else found.to_bot()

    async def async_delete_bot(self, *, enterprise_id: str | None, team_id: str | None) -> None:
        """The app was removed from this workspace, or from the organisation."""
        await self.end(team_id or enterprise_id or "", self._clock())

    async def async_delete_installation(
        self, *, enterprise_id: str | None, team_id: str | None, user_id: str | None = None
    ) -> None:
        """Nothing: there are no installations by a person's token."""

    def _opened(self, row: Installation) -> Installed | None:
        grant = self._seal.open_grant(row.body, row.id)
        if grant is None:
            _log.error(
                "the installation of Slack workspace %s does not open: put the key it was sealed "
                "with into COUNTERSIGN_ENCRYPTION_KEY, behind the present one, or install again",
                row.id,
            )
            return None
        return Installed(row=row, grant=grant)


def _grant(id: str, found: SlackInstallation) -> Grant:
    if not id or not found.bot_token:
        raise ValueError("Slack named no workspace, or gave no bot token")
    expires = found.bot_token_expires_at
    return Grant(
        id=id,
        bot_token=found.bot_token,
        refresh_token=found.bot_refresh_token,
        expires_at=None if expires is None else expires * 1000,
        bot_id=found.bot_id or "",
        bot_user=found.bot_user_id or "",
        app=found.app_id or "",
        name=found.team_name or found.enterprise_name or "",
        scopes=tuple(found.bot_scopes or ()),
        installer=found.user_id or "",
    )


def _installation(found: Installed) -> SlackInstallation:
    row, grant = found.row, found.grant
    return SlackInstallation(
        app_id=grant.app,
        enterprise_id=row.enterprise or None,
        team_id=row.team or None,
        team_name=grant.name,
        bot_token=grant.bot_token,
        bot_id=grant.bot_id,
        bot_user_id=grant.bot_user,
        bot_scopes=grant.scopes,
        bot_refresh_token=grant.refresh_token,
        bot_token_expires_at=None if grant.expires_at is None else grant.expires_at // 1000,
        user_id=grant.installer,
        is_enterprise_install=not row.team,
        installed_at=row.at / 1000,
    )
