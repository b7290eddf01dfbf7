"""The way to a server: which address and key, and what is said when it does not work."""

import http.server
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bot import cli_client
from bot.cli import app
from tests.bot.cli_office import OURS, Office

KEY = "cs_secret_of_this_test"


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in OURS:
        for setting in ("URL", "KEY"):
            monkeypatch.delenv(f"{name}{setting}", raising=False)


def run(*arguments: str, **env: str) -> Result:
    found = CliRunner().invoke(app, list(arguments), env={"NO_COLOR": "1", "COLUMNS": "400", **env})
    assert KEY not in found.output
    return found


class Stub(http.server.BaseHTTPRequestHandler):
    """Answers every call as told, and keeps what it was sent."""

    status, headers_out, body = 200, {"Content-Type": "application/json"}, b"{}"
    hang_up = False
    seen: list[tuple[str, str, dict[str, str]]]

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.seen.append((self.command, self.path, dict(self.headers)))
        if self.hang_up:
            self.close_connection = True
            return
        self.send_response(self.status)
        for name, value in self.headers_out.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 - the library's names

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests' output is the command's."""


@contextmanager
def stub(**answer: Any) -> Iterator[tuple[str, list[tuple[str, str, dict[str, str]]]]]:
    seen: list[tuple[str, str, dict[str, str]]] = []
    handler = type("Answering", (Stub,), {**answer, "seen": seen})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


# --- which key and address -------------------------------------------------------------------


def test_without_a_key_it_is_said_how_to_get_one() -> None:
    missing = run("queue")
    assert missing.exit_code == 64
    assert "countersign keys create" in missing.stderr


def test_a_key_comes_from_a_file_the_environment_or_dotenv(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("cs_of_file\n")
    with stub(body=b'{"items": [], "next_cursor": null}') as (url, seen):
        run("list", "--url", url, "--key-file", "key", COUNTERSIGN_KEY=KEY)
        run("list", COUNTERSIGN_KEY=KEY, COUNTERSIGN_URL=f"{url}/approvals/")
        (tmp_path / ".env").write_text(f"COUNTERSIGN_KEY=cs_of_dotenv\nCOUNTERSIGN_URL={url}\n")
        run("list")
    sent = [(path, headers["Authorization"]) for _, path, headers in seen]
    assert sent == [
        ("/v1/requests?limit=50", "Bearer cs_of_file"),
        ("/approvals/v1/requests?limit=50", f"Bearer {KEY}"),
        ("/v1/requests?limit=50", "Bearer cs_of_dotenv"),
    ]


def test_a_key_never_goes_to_an_address_that_a_folder_names(tmp_path: Path) -> None:
    with stub() as (url, seen):
        (tmp_path / ".env").write_text(f"COUNTERSIGN_URL={url}\n")
        refused = run("list", COUNTERSIGN_KEY=KEY)
        assert refused.exit_code == 64
        assert "A key goes only to an address" in refused.stderr
        assert seen == []


@pytest.mark.parametrize(
    "url",
    [
        *("localhost:8080", "ftp://host", "http://", "http://user:pw@host", "http://host:0"),
        *("http://host?x=1", "http://host#x", "http://ho st", "http://h\u00f6st", "http://host:x"),
    ],
)
def test_an_address_that_is_none_is_wrong_usage(url: str) -> None:
    assert run("list", "--url", url, COUNTERSIGN_KEY=KEY).exit_code == 64


@pytest.mark.parametrize("key", ["two words", "a\nb", "schlüssel", "x" * 300])
def test_a_key_that_is_none_is_not_sent_and_not_repeated(key: str) -> None:
    wrong = run("list", COUNTERSIGN_KEY=key)
    assert wrong.exit_code == 64
    assert key not in wrong.output
    assert run("list", "--key-file", "nothing").exit_code == 64


# --- what is said when it does not work ------------------------------------------------------


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        gone = run("list", "--url", url, COUNTERSIGN_KEY=KEY)
    assert gone.exit_code == 69
    assert gone.stderr == (
        f"Nothing answers at {url}. Start the server with 'countersign serve', or name another "
        "with --url or COUNTERSIGN_URL.\n"
    )


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> object:
        raise socket.gaierror(8, "nodename nor servname provided")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    gone = run("list", "--url", "http://no.example", COUNTERSIGN_KEY=KEY)
    assert (gone.exit_code, gone.stderr[:30]) == (69, "There is no host no.example. C")


def test_a_wrong_key_is_refused_in_the_servers_words(desk: Office) -> None:
    wrong = run("list", "--url", desk.url, COUNTERSIGN_KEY=KEY)
    assert wrong.exit_code == 7
    assert wrong.stderr.startswith("This API key is not known.")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            {"status": 302, "headers_out": {"Location": "http://evil.example/"}},
            "answers with a redirect to http://evil.example/. The key is sent only where",
        ),
        ({"headers_out": {"Content-Type": "text/html"}}, "does not answer like Countersign"),
        ({"status": 404, "body": b"no"}, "does not answer like Countersign (status 404"),
        ({"body": b'{"items": 1}'}, "The server's answer is not as this command expects it"),
        ({"body": b"\xff"}, "The server's answer is not as this command expects it"),
    ],
)
def test_an_answer_that_is_none_of_ours(answer: dict[str, Any], said: str) -> None:
    with stub(**answer) as (url, seen):
        odd = run("list", "--url", url, COUNTERSIGN_KEY=KEY)
    assert odd.exit_code == 69
    assert said in odd.stderr
    assert len(seen) == 1


def test_a_server_that_cannot_answer_now_is_told_from_a_refusal() -> None:
    problem = {"detail": "The database cannot be used now.\x1b[2J", "request_id": "r-1"}
    headers = {"Content-Type": "application/problem+json"}
    body = json.dumps(problem).encode()
    with stub(status=503, headers_out=headers, body=body) as (url, _):
        down = run("list", "--url", url, COUNTERSIGN_KEY=KEY)
    assert down.exit_code == 69
    assert down.stderr == "The database cannot be used now.⟦U+001B⟧[2J\nrequest_id: r-1\n"


def test_a_lost_answer_says_how_to_go_on() -> None:
    with stub(hang_up=True) as (url, seen):
        lost = run("nudge", "r1", "--url", url, COUNTERSIGN_KEY=KEY)
        Path("request.json").write_text("{}")
        asked = run("submit", "request.json", "--url", url, COUNTERSIGN_KEY=KEY)
    assert (lost.exit_code, asked.exit_code) == (69, 69)
    assert "Whether it counted is not known" in lost.stderr
    sent = seen[-1][2]["Idempotency-Key"]
    assert f"Send it again with --idempotency-key {sent}: it then counts once." in asked.stderr


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_client, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        late = run("list", "--url", url, COUNTERSIGN_KEY=KEY)
    assert late.exit_code == 69
    assert "did not answer in time" in late.stderr


def test_tls_where_there_is_none() -> None:
    with stub() as (url, _):
        plain = run("list", "--url", url.replace("http:", "https:"), COUNTERSIGN_KEY=KEY)
    assert plain.exit_code == 69
    assert "does not speak TLS there" in plain.stderr


def test_a_certificate_that_nobody_trusts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Untrusted(ssl.SSLCertVerificationError):
        verify_message = "self-signed certificate"

    def refuse(*_: object, **__: object) -> object:
        raise Untrusted

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    with stub() as (url, seen):
        untrusted = run("list", "--url", url.replace("http:", "https:"), COUNTERSIGN_KEY=KEY)
    assert untrusted.exit_code == 69
    assert "is not trusted: self-signed certificate" in untrusted.stderr
    assert "SSL_CERT_FILE" in untrusted.stderr
    assert seen == []


def test_more_than_the_server_takes_is_not_sent() -> None:
    Path("big.json").write_text(" " * (256 * 1024 + 1))
    with stub() as (url, seen):
        big = run("submit", "big.json", "--url", url, COUNTERSIGN_KEY=KEY)
    assert big.exit_code == 64
    assert "larger than 256 KB" in big.stderr
    assert seen == []
