"""What lies beside the events: free text, params and digests, which can be erased.

An event names a content row by id and holds only its commitment, the SHA-256 of the row's
salt and bytes: erasing the row leaves the chain of events valid and reveals nothing.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec
import rfc8785

from core.value import Millis, Value

MAX_SAFE_INTEGER = 2**53 - 1
"""Beyond it JSON readers disagree about integers: RFC 8259 section 6."""

_AS_IT_IS = frozenset({str, type(None), bool})
"""Types whose values RFC 8785 writes as sorted JSON does."""

_sorted = msgspec.json.Encoder(order="sorted")


class Content(Value, frozen=True):
    """One row: `body` is canonical JSON (RFC 8785), `salt` 16 random bytes as hex."""

    id: str
    salt: str
    body: bytes

    @property
    def commitment(self) -> str:
        """SHA-256 over salt and body, hex: what an event holds of this row."""
        return hashlib.sha256(bytes.fromhex(self.salt) + self.body).hexdigest()


class Action(Value, frozen=True):
    """What would be done: a type the policy knows and the parameters, any JSON object."""

    type: str
    params: dict[str, Any]


class Revision(Value, frozen=True):
    """Everything that is shown or routed on. Its digest is what an approval is about.

    `amount` is a decimal as a string, `context` what the agent says about itself
    (`reasoning`, `confidence`, `links`, `conversation`, `validation`).
    """

    action: Action
    title: str
    description: str | None = None
    requester: str | None = None
    amount: str | None = None
    currency: str | None = None
    risk_score: int | None = None
    labels: tuple[str, ...] = ()
    context: dict[str, Any] = {}
    digest: str = ""
    action_digest: str = ""


class Text(Value, frozen=True):
    """A comment or a reason somebody wrote."""

    text: str


class Point(Value, frozen=True):
    """One reason in a rationale, with the request or policy fields it rests on."""

    text: str
    sources: tuple[str, ...] = ()


class Run(Value, frozen=True):
    """How a model was asked: its name, the version of the prompt, the SHA-256 of the facts, tokens
    in and out, millionths of the budget's currency, and milliseconds. `removed` says what of its
    answer was taken out, and why."""

    model: str
    prompt: str
    facts: str
    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0
    took: Millis = 0
    removed: tuple[str, ...] = ()


class Rationale(Value, frozen=True):
    """Advice to the approver. `confidence` is a whole percentage or None; it never decides.

    What a model wrote has its `run`, and says what the `model` and the `rules` provider each
    recommend: `recommendation` is the more cautious of the two.
    """

    recommendation: str
    summary: str
    points: tuple[Point, ...] = ()
    risks: tuple[str, ...] = ()
    confidence: int | None = None
    source: str = "rules"
    at: Millis = 0
    questions: tuple[str, ...] = ()
    rules: str | None = None
    model: str | None = None
    run: Run | None = None


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value or of a Value; ValueError on what JSON cannot hold exactly."""
    if is_plain(value):
        # The same bytes, made in C; a test compares the two over everything JSON can hold.
        return _sorted.encode(value)
    try:
        return rfc8785.dumps(msgspec.to_builtins(value))
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def is_plain(value: Any) -> bool:
    """Whether sorted JSON is canonical as it is; then all whole numbers are safe, too.

    RFC 8785 writes some floats in a form of its own and sorts names by UTF-16 units, which
    is the order of their bytes where all are ASCII.
    """
    pending = [value]
    for item in pending:  # It grows meanwhile. This is asked of all that is sent.
        kind = type(item)
        if kind in _AS_IT_IS:
            continue
        if kind is dict:
            for name in item:
                if type(name) is not str or not name.isascii():
                    return False
            pending += item.values()
        elif kind is list or kind is tuple:
            pending += item
        elif kind is int:
            if abs(item) > MAX_SAFE_INTEGER:
                return False
        elif kind is float:
            # Both write the shortest digits that read back; outside this range and for whole
            # numbers their notations differ.
            if not 1e-5 < abs(item) < 1e15 or item.is_integer():
                return False
        elif isinstance(item, Value):
            pending += msgspec.structs.astuple(item)
        else:
            return False
    return True


def sha256(body: bytes) -> str:
    """SHA-256, hex."""
    return hashlib.sha256(body).hexdigest()


def action_digest(action: Action) -> str:
    """SHA-256 over the canonical JSON of `{type, params}`, hex."""
    return sha256(canonical(action))


def revision_digest(revision: Revision) -> str:
    """SHA-256 over the canonical JSON of everything that is shown or routed on, hex."""
    return _digest(revision, canonical(revision.action), canonical)


def seal(revision: Revision) -> Revision:
    """The revision with both digests filled in; ValueError where JSON cannot hold a number."""
    return _sealed(revision, canonical)


def sealed_row(id: str, salt: str, revision: Revision, plain: bool) -> Content:
    """A content row of a revision, sealed. `plain` says that `is_plain` holds of its params and its
    context. Raises ValueError where JSON cannot hold a number."""
    write = _sorted.encode if plain and is_plain(revision.risk_score) else canonical
    return Content(id=id, salt=salt, body=write(_sealed(revision, write)))


def _sealed(revision: Revision, write: Callable[[Any], bytes]) -> Revision:
    action = write(revision.action)
    return msgspec.structs.replace(
        revision, digest=_digest(revision, action, write), action_digest=sha256(action)
    )


def _digest(revision: Revision, action: bytes, write: Callable[[Any], bytes]) -> str:
    others = {
        "title": revision.title,
        "description": revision.description,
        "requester": revision.requester,
        "amount": revision.amount,
        "currency": revision.currency,
        "risk_score": revision.risk_score,
        "labels": revision.labels,
        "context": revision.context,
    }
    # Of all the names "action" sorts first, so that it need not be written a second time.
    return sha256(b'{"action":%b,%b' % (action, write(others)[1:]))


def row(id: str, salt: str, value: Value) -> Content:
    """A content row of a value."""
    return Content(id=id, salt=salt, body=canonical(value))


def read_revision(body: bytes) -> Revision:
    return msgspec.json.decode(body, type=Revision)


def read_text(body: bytes) -> str:
    return msgspec.json.decode(body, type=Text).text


def read_rationale(body: bytes) -> Rationale:
    return msgspec.json.decode(body, type=Rationale)
