"""A person's own webhook as a channel: cards and notices as signed JSON, to be shown elsewhere.

It is one way: whoever receives a card decides over the API, with the person's key, about the
revision, stage and round that the card names.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from aiohttp import web

from adapters.webhook.outgoing import Outgoing
from adapters.webhook.present import moment
from core.card import Card
from core.chat.digest import KINDS
from core.directory.people import Identity
from core.pace import Lane, Sending
from core.ports import Dead, Delivered, Notice, Outcome
from core.rows import Delivery, MessageRef, Recipient
from core.value import Millis, Value

PLATFORM: Final = "webhook"
SCHEMA: Final = 1
"""Grows when a field changes its meaning; new fields may come at any time."""

_HIDDEN: Final = ("asked", "timezone")
"""Of a card: accounts of others, and what only whoever lays it out needs."""


class WebhookChannel:
    """Implements `core.ports.Channel` over signed calls."""

    def __init__(self, outgoing: Outgoing, secret: str, clock: Callable[[], Millis]) -> None:
        self._outgoing = outgoing
        self._secret = secret
        self._clock = clock

    @property
    def platform(self) -> str:
        return PLATFORM

    def lanes(self, _what: Sending, _to: Recipient, _account: Identity | None, /) -> Sequence[Lane]:
        """Nobody's limits are known; a receiver that wants less answers 429."""
        return ()

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        """Send the card as it stands now; of a request the one with the latest `timestamp` counts.

        After a restore of the database versions are counted again from a lower one on, so what
        the card says is part of what the message is called."""
        url = account.account if account is not None else _known(delivery)
        if url is None:
            return Dead(reason="no address of a webhook is known: add identities.webhook")
        shown = {name: v for name, v in _whole(card).items() if name not in _HIDDEN}
        shown["decide"] = _decide(card)
        said = hashlib.sha256(msgspec.json.encode(shown)).hexdigest()
        key = _key("card", card.request, to.id, str(card.version), said)
        outcome = await self._send(url, key, "approval.card", {"recipient": to.id, "card": shown})
        if not isinstance(outcome, Delivered):
            return outcome
        return Delivered(ref=MessageRef(platform=PLATFORM, fields={"url": url}))

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome:
        """Send what a person is told."""
        if account is None:
            return Dead(reason="no address of a webhook is known: add identities.webhook")
        told = _whole(notice)
        data = {name: told[name] for name in ("kind", "request", "title", "text", "status")}
        if notice.kind in KINDS:
            data |= {name: told[name] for name in ("items", "more", "own", "own_more")}
        key = _key("notice", notice.request, to.id, notice.key)
        return await self._send(
            account.account, key, "approval.notice", {"recipient": to.id, "notice": data}
        )

    async def _send(self, url: str, key: str, type: str, data: dict[str, Any]) -> Outcome:
        body = {"type": type, "timestamp": moment(self._clock()), "schema": SCHEMA, "data": data}
        return await self._outgoing.send(url, self._secret, key, msgspec.json.encode(body))


class WebhookPlatform:
    """People's own webhooks as a platform that is switched on; nothing comes in by it."""

    def __init__(self, outgoing: Outgoing, secret: str, clock: Callable[[], Millis]) -> None:
        self._outgoing = outgoing
        self.channel = WebhookChannel(outgoing, secret, clock)
        self.finder = None
        self.routes: list[web.RouteDef] = []

    async def start(self) -> None:
        await self._outgoing.start()

    async def stop(self) -> None:
        await self._outgoing.stop()


def _known(delivery: Delivery) -> str | None:
    """Where the card was sent before, for somebody who has left the directory since."""
    return delivery.refs[-1].fields.get("url") if delivery.refs else None


def _decide(card: Card) -> dict[str, Any] | None:
    """What a decision about this card says over the API, beside `decision` and `comment`."""
    bound = card.binding
    if bound is None or not card.buttons:
        return None
    stage = next((each.name for each in card.stages if each.level == bound.level), None)
    return {
        "path": f"/v1/requests/{bound.request}/decisions",
        "revision": bound.revision,
        "stage": stage,
        "round": bound.round,
    }


def _whole(value: Any) -> Any:
    """A value with all its fields, those too that stand at what they are by default."""
    if isinstance(value, Value):
        return {name: _whole(getattr(value, name)) for name in value.__struct_fields__}
    return [_whole(each) for each in value] if isinstance(value, tuple) else value


def _key(*parts: str) -> str:
    """The same for the same message, however often it is sent."""
    return f"msg_{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:32]}"
