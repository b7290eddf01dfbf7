"""Refusals as SCIM errors (RFC 7644 section 3.12): a status, perhaps a keyword, and a sentence."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from pydantic import ValidationError
from scim2_models import Error, SCIMException

from core.directory.refusing import NotKept, Why

MEDIA: Final = "application/scim+json"

STATUS: Final[Mapping[Why, tuple[int, str | None]]] = {
    Why.FROM_FILE: (403, None),
    Why.NO_SUCH_PERSON: (404, None),
    Why.NO_SUCH_GROUP: (404, None),
    Why.ADDRESS_TAKEN: (409, "uniqueness"),
    Why.USER_NAME_TAKEN: (409, "uniqueness"),
    Why.GROUP_TAKEN: (409, "uniqueness"),
    Why.NO_ADDRESS: (400, "invalidValue"),
    Why.WRONG_NAME: (400, "invalidValue"),
    Why.UNKNOWN_MANAGER: (400, "invalidValue"),
    Why.CIRCLE: (400, "invalidValue"),
    Why.UNKNOWN_MEMBER: (400, "invalidValue"),
    Why.PROTECTED: (403, None),
    Why.OTHER_VERSION: (412, None),
    Why.TOO_MUCH: (400, "invalidValue"),
    Why.WRONG_TIMEZONE: (400, "invalidValue"),
}
"""For each reason the HTTP status and SCIM's keyword, if it has one."""


class Turned(Exception):
    """A call that is answered with an error before anything was looked at."""

    def __init__(
        self, status: int, detail: str, kind: str | None = None, headers: Mapping[str, str] = {}
    ) -> None:
        self.status, self.detail, self.kind, self.headers = status, detail, kind, dict(headers)
        super().__init__(detail)


def answer_of(error: Exception) -> web.Response | None:
    """The answer for an expected refusal, None for anything else."""
    match error:
        case Turned():
            return _answer(error.status, error.detail, error.kind, error.headers)
        case NotKept():
            status, kind = STATUS[error.why]
            return _answer(status, error.sentence, kind)
        case SCIMException():
            made = error.to_error()
            return _answer(made.status or 400, made.detail or "", made.scim_type)
        case ValidationError():
            return _of_validation(error)
    return None


def _of_validation(error: ValidationError) -> web.Response:
    """The first mistake; what was sent is not repeated."""
    found = error.errors(include_url=False, include_input=False)
    made = Error.from_validation_error(found[0])
    more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
    return _answer(made.status or 400, f"{made.detail}{more}", made.scim_type)


def _answer(
    status: int, detail: str, kind: str | None, headers: Mapping[str, Any] | None = None
) -> web.Response:
    made = Error(status=status, scim_type=kind, detail=detail)
    return web.Response(
        text=made.model_dump_json(), status=status, content_type=MEDIA, headers=headers
    )
