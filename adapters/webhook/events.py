"""Sends the trail's events to a webhook: JSON lines under a signature (Standard Webhooks)."""

from typing import Final

from adapters.webhook.hosts import Hosts
from adapters.webhook.outgoing import Outgoing
from core.audit.streaming import Streamed, line
from core.ports import Delivered, Outcome, RetryAt

LINES: Final = "application/x-ndjson"


class WebhookSink:
    """`core.audit.streaming.Sink` over HTTP. A batch is sent once the receiver answers 2xx."""

    def __init__(self, url: str, secret: str, outgoing: Outgoing) -> None:
        """`outgoing` may call this address."""
        self._url = url
        self._secret = secret
        self._outgoing = outgoing

    async def start(self) -> None:
        await self._outgoing.start()

    async def stop(self) -> None:
        await self._outgoing.stop()

    async def send(self, events: tuple[Streamed, ...]) -> Outcome:
        """Whatever goes wrong, it is tried again: nothing may be left out."""
        body = b"".join(line(event) + b"\n" for event in events)
        name = f"events_{events[0].position}_{events[-1].position}"
        outcome = await self._outgoing.send(self._url, self._secret, name, body, media=LINES)
        if isinstance(outcome, Delivered | RetryAt):
            return outcome
        return RetryAt(reason=outcome.reason)


def hosts_of(host: str, *, plain: bool) -> Hosts:
    """Only this host, wherever it leads: whoever runs the server named it. `plain` is without
    TLS."""
    from ipaddress import IPv4Network, IPv6Network

    everywhere = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
    names = frozenset({host.lower().rstrip(".")})
    return Hosts(names=names, open=names if plain else frozenset(), networks=everywhere)
