"""The pages' door over sessions in memory, served; a client that keeps cookies like a browser."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from yarl import URL

from adapters.web.app import Site, Vouching, site
from adapters.web.pages import Nav
from adapters.web.visit import Visit
from tests.core.signing import Pages

OWN = {"Sec-Fetch-Site": "same-origin"}
COOKIE = "countersign"


@dataclass
class Rig:
    """`seen` are the visits that got through to the pages behind the door."""

    here: Pages
    site: Site
    url: str
    http: aiohttp.ClientSession
    seen: list[Visit] = field(default_factory=list)

    async def get(self, path: str, **headers: str) -> aiohttp.ClientResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.url}{path}"
        if "Cookie" in sent:  # as another browser, which has this cookie alone
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as other:
                answer = await other.get(url, headers=sent, allow_redirects=False)
                await answer.read()
                return answer
        answer = await self.http.get(url, headers=sent, allow_redirects=False)
        await answer.read()
        return answer

    async def post(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] = OWN
    ) -> aiohttp.ClientResponse:
        answer = await self.http.post(
            f"{self.url}{path}", data=form, headers=headers, allow_redirects=False
        )
        await answer.read()
        return answer

    async def sign_in(self, email: str = "ann@example.com") -> str:
        """Sign in by a link; the session's secret."""
        answer = await self.post("/signin/link", {"t": await self.here.secret(email)})
        assert answer.status == 303, await answer.text()
        return self.cookie()

    def cookie(self, name: str = COOKIE) -> str:
        """A cookie as it would be sent; "" for none."""
        kept = self.http.cookie_jar.filter_cookies(URL(self.url))
        return kept[name].value if name in kept else ""

    def csrf(self) -> str:
        """What forms of the last page carry."""
        return self.seen[-1].visitor.csrf


@asynccontextmanager
async def rig(here: Pages, vouching: Vouching | None = None) -> AsyncIterator[Rig]:
    """The door with a page, a form and a page that breaks behind it."""
    # The origin must be known before the routes are made.
    port, seen = unused_port(), list[Visit]()
    url = f"http://127.0.0.1:{port}"
    made = site(here.signing, url, lambda _: "source", vouching)

    async def page(visit: Visit) -> web.StreamResponse:
        seen.append(visit)
        return web.Response(text=f"Hello {visit.visitor.person.name}")

    async def breaks(visit: Visit) -> web.StreamResponse:
        raise RuntimeError("the disk is full")

    made.pages.add(Nav(order=10, label="Page", href="/page"))
    app = web.Application()
    app.add_routes(
        [
            *made.routes,
            made.door.get("/page", page),
            made.door.post("/page", page),
            made.door.get("/breaks", breaks),
        ]
    )
    server = TestServer(app, host="127.0.0.1", port=port)
    await server.start_server()
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as http:
        yield Rig(here, made, url, http, seen)
    await server.close()
