"""The settings of the web pages, and what is said where nobody could decide on them."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Final, cast

import pytest

from adapters.web.signin.settings import OidcSettings
from bot.parts import Ground
from bot.settings import Secret, Settings, SettingsError, read_settings
from bot.web_deciding import Deciding
from bot.web_settings import IN_CLEAR, IdentityProvider, WebSettings, undecidable
from tests.bot.logged import logged
from tests.core.builders import a_policy, a_rule

URL: Final = {"COUNTERSIGN_PUBLIC_URL": "https://approve.example.com"}
OIDC: Final = {
    "COUNTERSIGN_OIDC_ISSUER": "https://id.example.com/",
    "COUNTERSIGN_OIDC_CLIENT_ID": "countersign",
    "COUNTERSIGN_OIDC_CLIENT_SECRET": "top secret",
}


def read(values: dict[str, str]) -> Settings:
    return read_settings(values)


def test_the_pages_are_on_where_the_address_is_one_that_nobody_hears() -> None:
    assert read({}).web is None
    assert read(URL).web == WebSettings(public_url="https://approve.example.com")
    here = read({"COUNTERSIGN_PUBLIC_URL": "http://localhost:8080"})
    assert here.web == WebSettings(public_url="http://localhost:8080")
    assert here.notes == ()
    in_clear = read({"COUNTERSIGN_PUBLIC_URL": "http://approve.example.com"})
    assert (in_clear.web, in_clear.notes) == (None, (IN_CLEAR,))


def test_the_identity_provider_is_known_by_three_settings() -> None:
    web = read(URL | OIDC).web
    assert web is not None
    assert web.oidc is not None
    assert web.oidc.for_adapter() == OidcSettings(
        issuer="https://id.example.com", client_id="countersign", client_secret="top secret"
    )
    assert "top secret" not in repr(web)
    other = read(URL | OIDC | {"COUNTERSIGN_OIDC_CLAIM": "upn"}).web
    assert other is not None
    assert other.oidc is not None
    assert other.oidc.claim == "upn"


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({**URL, "COUNTERSIGN_OIDC_ISSUER": "https://id.example.com"}, ["CLIENT_ID", "SECRET"]),
        ({**URL, "COUNTERSIGN_OIDC_CLAIM": "email"}, ["ISSUER", "CLIENT_ID", "SECRET"]),
        (OIDC, ["PUBLIC_URL"]),
        (OIDC | {"COUNTERSIGN_PUBLIC_URL": "http://approve.example.com"}, ["PUBLIC_URL"]),
        (URL | OIDC | {"COUNTERSIGN_OIDC_ISSUER": "http://id.example.com"}, ["ISSUER"]),
        (URL | OIDC | {"COUNTERSIGN_OIDC_ISSUER": "id.example.com"}, ["ISSUER"]),
    ],
)
def test_half_an_identity_provider_is_a_mistake(values: dict[str, str], wrong: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(values)
    found = [problem.key for problem in caught.value.problems]
    assert len(found) >= len(wrong)
    for key, end in zip(found, wrong, strict=False):
        assert key.endswith(end)
    assert "top secret" not in str(caught.value)


def test_what_nobody_could_decide_is_said_with_its_rules() -> None:
    policy = a_policy(a_rule(name="safe", decide_in="web"), a_rule(name="other"))
    provider = IdentityProvider(
        issuer="https://id.example.com", client_id="x", client_secret=Secret("y")
    )
    web = WebSettings(public_url="https://approve.example.com")
    for given in (None, web):
        said = undecidable(policy, given)
        assert said is not None
        assert "rule 'safe'" in said
        assert "other" not in said
    assert undecidable(policy, WebSettings(public_url=web.public_url, oidc=provider)) is None
    assert undecidable(a_policy(a_rule()), None) is None
    both = a_policy(a_rule(name="a", decide_in="web"), a_rule(name="b", decide_in="web"))
    assert "the rules 'a', 'b'" in str(undecidable(both, None))


async def test_the_log_says_it_once_for_each_policy() -> None:
    policies = [a_policy(a_rule(name="safe", decide_in="web"))]
    ground = SimpleNamespace(
        world=SimpleNamespace(policy=lambda: policies[-1]), settings=SimpleNamespace(web=None)
    )
    deciding = Deciding(cast("Ground", ground))
    with logged() as said:
        for _ in range(2):
            await deciding.look()
        policies.append(replace(policies[0], version="another", rules=()))
        await deciding.look()
    assert [each["event"] for each in said] == ["policy_cannot_be_decided"]
    assert "rule 'safe'" in said[0]["why"]
