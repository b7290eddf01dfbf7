"""The API as the command line calls it: one key, one server, answers and refusals as values.

The key goes to exactly the address that was named: redirects are not followed and proxies are
not asked. It stands in no error and in no list of processes.
"""

import http.client
import json
import math
import re
import socket
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from bot.cli_access import Access, read_access
from bot.cli_options import Refusal, Unreachable, filled
from bot.failures import Failure

T = TypeVar("T")

TIMEOUT = 30.0
"""Seconds for an answer, besides those that a call is asked to wait."""

LONGEST_WAIT = 30
"""Seconds that one call is held; the API allows 60, proxies often not much more than 30."""

PAUSE = 2.0
"""Seconds between two tries to reach a server that was there before."""

LARGEST_BODY = 256 * 1024
"""Bytes that the API takes; of more it would close the connection half-way."""

LARGEST_ANSWER = 64_000_000

_TYPE = {"json": "application/json", "yaml": "text/yaml"}


class Server:
    """One server, called with one key."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self.url = access.url

    def get(self, path: str, query: Mapping[str, object] | None = None, wait: int = 0) -> bytes:
        """The answer's body; `wait` are seconds that the server holds it."""
        given = filled({**(query or {}), "wait": wait or None})
        whole = f"{path}?{urlencode(given)}" if given else path
        return self._call("GET", whole, {}, None, TIMEOUT + wait)

    def post(self, path: str, body: object = None, idempotency_key: str | None = None) -> bytes:
        """Send JSON (bytes go as they are) and give the answer's body."""
        headers = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        raw = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return self._call("POST", path, headers | {"Content-Type": _TYPE["json"]}, raw, TIMEOUT)

    def put_yaml(self, path: str, text: bytes) -> bytes:
        """Send a policy's text and give the answer's body."""
        return self._call("PUT", path, {"Content-Type": _TYPE["yaml"]}, text, TIMEOUT)

    def delete(self, path: str) -> bytes:
        """Delete and give the answer's body."""
        return self._call("DELETE", path, {}, None, TIMEOUT)

    def _call(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, seconds: float
    ) -> bytes:
        status, kind, location, found = self._exchange(method, path, headers, body, seconds)
        if 300 <= status < 400:
            raise Unreachable(
                f"{self.url} answers with a redirect to {location or 'nowhere'}. The key is sent "
                "only where you name it: give that server's address with --url if it is yours."
            )
        if kind == "application/problem+json":
            raise _refusal(status, found)
        if status >= 400 or kind != "application/json":
            raise Unreachable(
                f"{self.url} does not answer like Countersign (status {status}, {kind or 'no'} "
                "content). Check the address in --url or COUNTERSIGN_URL."
            )
        return found

    def _exchange(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, seconds: float
    ) -> tuple[int, str, str, bytes]:
        """Status, media type, `Location` and body. Raises Unreachable."""
        until = time.monotonic() + seconds
        sent = {"Authorization": f"Bearer {self._access.key.reveal()}", "Accept": _TYPE["json"]}
        connection = self._connection(seconds)
        asked = False
        try:
            connection.connect()
            asked = True
            connection.request(method, self._access.prefix + path, body, sent | headers)
            answer = connection.getresponse()
            found = self._whole(answer, until)
            kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
            return answer.status, kind, answer.headers.get("Location", ""), found
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            lost = _lost(headers.get("Idempotency-Key")) if asked and method != "GET" else ""
            raise Unreachable(f"{self._because(error)}{lost}") from None
        finally:
            connection.close()

    def _connection(self, seconds: float) -> http.client.HTTPConnection:
        host, port = self._access.host, self._access.port
        if self._access.secure:
            return http.client.HTTPSConnection(
                host, port, timeout=seconds, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(host, port, timeout=seconds)

    def _whole(self, answer: http.client.HTTPResponse, until: float) -> bytes:
        found = b""
        while chunk := answer.read1(65_536):
            found += chunk
            if time.monotonic() > until:
                raise TimeoutError
            if len(found) > LARGEST_ANSWER:
                raise http.client.HTTPException("too much")
        return found

    def _because(self, error: Exception) -> str:
        host = self._access.host
        match error:
            case socket.gaierror() | UnicodeError():
                return f"There is no host {host}. Check --url or COUNTERSIGN_URL."
            case TimeoutError():
                return f"{self.url} did not answer in time. Try again, or look at the server's log."
            case ssl.SSLCertVerificationError():
                return (
                    f"The certificate of {host} is not trusted: {error.verify_message}. If your "
                    "company has its own authority, name its certificate in SSL_CERT_FILE."
                )
            case ssl.SSLError():
                return (
                    f"{self.url} does not speak TLS there. Perhaps it is http:// or another port."
                )
            case ConnectionRefusedError():
                return (
                    f"Nothing answers at {self.url}. Start the server with 'countersign serve', or "
                    "name another with --url or COUNTERSIGN_URL."
                )
            case http.client.RemoteDisconnected() | ConnectionError():
                return (
                    f"{self.url} closed the connection without an answer. Perhaps it is https://."
                )
            case http.client.HTTPException():
                return f"{self.url} does not speak HTTP there. Perhaps it is https://."
            case _:
                return f"{self.url} cannot be reached: {getattr(error, 'strerror', None) or error}."


def _lost(idempotency_key: str | None) -> str:
    """What to do when a call was sent and its answer did not come."""
    if idempotency_key is not None:
        return f" Send it again with --idempotency-key {idempotency_key}: it then counts once."
    return " Whether it counted is not known: look before you send it again."


def server(url: str | None, key_file: Path | None) -> Server:
    """The server and key that options and settings name. Wrong usage when there is no key."""
    return Server(read_access(url, key_file))


def waited(server: Server, id: str, seconds: int) -> bytes:
    """The request once it has left `pending`, or as it is when the seconds have passed.

    A server that is started anew meanwhile is asked again. Raises Refusal and Unreachable.
    """
    path, until = f"/v1/requests/{id}", time.monotonic() + seconds
    body = server.get(path, wait=min(seconds, LONGEST_WAIT))
    while status_of(body) == "pending" and (left := until - time.monotonic()) > 0:
        asked = time.monotonic()
        try:
            body = server.get(path, wait=min(math.ceil(left), LONGEST_WAIT))
        except Unreachable:
            if left < PAUSE:
                raise
        # Whatever answers at once, such as a server that is stopping, is not asked at once again.
        if time.monotonic() - asked < 1:
            time.sleep(min(PAUSE, left))
    return body


def status_of(body: bytes) -> str:
    """The status of a request in an answer."""
    return decoded(body, _Status).status


class _Status(msgspec.Struct, frozen=True):
    status: str


def decoded(body: bytes, type_: type[T]) -> T:
    """An answer as its type. Raises Unreachable for another version's."""
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as error:
        raise Unreachable(
            f"The server's answer is not as this command expects it ({error}). "
            "Use the command of the server's version."
        ) from None


def pretty(body: bytes, *, on_one_line: bool = False) -> str:
    """The API's JSON on many lines or one, with every character but plain ASCII escaped.

    It stays the same JSON, digit for digit, and nothing in it can steer a terminal.
    """
    try:
        text = msgspec.json.format(body, indent=0 if on_one_line else 2)
    except msgspec.DecodeError:
        text = body
    return _NOT_PLAIN.sub(_escaped, text.decode("utf-8", "replace"))


_NOT_PLAIN = re.compile(r"[^\n\x20-\x7e]")


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found.group())[1:-1]


def _refusal(status: int, body: bytes) -> Refusal:
    try:
        problem: dict[str, Any] = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {}
    detail = str(problem.get("detail") or f"The server refused it (status {status}).")
    errors = problem.get("errors")
    each = [_sentence(e) for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []
    quoted = problem.get("request_id")
    sentences = each if len(each) > 1 else [detail]
    if status >= 500 and quoted:
        sentences = [*sentences, f"request_id: {quoted}"]
    return Refusal(sentences, status, str(problem.get("reason", "")), body)


def _sentence(error: dict[str, Any]) -> str:
    field, problem, remedy = (str(error.get(n, "")) for n in ("field", "problem", "remedy"))
    return f"{field or 'body'}: {problem}. {remedy}"


@contextmanager
def sent_from(name: str) -> Iterator[None]:
    """Name the file where the server says that what it holds is not JSON."""
    try:
        yield
    except Refusal as refusal:
        if refusal.reason != "malformed_json":
            raise
        where = "Standard input" if name == "-" else name
        sentences = [f"{where}: {sentence}" for sentence in refusal.sentences]
        raise Refusal(sentences, refusal.status, refusal.reason, refusal.body) from None


def read_file(name: str) -> bytes:
    """A file's bytes, or standard input for `-`. Raises Failure."""
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
            found = file.read(LARGEST_BODY + 1)
    except OSError as error:
        raise Failure(f"{name}: {error.strerror}. Name a file that can be read, or -.") from None
    if len(found) > LARGEST_BODY:
        raise Failure(f"{name}: is larger than 256 KB, which the server does not take. Send less.")
    return found
