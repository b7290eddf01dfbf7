"""What people write below a card or a notice, or to the app: read from message events.

https://docs.slack.dev/reference/events/message - only what a person said counts. Edits,
deletions, joins and what apps post are no comments: the trail keeps what was said first.
"""

import re
from typing import Any, Final

from slack_bolt.async_app import AsyncApp

from adapters.slack import identity
from adapters.slack.identity import text
from core.chat import threads_port
from core.chat.threads_port import Reply

Json = dict[str, Any]

# Messages of these subtypes are something that a person wrote themselves.
_WRITTEN: Final = frozenset({"", "thread_broadcast", "file_share", "me_message"})
_SLACKBOT: Final = "USLACKBOT"

# https://docs.slack.dev/messaging/formatting-message-text#retrieving-messages
_TOKEN = re.compile(r"<([@#!]?)([^<>|]*)(?:\|([^<>]*))?>")


class Threads:
    """Takes message events; what they become is the service's business."""

    def __init__(self, threads: threads_port.Threads) -> None:
        self._threads = threads

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what."""
        app.event("message")(self.message)

    async def message(self, body: Json) -> None:
        """Committed before Bolt acknowledges it; when that fails, Slack sends it again."""
        reply = read(body)
        if reply is not None:
            await self._threads.reply(reply)


def read(body: Json) -> Reply | None:
    """What a person wrote in a thread, or to the app; None for everything else."""
    event = body.get("event")
    channel, ts = text(event, "channel"), text(event, "ts")
    thread = text(event, "thread_ts")
    thread = "" if thread == ts else thread
    alone = channel.startswith("D")
    if not (channel and ts and (thread or alone)) or not _is_written(event):
        return None
    who = identity.of_message(body)
    words, mentions = spoken(text(event, "text"))
    team = text(body, "team_id")
    # Slack keeps no message that one person alone sees, and what is said once in a while has to
    # be there still for who writes again: between the two of them it is a message like any other.
    # https://docs.slack.dev/reference/methods/chat.postEphemeral
    answered_in = channel if thread or not alone else ""
    return Reply(
        identity=who,
        key=key(channel, ts),
        text=words,
        about=key(channel, thread) if thread else "",
        place="" if alone else channel,
        to_us=alone or _below_our_own(body),
        mentions=mentions,
        files=bool(isinstance(event, dict) and event.get("files")),
        evidence={"team": who.realm, "channel": channel, "ts": ts, "thread": thread},
        answer_to={"team": team, "channel": answered_in, "user": who.account, "thread": thread},
    )


def key(channel: str, ts: str) -> str:
    """What tells a message from all others."""
    return f"{channel}:{ts}"


def _below_our_own(body: Json) -> bool:
    """Whether the thread began with a message of this app's, by the bot user that it has here."""
    # https://docs.slack.dev/apis/events-api/#authorizations
    given = body.get("authorizations")
    own = [text(each, "user_id") for each in given] if isinstance(given, list) else []
    return text(body, "event", "parent_user_id") in filter(None, own)


def _is_written(event: object) -> bool:
    """Whether a person wrote it: apps' messages, our own among them, have a bot's id."""
    by_app = text(event, "bot_id") or text(event, "app_id")
    user = text(event, "user")
    if by_app or not user or user == _SLACKBOT:
        return False
    return text(event, "subtype") in _WRITTEN


def spoken(markup: str) -> tuple[str, dict[str, str]]:
    """A message's text as its readers see it, and the accounts that it mentions by their
    place in it: Slack writes "<@U1>", "<https://example.com|a label>", "&lt;"."""
    mentions: dict[str, str] = {}

    def shown(found: re.Match[str]) -> str:
        kind, what, label = found.group(1), found.group(2), found.group(3) or ""
        if kind == "@":
            mentions[f"<@{what}>"] = what
            return f"<@{what}>"
        if kind == "#":
            return f"#{label or what}"
        if kind == "!":
            return label or f"@{what.partition('^')[0]}"
        return _link(what, label)

    return _unescaped(_TOKEN.sub(shown, markup)), mentions


def _link(url: str, label: str) -> str:
    """Where a link leads, too: its label may say anything."""
    address = url.removeprefix("mailto:")
    if not label or address.endswith(label):
        return address
    return f"{label} ({address})"


def _unescaped(markup: str) -> str:
    # https://docs.slack.dev/messaging/formatting-message-text#escaping
    return markup.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
