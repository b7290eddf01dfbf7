"""Letters taken by a real mail server of another make, and what becomes of those it refuses."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from adapters.email.mail import Mail
from adapters.email.settings import MailSettings
from core.chat.linking_port import Letter
from core.ports import Dead, Delivered, RetryAt

AT = 1_790_000_000_000
LETTER = Letter(to="ann@example.com", subject="Your code", text="Hello Änn,\n\n    CODE\n")


@dataclass
class Mailbox:
    """What the server took, and how it answers instead."""

    port: int = 0
    taken: list[Any] = field(default_factory=list)
    answer: str = ""
    refuses: str = ""
    slow: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name for it
        if self.slow:
            await self.released.wait()
        if not self.answer:
            self.taken.append(envelope)
        return self.answer or "250 taken"

    def letter(self) -> EmailMessage:
        found = message_from_bytes(self.taken[-1].content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


def checked(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = (data.login, data.password) == (b"ann", b"pass")
    return AuthResult(success=good, handled=good)


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    found = Mailbox()
    loop = asyncio.get_running_loop()

    def make() -> SMTP:
        return SMTP(found, authenticator=checked, auth_require_tls=False, loop=loop)

    server = await loop.create_server(make, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    found.released.set()
    server.close()
    await server.wait_closed()


def mail(port: int, **fields: str) -> Mail:
    given = {"tls": "off", "sender": "Countersign <approvals@example.com>"} | fields
    return Mail(MailSettings(host="127.0.0.1", port=port, **given))


async def test_a_letter_arrives_as_plain_text(mailbox: Mailbox) -> None:
    assert await mail(mailbox.port).send(LETTER, "01k", AT) == Delivered()
    letter = mailbox.letter()
    assert letter["From"] == "Countersign <approvals@example.com>"
    assert letter["To"] == "ann@example.com"
    assert letter["Subject"] == "Your code"
    assert letter["Message-ID"] == "<01k@example.com>"
    assert letter["Date"] == "Mon, 21 Sep 2026 14:13:20 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().replace("\r\n", "\n") == LETTER.text
    assert mailbox.taken[-1].rcpt_tos == ["ann@example.com"]
    assert mailbox.taken[-1].mail_from == "approvals@example.com"


async def test_it_signs_in_where_it_is_told_to(mailbox: Mailbox) -> None:
    assert (
        await mail(mailbox.port, user="ann", password="pass").send(LETTER, "1", AT) == Delivered()
    )
    outcome = await mail(mailbox.port, user="ann", password="wr0ng").send(LETTER, "1", AT)
    assert outcome == Dead(reason="the mail server refuses the user and password in SMTP_URL")


@pytest.mark.parametrize(
    "letter",
    [
        Letter(to="ann@example.com\nBcc: eve@example.com", subject="x", text="x"),
        Letter(to="ann@example.com, eve@example.com", subject="x", text="x"),
        Letter(to="ann@example.com", subject="x\r\nBcc: eve@example.com", text="x"),
        Letter(to="", subject="x", text="x"),
    ],
)
async def test_no_address_or_subject_becomes_another_header(
    mailbox: Mailbox, letter: Letter
) -> None:
    outcome = await mail(mailbox.port).send(letter, "1", AT)
    assert isinstance(outcome, Dead)
    assert mailbox.taken == []


async def test_text_that_looks_like_headers_or_an_end_stays_text(mailbox: Mailbox) -> None:
    text = "Bcc: eve@example.com\n\n.\nMAIL FROM:<x@y.z>\n.\n"
    letter = Letter(to="ann@example.com", subject="x", text=text)
    assert await mail(mailbox.port).send(letter, "1", AT) == Delivered()
    assert mailbox.letter().get_content().replace("\r\n", "\n") == text
    assert mailbox.letter()["Bcc"] is None
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 no", Dead(reason="the mail server refused the letter (550)")),
        ("451 later, ann@example.com", RetryAt(reason="the mail server asks to wait (451)")),
    ],
)
@pytest.mark.parametrize("where", ["answer", "refuses"])
async def test_what_the_server_answers_is_kept_as_its_number(
    mailbox: Mailbox, answer: str, outcome: Dead | RetryAt, where: str
) -> None:
    setattr(mailbox, where, answer)
    assert await mail(mailbox.port).send(LETTER, "1", AT) == outcome


async def test_nothing_is_said_in_clear_to_a_server_without_tls(mailbox: Mailbox) -> None:
    found = mail(mailbox.port, tls="starttls", user="ann", password="pass")
    outcome = await found.send(LETTER, "1", AT)
    assert isinstance(outcome, Dead)
    assert "STARTTLS" in outcome.reason
    assert mailbox.taken == []


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        outcome = await mail(taken.getsockname()[1]).send(LETTER, "1", AT)
    assert isinstance(outcome, RetryAt)


async def test_a_server_that_does_not_answer_is_given_up_in_time(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.email.mail.TIMEOUT_SECONDS", 0.2)
    mailbox.slow = True
    outcome = await mail(mailbox.port).send(LETTER, "1", AT)
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain is True
