"""Headers of answers, as the OpenAPI document describes them; each stands there once."""

from typing import Any, Final

from adapters.webhook.visit import ENDS, LIMIT, POLICY, RETRY_AFTER

Json = dict[str, Any]


def header(description: str) -> Json:
    """A header whose value is text."""
    return {"description": description, "schema": {"type": "string"}}


SHARED: Final = {
    POLICY: header(
        'What limits the key, as draft-ietf-httpapi-ratelimit-headers-11 writes it: `"calls"` are '
        '`q` calls in `w` seconds, evenly; `"day"` are submissions on a UTC day.'
    ),
    LIMIT: header(
        "What is left of it: `r` more may follow at once, and in `t` seconds there are more. The "
        "day is named where the call was a submission."
    ),
    ENDS: header(
        "In its last week: when the key ends, or the secret that was sent. RFC 3339, UTC."
    ),
    RETRY_AFTER: header("Seconds until the next try."),
}
"""By name, which is that of the component too."""


def shared(*names: str) -> Json:
    """References to some of these."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


KEYED: Final = shared(POLICY, LIMIT, ENDS)
"""What every answer to a call with a valid key may carry."""
