"""How fast Teams takes what we send, so that it need not refuse.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit: into each
conversation 7 in a second, 8 in 2 s, 60 in 30 s and 1800 in an hour, posts and edits alike (a
channel counts with all its threads); for the whole app in each tenant, 50 a second. These lanes
stay below all of them, with a little room for answers to what people write.
"""

from typing import Final

from core.pace import Lane

EVERY: Final = 600
AT_ONCE: Final = 4
HOURLY_EVERY: Final = 3_000
HOURLY_AT_ONCE: Final = 500
TENANT_EVERY: Final = 40
TENANT_AT_ONCE: Final = 20


def lanes(tenant: str, place: str) -> tuple[Lane, ...]:
    """The limits that count a send to a person or channel of a tenant."""
    return (
        Lane(name=f"{tenant} {place}", every=EVERY, burst=AT_ONCE),
        Lane(name=f"{tenant} {place} hourly", every=HOURLY_EVERY, burst=HOURLY_AT_ONCE),
        Lane(name=f"{tenant} all", every=TENANT_EVERY, burst=TENANT_AT_ONCE),
    )
