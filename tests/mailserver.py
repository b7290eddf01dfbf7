"""A real mail server of another make, with mailboxes to look into and faults to switch on."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP, AuthResult

from adapters.email.settings import MailSettings

USER, PASSWORD = "ann", "sample~pass"
SENDER = "Countersign <approvals@example.com>"
_LINK = re.compile(r"https?://[^\s\"<>]+/decide/[^\s\"<>]+")


@dataclass
class MailServer:
    """What it took, and how it answers instead, one fault for each letter.

    A fault is an answer such as "550 no" or "421 busy" to the recipient; "data 451 later" to the
    text; "drop", which takes the letter and hangs up without a word; or "hang", until `released`.
    """

    port: int = 0
    taken: list[Any] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    always: str = ""
    unknown: set[str] = field(default_factory=set)
    locked: bool = False
    connections: int = 0
    open: int = 0
    most: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None
    _talking: set[Any] = field(default_factory=set)

    def settings(self, password: str = PASSWORD) -> MailSettings:
        return MailSettings(
            host="127.0.0.1",
            port=self.port,
            tls="off",
            sender=SENDER,
            user=USER,
            password=password,
        )

    def letters(self, to: str = "") -> list[EmailMessage]:
        """The letters that were taken, oldest first: all, or to one address."""
        found = [e for e in self.taken if not to or e.rcpt_tos == [to]]
        return [read(e.content) for e in found]

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        fault = self._fault(at_data=False)
        if address in self.unknown:
            return "550 5.1.1 no such user"
        if fault:
            return fault
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name for it
        fault = self._fault(at_data=True)
        if fault.startswith("data "):
            return fault.removeprefix("data ")
        if fault == "hang":
            await self.released.wait()
        self.taken.append(envelope)
        if fault == "drop":
            server.transport.abort()
        return "250 taken"

    def _fault(self, *, at_data: bool) -> str:
        """The fault that is due now; answers to the recipient begin with a number."""
        fault = self.faults[0] if self.faults else self.always
        if not fault or fault[0].isdigit() is at_data:
            return ""
        if self.faults:
            self.faults.pop(0)
        return fault

    def checked(
        self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any
    ) -> AuthResult:
        """Whether the user and password are right, and nobody took them back."""
        given = (data.login, data.password)
        good = given == (USER.encode(), PASSWORD.encode()) and not self.locked
        return AuthResult(success=good, handled=good)

    def lock(self) -> None:
        """Take the password back, and hang up on whoever got in with it."""
        self.locked = True
        for transport in self._talking:
            transport.abort()

    async def close(self) -> None:
        """Hang up on everybody, and be there no more."""
        self.released.set()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


class _Counting(SMTP):
    """Counts who is connected."""

    box: MailServer
    _line: Any

    def connection_made(self, transport: Any) -> None:
        self.box._talking.add(transport)
        self._line = transport
        self.box.connections += 1
        self.box.open += 1
        self.box.most = max(self.box.most, self.box.open)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.box._talking.discard(self._line)
        self.box.open -= 1
        super().connection_lost(error)


@asynccontextmanager
async def mail_server() -> AsyncIterator[MailServer]:
    """A server on a free port of loopback."""
    found = MailServer()
    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        made = _Counting(found, authenticator=found.checked, auth_require_tls=False, loop=loop)
        made.box = found
        return made

    found._server = await loop.create_server(make, "127.0.0.1", 0)
    found.port = found._server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        await found.close()


async def until(look: Callable[[], bool]) -> None:
    """Wait until it is so; fails after a while."""
    for _ in range(1000):
        if look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen in time")


def read(raw: bytes) -> EmailMessage:
    """A letter as a mailbox reads it."""
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def body(letter: EmailMessage, kind: str = "plain") -> str:
    """The text of a letter in one of its forms."""
    part = letter.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def links(letter: EmailMessage) -> dict[str, str]:
    """The links of a letter by what they lead to: "approve", "reject", "look"..."""
    found = _LINK.findall(body(letter, "html").replace("&amp;", "&")) + _LINK.findall(body(letter))
    return {urlsplit(link).path.rpartition("/")[2]: link for link in found}


def token(link: str) -> str:
    """The pass that a link carries."""
    return parse_qs(urlsplit(link).query)["t"][0]
