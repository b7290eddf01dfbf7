"""One call with a key: what its answer says of the key's limits, and that it counts as a use."""

from typing import Final

from aiohttp import web

from adapters.webhook import limits, present
from adapters.webhook.uses import CUT, Uses
from core.limits import Quota
from core.rows import ApiKey
from core.value import Millis

RETRY_AFTER: Final = "Retry-After"
POLICY: Final = "RateLimit-Policy"
LIMIT: Final = "RateLimit"
ENDS: Final = "Countersign-Key-Expires"
"""When the key, or the secret that was sent, ends: on every answer of its last week.

No standard header says that. `Sunset` (RFC 8594) and `Deprecation` (RFC 9745) are about the
resource at the address, and software that watches for them would report the API as going away.
"""

SOON: Final[Millis] = 7 * 86_400_000
"""How long before its end a key's end is spoken of."""


class Visit:
    """What is known of a call before its answer; the headers are added when that is sent."""

    __slots__ = ("_used", "headers", "limits")

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.limits: list[str] = []
        self._used: tuple[Uses, ApiKey, str, str, Millis] | None = None

    def counts(self, uses: Uses, key: ApiKey, operation: str, network: str, now: Millis) -> None:
        """Count it as a use of the key, however it is answered."""
        self._used = uses, key, operation, network, now

    def ends(self, end: Millis | None, now: Millis) -> None:
        """Say when the key ends, if that is soon."""
        if end is not None and end - now < SOON:
            self.headers[ENDS] = present.moment(end)

    def wait(self, milliseconds: float) -> None:
        """Say how long to wait before the next try."""
        self.headers[RETRY_AFTER] = str(limits.seconds(milliseconds))

    def day(self, quota: Quota, now: Millis) -> None:
        """Say what is left of the day's submissions."""
        self.limits.append(limits.day_left(max(0, quota.limit - quota.used), now))

    def day_is_over(self, now: Millis) -> None:
        """Say that nothing is left of it, and when the next one begins."""
        self.limits.append(limits.day_left(0, now))
        self.wait(limits.until_midnight(now))

    def answered(self, answer: web.StreamResponse) -> None:
        """Add the headers, and count the call."""
        if self.limits:
            self.headers[LIMIT] = ", ".join(self.limits)
        if self.headers:
            answer.headers.update(self.headers)
        self._count(str(answer.status))

    def cut(self) -> None:
        """There will be no answer, if there was none yet."""
        self._count(CUT)

    def _count(self, answer: str) -> None:
        if self._used is not None:
            uses, key, operation, network, now = self._used
            self._used = None
            uses.note(key, operation, answer, network, now)


VISIT: Final = web.RequestKey("visit", Visit)


async def on_prepare(request: web.Request, answer: web.StreamResponse) -> None:
    """For aiohttp's `on_response_prepare`: however the answer came about, also as a problem."""
    visit = request.get(VISIT)
    if visit is not None:
        visit.answered(answer)
