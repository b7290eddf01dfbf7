"""The arguments of one Web API call, from wherever the caller put them.

Slack takes them in the query, as a form, or as JSON, and so do its SDKs, each
for other methods: https://docs.slack.dev/apis/web-api#requests
Knows no method.
"""

import json
from base64 import b64decode
from typing import Any

from aiohttp import web

from playground.slack.refusal import Refusal

Json = dict[str, Any]
_TRUE = {"true", "1", "True"}
_FALSE = {"false", "0", "False", ""}


class Arguments:
    """Typed access to the arguments of one call; a missing or mistyped one raises Refusal.

    `credentials` are the app's own id and secret, where the call is made with them.
    """

    def __init__(self, values: Json, credentials: tuple[str, str] | None = None) -> None:
        self.values = values
        self.credentials = credentials

    def has(self, name: str) -> bool:
        """Whether the caller gave that argument (null and "" are not giving it)."""
        return self.values.get(name) not in (None, "")

    def text(self, name: str) -> str:
        """Return a required string."""
        if not self.has(name):
            raise Refusal("invalid_arguments", [f"missing required field: {name}"])
        return self.optional(name)

    def optional(self, name: str) -> str:
        """Return a string, "" when it is not given."""
        value = self.values.get(name)
        if value is None:
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            raise Refusal("invalid_arguments", [f"must provide a string [json-pointer:/{name}]"])
        return value

    def flag(self, name: str) -> bool:
        """Return true or false, false when it is not given."""
        value = self.values.get(name, False)
        if isinstance(value, bool):
            return value
        if value in _TRUE or value == 1:
            return True
        if value in _FALSE or value is None or value == 0:
            return False
        raise Refusal("invalid_arguments", [f"must provide a boolean [json-pointer:/{name}]"])

    def number(self, name: str, default: int) -> int:
        """Return a whole number."""
        text = self.optional(name)
        if not text:
            return default
        if not text.isdecimal():
            raise Refusal("invalid_arguments", [f"must provide an integer [json-pointer:/{name}]"])
        return int(text)

    def structure(self, name: str, malformed: str) -> object:
        """Return an object or list (itself, or JSON in a string), None when it is not given."""
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            return None if value == "" else value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(malformed) from None

    def texts(self, name: str) -> list[str]:
        """Return a list of strings (a list, or separated by commas), empty when it is not given."""
        value = self.values.get(name)
        parts = value if isinstance(value, list) else self.optional(name).split(",")
        return [str(part).strip() for part in parts if str(part).strip()]


async def read(request: web.Request) -> tuple[str | None, Arguments]:
    """Return the token (None when there is none) and the arguments of a call."""
    values: Json = dict(request.query)
    if request.can_read_body:
        values |= await _body(request)
    token = values.pop("token", None)
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        token = credentials.strip()
    given = _app(credentials) if scheme.lower() == "basic" else None
    return (token or None), Arguments(values, given)


def _app(credentials: str) -> tuple[str, str] | None:
    try:
        name, _, secret = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return None
    return name, secret


async def _body(request: web.Request) -> Json:
    if request.content_type == "application/json":
        try:
            decoded = json.loads(await request.text())
        except ValueError:
            raise Refusal("json_not_object") from None
        if not isinstance(decoded, dict):
            raise Refusal("json_not_object")
        return decoded
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return {
            name: value for name, value in (await request.post()).items() if isinstance(value, str)
        }
    raise Refusal("invalid_post_type")
