"""Letters taken by a real mail server of another make, and what becomes of those it refuses."""

import socket
from collections.abc import AsyncIterator

import pytest

from adapters.email.mail import Mail
from adapters.email.settings import MailSettings
from core.chat.linking_port import Letter
from core.ports import Dead, Delivered, RetryAt
from tests.mailserver import PASSWORD, SENDER, USER, MailServer, mail_server

AT = 1_790_000_000_000
LETTER = Letter(to="ann@example.com", subject="Your code", text="Hello Änn,\n\n    CODE\n")


@pytest.fixture
async def mailbox() -> AsyncIterator[MailServer]:
    async with mail_server() as found:
        yield found


def mail(port: int, **fields: str) -> Mail:
    given = {"tls": "off", "sender": SENDER} | fields
    return Mail(MailSettings(host="127.0.0.1", port=port, **given))


async def test_a_letter_arrives_as_plain_text(mailbox: MailServer) -> None:
    assert await mail(mailbox.port).send(LETTER, "01k", AT) == Delivered()
    letter = mailbox.letters()[-1]
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


async def test_it_signs_in_where_it_is_told_to(mailbox: MailServer) -> None:
    assert (
        await mail(mailbox.port, user=USER, password=PASSWORD).send(LETTER, "1", AT) == Delivered()
    )
    outcome = await mail(mailbox.port, user=USER, password="wr0ng").send(LETTER, "1", AT)
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
    mailbox: MailServer, letter: Letter
) -> None:
    outcome = await mail(mailbox.port).send(letter, "1", AT)
    assert isinstance(outcome, Dead)
    assert mailbox.taken == []


async def test_text_that_looks_like_headers_or_an_end_stays_text(mailbox: MailServer) -> None:
    text = "Bcc: eve@example.com\n\n.\nMAIL FROM:<x@y.z>\n.\n"
    letter = Letter(to="ann@example.com", subject="x", text=text)
    assert await mail(mailbox.port).send(letter, "1", AT) == Delivered()
    assert mailbox.letters()[-1].get_content().replace("\r\n", "\n") == text
    assert mailbox.letters()[-1]["Bcc"] is None
    assert len(mailbox.taken) == 1


REFUSED = (
    "check the person's address in the directory, and that the server may send from "
    "COUNTERSIGN_MAIL_FROM"
)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("550 no", Dead(reason=f"the mail server refused the letter (550): {REFUSED}")),
        ("451 later, ann@example.com", RetryAt(reason="the mail server asks to wait (451)")),
        (
            "421 too many",
            RetryAt(reason="the mail server asks to wait (421)", after=30_000, whole_channel=True),
        ),
    ],
)
@pytest.mark.parametrize("where", ["", "data "])
async def test_what_the_server_answers_is_kept_as_its_number(
    mailbox: MailServer, answer: str, outcome: Dead | RetryAt, where: str
) -> None:
    mailbox.faults.append(f"{where}{answer}")
    assert await mail(mailbox.port).send(LETTER, "01k", AT) == outcome
    assert mailbox.taken == []


async def test_nothing_is_said_in_clear_to_a_server_without_tls(mailbox: MailServer) -> None:
    found = mail(mailbox.port, tls="starttls", user=USER, password=PASSWORD)
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
    mailbox: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.email.wire.TIMEOUT_SECONDS", 0.2)
    mailbox.faults.append("hang")
    outcome = await mail(mailbox.port).send(LETTER, "1", AT)
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain is True
