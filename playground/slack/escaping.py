"""What Slack makes of names in a command's text for an app that asked for `should_escape`.

A person becomes <@U0123|handle>, a channel <#C0123|name>, an address <mailto:a@b|a@b>.
https://docs.slack.dev/interactivity/implementing-slash-commands
"""

import re

from playground.slack.workspace import Workspace

_MAIL = re.compile(r"(?<![\w.+|:-])[\w.+-]+@[\w-]+(\.[\w-]+)+")


def escaped(workspace: Workspace, text: str) -> str:
    """The text with everybody and everything that Slack knows by name in it as ids."""
    text = _MAIL.sub(lambda found: f"<mailto:{found.group()}|{found.group()}>", text)
    for name, id_ in _names(workspace):
        text = re.sub(rf"(?<![\w<|.]){re.escape(name)}(?![\w-])", id_, text, flags=re.IGNORECASE)
    return text


def _names(workspace: Workspace) -> list[tuple[str, str]]:
    """Each name as one writes it, with what Slack sends; longest first."""
    found = []
    for person in workspace.place.world.people:
        if person.slack_user:
            id_ = f"<@{person.slack_user}|{workspace.name_of(person.slack_user)}>"
            found += [(f"@{person.name}", id_)]
            found += [(f"@{workspace.name_of(person.slack_user)}", id_)]
    found += [(f"#{c.name}", f"<#{c.id}|{c.name}>") for c in workspace.world.channels]
    return sorted(found, key=lambda pair: -len(pair[0]))
