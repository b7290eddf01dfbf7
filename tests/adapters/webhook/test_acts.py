"""Acts on a request: what reaches the core, and what never does."""

from typing import Any

import pytest

from core.content import Action
from core.refusals import Reason, Refused
from tests.adapters.webhook.conftest import Api, a_body

ACTS: list[tuple[str, dict[str, Any], str, tuple[Any, ...]]] = [
    ("delegations", {"to": "finn@example.com"}, "delegate", ("finn@example.com", None)),
    (
        "reassign",
        {"from": "mara@example.com", "to": "finn@example.com", "reason": "On leave"},
        "reassign",
        ("mara@example.com", "finn@example.com", "On leave"),
    ),
    ("comments", {"text": "Which vendor?"}, "comment", ("Which vendor?", False)),
    ("comments", {"text": "Which?", "question": True}, "comment", ("Which?", True)),
    ("cancel", {"reason": "Not needed"}, "cancel", ("Not needed",)),
    ("nudge", {}, "nudge", ()),
    ("escalate", {"reason": "Urgent"}, "escalate", ("Urgent",)),
    ("break-glass", {"reason": "Outage", "revision": 1}, "break_glass", ("Outage", 1)),
    ("execution", {"outcome": "succeeded"}, "execution", ("succeeded", None)),
    ("execution", {"outcome": "failed", "detail": "X"}, "execution", ("failed", "X")),
    ("incidents", {"detail": "Twice"}, "incident", ("Twice", "other", "medium")),
    (
        "incidents",
        {"detail": "Twice", "kind": "harm", "severity": "high"},
        "incident",
        ("Twice", "harm", "high"),
    ),
    ("token/revoke", {"reason": "Wrong vendor"}, "revoke_token", ("Wrong vendor",)),
]


@pytest.mark.parametrize(("path", "body", "name", "said"), ACTS)
async def test_an_act_reaches_the_core_as_the_keys_person(
    api: Api, path: str, body: dict[str, Any], name: str, said: tuple[Any, ...]
) -> None:
    await api.post("/v1/requests", a_body())
    headers = {"Idempotency-Key": "once"}
    reply = await api.post(f"/v1/requests/r1/{path}", body, headers=headers)
    assert (reply.status, reply.json["id"]) == (200, "r1")
    called, (caller, about, *rest) = api.service.calls[-1]
    assert (called, about, tuple(rest)) == (name, "r1", said)
    assert caller.person == "mara@example.com"
    assert api.service.given is not None
    assert api.service.given[0] == "once"


@pytest.mark.parametrize(("path", "body", "name", "said"), ACTS)
async def test_an_unknown_member_is_refused_and_nothing_is_done(
    api: Api, path: str, body: dict[str, Any], name: str, said: tuple[Any, ...]
) -> None:
    for extra in ("person", "as_admin", "actor"):
        reply = await api.post(f"/v1/requests/r1/{path}", body | {extra: "ada@example.com"})
        assert (reply.status, list(reply.fields)) == (422, [extra])
    assert api.service.calls == []


@pytest.mark.parametrize("path", ["cancel", "nudge", "escalate", "token/revoke"])
async def test_a_body_may_be_left_out_where_nothing_needs_to_be_said(api: Api, path: str) -> None:
    await api.post("/v1/requests", a_body())
    assert (await api.post(f"/v1/requests/r1/{path}")).status == 200
    assert (await api.send(b"[]", path=f"/v1/requests/r1/{path}")).status == 422


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("delegations", {}, "to"),
        ("delegations", {"to": "finn"}, "to"),
        ("delegations", {"to": "finn@example.com", "reason": "x" * 2001}, "reason"),
        ("reassign", {"to": "finn@example.com"}, "from"),
        ("reassign", {"from": 1, "to": "finn@example.com"}, "from"),
        ("comments", {}, "text"),
        ("comments", {"text": ""}, "text"),
        ("comments", {"text": " \u200b\n"}, "text"),
        ("comments", {"text": "x" * 2001}, "text"),
        ("comments", {"text": "x", "question": "yes"}, "question"),
        ("break-glass", {}, "reason"),
        ("break-glass", {"reason": "\t"}, "reason"),
        ("break-glass", {"reason": "x", "revision": 0}, "revision"),
        ("incidents", {}, "detail"),
        ("incidents", {"detail": " "}, "detail"),
        ("incidents", {"detail": "x", "kind": "fine"}, "kind"),
        ("incidents", {"detail": "x", "severity": "none"}, "severity"),
        ("execution", {}, "outcome"),
        ("execution", {"outcome": "not_started"}, "outcome"),
        ("execution", {"outcome": "done"}, "outcome"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_done(
    api: Api, path: str, body: dict[str, Any], field: str
) -> None:
    reply = await api.post(f"/v1/requests/r1/{path}", body)
    assert (reply.status, list(reply.fields)) == (422, [field])
    assert reply.json["errors"][0]["remedy"]
    assert api.service.calls == []


# --- revisions -----------------------------------------------------------------------------


async def revised(api: Api, body: dict[str, Any]) -> Any:
    """What of the revision reaches the core: the submission and the base."""
    await api.post("/v1/requests", a_body())
    reply = await api.post("/v1/requests/r1/revisions", body)
    assert reply.status == 200, reply.text
    assert api.service.calls[-1][0] == "revise"
    return api.service.last[2:]


async def test_what_a_revision_leaves_out_stays_as_it_is(api: Api) -> None:
    submission, base = await revised(api, {"title": "A smaller ERP"})
    assert submission.title == "A smaller ERP"
    assert submission.action_type == "purchase_order"
    assert submission.params == {"purpose": "New ERP system", "amount": 120000}
    # The amount stands in the params, from which it is taken again.
    assert (submission.amount, submission.requester, base) == (None, None, 1)


async def test_an_amount_that_left_the_params_is_gone(api: Api) -> None:
    submission, _ = await revised(api, {"action": {"params": {"purpose": "Chairs"}}})
    assert (submission.params, submission.amount) == ({"purpose": "Chairs"}, None)


async def test_a_revision_changes_what_it_names_and_null_empties(api: Api) -> None:
    body = {
        "action": {"params": {"purpose": "Chairs"}},
        "description": None,
        "amount": 900,
        "currency": "EUR",
        "labels": ["cheap"],
        "context": {"reasoning": "Less is enough."},
        "revision": 7,
    }
    submission, base = await revised(api, body)
    assert (submission.action_type, submission.params) == ("purchase_order", {"purpose": "Chairs"})
    assert (submission.description, submission.amount, submission.currency) == (None, "900", "EUR")
    assert submission.labels == ("cheap",)
    assert submission.context == {"reasoning": "Less is enough."}
    assert base == 7


@pytest.mark.parametrize(
    "body",
    [
        {"requester": "ada@example.com"},
        {"callback_url": "https://example.com"},
        {"expires_in": "1h"},
        {"title": None},
        {"action": None},
        {"action": {"type": "Nothing Else"}},
        {"revision": "1"},
    ],
)
async def test_a_revision_of_what_cannot_change_is_refused(api: Api, body: dict[str, Any]) -> None:
    await api.post("/v1/requests", a_body())
    reply = await api.post("/v1/requests/r1/revisions", body)
    assert (reply.status, reply.reason) == (422, "invalid_input")
    assert [name for name, _ in api.service.calls] == ["submit"]


# --- tokens --------------------------------------------------------------------------------


async def test_a_token_is_redeemed_for_the_action_that_is_about_to_run(api: Api) -> None:
    await api.post("/v1/requests", a_body())
    action = {"type": "purchase_order", "params": {"amount": 120000}}
    reply = await api.post("/v1/tokens/redeem", {"token": "a.b.c", "action": action})
    assert (reply.status, reply.json["id"]) == (200, "r1")
    assert api.service.last[2:] == ("a.b.c", Action("purchase_order", {"amount": 120000}))


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refused(Reason.TOKEN_INVALID, problem="it is not one"), 422),
        (Refused(Reason.OTHER_ACTION), 403),
        (Refused(Reason.TOKEN_USED), 409),
        (Refused(Reason.TOKEN_EXPIRED), 409),
        (Refused(Reason.TOKEN_REVOKED), 409),
        (Refused(Reason.FROZEN), 409),
    ],
)
async def test_a_token_that_does_not_count_is_refused_without_being_repeated(
    api: Api, refusal: Refused, status: int
) -> None:
    api.service.error = refusal
    body = {"token": "secret.token.text", "action": {"type": "a"}}
    reply = await api.post("/v1/tokens/redeem", body)
    assert (reply.status, reply.reason) == (status, refusal.reason.value)
    assert "secret.token.text" not in reply.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"token": "a.b.c"}, "action"),
        ({"action": {"type": "a"}}, "token"),
        ({"token": "", "action": {"type": "a"}}, "token"),
        ({"token": "x" * 8193, "action": {"type": "a"}}, "token"),
        ({"token": ["a"], "action": {"type": "a"}}, "token"),
        ({"token": "a", "action": {"params": {}}}, "action.type"),
    ],
)
async def test_a_redemption_without_its_parts_is_422(
    api: Api, body: dict[str, Any], field: str
) -> None:
    reply = await api.post("/v1/tokens/redeem", body)
    assert (reply.status, list(reply.fields)) == (422, [field])
    assert api.service.calls == []


async def test_admin_alone_does_not_redeem_or_report(api: Api) -> None:
    api.keys.make("cs_admin", "admin")
    body = {"token": "a", "action": {"type": "a"}}
    for path, said in (("/v1/tokens/redeem", body), ("/v1/requests/r1/execution", {})):
        reply = await api.post(path, said, key="cs_admin")
        assert (reply.status, reply.reason) == (403, "scope_missing")
    assert api.service.calls == []


async def test_the_token_goes_to_the_submitting_key_and_nowhere_else(api: Api) -> None:
    api.keys.make("cs_other", "read_all", "decide", person="finn@example.com")
    api.service.tokens["r1"] = "a.b.c"
    made = await api.post("/v1/requests", a_body(), headers={"Idempotency-Key": "k"})
    assert made.json["token"] == "a.b.c"
    assert (await api.get("/v1/requests/r1")).json["token"] == "a.b.c"
    assert (await api.get("/v1/requests/r1", key="cs_other")).json["token"] is None
    again = await api.post("/v1/requests", a_body(), headers={"Idempotency-Key": "k"})
    assert (again.headers["Idempotent-Replayed"], again.json["token"]) == ("true", None)
    assert (await api.get("/v1/requests")).json["items"][0]["token"] is None
    acted = await api.post("/v1/requests/r1/nudge")
    assert acted.json["token"] is None


async def test_an_answer_from_the_record_is_200_and_says_so(api: Api) -> None:
    made = await api.post("/v1/requests", a_body())
    assert "answered_from_record" not in made.json
    api.service.record = "r1"
    reply = await api.post("/v1/requests", a_body())
    assert (reply.status, reply.json["answered_from_record"]) == (200, True)
    assert reply.headers["Location"] == "/v1/requests/r1"
