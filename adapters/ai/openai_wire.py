"""The provider's library: OpenAI, Azure OpenAI, and servers that speak as they do.

Its own retries are off, so that the budget and the breaker see each call.
https://platform.openai.com/docs/api-reference/chat/create
"""

import asyncio
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, Final, cast

import openai

from adapters.ai.prompt import Asked, answer_schema
from adapters.ai.settings import ModelSettings
from adapters.ai.wire import MOST_BYTES, Unanswered, Why
from core.value import Millis

LONGEST_AFTER: Final[Millis] = 3_600_000
"""However long a provider wants to be left alone: after that it is asked again."""

_NO_KEY: Final = "none"
_SCHEMA: Final = "advice"
_BY_STATUS: Final = {
    401: Why.DENIED,
    403: Why.DENIED,
    404: Why.WRONG,
    405: Why.WRONG,
    408: Why.TIMEOUT,
    409: Why.BROKEN,
    429: Why.BUSY,
}


class OpenAiWire:
    """One client for all calls."""

    def __init__(self, settings: ModelSettings, now: Callable[[], Millis]) -> None:
        self._settings = settings
        self._now = now
        self._client = _client(settings)
        self._format: Any = {
            "type": "json_schema",
            "json_schema": {"name": _SCHEMA, "strict": True, "schema": answer_schema()},
        }

    async def complete(self, asked: Asked) -> bytes:
        """The body of a chat completion. Raises Unanswered."""
        given = self._settings
        create = self._client.chat.completions.with_streaming_response.create
        answer = create(
            model=given.azure.deployment if given.azure else given.model,
            messages=[
                {"role": "system", "content": asked.system},
                {"role": "user", "content": asked.user},
            ],
            response_format=self._format,
            max_completion_tokens=given.answer_tokens,
        )
        return cast("bytes", await self._answered(_body(answer)))

    async def models(self) -> frozenset[str] | None:
        """The names under which models can be asked. Raises Unanswered."""
        try:
            found = await self._answered(self._client.models.with_raw_response.list())
            items = found.http_response.json()["data"]
            return frozenset(str(item["id"]) for item in items)
        except Unanswered as failed:
            if failed.why is Why.WRONG:
                return None  # not all servers list them
            raise
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    async def aclose(self) -> None:
        """Let connections go."""
        await self._client.close()

    async def _answered(self, call: Any) -> Any:
        try:
            async with asyncio.timeout(self._settings.timeout):
                return await call
        except (TimeoutError, openai.APITimeoutError):
            raise Unanswered(Why.TIMEOUT) from None
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except (openai.APIError, RuntimeError):  # the latter once the client is closed
            raise Unanswered(Why.UNREACHED) from None
        except (openai.OpenAIError, UnicodeError, ValueError):
            # A text or a header that cannot be sent; from None, since it may hold the key.
            raise Unanswered(Why.UNFIT) from None

    def _refused(self, error: openai.APIStatusError) -> Unanswered:
        status = error.status_code
        why = _BY_STATUS.get(status, Why.BROKEN if status >= 500 else Why.UNFIT)
        if 300 <= status < 400:
            why = Why.WRONG
        if error.code == "insufficient_quota":
            why = Why.SPENT
        if error.code == "content_filter":
            why = Why.FILTERED
        headers = error.response.headers
        after = _after(headers.get("retry-after-ms"), headers.get("retry-after"), self._now())
        return Unanswered(why, status, after)


async def _body(answer: Any) -> bytes:
    """What an answer holds, once unpacked: of one that is too long only so much that it shows.
    Raises Unanswered where it breaks off, and what the library does before there is one."""
    body = bytearray()
    async with answer as found:
        try:
            async for part in found.iter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    break
        except Exception:
            # Of whichever HTTP library stands below; what it says may quote the answer.
            raise Unanswered(Why.BROKEN) from None
    return bytes(body)


def _client(given: ModelSettings) -> openai.AsyncOpenAI:
    # Facts go to the configured address alone, so redirects are not followed.
    http = openai.DefaultAsyncHttpxClient(follow_redirects=False, timeout=given.timeout)
    more: Any = {"max_retries": 0, "timeout": given.timeout, "http_client": http}
    if given.azure is not None:
        return openai.AsyncAzureOpenAI(
            azure_endpoint=given.azure.endpoint,
            api_version=given.azure.version,
            api_key=given.key,
            **more,
        )
    # Else the library would take an address of the environment.
    url = given.base_url or "https://api.openai.com/v1"
    return openai.AsyncOpenAI(api_key=given.key or _NO_KEY, base_url=url, **more)


def _after(millis: str | None, given: str | None, now: Millis) -> Millis | None:
    """Retry-After in milliseconds: a number of seconds, or an HTTP date.

    https://httpwg.org/specs/rfc9110.html#field.retry-after
    """
    for text, factor in ((millis, 1), (given, 1000)):
        if text and text.isascii() and text.isdigit():
            return min(int(text[:12]) * factor, LONGEST_AFTER)
    try:
        at = round(parsedate_to_datetime(given or "").timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(at - now, 0), LONGEST_AFTER)
