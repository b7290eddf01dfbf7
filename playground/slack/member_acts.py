"""An administrator of the workspace changes a member, and the app hears of it."""

from typing import Any

from playground.slack import events
from playground.slack.members import FLAGS, TEXTS, described, held
from playground.slack.outgoing import Outcome
from playground.slack.refusal import BadAct
from playground.slack.workspace import Workspace

Json = dict[str, Any]


async def change(workspace: Workspace, user: str, body: Json) -> Outcome | None:
    """Change what a user object says and tell the app, if it listens to user_change."""
    given = {name: body[name] for name in (*FLAGS, *TEXTS) if name in body}
    if not given:
        raise BadAct(f"expected one of {', '.join((*FLAGS, *TEXTS))}")
    for name, value in given.items():
        if not isinstance(value, bool if name in FLAGS else str):
            raise BadAct(f"{name}: expected {'true or false' if name in FLAGS else 'a string'}")
    person = workspace.person(user)
    if person is None:
        raise BadAct(f"there is no Slack user {user!r}")
    workspace.section("members")[user] = {**held(workspace, user), **given}
    workspace.store.changed()
    if "user_change" not in workspace.world.events:
        return None
    inner = {
        "type": "user_change",
        "user": described(workspace, user, person),
        "event_ts": workspace.new_ts(),
    }
    return await events.send(workspace, inner)
