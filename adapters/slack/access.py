"""With which tokens Slack is spoken to: one from the settings, or one for each installation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web
from slack_bolt.async_app import AsyncApp

from adapters.slack.calls import Wire
from adapters.slack.installed import InstalledWorkspaces
from adapters.slack.installs import InstallStore
from adapters.slack.lifecycle import Lifecycle
from adapters.slack.oauth import Distribution, FirstTime, Oauth
from adapters.slack.sealing import Seal
from adapters.slack.workspaces import OneWorkspace, Workspaces


class Registering(Protocol):
    """Something that people do in Slack, with its handlers."""

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what."""
        ...


@dataclass(frozen=True, slots=True)
class Access:
    """The workspaces, and what comes with having several: handlers and pages."""

    workspaces: Workspaces
    parts: Sequence[Registering] = ()
    routes: Sequence[web.RouteDef] = ()


def by_token(wire: Wire, bot_token: str) -> Access:
    """One workspace, whose token stands in the settings."""
    return Access(OneWorkspace(wire, bot_token))


def by_installing(
    wire: Wire, distribution: Distribution, first_time: FirstTime, api_url: str
) -> Access:
    """Each workspace in which the app is installed; raises ValueError for a key that is none."""
    seal = Seal(distribution.seal_keys)
    store = InstallStore(distribution.kept, seal, distribution.clock)
    workspaces = InstalledWorkspaces(
        wire, distribution.app, store, distribution.clock, distribution.allowed
    )
    pages = Oauth(wire, distribution, store, seal, first_time, workspaces.forget, api_url)
    return Access(workspaces, [Lifecycle(wire, store, workspaces)], pages.routes)
