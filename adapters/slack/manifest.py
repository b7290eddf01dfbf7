"""What the Slack app must be registered with, and the manifest that registers it.

The one source of `manifest.yml`, which is this for an example address:
`countersign slack manifest --url https://countersign.example.com > manifest.yml`
https://docs.slack.dev/reference/app-manifest
"""

import io
import textwrap
from collections.abc import Mapping
from itertools import accumulate
from typing import Any, Final, cast

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import FoldedScalarString

from adapters.slack.actions import COMMAND
from adapters.slack.calls import SCOPES
from core.value import Value

Json = dict[str, Any]

PATH: Final = "/slack/events"
OAUTH_PATH: Final = "/slack/oauth_redirect"
EXAMPLE: Final = "https://countersign.example.com"

REQUEST: Final = "countersign_request"
"""The shortcut that opens the request form."""

EVENTS: Final[Mapping[str, str | None]] = {
    "app_uninstalled": None,
    "tokens_revoked": None,
    "user_change": "users:read",
    "app_home_opened": None,
    "message.im": "im:history",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
}
"""Every event that a handler listens to, and the scope it needs.

https://docs.slack.dev/reference/events
"""


MATCH_SCOPE: Final = "users:read.email"
"""Needed, beside users.info's own scope, only where people are found by their addresses."""


class Shortcut(Value, frozen=True):
    """An entry in the list that Slack shows for `/` and behind the plus sign."""

    callback: str
    name: str
    description: str


class Registered(Value, frozen=True):
    """What the handlers rely on. `home` says that there is a Home tab."""

    commands: tuple[str, ...]
    scopes: tuple[str, ...]
    path: str
    shortcuts: tuple[Shortcut, ...] = ()
    events: tuple[str, ...] = ()
    home: bool = False


REGISTERED: Final = Registered(
    commands=(COMMAND,),
    scopes=tuple(sorted({"commands", *filter(None, (*SCOPES.values(), *EVENTS.values()))})),
    path=PATH,
    shortcuts=(Shortcut(REQUEST, "Ask for approval", "Ask the right people, with a short form"),),
    home=True,
    events=tuple(sorted(EVENTS)),
)

_ABOUT: Final = {
    "name": "Countersign",
    "description": "Approvals for AI agents and people, one click in Slack or Microsoft Teams.",
    "long_description": (
        "AI agents and people ask, the right people answer with one click, and the agent gets "
        "a decision it can prove. Cards arrive as direct messages and, where a rule names a "
        "channel, there too; they show who asks, what for, the risks, and who has decided. "
        "Write /approvals to see what waits for you."
    ),
    "background_color": "#1f6f54",
}
_COMMAND: Final = "What waits for you, where a request stands, and who acts for you"
_HINT: Final = "[request | status ID | delegate @name until DATE | ooo | stats | link | help]"


def manifest(
    url: str, *, socket: bool = False, oauth: bool = False, matching: bool = False
) -> Json:
    """The manifest for a server at `url` (https, nothing behind the host).

    With `socket` Slack calls no address: it sends everything through a connection that the
    server opens. With `oauth` several workspaces may install the app by themselves. With
    `matching` the app may read e-mail addresses, by which people are found.
    """
    calls = {} if socket else {"request_url": f"{url}{REGISTERED.path}"}
    settings: Json = {"interactivity": {"is_enabled": True, **calls}}
    if REGISTERED.events:
        settings["event_subscriptions"] = {**calls, "bot_events": list(REGISTERED.events)}
    settings |= {
        "org_deploy_enabled": False,
        "socket_mode_enabled": socket,
        # Only who holds an installation can keep the tokens that Slack exchanges.
        "token_rotation_enabled": oauth,
    }
    scopes = sorted({*REGISTERED.scopes, *([MATCH_SCOPE] if matching else [])})
    redirects = {"redirect_urls": [f"{url}{OAUTH_PATH}"]} if oauth else {}
    return {
        "display_information": dict(_ABOUT),
        "features": _features({} if socket else {"url": f"{url}{REGISTERED.path}"}),
        "oauth_config": {**redirects, "scopes": {"bot": scopes}},
        "settings": settings,
    }


def _features(address: Json) -> Json:
    features: Json = {
        "app_home": {
            "home_tab_enabled": REGISTERED.home,
            "messages_tab_enabled": True,
            # Nobody writes where nobody reads.
            "messages_tab_read_only_enabled": "message.im" not in REGISTERED.events,
        },
        "bot_user": {"display_name": "Countersign", "always_online": True},
    }
    if REGISTERED.shortcuts:
        features["shortcuts"] = [_shortcut(each) for each in REGISTERED.shortcuts]
    features["slash_commands"] = [
        {"command": command, **address, "description": _COMMAND}
        # Without it people would be named by what they are called, not by their ids.
        # https://docs.slack.dev/interactivity/implementing-slash-commands#creating_commands
        | {"usage_hint": _HINT, "should_escape": True}
        for command in REGISTERED.commands
    ]
    return features


def _shortcut(each: Shortcut) -> Json:
    shown = {"name": each.name, "description": each.description}
    return {**shown, "type": "global", "callback_id": each.callback}


def written(url: str, *, socket: bool = False, oauth: bool = False, matching: bool = False) -> str:
    """The manifest as YAML, as https://api.slack.com/apps takes it."""
    yaml, out = YAML(), io.StringIO()
    yaml.width = 4096  # what is long is folded here, without spaces at the ends of lines
    yaml.indent(mapping=2, sequence=4, offset=2)
    made = manifest(url, socket=socket, oauth=oauth, matching=matching)
    about = made["display_information"]
    about["long_description"] = _folded(about["long_description"])
    yaml.dump(made, out)
    return _head(url) + out.getvalue()


def _folded(text: str) -> str:
    """The text, to be written on lines of 90 characters."""
    folded: Any = FoldedScalarString(text)
    ends = accumulate(len(line) + 1 for line in textwrap.wrap(text, 90)[:-1])
    folded.fold_pos = [end - 1 for end in ends]
    return cast("str", folded)


def _head(url: str) -> str:
    lines = ['The Slack app: "From a manifest" at https://api.slack.com/apps takes it.']
    if url == EXAMPLE:
        lines.append("Make yours with: countersign slack manifest --url https://YOUR-ADDRESS")
    return "".join(f"# {line}\n" for line in lines)
