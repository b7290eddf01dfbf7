"""Signing in with the company's identity provider, over HTTP, with a simulated one."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Handler

from adapters.web.app import Vouching
from adapters.web.signin.provider import Provider as Client
from adapters.web.signin.settings import OidcSettings
from playground import oidc
from playground.faults import Faults
from playground.oidc import Provider
from playground.place import Place
from playground.store import Store
from playground.world import Person, SlackWorld, TeamsWorld, World
from tests.adapters.web.signin.rig import Rig, rig
from tests.core.signing import ANN, BEN, MINUTE, Pages

ID, SECRET = "app-1", "a secret/with:signs"
OIDC_COOKIE = "countersign-oidc"


def world() -> World:
    slack = SlackWorld("T1", "U0", "B0", "A0", bot_token="x", signing_secret="x")
    people = (Person("Ann Archer", ANN), Person("Ben Bow", BEN), Person("Eve", "eve@example.com"))
    return World("Example", people, slack, TeamsWorld("tenant", ID, app_password=SECRET))


@dataclass
class Company:
    """Our pages beside the simulated provider; `asked` are the paths that it was called with."""

    web: Rig
    provider: Provider
    asked: list[str]

    async def there(self, wanted: str = "") -> str:
        """Begin to sign in; the provider's page that it leads to."""
        answer = await self.web.get(f"/signin/oidc{f'?next={wanted}' if wanted else ''}")
        assert answer.status == 303, await answer.text()
        return answer.headers["Location"]

    async def agrees(self, url: str, email: str = ANN) -> str:
        """Somebody agrees on the provider's page; where that leads back to, as a path of ours."""
        async with self.web.http.post(url, data={"email": email}, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            parts = urlsplit(answer.headers["Location"])
            assert f"{parts.scheme}://{parts.netloc}" == self.web.url
            return f"{parts.path}?{parts.query}"

    async def sign_in(self, email: str = ANN, wanted: str = "") -> aiohttp.ClientResponse:
        return await self.web.get(await self.agrees(await self.there(wanted), email))


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    here, asked = Pages(), list[str]()
    place = Place(world(), Store(tmp_path), Faults({}), now=lambda: here.now / 1000)

    @web.middleware
    async def counting(request: web.Request, handler: Handler) -> web.StreamResponse:
        asked.append(request.path)
        return await handler(request)

    app = web.Application(middlewares=[counting])
    app.add_routes(oidc.routes(place))
    server = TestServer(app)
    await server.start_server()
    place.base_url = str(server.make_url("")).rstrip("/")
    issuer = f"{place.base_url}/oidc"
    settings = OidcSettings(issuer=issuer, client_id=ID, client_secret=SECRET)
    async with aiohttp.ClientSession() as http:
        client = Client(settings, lambda: http, lambda: here.now)
        salts = (f"{n:032x}" for n in range(10_000, 20_000))

        async def nothing() -> None: ...

        vouching = Vouching(
            provider=client, claim="email", new_salt=lambda: next(salts), close=nothing
        )
        async with rig(here, vouching) as made:
            yield Company(made, oidc.provider(place), asked)
    await server.close()
    place.store.close()


async def test_who_agrees_there_is_signed_in_here_and_goes_on(company: Company) -> None:
    answer = await company.sign_in(wanted="/page")
    assert (answer.status, answer.headers["Location"]) == (303, "/page")
    assert company.web.cookie(OIDC_COOKIE) == ""
    await company.web.get("/page")
    visitor = company.web.seen[-1].visitor
    assert (visitor.person.email, visitor.identity.realm) == (ANN, "oidc")
    assert company.web.here.kept.told() == ["signed_in oidc"]


async def test_the_provider_is_asked_as_the_standards_want_it(company: Company) -> None:
    asked = parse_qs(urlsplit(await company.there()).query)
    query = {name: values[0] for name, values in asked.items()}
    assert query["redirect_uri"] == f"{company.web.url}/signin/oidc/callback"
    assert (query["response_type"], query["code_challenge_method"]) == ("code", "S256")
    assert query["scope"].split()[0] == "openid"
    own = [query["state"], query["nonce"], query["code_challenge"]]
    assert len(set(own)) == 3
    secret = company.web.cookie(OIDC_COOKIE).partition(".")[0]
    assert re.fullmatch(r"[0-9a-f]{64}", secret)
    assert secret not in str(query)
    again = parse_qs(urlsplit(await company.there()).query)
    assert {query["state"], query["nonce"]}.isdisjoint({again["state"][0], again["nonce"][0]})


@pytest.mark.parametrize("how", ["no cookie", "other tab", "made up", "no state"])
async def test_a_way_back_that_was_not_begun_in_this_browser_signs_nobody_in(
    company: Company, how: str
) -> None:
    back = await company.agrees(await company.there())
    if how == "no cookie":
        company.web.http.cookie_jar.clear()
    if how == "other tab":
        await company.there()
    if how == "made up":
        back = re.sub(r"state=\w+", f"state={'0' * 64}", back)
    if how == "no state":
        back = re.sub(r"state=\w+", "", back)
    answer = await company.web.get(back)
    assert answer.status == 400
    assert "This sign-in was not begun here" in await answer.text()
    assert company.web.here.kept.sessions == {}


async def test_a_code_is_used_once(company: Company) -> None:
    url = await company.there()
    cookie = company.web.cookie(OIDC_COOKIE)
    back = await company.agrees(url)
    assert (await company.web.get(back)).status == 303
    again = await company.web.get(back, Cookie=f"{OIDC_COOKIE}={cookie}")
    assert again.status == 503
    assert len(company.web.here.kept.sessions) == 1


async def test_somebody_elses_code_does_not_fit_our_question(company: Company) -> None:
    stolen = await company.agrees(await company.there(), BEN)
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    own = await company.agrees(await company.there())
    answer = await company.web.get(re.sub(r"code=[^&]+", f"code={code}", own))
    assert answer.status == 503
    assert company.web.here.kept.sessions == {}


async def test_who_does_not_agree_is_not_signed_in(company: Company) -> None:
    answer = await company.sign_in("")
    assert answer.status == 403
    assert "did not let you in" in await answer.text()


async def test_who_is_not_in_the_directory_is_told_so(company: Company) -> None:
    answer = await company.sign_in("eve@example.com")
    assert answer.status == 403
    assert "You are not in the directory" in await answer.text()


async def test_an_address_that_nobody_verified_is_nobodys(company: Company) -> None:
    company.provider.verifies = False
    answer = await company.sign_in()
    assert answer.status == 403
    assert "does not say who you are" in await answer.text()
    assert company.web.here.kept.sessions == {}


async def test_keys_are_kept_and_looked_for_anew_after_a_rotation(company: Company) -> None:
    for _ in range(3):
        assert (await company.sign_in()).status == 303
    assert company.asked.count("/oidc/keys") == 1
    assert company.asked.count("/oidc/.well-known/openid-configuration") == 1
    company.provider.rotate()
    assert (await company.sign_in()).status == 503, "looked a moment ago"
    company.web.here.now += MINUTE
    assert (await company.sign_in()).status == 303
    assert company.asked.count("/oidc/keys") == 2


async def test_the_company_account_replaces_a_link(company: Company) -> None:
    by_link = await company.web.sign_in()
    text = await (await company.web.get("/account")).text()
    assert 'href="/signin/oidc?next=/account"' in text
    assert (await company.sign_in()).status == 303
    assert await company.web.here.signing.present(by_link) is None
    text = await (await company.web.get("/account")).text()
    assert "/signin/oidc" not in text


@pytest.mark.parametrize("wanted", ["//evil.example", "/%5Cevil.example", "https://evil.example"])
async def test_nobody_is_sent_elsewhere_afterwards(company: Company, wanted: str) -> None:
    answer = await company.sign_in(wanted=wanted)
    assert answer.headers["Location"] == "/page"


async def test_the_page_to_sign_in_offers_it_first(company: Company) -> None:
    text = await (await company.web.get("/signin?next=/page")).text()
    assert '<a class="button go" href="/signin/oidc?next=/page">' in text
