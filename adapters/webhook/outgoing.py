"""Signed calls to addresses of others: who may be called, how it is signed, what became of it.

Signed by the Standard Webhooks specification (https://www.standardwebhooks.com). A call goes to
the address that was checked and to no other: names are looked up once, redirects are not followed.
"""

import asyncio
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from typing import Final
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from standardwebhooks import Webhook

from adapters.webhook.hosts import Hosts, NotAllowed, reachable
from core.ports import Dead, Delivered, Outcome, RetryAt
from core.value import Millis

JSON: Final = "application/json"
SECONDS: Final = 15.0
"""A receiver that needs longer should answer first and work afterwards."""

LONGEST_WAIT: Final[Millis] = 3_600_000
_WAIT_DIGITS: Final = 9
"""More than the longest wait has; Python reads no number of thousands of digits."""
_DATE_CHARS: Final = 40
_MORE_THAN_ENOUGH: Final = 20
_TRY_AGAIN: Final = frozenset({408, 425, 429})
_GONE: Final = 410


class Outgoing:
    """Sends signed JSON; one client for all calls, so many at a time at most.

    A `patient` one tries again whatever the receiver refuses but for 410: it may be mended.
    """

    def __init__(
        self,
        hosts: Hosts,
        clock: Callable[[], Millis],
        resolver: AbstractResolver | None = None,
        *,
        patient: bool = False,
        most: int = _MORE_THAN_ENOUGH,
        tls: SSLContext | None = None,
    ) -> None:
        """`tls` says whom receivers' certificates are checked against, None for the system's."""
        self._hosts = hosts
        self._clock = clock
        self._resolver = resolver
        self._patient = patient
        self._most = most
        self._tls = tls
        self._client: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Must be called in the event loop, once."""
        inner = self._resolver or aiohttp.ThreadedResolver()
        connector = aiohttp.TCPConnector(
            resolver=_Checked(self._hosts, inner),
            use_dns_cache=False,
            limit=self._most,
            ssl=True if self._tls is None else self._tls,
        )
        self._client = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    async def stop(self) -> None:
        """Close the client."""
        if self._client is not None:
            await self._client.close()
        if self._resolver is not None:  # a connector closes only its own
            await self._resolver.close()

    async def send(
        self,
        url: str,
        secret: str,
        id: str,
        body: bytes,
        older: Sequence[str] = (),
        media: str = JSON,
    ) -> Outcome:
        """Post the body, which is of this media type. `id` is the same each time it is sent, so
        that a receiver can tell; `older` secrets sign it too, for receivers that do not have the
        new one yet."""
        assert self._client is not None, "start comes first"
        try:
            self._hosts.check(url)
        except NotAllowed as refused:
            return Dead(reason=str(refused))
        try:
            async with self._client.post(
                url,
                data=body,
                headers=self._headers((secret, *older), id, body, media),
                allow_redirects=False,
            ) as answer:
                return self._outcome(answer.status, answer.headers.get("Retry-After", ""))
        except NotAllowed as refused:
            return Dead(reason=str(refused))
        except aiohttp.ClientConnectorError as problem:
            if (barred := _cause(problem)) is not None:
                return Dead(reason=str(barred))
            return RetryAt(reason=f"no connection to {_host(url)} ({type(problem).__name__})")
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as problem:
            reason = f"no answer from {_host(url)} ({type(problem).__name__})"
            return RetryAt(reason=reason, uncertain=True)

    def _outcome(self, status: int, retry_after: str) -> Outcome:
        if 200 <= status < 300:
            return Delivered()
        if 300 <= status < 400:
            return Dead(reason=f"the receiver redirects ({status}): write the address it leads to")
        if self._patient and status == _GONE:
            return Dead(reason=f"the receiver wants no more of it ({status})")
        if self._patient or status in _TRY_AGAIN or status >= 500:
            after = _wait(retry_after, self._clock())
            return RetryAt(reason=f"the receiver answers {status}", after=after)
        return Dead(reason=f"the receiver refuses it ({status})")

    def _headers(self, secrets: Sequence[str], id: str, body: bytes, media: str) -> dict[str, str]:
        # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
        at = datetime.fromtimestamp(self._clock() // 1000, UTC)
        return {
            "Content-Type": media,
            "User-Agent": "Countersign",
            "webhook-id": id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(
                Webhook(each).sign(id, at, body.decode()) for each in secrets
            ),
        }


class _Checked(AbstractResolver):
    """Looks names up, and gives only addresses that may be reached: the connection is made to
    one of these, so that a name whose answer changes meanwhile leads nowhere else."""

    def __init__(self, hosts: Hosts, inner: AbstractResolver) -> None:
        self._hosts = hosts
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        good = set(reachable(self._hosts, (each["host"] for each in found)))
        if not good:
            raise NotAllowed(
                f"{host} leads to an address that is not public: name its network in "
                "COUNTERSIGN_CALLBACK_HOSTS if that is meant"
            )
        return [each for each in found if each["host"] in good]

    async def close(self) -> None:
        await self._inner.close()


def _wait(retry_after: str, now: Millis) -> Millis | None:
    """As long as a receiver asks, in whole seconds or until a date; None where it says nothing of
    the kind. https://www.rfc-editor.org/rfc/rfc9110#field.retry-after"""
    if retry_after.isascii() and retry_after.isdigit():
        seconds = retry_after.lstrip("0") or "0"
        wait = LONGEST_WAIT if len(seconds) > _WAIT_DIGITS else int(seconds) * 1000
    elif (until := _date(retry_after)) is not None:
        wait = max(until - now, 0)
    else:
        return None
    return min(wait, LONGEST_WAIT)


def _date(written: str) -> Millis | None:
    if not written.endswith(" GMT") or len(written) > _DATE_CHARS:
        return None
    try:
        return int(parsedate_to_datetime(written).timestamp()) * 1000
    except (ValueError, OverflowError):
        return None


def _cause(problem: BaseException) -> NotAllowed | None:
    """Whether a connection failed because it may not be made."""
    cause: BaseException | None = problem
    while cause is not None:
        if isinstance(cause, NotAllowed):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _host(url: str) -> str:
    """All that is told of an address: what stands behind may be secret."""
    return urlsplit(url).hostname or "the receiver"
