"""A block_actions payload as the press of a button: by whom, where, and what it asks for.

Identity comes only from what Slack itself says of the person; what the button carries is
checked in the core.
"""

from typing import Any

from adapters.slack import actions, identity
from adapters.slack.actions import Act, Where
from core.directory.people import Identity
from core.rows import MessageRef
from core.value import Value

Json = dict[str, Any]


class Press(Value, frozen=True):
    """A pressed button or a chosen entry of a menu, and where the reader sees the answer.

    `user` is "" when Slack named nobody. `team` is the workspace where it happened, which for
    somebody of another organisation is not their own. `view` is the id of the modal that it
    was pressed in, "" on a message, and `hash` the state of it that was seen; what follows
    `replaces` a list of choices, and what lies above another already. `response_url` reaches
    the clicker where they clicked.
    """

    identity: Identity
    user: str
    team: str
    where: Where
    action_ts: str
    trigger: str
    response_url: str
    view: str
    value: str
    act: Act | None
    hash: str = ""
    replaces: bool = False

    @property
    def ephemeral(self) -> bool:
        """Whether the card was shown to this person alone: only response_url can change it."""
        return bool(self.where.response_url)

    @property
    def request(self) -> str | None:
        """The request of a button that only shows something."""
        return actions.read_request(self.value)

    @property
    def message(self) -> MessageRef | None:
        """The posted message it was pressed on, which everybody there sees."""
        return None if self.view else self.where.message(self.team)

    @property
    def evidence(self) -> dict[str, str]:
        """What the audit trail keeps of the message and the click.

        `action_ts` differs for each click, so that each is answered, and is the same in a
        replayed request, so that a replay is not.
        """
        return {
            "team": self.identity.realm,
            "channel": self.where.channel,
            "ts": self.where.ts,
            "action_ts": self.action_ts,
        }

    @property
    def once(self) -> str:
        """What tells this press from all others, delivered how often ever; "" if nothing does."""
        where = (self.where.channel, self.where.ts, self.view)
        return "|".join((self.team, self.user, *where, self.action_ts)) if self.action_ts else ""

    @property
    def answer_to(self) -> dict[str, str]:
        """What lets the channel reach the clicker alone, later."""
        where = self.where
        return {"team": self.team, "channel": where.channel, "ts": where.ts, "user": self.user}


def press(body: Json, action: Json) -> Press:
    """A block_actions payload; what is missing or of another type reads as ""."""
    # https://docs.slack.dev/reference/interaction-payloads/block_actions-payload
    text = identity.text
    value = text(action, "value") or text(action, "selected_option", "value")
    # A Home tab is a view too, but nothing opens above it and nothing is said in its place.
    view = text(body, "view", "id") if text(body, "view", "type") != "home" else ""
    where = _in_modal(body) if view else _on_message(body)
    return Press(
        identity=identity.of_interaction(body),
        user=text(body, "user", "id"),
        team=identity.team(body),
        where=where,
        action_ts=text(action, "action_ts"),
        trigger=text(body, "trigger_id"),
        response_url=text(body, "response_url") or where.response_url,
        view=view,
        value=value,
        act=actions.read(text(action, "action_id"), value),
        hash=text(body, "view", "hash") if view else "",
        replaces=bool(
            text(body, "view", "previous_view_id")
            or text(body, "view", "callback_id") == actions.CHOICES
        ),
    )


def written(body: Json) -> Press:
    """A slash command, which may open a modal too."""
    # https://docs.slack.dev/interactivity/implementing-slash-commands
    text, who = identity.text, identity.of_command(body)
    return Press(
        identity=who,
        user=who.account,
        team=who.realm,
        where=Where(channel=text(body, "channel_id")),
        action_ts="",
        trigger=text(body, "trigger_id"),
        response_url=text(body, "response_url"),
        view="",
        value="",
        act=None,
    )


def _in_modal(body: Json) -> Where:
    return actions.read_where(identity.text(body, "view", "private_metadata"))


def _on_message(body: Json) -> Where:
    text, container = identity.text, body.get("container")
    alone = isinstance(container, dict) and container.get("is_ephemeral") is True
    return Where(
        channel=text(body, "channel", "id") or text(body, "container", "channel_id"),
        ts=text(body, "container", "message_ts") or text(body, "message", "ts"),
        response_url=text(body, "response_url") if alone else "",
    )
