"""What a mail server's answers mean for a letter, and what to tell the operator.

Codes: https://www.rfc-editor.org/rfc/rfc5321#section-4.2.1: 4xx passes, 5xx does not. Only the
number of an answer is kept: servers repeat addresses and texts in their words.
"""

from typing import Final

import aiosmtplib

from core.ports import Dead, Outcome, RetryAt
from core.value import Millis

REFUSED: Final = (
    "check the person's address in the directory, and that the server may send from "
    "COUNTERSIGN_MAIL_FROM"
)
NOT_KNOWN: Final = "this person is not in the directory any more, so nothing is sent to them"
NO_CHANNELS: Final = "a letter goes to people only: name a channel of Slack or Teams in the policy"
UNWRITABLE: Final = "this address cannot stand in a letter: correct the directory"

CLOSING: Final = 421
"""The server has too much to do, for all alike: it closes the connection."""
CLOSING_WAIT: Final[Millis] = 30_000


def outcome(problem: Exception, *, begun: bool) -> Outcome:
    """What became of a letter; `begun` says that its text was on its way when it failed.

    Raises what is no answer of a mail server, nor a sign that there is none.
    """
    if isinstance(problem, aiosmtplib.SMTPException):
        return _said(problem, begun)
    if isinstance(problem, OSError | TimeoutError | ValueError):
        why = f"no connection to the mail server ({type(problem).__name__})"
        return RetryAt(reason=why, uncertain=begun)
    raise problem


def _said(problem: aiosmtplib.SMTPException, begun: bool) -> Outcome:
    if isinstance(problem, aiosmtplib.SMTPAuthenticationError) and 500 <= problem.code < 600:
        return Dead(reason="the mail server refuses the user and password in SMTP_URL")
    codes = _codes(problem)
    if any(500 <= code < 600 for code in codes):
        return Dead(reason=f"the mail server refused the letter ({codes[0]}): {REFUSED}")
    if codes:
        closing = codes[0] == CLOSING
        wait = CLOSING_WAIT if closing else None
        reason = f"the mail server asks to wait ({codes[0]})"
        return RetryAt(reason=reason, after=wait, whole_channel=closing)
    # Of what a server lacks, the package says some in words only.
    if isinstance(problem, aiosmtplib.SMTPNotSupported) or "not supported" in str(problem):
        return Dead(
            reason="the mail server lacks what is needed (STARTTLS, a way to sign in, or UTF-8): "
            "see SMTP_URL"
        )
    why = f"no answer from the mail server ({type(problem).__name__})"
    return RetryAt(reason=why, uncertain=begun)


def _codes(problem: aiosmtplib.SMTPException) -> list[int]:
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return [refused.code for refused in problem.recipients]
    # A code of -1 is the package's own: there was no answer.
    if isinstance(problem, aiosmtplib.SMTPResponseException) and problem.code > 0:
        return [problem.code]
    return []
