"""Ways to have something done that nobody approved: over the API, each of them is refused."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.directory.people import Directory
from core.events import Actor
from tests.e2e.company import Json, Time, company
from tests.e2e.rulebook import ADA, DANA, MARA, Desk, body_of

POLICY = """\
version: 1
defaults: {expires_in: 24h}
rules:
  - name: expense
    when: request.action.type == "expense"
    category: review
    max_attempts: 2
    editable: [amount, vendor.iban, purpose]
    break_glass: {role: director, tell: ["group:admins"]}
    stages:
      - {name: Manager, approvers: [mara@example.com]}
  - name: contract
    when: request.action.type == "contract"
    category: review
    on_reject: request_changes
    max_attempts: 2
    stages:
      - {name: Manager, approvers: [mara@example.com]}
  - name: refund
    when: request.action.type == "refund"
    category: auto_approve
  - name: slow
    when: request.action.type == "slow"
    category: review
    expires_in: 720h
    max_attempts: 20
    stages:
      - {name: Manager, approvers: [mara@example.com]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
APPROVE = {"decision": "approve"}
REJECT = {"decision": "reject", "comment": "No"}
DECOY = {"type": "slow", "params": {"amount": 1}}
REFUND = {"type": "refund", "params": {"amount": 99999}}


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, relay=False, at=Time()) as co:
        yield Desk(co, await co.key("submit", "read"))


async def submit(desk: Desk, body: Json) -> tuple[int, Json]:
    return await desk.co.call("POST", "/v1/requests", desk.agent, body)


async def bring_into_force(desk: Desk, text: str) -> None:
    """Another policy, as a changed file brings it."""
    books = desk.co.app.books
    books.use(books.read(text))
    await desk.co.app.governance.adopt(books.policy(), Actor(via="system"))


def leave(desk: Desk, email: str) -> None:
    """The person is taken out of the directory."""
    books = desk.co.app.books
    others = [p for p in books.directory().people.values() if p.email != email]
    books.use(books.policy(), Directory(others))


# --- asking again ----------------------------------------------------------------------------


async def test_a_decoy_named_as_previous_does_not_ask_again(desk: Desk) -> None:
    first = await desk.ask()
    await desk.done(MARA, first, "decisions", REJECT)
    decoy = await desk.ask(action=DECOY)
    await desk.done(desk.agent, decoy, "cancel", {})
    status, found = await submit(desk, body_of(previous_request_id=decoy["id"]))
    assert (status, found["id"], found["answered_from_record"]) == (200, first["id"], True)
    status, found = await submit(desk, body_of(previous_request_id=first["id"]))
    assert (status, found["attempt"]) == (201, 2)


async def test_what_was_sent_back_and_withdrawn_is_answered_from_the_record(desk: Desk) -> None:
    asked = await desk.ask("contract")
    sent_back = await desk.done(MARA, asked, "decisions", REJECT)
    assert sent_back["status"] == "changes_requested"
    await desk.done(desk.agent, asked, "cancel", {})
    status, found = await submit(desk, body_of("contract"))
    assert (status, found["id"]) == (200, asked["id"])
    status, found = await submit(desk, body_of("contract", previous_request_id=asked["id"]))
    assert (status, found["attempt"]) == (201, 2)


async def test_what_was_withdrawn_unjudged_can_be_asked_again(desk: Desk) -> None:
    asked = await desk.ask("contract")
    await desk.done(desk.agent, asked, "cancel", {})
    assert (await submit(desk, body_of("contract")))[0] == 201


async def test_nothing_is_revised_into_what_was_rejected_elsewhere(desk: Desk) -> None:
    first = await desk.ask()
    await desk.done(MARA, first, "decisions", REJECT)
    decoy = await desk.ask(action=DECOY)
    again = {"action": body_of()["action"]}
    status, found = await desk.act(desk.agent, decoy, "revisions", again)
    assert (status, found["reason"]) == (409, "rejected_before")
    assert first["id"] in found["detail"]
    # A chain of attempts answers for itself, and is bounded.
    follower = await desk.ask(action=DECOY, previous_request_id=first["id"])
    status, found = await desk.act(desk.agent, follower, "revisions", again)
    assert (status, found["reason"]) == (409, "too_many_attempts")


# --- another policy ---------------------------------------------------------------------------


async def test_a_revision_is_a_new_thing_to_ask_under_the_policy_in_force(desk: Desk) -> None:
    decoy = await desk.ask("slow", action=DECOY)
    strict = POLICY.replace("category: auto_approve", "category: prohibited\n    because: Stolen.")
    await bring_into_force(desk, strict)
    revised = await desk.done(desk.agent, decoy, "revisions", {"action": REFUND})
    assert (revised["status"], revised["policy"]["rule"]) == ("prohibited", "refund")
    assert (await desk.see(decoy))["token"] is None


async def test_a_revision_lives_no_longer_than_its_rule_says(desk: Desk) -> None:
    decoy = await desk.ask("slow", action=DECOY)
    revised = await desk.done(desk.agent, decoy, "revisions", {"action": expense()})
    made, ends = (datetime.fromisoformat(revised[n]) for n in ("created_at", "expires_at"))
    # Of its 720 hours only what the new rule gives is left, from the revision on.
    assert timedelta(hours=24) <= ends - made < timedelta(hours=48)


async def test_an_edit_keeps_the_version_but_not_what_is_prohibited_today(desk: Desk) -> None:
    purposes = [await desk.ask(action=expense(purpose=n)) for n in ("one", "two")]
    rule = (
        "  - name: gambling\n"
        '    when: request.action.type == "expense" && request.action.params.purpose == "bets"\n'
        "    category: prohibited\n    because: Never.\n"
    )
    moved = POLICY.replace("[mara@example.com]", "[dana@example.com]")
    await bring_into_force(desk, moved.replace("rules:\n", "rules:\n" + rule))
    kept = APPROVE | {"edits": {"purpose": "chairs"}}
    found = await desk.done(MARA, purposes[0], "decisions", kept)
    assert (found["status"], found["policy"]) == ("approved", purposes[0]["policy"])
    never = APPROVE | {"edits": {"purpose": "bets"}}
    found = await desk.done(MARA, purposes[1], "decisions", never)
    assert (found["status"], found["policy"]["rule"]) == ("prohibited", "gambling")


def expense(**params: Any) -> Json:
    return {"type": "expense", "params": {"amount": 5, "vendor": "ACME"} | params}


# --- what was seen ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "path", "body"),
    [(MARA, "decisions", APPROVE), (DANA, "break-glass", {"reason": "Fire"})],
)
async def test_who_approves_what_was_revised_says_what_they_saw(
    desk: Desk, who: str, path: str, body: Json
) -> None:
    asked = await desk.ask()
    if who == DANA:  # she is nobody's approver here
        who = await desk.co.key("decide", "read_all", person=DANA)
    dear = {"action": {"params": {"amount": 999999, "vendor": "Mallory"}}}
    await desk.done(desk.agent, asked, "revisions", dear)
    status, found = await desk.act(who, asked, path, body)
    assert (status, found["errors"][0]["field"]) == (422, "revision")
    assert "which revision you saw" in found["detail"]
    assert await desk.refused(who, asked, path, body | {"revision": 1}) == (409, "stale_card")
    approved = await desk.done(who, asked, path, body | {"revision": 2})
    assert approved["status"] == "approved"


async def test_a_rejection_need_not_say_which_revision_was_seen(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.done(desk.agent, asked, "revisions", {"title": "Stools"})
    assert (await desk.done(MARA, asked, "decisions", REJECT))["status"] == "rejected"


async def test_an_inner_edit_does_not_wipe_out_what_stands_outside(desk: Desk) -> None:
    asked = await desk.ask(action=expense())
    edit = APPROVE | {"edits": {"vendor.iban": "DE00"}}
    assert await desk.refused(MARA, asked, "decisions", edit) == (422, "invalid_field")
    inner = await desk.ask(action=expense(vendor={"name": "ACME"}))
    found = await desk.done(MARA, inner, "decisions", edit)
    assert found["action"]["params"]["vendor"] == {"name": "ACME", "iban": "DE00"}


# --- a key that outlives its person -----------------------------------------------------------


async def test_the_key_of_somebody_who_left_acts_and_sees_as_nobodys(desk: Desk) -> None:
    asked, key = await desk.ask(), await desk.key_of(MARA)
    absent = {"to": DANA}
    assert (await desk.co.call("POST", "/v1/delegations", key, absent))[0] == 201
    leave(desk, MARA)
    assert await desk.refused(MARA, asked, "decisions", APPROVE) == (403, "person_left")
    for path, body in (("comments", {"text": "Hello"}), ("nudge", {}), ("escalate", {})):
        assert await desk.refused(MARA, asked, path, body) == (404, "unknown_request")
    assert (await desk.co.call("GET", f"/v1/requests/{asked['id']}", key))[0] == 404
    assert (await desk.co.call("GET", "/v1/requests", key))[1]["items"] == []
    for method, given in (("GET", None), ("POST", absent)):
        status, found = await desk.co.call(method, "/v1/delegations", key, given)
        assert (status, found["reason"]) == (403, "person_left")


async def test_an_administrators_key_loses_its_power_with_the_person(desk: Desk) -> None:
    asked = await desk.ask()
    move = {"from": MARA, "to": DANA}
    leave(desk, ADA)
    assert await desk.refused(ADA, asked, "reassign", move) == (403, "not_admin")
