"""The ports of chat adapters for tests: what a test does not give stands for nobody's use."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.chat import asking_port
from core.chat.asking_port import Asked, AskForm
from core.chat.figures_port import Overview
from core.chat.home_port import Approved, HomeItem, HomePage, Wish
from core.chat.linking_port import Member, Told
from core.chat.port import Chat
from core.chat.signing_in_port import Way
from core.chat.threads_port import Reply
from core.commands import Binding
from core.directory.people import Identity
from core.rows import MessageRef


class EverybodyKnown:
    """A `Linking` in which every account is somebody's, and that keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Identity, str]] = []
        self.members: list[Member] = []
        self.told = Told(text="This account is linked to Finn.")
        self.strangers: set[str] = set()
        self.matching = False

    def knows(self, identity: Identity) -> bool:
        return identity.account not in self.strangers

    async def about(self, identity: Identity) -> Told:
        self.asked.append(("about", identity, ""))
        return self.told

    async def start(self, identity: Identity, email: str) -> Told:
        self.asked.append(("start", identity, email))
        return self.told

    async def redeem(self, identity: Identity, code: str) -> Told:
        self.asked.append(("redeem", identity, code))
        return self.told

    def may_match(self, identity: Identity) -> bool:
        return self.matching and not self.knows(identity)

    async def match(self, member: Member) -> None:
        self.members.append(member)

    async def changed(self, member: Member) -> None:
        self.members.append(member)


class NothingToHeal:
    """A `Healing` that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, MessageRef, str]] = []

    async def out_of_date(
        self, identity: Identity, request: str, message: MessageRef, place: str
    ) -> None:
        self.told.append((request, message, place))


class EmptyHome:
    """A `Home` that gives what it was given: at first nothing waits. It keeps what is asked."""

    def __init__(self) -> None:
        self.found = HomePage()
        self.present: tuple[HomeItem, ...] = ()
        self.done: tuple[Approved, ...] = ()
        self.wishes: list[Wish] = []
        self.approved: list[tuple[Identity, tuple[Binding, ...]]] = []
        self.onces: list[str] = []

    async def page(self, identity: Identity, wish: Wish) -> HomePage:
        self.wishes.append(wish)
        return self.found

    async def items(self, identity: Identity, requests: Sequence[str]) -> tuple[HomeItem, ...]:
        return self.present

    async def approve_many(
        self,
        identity: Identity,
        bindings: Sequence[Binding],
        evidence: Mapping[str, str],
        once: str = "",
    ) -> tuple[Approved, ...]:
        self.onces.append(once)
        self.approved.append((identity, tuple(bindings)))
        return self.done


class NoThreads:
    """A `Threads` that keeps what it is told."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.breaks = False
        self.about_one = True

    async def reply(self, reply: Reply) -> bool:
        if self.breaks:
            raise RuntimeError("the disk is full")
        self.replies.append(reply)
        return self.about_one


class NothingToAsk:
    """An `Asking` that keeps what it is asked and gives the answers it was given."""

    def __init__(self) -> None:
        self.form_answer = AskForm(refused="There is no form.")
        self.answer = Asked(text="Sent.")
        self.opened: list[tuple[Identity, str, str]] = []
        self.wishes: list[tuple[Identity, asking_port.Wish]] = []

    async def form(self, identity: Identity, request: str = "", title: str = "") -> AskForm:
        self.opened.append((identity, request, title))
        return self.form_answer

    async def ask(self, identity: Identity, wish: asking_port.Wish) -> Asked:
        self.wishes.append((identity, wish))
        return self.answer


class NoSigning:
    """A `Signing` that gives what it was given: at first there are no pages."""

    def __init__(self) -> None:
        self.way = Way(text="There are no web pages here.")
        self.asked: list[Identity] = []

    async def link(self, identity: Identity) -> Way:
        self.asked.append(identity)
        return self.way


class NoFigures:
    """A `Figures` that gives what it was given."""

    def __init__(self) -> None:
        self.found = Overview()

    async def overview(self, identity: Identity) -> Overview:
        return self.found


def a_chat(conversations: Any, **ports: Any) -> Chat:
    """All ports over these conversations; a test names those it is about."""
    given: dict[str, Any] = {
        "asking": NothingToAsk(),
        "figures": NoFigures(),
        "healing": NothingToHeal(),
        "home": EmptyHome(),
        "linking": EverybodyKnown(),
        "signing": NoSigning(),
        "threads": NoThreads(),
    } | ports
    return Chat(conversations=conversations, **given)
