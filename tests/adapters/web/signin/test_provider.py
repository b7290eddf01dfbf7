"""An identity provider that is down, lies or floods: nobody is signed in, no secret said."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.web.signin.provider import Provider, ProviderError, is_safe
from adapters.web.signin.settings import OidcSettings

Change = Callable[[dict[str, Any], str], object]
DOCUMENT = "/.well-known/openid-configuration"


class Odd:
    """Serves whatever it is told to; `document` may be changed before it is given."""

    def __init__(self) -> None:
        self.change: Change = lambda document, _url: document
        self.token: object = {"id_token": "a.b.c"}
        self.status = 200
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == DOCUMENT:
            own = {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize?tenant=1",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }
            return self._said(self.change(own, self.url))
        if request.path == "/keys":
            return self._said({"keys": []})
        return self._said(self.token, self.status)

    def _said(self, body: object, status: int = 200) -> web.Response:
        if isinstance(body, web.Response):
            return body
        if isinstance(body, bytes):
            return web.Response(body=body, status=status)
        return web.json_response(body, status=status)


@pytest.fixture
async def odd() -> AsyncIterator[tuple[Odd, Provider]]:
    made = Odd()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.answer)
    server = TestServer(app)
    await server.start_server()
    made.url = str(server.make_url("")).rstrip("/")
    settings = OidcSettings(issuer=made.url, client_id="us", client_secret="top secret")
    async with aiohttp.ClientSession() as http:
        yield made, Provider(settings, lambda: http, lambda: 0)
    await server.close()


async def address(provider: Provider) -> str:
    return await provider.address(redirect_uri="r", state="s", nonce="n", challenge="c")


async def claims(provider: Provider) -> object:
    return await provider.claims(code="c", verifier="v", nonce="n", redirect_uri="r")


async def test_its_own_query_is_kept(odd: tuple[Odd, Provider]) -> None:
    assert "/authorize?tenant=1&response_type=code&" in await address(odd[1])


async def test_what_was_read_once_is_enough_while_it_is_down(odd: tuple[Odd, Provider]) -> None:
    before = await address(odd[1])
    odd[0].change = lambda document, url: b"down"
    assert await address(odd[1]) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda document, url: {**document, "issuer": "https://evil.example"},
        lambda document, url: {**document, "token_endpoint": "http://192.0.2.1/token"},
        lambda document, url: {**document, "jwks_uri": "file:///etc/passwd"},
        lambda document, url: {**document, "authorization_endpoint": "javascript:alert(1)"},
        lambda document, url: {"issuer": url},
        lambda document, url: [],
        lambda document, url: b"<html>",
        lambda document, url: b"x" * 300_000,
        lambda document, url: web.Response(
            status=302, headers={"Location": "https://evil.example"}
        ),
        lambda document, url: web.Response(status=500),
    ],
)
async def test_a_document_that_is_not_its_own_is_none(
    odd: tuple[Odd, Provider], change: Change
) -> None:
    odd[0].change = change
    with pytest.raises(ProviderError):
        await address(odd[1])


@pytest.mark.parametrize(
    ("token", "status", "said"),
    [
        ({"error": "invalid_grant", "error_description": "code c"}, 400, "400 (invalid_grant)"),
        ({"error": "\u001b[31m"}, 400, "/token answered 400"),
        ({"id_token": 1}, 200, "its token endpoint cannot be read"),
        ({"access_token": "only"}, 200, "its token endpoint cannot be read"),
        ({"id_token": "a.b.c"}, 200, "its ID token is not good"),
        (b"", 500, "/token answered 500"),
        (b"x" * 300_000, 200, "answered too much"),
    ],
)
async def test_a_token_that_is_none_says_why_and_nothing_secret(
    odd: tuple[Odd, Provider], token: object, status: int, said: str
) -> None:
    odd[0].token, odd[0].status = token, status
    with pytest.raises(ProviderError) as caught:
        await claims(odd[1])
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\u001b" not in str(caught.value)


async def test_one_that_is_not_there_is_not_reached() -> None:
    settings = OidcSettings(issuer="http://127.0.0.1:9", client_id="us", client_secret="x")
    async with aiohttp.ClientSession() as http:
        with pytest.raises(ProviderError, match="was not reached"):
            await address(Provider(settings, lambda: http, lambda: 0))


def test_the_secret_does_not_show() -> None:
    settings = OidcSettings(issuer="https://id.example", client_id="us", client_secret="top secret")
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://id.example/x", True),
        ("http://localhost:8080/x", True),
        ("http://127.0.0.1/x", True),
        ("http://id.example/x", False),
        ("https://", False),
        ("https://[", False),
        ("/token", False),
        ("ftp://localhost/x", False),
    ],
)
def test_addresses_on_which_nobody_listens(url: str, safe: bool) -> None:
    assert is_safe(url) is safe
