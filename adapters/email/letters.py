"""The letters of one request to one person: which is due, what they are called, how they hang
together, and the message of one.

A letter cannot be changed any more, so there are few: one that asks, one more whenever something
else is asked (another revision, stage or round), and one at the end. Pure.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from adapters.email.identity import PLATFORM
from core.card import Card, Verb
from core.commands import Binding
from core.request import OPEN
from core.rows import MessageRef
from core.value import Millis, Value, encode

DECIDING: Final = (Verb.APPROVE, Verb.REJECT, Verb.REQUEST_CHANGES)
"""What can be done on the page behind a letter."""


class Kind(StrEnum):
    """What a letter about a card is for."""

    ASKS = "asks"
    ENDED = "ended"


class Text(Value, frozen=True):
    """What a letter says, in both forms; the subject is one line."""

    subject: str
    plain: str
    html: str


def due(card: Card, refs: Sequence[MessageRef], *, unsure: bool) -> Kind | None:
    """The letter that this card needs now, after those that were sent; None for no letter.

    `unsure`: the first one may have been sent without being recorded.
    """
    if card.status in OPEN:
        return Kind.ASKS if _asks(card) and card.binding != asked(refs) else None
    if not refs and not unsure:
        return None
    told = any(ref.fields.get("kind") == Kind.ENDED for ref in refs)
    return None if told or card.ended_by_viewer else Kind.ENDED


def verbs(card: Card) -> tuple[Verb, ...]:
    """What this reader may do on the page, in that order."""
    has = {button.verb for button in (*card.buttons, *card.more)}
    return tuple(verb for verb in DECIDING if verb in has)


def asked(refs: Sequence[MessageRef]) -> Binding | None:
    """What the newest letter asked about; None where the newest one asks nothing."""
    fields = refs[-1].fields if refs else {}
    if fields.get("kind") != Kind.ASKS:
        return None
    return Binding(
        request=fields["request"],
        revision=int(fields["revision"]),
        commitment=fields["commitment"],
        level=int(fields["level"]),
        round=int(fields["round"]),
    )


def sent(kind: Kind, card: Card, id: str) -> MessageRef:
    """What is kept of a letter, so that the next one can tell."""
    fields = {"id": id, "kind": kind.value}
    if kind is Kind.ASKS and card.binding is not None:
        about = card.binding
        fields |= {
            "request": about.request,
            "revision": str(about.revision),
            "commitment": about.commitment,
            "level": str(about.level),
            "round": str(about.round),
        }
    # Nobody reads what is answered to a letter, so it is found by nothing.
    return MessageRef(platform=PLATFORM, fields=fields)


def name(*what: object) -> str:
    """A letter's own id: the same letter has the same one when it is sent again, so that a
    mailbox can tell."""
    return sha256(encode(what)).hexdigest()[:40]


def blank(sender: str, to: str, subject: str, id: str, at: Millis) -> EmailMessage:
    """A letter without its text; raises ValueError, IndexError or MessageError for an address or
    subject that could say more than it should."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = Address(addr_spec=to)
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(at / 1000, UTC))
    message["Message-ID"] = _named(id, sender)
    # No holiday notice is to answer it: https://www.rfc-editor.org/rfc/rfc3834 and, for Exchange,
    # https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxcmail
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    return message


def threaded(message: EmailMessage, root: str, before: Sequence[str], sender: str) -> None:
    """Hang a letter below the others about its request. `root` is the name of the request's
    thread, which no letter has: so it does not matter which of them came first."""
    names = [_named(each, sender) for each in (root, *before)]
    # https://www.rfc-editor.org/rfc/rfc5322#section-3.6.4
    message["In-Reply-To"] = names[-1]
    message["References"] = " ".join(names)


def written(message: EmailMessage, text: Text) -> EmailMessage:
    """The letter with its text, plain and as HTML."""
    message.set_content(text.plain, cte="quoted-printable")
    message.add_alternative(text.html, subtype="html", cte="quoted-printable")
    return message


def _asks(card: Card) -> bool:
    """Whether something waits for this reader, who has not voted on it."""
    voted = any(button.verb is Verb.WITHDRAW for button in card.more)
    return card.binding is not None and not voted and bool(verbs(card))


def _named(id: str, sender: str) -> str:
    domain = sender.rpartition("@")[2].rstrip(">")
    return f"<{id}@{domain}>"
