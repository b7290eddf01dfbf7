"""Slack's settings: one bot token or installs by OAuth, calls by HTTP or Socket Mode."""

import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from bot.secret import Secret

_TOKEN: Final = "SLACK_BOT_TOKEN"  # noqa: S105 - the name of a setting
_SIGNING: Final = "SLACK_SIGNING_SECRET"
_APP: Final = "SLACK_APP_TOKEN"
_CLIENT: Final = ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET")
_ALLOWED: Final = "SLACK_ALLOWED_TEAMS"
_PUBLIC: Final = "COUNTERSIGN_PUBLIC_URL"
ENCRYPTION: Final = "COUNTERSIGN_ENCRYPTION_KEY"

_NONE: Final = Secret("")
_TEAM: Final = re.compile(r"[TE][A-Z0-9]{1,20}")
NEW_KEY: Final = "Make one with: openssl rand -base64 32 | tr '+/' '-_'"


@dataclass(frozen=True, kw_only=True, slots=True)
class InstallSettings:
    """Installs by OAuth. `allowed` are ids of workspaces and organisations, empty for any;
    `encryption_keys` is None where the key lies beside an SQLite database."""

    client_id: str
    client_secret: Secret
    public_url: str
    allowed: frozenset[str] = frozenset()
    encryption_keys: Secret | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SlackSettings:
    """The Slack app. `api_url` is None for Slack itself.

    Either `bot_token` is there or `installs`. With an `app_token` this server connects to Slack
    (Socket Mode), and `signing_secret` may be empty.
    """

    bot_token: Secret = _NONE
    signing_secret: Secret = _NONE
    app_token: Secret = _NONE
    api_url: str | None = None
    pace: bool = True
    match_email: bool = False
    installs: InstallSettings | None = None


class Reader(Protocol):
    """What reads one setting after the other and collects what is wrong."""

    def text(self, key: str) -> str: ...

    def url(self, key: str) -> str | None: ...

    def switch(self, key: str, remedy: str, *, unset: bool) -> bool: ...

    def wrong(self, key: str, problem: str, remedy: str) -> None: ...


def read_slack(reader: Reader) -> SlackSettings | None:
    """None where Slack is off."""
    api_url = reader.url("SLACK_API_URL")
    if not any(map(reader.text, (_TOKEN, _SIGNING, _APP, *_CLIENT))):
        return None
    by_oauth = any(map(reader.text, _CLIENT))
    signing = () if reader.text(_APP) else (_SIGNING,)
    _all_of((*(_CLIENT if by_oauth else (_TOKEN,)), *signing), reader)
    _shapes(reader)
    pace = "Remove it, or use 0 for a simulated Slack."
    found = SlackSettings(
        bot_token=Secret(reader.text(_TOKEN)),
        signing_secret=Secret(reader.text(_SIGNING)),
        app_token=Secret(reader.text(_APP)),
        api_url=None if api_url is None else f"{api_url}/",
        pace=reader.switch("SLACK_PACE", pace, unset=True),
        match_email=reader.switch("SLACK_MATCH_EMAIL", "Use yes or no.", unset=False),
        installs=_installs(reader) if by_oauth else None,
    )
    if found.match_email and found.installs is not None and not found.installs.allowed:
        problem = "would trust the addresses of whatever workspace installs the app"
        remedy = f"List your workspaces in {_ALLOWED}, or switch it off."
        reader.wrong("SLACK_MATCH_EMAIL", problem, remedy)
    if reader.text(_ALLOWED) and not by_oauth:
        remedy = f"Remove it, or set {_CLIENT[0]} and {_CLIENT[1]}."
        reader.wrong(_ALLOWED, "is about installs by OAuth, which are off", remedy)
    return found


def _all_of(needed: tuple[str, ...], reader: Reader) -> None:
    missing = [key for key in needed if not reader.text(key)]
    others = (key for key in (*needed, _APP) if reader.text(key))
    given = next(others, "its other settings")
    for key in missing:
        remedy = f"Set {key}, or remove {given} to switch Slack off."
        reader.wrong(key, "is missing, so Slack is only half set up", remedy)


def _shapes(reader: Reader) -> None:
    token, app = reader.text(_TOKEN), reader.text(_APP)
    if token and any(map(reader.text, _CLIENT)):
        remedy = (
            f"Keep the token for one workspace, or {_CLIENT[0]} and {_CLIENT[1]} for installs "
            "by OAuth."
        )
        reader.wrong(_TOKEN, f"stands beside {_CLIENT[0]}, and only one of them can count", remedy)
    elif token and not token.startswith("xoxb-"):
        remedy = "Use the Bot User OAuth Token, which starts with xoxb-."
        reader.wrong(_TOKEN, "is not a bot token", remedy)
    if app and not app.startswith("xapp-"):
        remedy = "Use an app-level token with connections:write, which starts with xapp-."
        reader.wrong(_APP, "is not an app-level token", remedy)


def _installs(reader: Reader) -> InstallSettings:
    given = reader.text(_ALLOWED).replace(",", " ").split()
    if not all(map(_TEAM.fullmatch, given)):
        remedy = "Use ids such as T0123ABCD, or E0123ABCD for an organisation."
        reader.wrong(_ALLOWED, "names something that is no workspace", remedy)
    return InstallSettings(
        client_id=reader.text(_CLIENT[0]),
        client_secret=Secret(reader.text(_CLIENT[1])),
        public_url=_public(reader),
        allowed=frozenset(given),
        encryption_keys=encryption_keys(reader),
    )


def _public(reader: Reader) -> str:
    url = reader.text(_PUBLIC).rstrip("/")
    parts = urlsplit(url)
    if not url:
        remedy = "Set it to the address under which people reach this server."
        reader.wrong(_PUBLIC, "is missing, and Slack leads back to it after an install", remedy)
    elif parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        remedy = "Put TLS in front, and set it to https://..."
        reader.wrong(_PUBLIC, "is not https, and Slack leads nowhere else", remedy)
    return url


def encryption_keys(reader: Reader) -> Secret | None:
    """The keys as set; None where they lie beside an SQLite database."""
    given = reader.text(ENCRYPTION)
    if not given:
        if reader.text("COUNTERSIGN_DATABASE_URL").startswith("postgresql://"):
            problem = "is missing, and all servers on one database need the same"
            reader.wrong(ENCRYPTION, problem, NEW_KEY)
        return None
    if not all(map(is_key, split_keys(given))):
        reader.wrong(ENCRYPTION, "holds something that is no key", NEW_KEY)
    return Secret(given)


def split_keys(given: str) -> tuple[str, ...]:
    """The keys, the newest first; at least one, which may be no key."""
    return tuple(key.strip() for key in given.split(","))


def is_key(text: str) -> bool:
    """Whether it is 32 bytes in URL-safe Base64."""
    try:
        return len(urlsafe_b64decode(text)) == 32 and re.fullmatch(r"[\w=-]+", text) is not None
    except ValueError:
        return False
