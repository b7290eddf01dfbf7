"""What a route is: its scopes, types and refusals, from which validation and OpenAPI come."""

from dataclasses import dataclass
from typing import Final

from adapters.webhook.call import Handler
from adapters.webhook.schema import NoQuery, Strict
from adapters.webhook.statuses import AnyReason, HttpReason
from core.refusals import Reason

SEES: Final = ("read", "read_all", "submit", "decide")
"""Scopes of which any lets a key see a request that it may see at all."""

CONCERNED: Final = ("submit", "decide")
"""Scopes of which any lets a key do what those who ask or decide may do."""

_KEY: Final = (
    Reason.KEY_MISSING,
    Reason.KEY_UNKNOWN,
    Reason.KEY_EXPIRED,
    Reason.KEY_REVOKED,
    Reason.SCOPE_MISSING,
    HttpReason.RATE_LIMITED,
    HttpReason.TOO_MANY_FAILURES,
)
_BODY: Final = (
    HttpReason.MALFORMED_JSON,
    HttpReason.INVALID_INPUT,
    HttpReason.BAD_REQUEST,
    HttpReason.BODY_TOO_LARGE,
    HttpReason.BODY_TOO_SLOW,
    HttpReason.UNSUPPORTED_MEDIA_TYPE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One route. Any of `scopes` (or `admin`, if `or_admin`) suffices.

    `also` are statuses that mean the same answer, `location` says that it has an address.
    `media` are other forms in which it is given: `body_media` in which it is taken, as the
    member `text` of the body. `rechecked`: the core looks at the key again when it writes.
    `refusals` are the usual ones.
    """

    id: str
    method: str
    path: str
    summary: str
    about: str
    handler: Handler
    scopes: tuple[str, ...]
    answer: type | None
    or_admin: bool = True
    status: int = 200
    also: tuple[int, ...] = ()
    location: bool = False
    media: tuple[str, ...] = ()
    query: type[Strict] = NoQuery
    body: type[Strict] | None = None
    body_optional: bool = False
    body_media: tuple[str, ...] = ()
    takes_idempotency_key: bool = False
    rechecked: bool = False
    refusals: tuple[AnyReason, ...] = ()

    @property
    def all_scopes(self) -> tuple[str, ...]:
        """The scopes of which any suffices."""
        return (*self.scopes, "admin") if self.or_admin else self.scopes

    @property
    def reasons(self) -> tuple[AnyReason, ...]:
        """Every reason this route may refuse with, besides those of any route."""
        return (*_KEY, *(() if self.body is None else _BODY), *self.refusals)
