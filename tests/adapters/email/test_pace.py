"""How fast letters leave: only those that are really sent count, and each has its moment."""

from msgspec.structs import replace

from adapters.email import pace
from adapters.email.deliver import EmailChannel
from adapters.email.links import Doors
from adapters.email.pace import AT_ONCE, EVERY, Pace
from adapters.email.render import Renderer
from adapters.email.settings import MailSettings
from adapters.email.wire import Wire
from core.card import Card
from core.directory.people import Identity
from core.pace import Sending
from core.ports import Delivered, Notice, Outcome, RetryAt
from core.rows import Delivery, MessageRef, Recipient
from core.tokens.links import Links
from core.tokens.signing import KeyRing, SigningKey
from core.value import Millis
from tests.contract.test_channel import pending
from tests.mailserver import SENDER, MailServer, mail_server

AT = 1_790_000_000_000
REMINDER = Notice(kind="reminder", request="R1", title="ERP", text="It waits.")


class Desk:
    """The channel at a real mail server, and a clock that stands until it is moved."""

    now: Millis = AT

    def __init__(self, box: MailServer) -> None:
        settings: MailSettings = box.settings()
        self.wire = Wire(settings, keeps=False)
        links = Links(KeyRing(SigningKey(b"1" * 32)))
        doors = Doors(links, "https://approve.example.com", lambda: self.now)
        self.channel = EmailChannel(self.wire, Renderer(), doors, SENDER, lambda: self.now)

    async def show(self, number: int, *refs: MessageRef, card: Card | None = None) -> Outcome:
        to, account = _reader(number)
        view = card or pending()
        delivery = Delivery(
            request=view.request, to=to, wanted=view.version, shown=0, attempts=0, refs=refs
        )
        return await self.channel.show(view, to, account, delivery)

    async def remind(self, number: int) -> Outcome:
        return await self.channel.tell(replace(REMINDER, key=f"n{number}"), *_reader(number))


def _reader(number: int) -> tuple[Recipient, Identity]:
    email = f"p{number}@example.com"
    account = Identity(platform="email", realm="", account=email)
    return Recipient(platform="email", id=email), account


async def test_a_card_that_needs_no_letter_takes_nobodys_moment() -> None:
    async with mail_server() as box:
        desk = Desk(box)
        first = await desk.show(0)
        assert isinstance(first, Delivered)
        assert first.ref is not None
        bystander = replace(pending(), buttons=(), more=())
        for number in range(3 * AT_ONCE):
            assert await desk.show(0, first.ref) == Delivered(ref=first.ref)
            assert await desk.show(number, card=bystander) == Delivered()
        for number in range(1, AT_ONCE):
            assert isinstance(await desk.show(number), Delivered)
        assert len(box.taken) == AT_ONCE
        await desk.wire.stop()


async def test_the_relay_paces_no_letter_beside() -> None:
    async with mail_server() as box:
        channel = Desk(box).channel
        assert {tuple(channel.lanes(what, *_reader(1))) for what in Sending} == {()}


async def test_letters_beyond_the_first_leave_one_after_another() -> None:
    async with mail_server() as box:
        desk = Desk(box)
        outcomes = [await desk.show(number) for number in range(AT_ONCE + 3)]
        assert len(box.taken) == AT_ONCE
        waiting = [each for each in outcomes if isinstance(each, RetryAt)]
        assert waiting == [
            RetryAt(reason=pace.TURN, after=n * EVERY, uncertain=False) for n in (1, 2, 3)
        ]
        desk.now += EVERY
        assert isinstance(await desk.show(AT_ONCE), Delivered), "its moment was kept for it"
        assert await desk.show(AT_ONCE + 1) == RetryAt(reason=pace.TURN, after=EVERY)
        await desk.wire.stop()


async def test_a_letter_that_asks_takes_the_moment_of_one_that_reminds() -> None:
    async with mail_server() as box:
        desk = Desk(box)
        for number in range(AT_ONCE):
            await desk.show(number)
        reminders = [await desk.remind(number) for number in (1, 2)]
        assert reminders == [RetryAt(reason=pace.TURN, after=n * EVERY) for n in (1, 2)]
        assert await desk.show(AT_ONCE) == RetryAt(reason=pace.TURN, after=EVERY)
        desk.now += EVERY
        assert await desk.remind(1) == RetryAt(reason=pace.TURN, after=2 * EVERY)
        assert isinstance(await desk.show(AT_ONCE), Delivered)
        await desk.wire.stop()


async def test_a_server_that_is_closing_gets_no_letter_for_a_while() -> None:
    async with mail_server() as box:
        desk = Desk(box)
        box.faults.append("421 too busy")
        told = await desk.show(1)
        assert isinstance(told, RetryAt)
        assert told.after == 30_000
        assert await desk.show(2) == RetryAt(reason=pace.TURN, after=30_000)
        desk.now += 30_000
        assert isinstance(await desk.show(2), Delivered)
        assert await desk.show(1) == RetryAt(reason=pace.TURN, after=EVERY), "and no burst then"
        await desk.wire.stop()


def test_a_moment_that_nobody_asks_for_is_forgotten() -> None:
    line = Pace()
    for number in range(AT_ONCE + 50):
        line.turn(f"a{number}", AT, urgent=True)
    assert len(line) == 50
    later = AT + pace.FORGOTTEN_AFTER + 100 * EVERY
    for number in range(AT_ONCE + 1):
        line.turn(f"b{number}", later, urgent=True)
    assert len(line) == 1
