"""The policy as code and standing delegations over HTTP."""

from typing import Any

import pytest

from core.service.absences import Wish
from tests.adapters.webhook.conftest import Api, a_body
from tests.adapters.webhook.fake_rules import GOOD
from tests.core.builders import NOW

YAML = {"Content-Type": "text/yaml"}


@pytest.fixture(autouse=True)
def keys(api: Api) -> None:
    api.keys.make("cs_admin", "admin")
    api.keys.make("cs_read", "read")
    api.keys.make("cs_submit", "submit")


async def test_the_policy_is_read_as_json_or_as_it_was_written(api: Api) -> None:
    reply = await api.get("/v1/policy", key="cs_read")
    assert reply.json == {"version": "v1", "text": GOOD, "source": "database"}
    plain = await api.get("/v1/policy", key="cs_read", headers={"Accept": "text/yaml"})
    assert plain.headers["Content-Type"] == "text/yaml; charset=utf-8"
    assert (plain.text, plain.headers["X-Policy-Version"]) == (GOOD, "v1")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/json, text/yaml", "application/json"),
        ("*/*", "application/json"),
        ("text/html", "application/json"),
        ("TEXT/YAML; q=0.5, application/json", "text/yaml"),
        ("application/yaml", "application/yaml"),
    ],
)
async def test_the_form_that_is_named_first_is_given(api: Api, accept: str, kind: str) -> None:
    reply = await api.get("/v1/policy", key="cs_read", headers={"Accept": accept})
    assert reply.headers["Content-Type"].partition(";")[0] == kind


async def test_an_earlier_version_is_read_by_its_name(api: Api) -> None:
    reply = await api.get("/v1/policy?version=v0", key="cs_read")
    assert reply.json == {"version": "v0", "text": "old", "source": "file"}
    reply = await api.get("/v1/policy?version=v9", key="cs_read")
    assert (reply.status, reply.reason) == (404, "unknown_policy")


async def test_the_versions_say_which_one_is_in_force(api: Api) -> None:
    reply = await api.get("/v1/policy/versions?limit=3", key="cs_read")
    assert [(v["version"], v["in_force"]) for v in reply.json["items"]] == [
        ("v1", True),
        ("v0", False),
        ("v1", False),
    ]
    assert reply.json["next_cursor"] is None


async def test_a_policy_is_put_as_yaml_or_json_and_is_in_force_at_once(api: Api) -> None:
    text = GOOD + "rules: []\n"
    for sent in ({"data": text.encode(), "headers": YAML}, {"json": {"text": text + "#"}}):
        reply = await api.call("PUT", "/v1/policy", key="cs_admin", **sent)
        assert (reply.status, reply.json["source"]) == (200, "database")
        assert api.service.used[-1].text == reply.json["text"]
        _, _, caller = api.service.last
        assert "admin" in caller.scopes, "its key is looked at once more where it is stored"
    assert (await api.get("/v1/policy", key="cs_read")).json["text"] == text + "#"


async def test_every_mistake_of_a_policy_is_named_with_its_place(api: Api) -> None:
    reply = await api.call("PUT", "/v1/policy", key="cs_admin", json={"text": "rules: 5"})
    assert (reply.status, reply.reason) == (422, "policy_invalid")
    assert reply.fields == {"text:1:1": "odd", "text:3:7": "unknown key 'x'"}
    assert api.service.used == []


async def test_a_policy_from_a_file_cannot_be_put(api: Api) -> None:
    api.service.from_file = True
    reply = await api.call("PUT", "/v1/policy", key="cs_admin", json={"text": GOOD})
    assert (reply.status, reply.reason) == (409, "policy_from_file")
    assert (await api.get("/v1/policy", key="cs_read")).json["source"] == "file"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"\xff", "headers": YAML}, 422),
        ({"data": b"", "headers": YAML}, 422),
        ({"data": b"x" * 200_001, "headers": YAML}, 422),
        ({"data": b"x" * 262_145, "headers": YAML}, 413),
        ({"data": GOOD.encode(), "headers": {"Content-Type": "text/plain"}}, 415),
        ({"data": GOOD.encode(), "headers": {**YAML, "Content-Encoding": "gzip"}}, 415),
        ({"json": {"text": 5}}, 422),
        ({"json": {"text": GOOD, "force": True}}, 422),
    ],
)
async def test_what_is_no_text_of_a_policy_never_reaches_the_core(
    api: Api, sent: dict[str, Any], status: int
) -> None:
    reply = await api.call("PUT", "/v1/policy", key="cs_admin", **sent)
    assert reply.status == status
    assert reply.reason
    assert api.service.calls == []


async def test_only_administrators_change_or_backtest_a_policy(api: Api) -> None:
    for method, path in (("PUT", "/v1/policy"), ("POST", "/v1/policy/backtest")):
        reply = await api.call(method, path, json={"text": GOOD})
        assert (reply.status, reply.reason) == (403, "scope_missing")
    reply = await api.get("/v1/policy", key="cs_submit")
    assert (reply.status, reply.reason) == (403, "scope_missing")


async def test_a_key_that_was_revoked_just_now_puts_no_policy(api: Api) -> None:
    body: dict[str, Any] = {"json": {"text": GOOD}, "key": "cs_admin"}
    assert (await api.call("PUT", "/v1/policy", **body)).status == 200
    api.keys.change("cs_admin", revoked_at=NOW)
    reply = await api.call("PUT", "/v1/policy", **body)
    assert (reply.status, reply.reason) == (401, "key_revoked")
    assert len(api.service.used) == 1


async def test_explain_answers_for_this_key_and_stores_nothing(api: Api) -> None:
    api.service.policy = _policy()
    reply = await api.post("/v1/policy/explain", a_body(), key="cs_submit")
    assert reply.status == 200, reply.text
    assert (reply.json["rule"], reply.json["category"]) == ("purchase-order", "review")
    assert [s["asked"] for s in reply.json["stages"]] == [["mara@example.com"]]
    assert api.service.calls == []


async def test_explain_knows_that_the_keys_owner_may_not_approve(api: Api) -> None:
    api.service.policy = _policy()
    api.keys.make("cs_hers", "submit", owner="mara@example.com")
    reply = await api.post("/v1/policy/explain", a_body(), key="cs_hers")
    (stage,) = reply.json["stages"]
    assert "mara@example.com" not in stage["asked"]
    assert any("own the agent" in warning for warning in reply.json["warnings"])


async def test_explain_obeys_whom_the_key_may_name(api: Api) -> None:
    api.keys.make("cs_narrow", "submit", requesters=("mara@example.com",))
    reply = await api.post("/v1/policy/explain", a_body(), key="cs_narrow")
    assert (reply.status, reply.reason) == (403, "requester_not_allowed")
    body = a_body(requester="nobody@example.com")
    reply = await api.post("/v1/policy/explain", body, key="cs_submit")
    assert (reply.status, reply.reason) == (422, "unknown_requester")


async def test_a_backtest_compares_the_newest_requests(api: Api) -> None:
    for _ in range(3):
        await api.post("/v1/requests", a_body())
    body = {"text": GOOD, "last": 2}
    reply = await api.post("/v1/policy/backtest", body, key="cs_admin")
    assert reply.status == 200, reply.text
    assert [r["request"] for r in reply.json["requests"]] == ["r3", "r2"]
    assert sum(reply.json["counts"].values()) == 2
    bad = await api.post("/v1/policy/backtest", {"text": "x"}, key="cs_admin")
    assert (bad.status, bad.reason) == (422, "policy_invalid")
    assert "text:3:7" in bad.fields


# --- standing delegations --------------------------------------------------------------------


async def test_a_delegation_is_set_for_the_keys_person(api: Api) -> None:
    body = {
        "to": "finn@example.com",
        "starts": "2027-02-01T09:00:00+01:00",
        "until": "2027-02-08T00:00:00Z",
        "categories": ["purchase_order"],
        "amount_cap": "500.50",
        "currency": "EUR",
    }
    reply = await api.post("/v1/delegations", body)
    assert (reply.status, reply.headers["Location"]) == (201, "/v1/delegations/d1")
    assert reply.json == {
        "id": "d1",
        "from": "mara@example.com",
        "to": "finn@example.com",
        "starts": "2027-02-01T08:00:00.000Z",
        "until": "2027-02-08T00:00:00.000Z",
        "categories": ["purchase_order"],
        "amount_cap": "500.50",
        "currency": "EUR",
        "active": False,
        "created_at": "2027-01-15T08:00:00.000Z",
    }
    wish, actor, caller, given = api.absences.last
    assert (wish.giver, actor.person, caller.person) == ("mara@example.com",) * 3
    assert given is None


async def test_an_administrator_names_who_is_away(api: Api) -> None:
    body = {"from": "mara@example.com", "to": "finn@example.com"}
    reply = await api.post(
        "/v1/delegations", body, key="cs_admin", headers={"Idempotency-Key": "k"}
    )
    assert (reply.status, reply.json["active"]) == (201, True)
    wish, actor, caller, given = api.absences.last
    assert wish == Wish(giver="mara@example.com", taker="finn@example.com")
    assert (actor.person, caller.has("admin"), given[0]) == (None, True, "k")
    body = {"to": "finn@example.com"}
    reply = await api.post("/v1/delegations", body, key="cs_admin")
    assert (reply.status, reply.reason) == (403, "no_person")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to": "finn"}, "to"),
        ({"until": "tomorrow"}, "until"),
        ({"until": "2027-02-30T00:00:00Z"}, "until"),
        ({"until": "2027-02-03T00:00:00"}, "until"),
        ({"until": "9999-12-31T23:59:59-23:59"}, "until"),
        ({"until": "0001-01-01T00:00:00+23:59"}, "until"),
        ({"starts": "2027-02-03T24:61:00Z"}, "starts"),
        ({"categories": ["x"] * 51}, "categories"),
        ({"amount_cap": -1}, "amount_cap"),
        ({"currency": "euro"}, "currency"),
        ({"giver": "ada@example.com"}, "giver"),
    ],
)
async def test_a_wrong_field_of_a_delegation_is_named(
    api: Api, change: dict[str, Any], field: str
) -> None:
    reply = await api.post("/v1/delegations", {"to": "finn@example.com"} | change)
    assert (reply.status, list(reply.fields)) == (422, [field])
    assert api.absences.calls == []


async def test_delegations_are_listed_and_ended(api: Api) -> None:
    await api.post("/v1/delegations", {"to": "finn@example.com"})
    listed = await api.get("/v1/delegations")
    assert [d["id"] for d in listed.json["items"]] == ["d1"]
    assert listed.json["next_cursor"] is None
    assert api.absences.last[0] is None
    ended = await api.call("DELETE", "/v1/delegations/d1")
    assert (ended.status, ended.json["id"]) == (200, "d1")
    again = await api.call("DELETE", "/v1/delegations/d1")
    assert (again.status, again.reason) == (404, "unknown_absence")


def _policy() -> Any:
    from tests.core.builders import a_policy

    return a_policy(text=GOOD)
