"""What a server that workspaces install is given, and what it says of who may."""

from pathlib import Path
from typing import Any

from bot.distributing import distributed
from bot.settings import Secret, Settings, SlackSettings
from bot.slack_settings import InstallSettings
from storage import open_storage
from storage.migrate import upgrade
from tests.bot.logged import logged


async def events(folder: Path, **fields: Any) -> list[str]:
    """What is logged at the start of a server with these settings of its installs."""
    url = f"sqlite:///{folder}/installs.db"
    upgrade(url)
    secret = Secret("sample-client-secret")
    installs = InstallSettings(client_id="1.2", client_secret=secret, public_url="", **fields)
    slack = SlackSettings(installs=installs)
    given = Settings(database_url=Secret(url), policy=None, directory="", slack=slack)
    storage = open_storage(url)
    with logged() as lines:
        assert distributed(given, storage, lambda: 0, lambda: None) is not None
    await storage.close()
    return [line["event"] for line in lines if line["log_level"] == "warning"]


async def test_that_any_workspace_may_install_is_said_at_the_start(tmp_path: Path) -> None:
    assert await events(tmp_path) == ["any_workspace_may_install"]
    assert await events(tmp_path, allowed=frozenset({"T1"})) == []
