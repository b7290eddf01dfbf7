"""One event as a syslog message (RFC 5424), and how messages are told apart on a connection.

https://www.rfc-editor.org/rfc/rfc5424
"""

import re
from datetime import UTC, datetime
from typing import Final

from core.audit.streaming import Streamed, line, shortened
from core.value import Millis

LOG_AUDIT: Final = 13
NOTICE: Final = 5
INFORMATIONAL: Final = 6

_NOTICED: Final = frozenset(
    {
        *("held", "token_revoked", "incident_reported", "restored", "key_revoked", "frozen"),
        *("unfrozen", "content_erased", "database_restored", "hold_set", "hold_lifted"),
        *("policy_changed", "key_created", "account_linked", "account_unlinked"),
    }
)
"""Events that somebody may want to be told of at once; all others are informational."""

SD_ID: Final = "countersign@32473"
"""32473 is the enterprise number kept for use without one of its own:
https://www.rfc-editor.org/rfc/rfc5612"""

APP: Final = "countersign"
LONGEST_DATAGRAM: Final = 65_000
"""Bytes of a UDP message: https://www.rfc-editor.org/rfc/rfc5426#section-3.2"""

_NOT_IN_NAMES: Final = re.compile(r"[^\x21-\x7e]")
_HOSTNAME_CHARS: Final = 255
_MSGID_CHARS: Final = 32


def message(event: Streamed, host: str, *, most: int | None = None) -> bytes:
    """The event from a server called `host`. Where the message would have more than `most` bytes,
    the record is left out: its hash says which it is."""
    head = _head(event, host)
    whole = b"%b %b" % (head, line(event))
    if most is None or len(whole) <= most:
        return whole
    return b"%b %b" % (head, shortened(event))


def framed(said: bytes) -> bytes:
    """A message among others on a connection, with its length before it: octet counting, as
    https://www.rfc-editor.org/rfc/rfc5425#section-4.3 and RFC 6587 have it."""
    return b"%d %b" % (len(said), said)


def hostname(given: str) -> str:
    """A host's name as a header may hold it; "-" for none."""
    return _NOT_IN_NAMES.sub("", given)[:_HOSTNAME_CHARS] or "-"


def escaped(value: str) -> str:
    """A parameter's value as structured data may hold it."""
    harmless = "".join(c if c.isprintable() else "?" for c in value)
    return re.sub(r'(["\\\]])', r"\\\1", harmless)


def _head(event: Streamed, host: str) -> bytes:
    severity = NOTICE if event.type in _NOTICED else INFORMATIONAL
    kind = _NOT_IN_NAMES.sub("", event.type)[:_MSGID_CHARS] or "-"
    parameters = {"position": str(event.position), "type": event.type, "hash": event.hash}
    data = " ".join(f'{name}="{escaped(value)}"' for name, value in parameters.items())
    priority = 8 * LOG_AUDIT + severity
    text = f"<{priority}>1 {_moment(event.at)} {hostname(host)} {APP} - {kind} [{SD_ID} {data}]"
    return text.encode("ascii", "replace")


def _moment(at: Millis) -> str:
    whole = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at % 1000:03d}Z"
