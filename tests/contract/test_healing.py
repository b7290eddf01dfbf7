"""A posted message that shows something old is rendered again, known or not."""

from core.chat.healing import Healer
from core.directory.people import Directory, Identity, Person
from core.ports import Dead, Delivered
from core.rows import Delivery, MessageRef, Recipient
from storage import Storage
from tests.storage.purchase import BOB, BOB_IN_SLACK, rid, submit

NOW = 1000
ACCOUNT = Identity(platform="slack", realm="T1", account="U-BOB")
PEOPLE = Directory([Person(email=BOB, name="Bob", identities=(ACCOUNT,))])
ROOM = Recipient(platform="slack", id="C1", kind="channel")


def message(ts: str, channel: str = "D1", team: str = "T1") -> MessageRef:
    return MessageRef(platform="slack", fields={"channel": channel, "ts": ts, "team": team})


async def claimed(storage: Storage, now: int = NOW) -> list[Delivery]:
    return list(await storage.deliveries.claim_cards(now, now + 30_000, 10))


async def shown(storage: Storage, *refs: MessageRef, to: Recipient = BOB_IN_SLACK) -> None:
    """A card that these messages have shown, one after the other."""
    await storage.store.transact(rid(1), submit(rid(1), audience=(to,)))
    [card] = await claimed(storage)
    for ref in refs:
        await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=ref), NOW)


async def pressed(storage: Storage, ref: MessageRef, place: str = "") -> bool:
    """Somebody presses on that message; whether the relay was woken."""
    woken: list[bool] = []
    healer = Healer(storage.deliveries, lambda: PEOPLE, lambda: NOW, lambda: woken.append(True))
    await healer.out_of_date(ACCOUNT, rid(1), ref, place)
    return bool(woken)


async def test_a_known_message_is_rendered_again(storage: Storage) -> None:
    await shown(storage, message("1.1"))
    assert await claimed(storage) == []
    assert await pressed(storage, message("1.1", team="T-OF-ANOTHER"))
    [again] = await claimed(storage)
    assert (again.to, again.refs, again.attempts) == (BOB_IN_SLACK, (message("1.1"),), 0)


async def test_a_message_that_was_never_recorded_is_the_pressers_card(storage: Storage) -> None:
    await shown(storage, message("1.1"))
    assert await pressed(storage, message("0.9"))
    [again] = await claimed(storage)
    assert again.refs == (message("1.1"), message("0.9")), "the newest is edited"


async def test_an_older_message_becomes_the_one_that_is_edited(storage: Storage) -> None:
    await shown(storage, message("1.1"), message("2.2"))
    assert await pressed(storage, message("1.1"))
    [again] = await claimed(storage)
    assert again.refs == (message("2.2"), message("1.1"))


async def test_a_card_that_was_given_up_is_tried_again(storage: Storage) -> None:
    await shown(storage, message("1.1"))
    await pressed(storage, message("1.1"))
    [card] = await claimed(storage)
    await storage.deliveries.settle_card(card, 0, Dead(reason="token_revoked"), NOW)
    assert await claimed(storage) == []
    assert await pressed(storage, message("1.1"))
    [again] = await claimed(storage)
    assert (again.dead_reason, again.attempts) == (None, 0)


async def test_a_channels_card_is_found_by_its_channel(storage: Storage) -> None:
    await shown(storage, message("1.1", channel="C1"), to=ROOM)
    assert await pressed(storage, message("0.9", channel="C1"), place="C1")
    [again] = await claimed(storage)
    assert (again.to, again.refs[-1]) == (ROOM, message("0.9", channel="C1"))


async def test_a_message_of_nobody_who_has_a_card_changes_nothing(storage: Storage) -> None:
    await shown(storage, message("1.1", channel="C1"), to=ROOM)
    assert not await pressed(storage, message("5.5"))
    assert not await pressed(storage, message("5.5", channel="C2"), place="C2")
    assert await claimed(storage) == []


async def test_a_sender_that_is_at_work_keeps_its_lease(storage: Storage) -> None:
    await shown(storage, message("1.1"))
    await pressed(storage, message("1.1"))
    [card] = await claimed(storage)
    assert await pressed(storage, message("1.1"))
    assert await claimed(storage, NOW + 1) == []
    await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=message("1.1")), NOW)
    assert await claimed(storage, NOW + 2) == []


async def test_a_message_that_is_kept_for_another_request_is_left_to_that_one(
    storage: Storage,
) -> None:
    """A button's data may name any request; the message below it stays whose it is."""
    other = answerable("1.1")
    await storage.store.transact(rid(2), submit(rid(2), audience=(BOB_IN_SLACK,)))
    [card] = await claimed(storage)
    await storage.deliveries.settle_card(card, card.wanted, Delivered(ref=other), NOW)
    await shown(storage, answerable("2.2"))
    assert not await pressed(storage, other)
    assert await claimed(storage) == []
    assert await storage.messages.request_of("slack", other.key) == rid(2)
    assert await pressed(storage, answerable("2.2"))
    [again] = await claimed(storage)
    assert (again.request, again.refs) == (rid(1), (answerable("2.2"),))


async def test_a_message_that_no_database_could_keep_changes_nothing(storage: Storage) -> None:
    await shown(storage, message("1.1"))
    assert not await pressed(storage, answerable("1.1\0"))
    assert not await pressed(storage, answerable("1.1\ud800"))
    assert await claimed(storage) == []


def answerable(ts: str) -> MessageRef:
    """A message as it is known by its key too."""
    return MessageRef(platform="slack", fields=message(ts).fields, key=f"D1:{ts}")
