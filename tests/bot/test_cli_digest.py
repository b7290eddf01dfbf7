"""What waits for a digest, as the command line shows it."""

from types import SimpleNamespace
from typing import Any, cast

from msgspec.structs import replace

from adapters.webhook.answers import RequestDelivery
from bot import cli_outbox, cli_requests
from bot.cli_show import when
from bot.cli_table import shown_time
from core.rows import IN_DIGEST, Delivery, Recipient
from tests.core.builders import NOW


def test_a_card_that_waits_for_a_digest_is_said_to() -> None:
    where: dict[str, Any] = {
        "platform": "slack",
        "recipient": "mara@example.com",
        "wanted": 2,
        "shown": 0,
    }
    found = RequestDelivery(
        **where, state="digest", reason=None, digest_at="2027-01-15T08:00:00.000Z"
    )
    over = RequestDelivery(**where, state="digest", reason=None)
    asked = SimpleNamespace(deliveries=(found, over))
    said = [*cli_requests._undelivered(cast("Any", asked))]
    assert said == [
        f"mara@example.com reads of it in their daily digest of {when(NOW)}.",
        "mara@example.com reads of it in their daily digest.",
    ]


def test_the_outbox_tells_what_waits_for_a_digest_from_what_waits_otherwise() -> None:
    to = Recipient(platform="slack", id="mara@example.com")
    card = Delivery(request="R1", to=to, wanted=1, shown=0, attempts=0, next_at=NOW)
    held = replace(card, waiting_reason=IN_DIGEST)
    assert [cli_outbox._card(each)["state"] for each in (card, held)] == ["waiting", "digest"]
    assert cli_outbox._card(held)["next_at"] == shown_time(NOW)
