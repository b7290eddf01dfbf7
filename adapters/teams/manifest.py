"""The Teams app: its manifest, made from the commands of the code, and the package around it.

The one source of what `countersign teams package` writes.
https://learn.microsoft.com/en-us/microsoft-365/extensibility/schema/
"""

import io
import json
import re
import zipfile
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.teams import icons
from adapters.teams.commands import COMMANDS, usage
from adapters.teams.settings import Mistake
from core.value import Value

Json = dict[str, Any]

VERSION: Final = "1.29"
"""The first version of the manifest that has slash commands."""
SCHEMA: Final = (
    f"https://developer.microsoft.com/json-schemas/teams/v{VERSION}/MicrosoftTeams.schema.json"
)
SCOPES: Final = ("personal", "team", "groupChat")
TRIGGERS: Final = ("mention", "slash")
"""Commands are offered behind @Countersign and behind `/`."""

MOST_COMMANDS: Final = 12
MOST_NAME: Final = 30
MOST_DEVELOPER: Final = 32
MOST_URL: Final = 2048

FILES: Final = ("manifest.json", "color.png", "outline.png")
"""What the package holds, at its root."""

_SHORT: Final = "Approvals for AI agents and people, one click in Microsoft Teams or Slack."
_FULL: Final = (
    "AI agents and people ask, the right people answer with one click, and the agent gets a "
    "decision it can prove. Cards arrive in your chat with the app and, where a rule names a "
    "channel or a group chat, there too; they show who asks, what for, the risks, and who has "
    "decided. Write queue to see what waits for you, and help for everything else."
)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_NUMBERS: Final = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
# The time of every file in the package: the earliest that a zip can say.
_THEN: Final = (1980, 1, 1, 0, 0, 0)


class TeamsApp(Value, frozen=True):
    """What one organisation's app is made of.

    `bot` is the bot's app id, `url` what people find behind the app's name; the pages about
    privacy and terms are the same one unless given. `version` has to rise with each upload.
    """

    bot: str
    url: str
    version: str
    name: str = "Countersign"
    developer: str = "Countersign"
    privacy: str = ""
    terms: str = ""


def mistakes(app: TeamsApp) -> list[Mistake]:
    """Everything that Teams would refuse, by the option's name, each with a remedy."""
    found = []
    if not _GUID.fullmatch(app.bot):
        problem = "is missing" if not app.bot else "is not an app id"
        remedy = "Give the Application (client) ID of the bot's registration, or set it as"
        found.append(Mistake("--app-id", problem, f"{remedy} MICROSOFT_APP_ID."))
    found += [
        Mistake(option, problem, "Give an https:// address that people can open.")
        for option, url in _addresses(app).items()
        if (problem := _wrong_with(url))
    ]
    for option, text, most in (
        ("--name", app.name, MOST_NAME),
        ("--developer", app.developer, MOST_DEVELOPER),
    ):
        if not text.strip() or len(text) > most or not text.isprintable():
            remedy = f"Give 1 to {most} characters on one line."
            found.append(Mistake(option, "cannot be shown", remedy))
    if not _NUMBERS.fullmatch(app.version):
        remedy = "Give three numbers, such as 1.0.3."
        found.append(Mistake("--app-version", "is not a version", remedy))
    return found


def _addresses(app: TeamsApp) -> dict[str, str]:
    given = {"--privacy-url": app.privacy, "--terms-url": app.terms}
    return {"--url": app.url, **{option: url for option, url in given.items() if url}}


def _wrong_with(url: str) -> str:
    """What is wrong with an address; nothing when all is well."""
    if not url:
        return "is missing"
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    good = good and url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\")
    return "" if good and len(url) <= MOST_URL else "is not an address that Teams takes"


def manifest(app: TeamsApp) -> Json:
    """The manifest, of an app in which `mistakes` finds nothing."""
    return {
        "$schema": SCHEMA,
        "manifestVersion": VERSION,
        "version": app.version,
        # One bot is one app: whoever has the one id finds the other.
        "id": app.bot.lower(),
        "developer": {
            "name": app.developer,
            "websiteUrl": app.url,
            "privacyUrl": app.privacy or app.url,
            "termsOfUseUrl": app.terms or app.url,
        },
        "name": {"short": app.name, "full": f"{app.name}: approvals"},
        "description": {"short": _SHORT, "full": _FULL},
        "icons": {"color": "color.png", "outline": "outline.png"},
        "accentColor": icons.ACCENT,
        "bots": [_bot(app)],
        "defaultInstallScope": "personal",
        "defaultGroupCapability": {"team": "bot", "groupchat": "bot"},
        # By it Microsoft Graph knows the app as its own, and lets it install itself for people:
        # https://learn.microsoft.com/en-us/microsoftteams/platform/graph-api/proactive-bots-and-messages/graph-proactive-bots-and-messages
        "webApplicationInfo": {"id": app.bot.lower(), "resource": f"api://{app.bot.lower()}"},
    }


def _bot(app: TeamsApp) -> Json:
    commands = [{"title": title, "description": usage(title)} for title in COMMANDS]
    return {
        "botId": app.bot.lower(),
        "scopes": list(SCOPES),
        "isNotificationOnly": False,
        "supportsFiles": False,
        # Without it Teams shows no slash commands:
        # https://learn.microsoft.com/en-us/microsoftteams/platform/agents-in-teams/agent-slash-commands
        "supportsTargetedMessages": True,
        # Each scope needs a list of its own:
        # https://learn.microsoft.com/en-us/microsoft-365/extensibility/schema/root-bots-command-lists
        "commandLists": [
            {"scopes": [scope], "triggers": list(TRIGGERS), "commands": commands}
            for scope in SCOPES
        ],
    }


def package(app: TeamsApp) -> bytes:
    """The zip file as Teams takes it; the same for the same app."""
    text = json.dumps(manifest(app), indent=2, ensure_ascii=False) + "\n"
    contents = (text.encode(), icons.color(), icons.outline())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, content in zip(FILES, contents, strict=True):
            entry = zipfile.ZipInfo(name, _THEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # else it tells the machine that made it
            entry.external_attr = 0o644 << 16
            made.writestr(entry, content)
    return out.getvalue()
