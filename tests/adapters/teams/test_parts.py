"""The small parts on their own: settings, action data, the failure table, waits, addresses."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec.structs import asdict

from adapters.teams import actions
from adapters.teams.addresses import usable
from adapters.teams.app import build
from adapters.teams.errors import TABLE, Refused, Silent, outcome
from adapters.teams.inputs import Filled
from adapters.teams.messages import listing
from adapters.teams.moments import localised, written
from adapters.teams.pause import retry_after
from adapters.teams.settings import TeamsSettings
from core.card import Verb
from core.chat.forms import SHOWING
from core.ports import Dead, RetryAt
from tests.adapters.teams.cards import BINDING, DATA, NOW, REQUEST
from tests.adapters.teams.fakes import Recording, Shelf
from tests.ports import a_chat

GUID = "44444444-dddd-4ddd-8ddd-000000000004"
SETTINGS = TeamsSettings(app_id="app", app_password="secret~1", tenant="tenant")


@pytest.mark.parametrize(
    ("changed", "keys"),
    [
        ({}, []),
        ({"app_id": "", "allow_anonymous": True}, []),
        ({"app_type": "UserAssignedMSI", "app_password": ""}, []),
        ({"app_id": ""}, ["MICROSOFT_APP_ID"]),
        ({"app_password": ""}, ["MICROSOFT_APP_PASSWORD"]),
        ({"tenant": ""}, ["MICROSOFT_APP_TENANT_ID"]),
        ({"tenant": "", "app_type": "MultiTenant"}, ["MICROSOFT_APP_TENANT_ID"]),
        (
            {"tenant": "", "app_id": "", "app_password": "", "allow_anonymous": True},
            ["MICROSOFT_APP_TENANT_ID"],
        ),
        (
            {"app_id": "", "app_password": ""},
            ["MICROSOFT_APP_ID", "MICROSOFT_APP_PASSWORD"],
        ),
        ({"app_type": "Other"}, ["MICROSOFT_APP_TYPE"]),
        ({"metadata_url": "http://example.com"}, ["MICROSOFT_OPENID_METADATA_URL"]),
        ({"login_url": "login"}, ["MICROSOFT_LOGIN_URL"]),
        ({"service_url": ""}, ["TEAMS_SERVICE_URL"]),
        ({"app_id": "", "tenant": ""}, ["MICROSOFT_APP_ID", "MICROSOFT_APP_TENANT_ID"]),
        ({"more_tenants": (GUID,)}, ["MICROSOFT_ALLOWED_TENANTS"]),
        ({"more_tenants": (GUID,), "app_type": "MultiTenant"}, []),
        ({"more_tenants": ("x",), "app_type": "MultiTenant"}, ["MICROSOFT_ALLOWED_TENANTS"]),
        ({"catalog_app": GUID}, []),
        ({"catalog_app": "yes"}, ["TEAMS_CATALOG_APP_ID"]),
        (
            {"catalog_app": GUID, "app_id": "", "allow_anonymous": True},
            ["TEAMS_CATALOG_APP_ID"],
        ),
        ({"graph_url": "graph"}, ["MICROSOFT_GRAPH_URL"]),
        ({"service_hosts": ("smba.example.com", "a.example:8443")}, []),
        ({"service_hosts": ("https://smba.example.com",)}, ["TEAMS_SERVICE_HOSTS"]),
    ],
)
def test_every_mistake_in_the_settings_is_named_with_its_key(
    changed: dict[str, Any], keys: list[str]
) -> None:
    mistakes = replace(SETTINGS, **changed).mistakes()
    assert [mistake.key for mistake in mistakes] == keys
    assert all(mistake.remedy.endswith(".") for mistake in mistakes)


def test_an_empty_app_id_is_refused_unless_it_is_allowed() -> None:
    with pytest.raises(ValueError, match="MICROSOFT_APP_ID: is missing"):
        build(a_chat(Recording()), Shelf(), replace(SETTINGS, app_id=""), clock=lambda: NOW)


def test_the_secret_is_in_no_text_of_the_settings() -> None:
    assert "secret~1" not in repr(SETTINGS)


@pytest.mark.parametrize(
    ("app_type", "url"),
    [
        ("SingleTenant", "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"),
        ("MultiTenant", "https://login.microsoftonline.com/botframework.com/oauth2/v2.0/token"),
    ],
)
def test_the_login_depends_on_the_type_of_the_app(app_type: str, url: str) -> None:
    assert replace(SETTINGS, app_type=app_type).token_url == url


@pytest.mark.parametrize("verb", sorted(set(Verb) - SHOWING))
def test_what_a_button_carries_is_read_back_the_same(verb: str) -> None:
    packed = actions.pack(verb, REQUEST, BINDING)
    press = actions.submitted({**packed, "reason": " no "})
    assert press == actions.Press(REQUEST, Verb(verb), BINDING, given=Filled(reason="no"))
    assert packed == {"verb": verb, **asdict(BINDING)}


def test_whole_numbers_written_with_a_point_are_whole_numbers() -> None:
    press = actions.submitted({**DATA, "verb": "approve", "revision": 1.0, "level": 2.0})
    assert press is not None
    assert press.binding == BINDING


BROKEN: list[tuple[str, list[object]]] = [
    ("request", [None, "", 5, "x" * 129, "a\nb", "a\x00b", "a\u202eb", ["x"], {}]),
    ("commitment", [None, "", 5, "x" * 129, "a\nb", ["x"]]),
    ("revision", [None, "1", 1.5, -1, True, 10**10, float("nan"), float("inf"), [1]]),
    ("level", [None, "2", -1, False, 10**10]),
    ("round", [None, "0", -1, False, 10**10]),
    ("verb", [None, "", "APPROVE", "delete", 1, ["approve"], {"a": 1}]),
]


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BROKEN for value in values]
)
def test_data_with_anything_odd_in_it_is_not_a_press(name: str, value: object) -> None:
    assert actions.submitted({**DATA, "verb": "approve", name: value}) is None


@pytest.mark.parametrize("name", [*DATA, "verb"])
def test_data_with_something_missing_is_not_a_press(name: str) -> None:
    data = {**DATA, "verb": "approve"}
    del data[name]
    assert actions.submitted(data) is None


DEAD = (400, 401, 403, 404, 405, 410, 413, 415, 418, 300, 301)
LATER = {412: False, 429: False, 500: True, 502: True, 503: True, 504: True, 599: True}


@pytest.mark.parametrize("status", DEAD)
def test_what_waiting_does_not_mend_is_dead_with_a_remedy(status: int) -> None:
    result = outcome(Refused(status, "Code"))
    assert isinstance(result, Dead)
    assert result.reason.startswith(f"Teams answered {status} (Code): ")


@pytest.mark.parametrize("status", LATER)
def test_what_waiting_may_mend_is_tried_again(status: int) -> None:
    result = outcome(Refused(status, retry_after=4000))
    assert result == RetryAt(
        reason=f"Teams answered {status}",
        after=4000,
        uncertain=LATER[status],
        whole_channel=status == 429,
    )


def test_every_status_has_a_meaning() -> None:
    for status in range(100, 600):
        assert isinstance(outcome(Refused(status)), Dead | RetryAt), status


@pytest.mark.parametrize("maybe", [True, False])
def test_silence_is_tried_again_and_says_whether_it_may_have_happened(maybe: bool) -> None:
    assert outcome(Silent("no answer", maybe_done=maybe)) == RetryAt("no answer", uncertain=maybe)


def test_every_rule_names_the_page_it_comes_from() -> None:
    assert all(rule.page.startswith("https://learn.microsoft.com/") for rule in TABLE)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("5", 5000),
        ("0.5", 500),
        ("600", 600_000),
        ("601", 600_000),
        ("1e300", 600_000),
        ("Sat, 21 Nov 2099 04:00:00 GMT", 600_000),
        ("Sat, 21 Nov 2026 04:00:10 GMT", 10_000),
        ("Sat, 21 Nov 2026 03:00:10 GMT", None),
        ("0", None),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(value: str, wait: int | None) -> None:
    assert retry_after({"Retry-After": value}, NOW) == wait


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://smba.trafficmanager.net/teams/", True),
        ("http://127.0.0.1:8090/teams", True),
        ("http://localhost:1/x", True),
        ("http://[::1]:1/x", True),
        ("http://example.com/", False),
        ("http://127.0.0.1.example.com/", False),
        ("ftp://example.com/", False),
        ("https://", False),
        ("https://a b/", False),
        ("https://a/\r\nHost: evil", False),
        ("https://ä.example/", False),
        ("https://[::1", False),
        ("https://a:99999/", False),
        ("https://a:port/", False),
        ("", False),
    ],
)
def test_only_https_or_this_machine_is_called(url: str, expected: bool) -> None:
    assert usable(url) is expected


def test_moments_are_written_in_the_readers_zone() -> None:
    assert written(NOW, "Europe/Berlin") == "21 Nov 2026, 05:00 CET"
    assert written(NOW, "America/New_York") == "20 Nov 2026, 23:00 EST"
    for unknown in ("", "Nowhere/Land", "../../etc/passwd", "America", "\x00"):
        assert written(NOW, unknown) == "21 Nov 2026, 04:00 UTC"
    assert localised(NOW + 999) == (
        "{{DATE(2026-11-21T04:00:00Z, SHORT)}} at {{TIME(2026-11-21T04:00:00Z)}}"
    )


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("status ID – where it stands", "status ID – where it stands"),
        ("*b* _i_ `c` [a](http://b)", "\\*b\\* \\_i\\_ \\`c\\` \\[a\\](http://b)"),
        ("<b>x</b> &amp;", "&lt;b\\>x&lt;/b\\> &amp;amp;"),
        ("- item", "\\- item"),
        ("12. item", "12\\. item"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_line_of_a_listing_stands_on_its_own_and_is_never_read_as_markup(
    text: str, sent: str
) -> None:
    place = {"bot": "28:bot", "conversation": "19:x", "tenant": "t"}
    made = listing((text, "next"), place)
    assert (made.text, made.text_format) == (f"{sent}\n\nnext", "markdown")
