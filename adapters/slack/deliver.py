"""The outward side of Slack: show a card, tell a notice, and say what became of it.

Called by the relay only, one call at a time for each message. Raises nothing for what Slack
answers, retries nothing, and decides nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Final

from adapters.slack import errors, listing, notices, pace, render, threads
from adapters.slack.calls import Api, Failure, Method, missing
from adapters.slack.identity import PLATFORM, text
from adapters.slack.links import Links
from adapters.slack.render import Message
from adapters.slack.workspaces import Workspaces
from core.card import Card
from core.directory.people import Identity
from core.pace import Lane, Sending
from core.ports import Dead, Delivered, Notice, Outcome, RetryAt
from core.rows import Delivery, MessageRef, Recipient

Json = dict[str, Any]

EVENT_TYPE: Final = "countersign_card"
# An orphan is recent: the relay comes back within minutes. One page is enough.
RECENT: Final = 100

SHOW_SECONDS: Final = 30
"""All calls for one card together: below the relay's lease, so that no two senders meet."""

# No previews of links, no names turned into mentions.
# https://docs.slack.dev/messaging/unfurling-links-in-messages
_QUIET: Final = {"unfurl_links": False, "unfurl_media": False}
# chat.update would turn names and addresses in the text into links by default.
# https://docs.slack.dev/reference/methods/chat.update (`parse` "defaults to client")
_LITERAL: Final = {"parse": "none"}


class SlackChannel:
    """`core.ports.Channel` for Slack."""

    def __init__(self, workspaces: Workspaces, *, paced: bool = True) -> None:
        self._workspaces = workspaces
        self._links = Links(workspaces)
        self._paced = paced

    @property
    def platform(self) -> str:
        return PLATFORM

    def lanes(self, what: Sending, to: Recipient, account: Identity | None) -> tuple[Lane, ...]:
        """Slack's rate limits; none against a simulated Slack, which has none."""
        return pace.lanes(what, _realm(to, account), to.id) if self._paced else ()

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        """Edit the newest message that shows this card, else find one, else post one.

        Without an account nobody can be written to, but what was posted is still edited."""
        try:
            async with asyncio.timeout(SHOW_SECONDS):
                return await self._show(card, to, account, delivery)
        except TimeoutError:
            return errors.outcome(Failure(error="timeout", maybe_done=True))

    async def _show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        message, target = render.message(card), _target(to, account)
        async for found in self._shown(target, card.request, delivery, _realm(to, account)):
            if isinstance(found, Failure):
                return errors.outcome(found, uncertain=True)
            reply = await self._edit(found, message)
            if not isinstance(reply, Failure):
                return Delivered(ref=found)
            if reply.error not in errors.EDIT_IMPOSSIBLE:
                return errors.outcome(reply, uncertain=delivery.uncertain)
        if card.erased and delivery.refs:
            return Delivered(ref=delivery.refs[-1])
        if target is None:
            return _no_account(to)
        return await self._post_card(target, _realm(to, account), card, message)

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome:
        """A notice as a message; an answer to the clicker alone, where they clicked."""
        target = _target(to, account)
        if target is None:
            return _no_account(to)
        team = notice.facts.get("team", "") or _realm(to, account)
        api = await self._workspaces.api(team)
        if api is None:
            return errors.outcome(missing(team))
        if notice.kind != "answer":
            link = None if notice.card is None else await self._links.to(notice.card)
            reply = await _post(api, target, notices.message(notice, link))
            return _told(reply, team)
        facts = notice.facts
        user, channel = facts.get("user") or target, facts.get("channel", "")
        thread = facts.get("thread", "")
        beside = None if notice.shown is None else render.message(notice.shown, lead=notice.text)
        return await whisper(
            api, channel, user, notice.text, about=notice.title, thread=thread, beside=beside
        )

    async def _shown(
        self, target: str | None, request: str, delivery: Delivery, team: str
    ) -> AsyncIterator[MessageRef | Failure]:
        """The messages that may show this card already, likeliest first."""
        if delivery.refs:
            yield delivery.refs[-1]
        if target is None or not delivery.uncertain:
            return
        known = {ref.fields.get("ts") for ref in delivery.refs}
        api = await self._workspaces.api(team)
        if api is None:
            return
        found = await _orphan(api, target, request, known, team)
        if found is not None:
            yield found

    async def _edit(self, ref: MessageRef, message: Message) -> Json | Failure:
        team = ref.fields.get("team", "")
        api = await self._workspaces.api(team)
        if api is None:
            return missing(team)
        return await api.call(
            Method.UPDATE,
            channel=ref.fields.get("channel", ""),
            ts=ref.fields.get("ts", ""),
            text=message.text,
            blocks=message.blocks,
            **_LITERAL,
        )

    async def _post_card(self, target: str, team: str, card: Card, message: Message) -> Outcome:
        # Anyone in the workspace may read metadata, so it names Slack's own ids only.
        # https://docs.slack.dev/messaging/message-metadata
        payload = {"request": card.request, "recipient": target, "version": card.version}
        metadata = {"event_type": EVENT_TYPE, "event_payload": payload}
        api = await self._workspaces.api(team)
        if api is None:
            return errors.outcome(missing(team))
        reply = await _post(api, target, message, metadata=metadata)
        if isinstance(reply, Failure):
            return errors.outcome(reply)
        channel, ts = text(reply, "channel"), text(reply, "ts")
        if not channel or not ts:
            return RetryAt(reason="Slack did not say where it posted", uncertain=True)
        return Delivered(ref=_ref(channel, ts, text(reply, "message", "team") or team))


async def _orphan(
    api: Api, target: str, request: str, known: set[str | None], team: str
) -> MessageRef | Failure | None:
    """A card that was posted but never recorded, known by its metadata."""
    channel = await _conversation(api, target)
    if isinstance(channel, Failure):
        return _unless_unreadable(channel)
    reply = await api.call(Method.HISTORY, channel=channel, limit=RECENT, include_all_metadata=True)
    if isinstance(reply, Failure):
        return _unless_unreadable(reply)
    for message in reply.get("messages") or []:
        ts = text(message, "ts")
        if ts and ts not in known and _is_card(message, request, target):
            return _ref(channel, ts, text(message, "team") or team)
    return None


async def _conversation(api: Api, target: str) -> str | Failure:
    """The conversation that a post to this target lands in."""
    if not target.startswith(("U", "W")):
        return target
    reply = await api.call(Method.OPEN_DM, users=target)
    return reply if isinstance(reply, Failure) else text(reply, "channel", "id")


async def whisper(
    api: Api,
    channel: str,
    user: str,
    sentence: str,
    about: str = "",
    thread: str = "",
    beside: Message | None = None,
) -> Outcome:
    """Say it to one person where they clicked or wrote, or, if they are not reached there,
    directly, with what it is about.

    `beside` says it with a card; not directly, where the card would stay and grow old."""
    message = beside or listing.sentence(sentence)
    if channel:
        where = {"channel": channel, **({"thread_ts": thread} if thread else {})}
        reply = await api.call(
            Method.WHISPER, **where, user=user, text=message.text, blocks=message.blocks
        )
        outcome = _done(reply)
        # Whatever is final there, an answer that nobody hears would be a click ignored. Where
        # Slack takes nothing at all, the other call says so too.
        if not isinstance(outcome, Dead):
            return outcome
    direct = listing.sentence(f"{about}: {sentence}" if about else sentence)
    return _done(await _post(api, user, direct))


async def _post(api: Api, target: str, message: Message, **more: Any) -> Json | Failure:
    return await api.call(
        Method.POST, channel=target, text=message.text, blocks=message.blocks, **_QUIET, **more
    )


def _done(reply: Json | Failure) -> Outcome:
    return errors.outcome(reply) if isinstance(reply, Failure) else Delivered()


def _told(reply: Json | Failure, team: str) -> Outcome:
    """A notice that was posted, and its message, which people may answer."""
    if isinstance(reply, Failure):
        return errors.outcome(reply)
    channel, ts = text(reply, "channel"), text(reply, "ts")
    if not channel or not ts:
        return Delivered()
    return Delivered(ref=_ref(channel, ts, text(reply, "message", "team") or team))


def _realm(to: Recipient, account: Identity | None) -> str:
    """The workspace in which somebody is written to; "" for a channel of the only one."""
    if to.kind == "channel":
        return to.id.rpartition("/")[0]
    return "" if account is None else account.realm


def _target(to: Recipient, account: Identity | None) -> str | None:
    """Where to post: a channel's id, or a user id, which means that person's direct messages."""
    # https://docs.slack.dev/reference/methods/chat.postMessage#channels
    if to.kind in {"channel", "account"}:
        return to.id.rpartition("/")[2]  # a policy may name the workspace before the channel
    return account.account if account is not None and account.account else None


def _unless_unreadable(failure: Failure) -> Failure | None:
    return None if failure.error in errors.NO_HISTORY else failure


def _no_account(to: Recipient) -> Dead:
    return Dead(
        reason=f"no Slack account is known for this person ({to.id}): let them write /approvals "
        f"link in Slack, run countersign people link {to.id}, or add identities.slack to their "
        "entry in the directory"
    )


def _is_card(message: object, request: str, target: str) -> bool:
    payload = ("metadata", "event_payload")
    return (
        text(message, "metadata", "event_type") == EVENT_TYPE
        and text(message, *payload, "request") == request
        and text(message, *payload, "recipient") == target
    )


def _ref(channel: str, ts: str, team: str) -> MessageRef:
    fields = {"channel": channel, "ts": ts, "team": team}
    return MessageRef(platform=PLATFORM, fields=fields, key=threads.key(channel, ts))
