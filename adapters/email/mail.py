"""One letter through the mail server: what became of it comes back as a value.

Sends plain text only, holds no connection and never tries again by itself.
"""

from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

import aiosmtplib

from adapters.email.settings import MailSettings
from core.chat.linking_port import Letter
from core.ports import Dead, Delivered, Outcome, RetryAt
from core.value import Millis

TIMEOUT_SECONDS: Final = 20


class Mail:
    """Sends letters as the settings say."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    async def send(self, letter: Letter, id: str, at: Millis) -> Outcome:
        """Hand the letter to the mail server. `id` stays the same when it is sent again, so that
        a mailbox can tell; raises nothing for what the server answers."""
        try:
            message = self._message(letter, id, at)
        except (ValueError, IndexError, MessageError):
            return Dead(reason="this address cannot stand in a letter: correct the directory")
        settings = self._settings
        try:
            await aiosmtplib.send(
                message,
                recipients=[letter.to],
                hostname=settings.host,
                port=settings.port,
                username=settings.user or None,
                password=settings.password or None,
                use_tls=settings.tls == "direct",
                start_tls=settings.tls == "starttls",
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPException as problem:
            return _outcome(problem)
        except (OSError, TimeoutError, ValueError) as problem:
            return RetryAt(reason=f"no connection to the mail server ({type(problem).__name__})")
        return Delivered()

    def _message(self, letter: Letter, id: str, at: Millis) -> EmailMessage:
        """The letter; raises for an address or subject that could say more than it should."""
        message = EmailMessage(policy=SMTP)
        message["From"] = self._settings.sender
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(at / 1000, UTC))
        domain = self._settings.sender.rpartition("@")[2].rstrip(">")
        message["Message-ID"] = f"<{id}@{domain}>"
        # No holiday notice is to answer it: https://www.rfc-editor.org/rfc/rfc3834
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


def _outcome(problem: aiosmtplib.SMTPException) -> Outcome:
    """Only the number of an answer is kept: servers repeat addresses and texts in their words."""
    if isinstance(problem, aiosmtplib.SMTPAuthenticationError):
        return Dead(reason="the mail server refuses the user and password in SMTP_URL")
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        codes = [refused.code for refused in problem.recipients]
    elif isinstance(problem, aiosmtplib.SMTPResponseException):
        codes = [problem.code]
    else:
        codes = []
    if any(500 <= code < 600 for code in codes):
        return Dead(reason=f"the mail server refused the letter ({codes[0]})")
    if codes:
        return RetryAt(reason=f"the mail server asks to wait ({codes[0]})")
    # Of what a server lacks, the package says some in words only.
    if isinstance(problem, aiosmtplib.SMTPNotSupported) or "not supported" in str(problem):
        return Dead(
            reason="the mail server lacks what is needed (STARTTLS, a way to sign in, or UTF-8): "
            "see SMTP_URL"
        )
    maybe = isinstance(problem, aiosmtplib.SMTPReadTimeoutError | aiosmtplib.SMTPServerDisconnected)
    return RetryAt(
        reason=f"no answer from the mail server ({type(problem).__name__})", uncertain=maybe
    )
