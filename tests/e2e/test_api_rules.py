"""The complete rules over HTTP: changes, edits, attempts, delegations, and who may do what."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import Time
from tests.e2e.rulebook import (
    ADA,
    ALICE,
    DANA,
    DEV,
    FAYE,
    FINN,
    MARA,
    OLGA,
    Desk,
    body_of,
    rulebook,
)

APPROVE = {"decision": "approve"}


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
async def desk(tmp_path: Path, time: Time) -> AsyncIterator[Desk]:
    async with rulebook(tmp_path, time) as running:
        yield running


# --- changes and edits -----------------------------------------------------------------------


async def test_changes_are_asked_for_and_answered_with_a_revision(desk: Desk) -> None:
    asked = await desk.ask("contract")
    assert asked["estimated_completion"] == "unknown"
    wish = {"decision": "request_changes", "comment": "Which vendor?"}
    waiting = await desk.done(FINN, asked, "decisions", wish)
    assert (waiting["status"], waiting["feedback"]["by"]) == ("changes_requested", FINN)
    assert waiting["feedback"]["reason"] == "Which vendor?"
    assert await desk.refused(FAYE, asked, "decisions", APPROVE) == (409, "waiting_for_revision")
    changed = {"action": {"params": {"amount": 900, "vendor": "Chairs Ltd"}}, "revision": 1}
    revised = await desk.done(desk.agent, asked, "revisions", changed)
    assert (revised["status"], revised["feedback"]) == ("pending", None)
    assert (revised["revision"]["number"], revised["attempt"]) == (2, 2)
    assert revised["action"]["params"]["vendor"] == "Chairs Ltd"
    assert (revised["title"], revised["amount"]) == ("Chairs", "900")


async def test_a_revision_is_refused_unless_it_changes_the_present_one(desk: Desk) -> None:
    asked = await desk.ask()
    path = "revisions"
    assert await desk.refused(desk.agent, asked, path, {}) == (422, "revision_unchanged")
    late = {"title": "Stools", "revision": 2}
    assert await desk.refused(desk.agent, asked, path, late) == (409, "stale_revision")
    mara = {"title": "Stools"}
    assert await desk.refused(MARA, asked, path, mara) == (403, "not_allowed_to_revise")
    for title in ("Stools", "Benches"):
        await desk.done(desk.agent, asked, path, {"title": title})
    assert await desk.refused(desk.agent, asked, path, mara) == (409, "too_many_attempts")


async def test_the_same_revision_with_the_same_key_is_made_once(desk: Desk) -> None:
    asked = await desk.ask()
    body, once = {"title": "Stools"}, {"Idempotency_Key": "revise-1"}
    first = await desk.act(desk.agent, asked, "revisions", body, **once)
    again = await desk.act(desk.agent, asked, "revisions", body, **once)
    assert [first[0], again[0]] == [200, 200]
    assert again[1]["revision"]["number"] == 2
    status, other = await desk.act(desk.agent, asked, "revisions", {"title": "X"}, **once)
    assert (status, other["reason"]) == (422, "idempotency_mismatch")


async def test_an_approver_edits_what_the_rule_lists_and_approves_that(desk: Desk) -> None:
    asked = await desk.ask()
    edits = {"amount": 500, "title": "Two chairs"}
    done = await desk.done(MARA, asked, "decisions", APPROVE | {"edits": edits, "revision": 1})
    assert (done["status"], done["amount"], done["title"]) == ("approved", "500", "Two chairs")
    revision = done["revision"]
    assert (revision["number"], revision["edited_by"]) == (2, MARA)
    assert sorted(revision["edited"]) == ["amount", "title"]
    # What runs is the approved revision, edits included.
    found = await desk.see(asked)
    assert found["action"]["params"] == {"amount": 500, "vendor": "ACME", "items": 3}
    executor = await desk.co.key("redeem")
    for params, status in ((asked["action"]["params"], 403), (found["action"]["params"], 200)):
        body = {"token": found["token"], "action": {"type": "expense", "params": params}}
        assert (await desk.co.call("POST", "/v1/tokens/redeem", executor, body))[0] == status


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (APPROVE | {"edits": {"items": 4}}, (422, "not_editable")),
        (APPROVE | {"edits": {"vendor": 5}}, (422, "invalid_field")),
        (APPROVE | {"edits": {"amount": "1000000000000000"}}, (422, "invalid_field")),
        (APPROVE | {"edits": {"amount": "12,50"}}, (422, "invalid_input")),
        (
            {"decision": "reject", "comment": "No", "edits": {"amount": 1}},
            (422, "edit_without_approval"),
        ),
        (APPROVE | {"edits": {"amount": 5}, "revision": 9}, (409, "stale_card")),
    ],
)
async def test_other_edits_are_refused_and_change_nothing(
    desk: Desk, body: dict[str, object], answer: tuple[int, str]
) -> None:
    asked = await desk.ask()
    assert await desk.refused(MARA, asked, "decisions", body) == answer
    assert await desk.see(asked) == asked


# --- attempts --------------------------------------------------------------------------------


async def test_the_same_action_after_a_rejection_is_answered_from_the_record(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.done(MARA, asked, "decisions", {"decision": "reject", "comment": "Too dear"})
    body, path = body_of(title="Chairs, again"), "/v1/requests"
    status, found = await desk.co.call("POST", path, desk.agent, body)
    assert (status, found["id"], found["answered_from_record"]) == (200, asked["id"], True)
    assert found["decision"]["reason"] == "Too dear"
    other = await desk.co.key("submit", "read")
    assert (await desk.co.call("POST", path, other, body))[0] == 201


async def test_an_answer_from_the_record_is_the_same_when_it_is_sent_again(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.done(MARA, asked, "decisions", {"decision": "reject", "comment": "Too dear"})
    once = {"Idempotency_Key": "k2"}
    first, again = [
        await desk.co.call("POST", "/v1/requests", desk.agent, body_of(), **once) for _ in range(2)
    ]
    assert first == again
    assert (again[0], again[1]["answered_from_record"]) == (200, True)


async def test_a_new_attempt_names_the_one_before_it(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.done(MARA, asked, "decisions", {"decision": "reject", "comment": "Too dear"})
    again = await desk.ask(previous_request_id=asked["id"], description="Cheaper elsewhere")
    assert (again["previous_request_id"], again["attempt"]) == (asked["id"], 2)
    status, chain = await desk.co.call("GET", f"/v1/requests/{asked['id']}/attempts", desk.agent)
    assert (status, chain["items"]) == (200, [asked["id"], again["id"]])
    body = body_of(previous_request_id=asked["id"])
    status, refused = await desk.co.call("POST", "/v1/requests", desk.agent, body)
    assert (status, refused["reason"]) == (409, "already_followed")
    body = body_of(previous_request_id=again["id"])
    status, refused = await desk.co.call("POST", "/v1/requests", desk.agent, body)
    assert (status, refused["reason"]) == (409, "cannot_follow")
    status, refused = await desk.co.call(
        "POST",
        "/v1/requests",
        await desk.co.key("submit"),
        body_of(previous_request_id=asked["id"]),
    )
    assert (status, refused["reason"]) == (404, "unknown_request")


# --- asking others ---------------------------------------------------------------------------


async def test_a_delegate_votes_for_who_was_asked(desk: Desk) -> None:
    asked = await desk.ask()
    handed = await desk.done(MARA, asked, "delegations", {"to": DEV, "reason": "At sea"})
    (delegation,) = handed["delegations"]
    assert (delegation["from"], delegation["to"], delegation["reason"]) == (MARA, DEV, "At sea")
    assert await desk.refused(MARA, asked, "delegations", {"to": ALICE}) == (422, "delegate_barred")
    done = await desk.done(DEV, asked, "decisions", APPROVE)
    (vote,) = done["stages"][0]["votes"]
    assert (vote["person"], vote["on_behalf_of"], vote["via"]) == (DEV, MARA, "api")


async def test_a_vote_is_taken_back_until_the_stage_closes(desk: Desk) -> None:
    asked = await desk.ask("contract")
    path = f"/v1/requests/{asked['id']}/decisions"
    voted = await desk.done(FINN, asked, "decisions", APPROVE)
    assert [v["person"] for v in voted["stages"][0]["votes"]] == [FINN]
    status, found = await desk.co.call("DELETE", path, await desk.key_of(FINN))
    assert (status, found["stages"][0]["votes"]) == (200, [])
    status, found = await desk.co.call("DELETE", path, await desk.key_of(FINN))
    assert (status, found["reason"]) == (409, "no_vote")


async def test_an_administrator_puts_another_in_somebodys_place(desk: Desk) -> None:
    asked = await desk.ask()
    swap = {"from": MARA, "to": DEV, "reason": "On leave"}
    assert await desk.refused(MARA, asked, "reassign", swap) == (403, "not_admin")
    done = await desk.done(ADA, asked, "reassign", swap)
    assert done["stages"][0]["assigned_to"] == [DEV]
    late = swap | {"from": FAYE, "to": FINN}
    assert await desk.refused(ADA, asked, "reassign", late) == (409, "not_asked")
    nobody = {"from": DEV, "to": "nobody@example.com"}
    assert await desk.refused(ADA, asked, "reassign", nobody) == (422, "unknown_person")


async def test_who_asked_nudges_once_and_escalates(desk: Desk, time: Time) -> None:
    asked = await desk.ask()
    assert await desk.refused(OLGA, asked, "nudge") == (404, "unknown_request")
    await desk.done(desk.agent, asked, "nudge")
    assert await desk.refused(ALICE, asked, "nudge") == (409, "nudged_recently")
    raised = await desk.done(ALICE, asked, "escalate", {"reason": "Urgent"})
    (stage,) = raised["stages"]
    assert (stage["escalated"], DANA in stage["assigned_to"]) == (True, True)
    assert stage["escalated_because"]


async def test_comments_and_questions_are_shown_with_who_wrote_them(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.done(MARA, asked, "comments", {"text": "Why three?", "question": True})
    found = await desk.done(desk.agent, asked, "comments", {"text": "One each."})
    said = [(c["person"], c["text"], c["question"]) for c in found["comments"]]
    assert said == [(MARA, "Why three?", True), (None, "One each.", False)]


async def test_break_glass_needs_the_role_and_is_a_recorded_bypass(desk: Desk) -> None:
    asked = await desk.ask("deploy")
    why = {"reason": "The shop is down."}
    assert await desk.refused(ADA, asked, "break-glass", why) == (403, "break_glass_role")
    seen = await desk.co.key("decide", "read_all", person=DANA)
    done = await desk.done(seen, asked, "break-glass", why | {"revision": 1})
    decision = done["decision"]
    assert (done["status"], decision["bypass"], decision["by"]) == (
        "approved",
        "break_glass",
        [DANA],
    )
    assert decision["reason"] == "The shop is down."
    other = await desk.ask()
    assert await desk.refused(seen, other, "break-glass", why) == (403, "no_break_glass")


# --- the trail, and who sees nothing ---------------------------------------------------------


async def test_every_act_stands_in_the_trail_with_its_text(desk: Desk) -> None:
    asked = await desk.ask()
    await desk.done(MARA, asked, "comments", {"text": "Why three?"})
    await desk.done(MARA, asked, "delegations", {"to": DEV, "reason": "At sea"})
    await desk.done(desk.agent, asked, "escalate", {"reason": "Urgent"})
    await desk.done(desk.agent, asked, "cancel", {"reason": "Not needed"})
    path = f"/v1/requests/{asked['id']}/events"
    _, trail = await desk.co.call("GET", path, desk.agent)
    types = {event["type"] for event in trail["items"]}
    assert {"commented", "delegated", "escalated", "finished"} <= types
    texts = {content.get("text") for content in trail["content"].values()}
    assert {"Why three?", "At sea", "Urgent", "Not needed"} <= texts
    assert "At sea" not in str([event["record"] for event in trail["items"]])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("decisions", APPROVE),
        ("decisions", APPROVE | {"edits": {"amount": 1}}),
        ("delegations", {"to": DEV}),
        ("comments", {"text": "Hello"}),
        ("revisions", {"title": "Mine"}),
        ("cancel", {}),
        ("nudge", {}),
        ("escalate", {}),
        ("break-glass", {"reason": "Mine"}),
        ("execution", {"outcome": "succeeded"}),
    ],
)
async def test_who_may_not_see_a_request_gets_the_answer_of_one_that_is_not_there(
    desk: Desk, path: str, body: dict[str, object]
) -> None:
    asked = await desk.ask()
    stranger = await desk.co.key("submit", "read", "decide", "redeem", person=OLGA)
    answers = []
    for request in (asked, {"id": "0" * 26}):
        status, found = await desk.act(stranger, request, path, body)
        detail = found["detail"].replace(request["id"], "ID")
        answers.append((status, found["reason"], detail))
    assert answers[0] == answers[1]
    assert answers[0][:2] == (404, "unknown_request")
    assert await desk.see(asked) == asked
