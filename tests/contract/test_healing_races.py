"""Somebody presses an older message of a card while another message of it is being edited."""

from core.ports import Delivered
from storage import Storage
from tests.contract.test_healing import NOW, claimed, message, pressed, shown


async def test_a_message_pressed_while_another_is_edited_is_rendered_after_it(
    storage: Storage,
) -> None:
    await shown(storage, message("1.1"), message("2.2"))
    await pressed(storage, message("2.2"))
    [card] = await claimed(storage)
    assert card.refs[-1] == message("2.2")
    assert await pressed(storage, message("1.1"))
    await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=message("2.2")), NOW)
    [again] = await claimed(storage, NOW + 1)
    assert again.refs[-1] == message("1.1"), "it still shows what it showed"
    await storage.deliveries.settle_card(again, again.wanted, Delivered(ref=message("1.1")), NOW)
    assert await claimed(storage, NOW + 2) == []


async def test_an_unknown_message_pressed_while_the_first_is_posted_is_rendered_after_it(
    storage: Storage,
) -> None:
    await shown(storage, message("1.1"))
    await pressed(storage, message("1.1"))
    [card] = await claimed(storage)
    assert await pressed(storage, message("0.9"))
    await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=message("1.1")), NOW)
    [again] = await claimed(storage, NOW + 1)
    assert again.refs[-1] == message("0.9")


async def test_an_edit_of_an_older_message_alone_is_no_reason_to_render_again(
    storage: Storage,
) -> None:
    """Where the newest lies with an account that is nobody's any more, the older one is edited."""
    await shown(storage, message("1.1"), message("2.2"))
    await pressed(storage, message("2.2"))
    [card] = await claimed(storage)
    await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=message("1.1")), NOW)
    assert await claimed(storage, NOW + 1) == []


async def test_a_message_posted_anew_is_the_newest_and_shown(storage: Storage) -> None:
    await shown(storage, message("1.1"))
    await pressed(storage, message("1.1"))
    [card] = await claimed(storage)
    await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=message("3.3")), NOW)
    assert await claimed(storage, NOW + 1) == []
