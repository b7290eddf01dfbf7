"""A server that hangs: `python -m tests.e2e.hanging DSN LEASE`.

Its relay claims what is to be delivered in Slack under leases of so many milliseconds, prints
each request that it begins to send, and never ends sending it. Somebody has to kill it.
"""

import asyncio
import sys

from bot import clock, relay
from core.card import Card
from core.directory.people import Directory, Identity
from core.pace import Lane, Sending
from core.ports import Delivered, Notice, Outcome
from core.rows import Delivery, Recipient
from storage import open_storage
from tests.bot.delivering import person
from tests.storage.purchase import BOB


class Hanging:
    """A platform that takes what it is given and never answers."""

    platform = "slack"

    def lanes(self, what: Sending, to: Recipient, account: Identity | None, /) -> tuple[Lane, ...]:
        return ()

    async def show(
        self, card: Card, to: Recipient, account: Identity | None, delivery: Delivery
    ) -> Outcome:
        sys.stdout.write(f"{card.request}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()
        return Delivered()

    async def tell(self, notice: Notice, to: Recipient, account: Identity | None) -> Outcome:
        return Delivered()


async def hang(dsn: str, lease: int) -> None:
    relay.LEASE, relay.SEND_WITHIN = lease, lease // 2
    storage = open_storage(dsn)
    slack = {"slack": Hanging()}
    people = Directory([person(BOB, "slack")])
    made = relay.Relay(storage.store, storage.deliveries, slack, lambda: people, clock.now)
    made.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(hang(sys.argv[1], int(sys.argv[2])))
