"""A vote over HTTP counts only in the round of the stage that was seen."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.e2e.company import Json, company
from tests.e2e.rulebook import DANA, FINN, MARA, Desk

POLICY = """\
version: 1
defaults: {expires_in: 24h}
rules:
  - name: expense
    when: request.action.type == "expense"
    category: review
    on_reject: previous_stage
    editable: [amount]
    stages:
      - {name: Manager, approvers: [mara@example.com]}
      - {name: Finance, approvers: [finn@example.com]}
      - {name: Director, approvers: [dana@example.com]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""
APPROVE: Json = {"decision": "approve"}
REJECT: Json = {"decision": "reject", "comment": "Wrong cost centre"}
MISSING = (
    "round: is missing, and stage Manager was opened again: it is in round 2. "
    "Look at the request again, and say which round you saw."
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY)
    async with company(tmp_path, policy=policy, relay=False) as co:
        yield Desk(co, await co.key("submit", "read"))


async def sent_back(desk: Desk) -> Json:
    """A request that Finance sent back: its first stage is open again, in round 2."""
    asked = await desk.ask()
    await desk.done(MARA, asked, "decisions", APPROVE)
    await desk.done(FINN, asked, "decisions", REJECT)
    found = await desk.see(asked)
    assert (found["current_stage"], rounds(found)) == (1, [2, 1, 0])
    return found


def rounds(request: Json) -> list[int]:
    return [stage["round"] for stage in request["stages"]]


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        APPROVE,
        APPROVE | {"stage": "Manager"},
        APPROVE | {"revision": 1, "stage": "Manager"},
        APPROVE | {"edits": {"amount": 800}},
        REJECT,
        REJECT | {"decision": "request_changes"},
    ],
)
async def test_a_vote_that_names_no_round_does_not_count_in_a_later_one(
    desk: Desk, body: Json
) -> None:
    asked = await sent_back(desk)
    status, found = await desk.act(MARA, asked, "decisions", body)
    assert (status, found["reason"], found["detail"]) == (422, "invalid_field", MISSING)
    assert [error["field"] for error in found["errors"]] == ["round"]
    assert await desk.see(asked) == asked


@pytest.mark.parametrize("stage", [{}, {"stage": "Manager"}])
@pytest.mark.parametrize("other", [1, 3])
async def test_a_vote_of_another_round_never_counts(desk: Desk, stage: Json, other: int) -> None:
    asked = await sent_back(desk)
    for body in (APPROVE | stage, REJECT | stage):
        late = body | {"round": other}
        assert await desk.refused(MARA, asked, "decisions", late) == (409, "stale_card")
    assert await desk.see(asked) == asked


async def test_a_first_round_is_told_from_one_that_never_was(desk: Desk) -> None:
    asked = await desk.ask()
    assert await desk.refused(MARA, asked, "decisions", APPROVE | {"round": 2}) == (
        409,
        "stale_card",
    )
    first = await desk.done(MARA, asked, "decisions", APPROVE | {"round": 1})
    assert first["current_stage"] == 2


# --- what counts ----------------------------------------------------------------------------


async def test_the_round_that_was_seen_counts(desk: Desk) -> None:
    asked = await sent_back(desk)
    passed = await desk.done(MARA, asked, "decisions", APPROVE | {"round": 2})
    assert (passed["current_stage"], rounds(passed)) == (2, [2, 2, 0])
    assert await desk.refused(FINN, asked, "decisions", APPROVE) == (422, "invalid_field")
    passed = await desk.done(FINN, asked, "decisions", APPROVE | {"stage": "Finance", "round": 2})
    assert (passed["current_stage"], rounds(passed)) == (3, [2, 2, 1])
    done = await desk.done(DANA, asked, "decisions", APPROVE)
    assert done["status"] == "approved"


async def test_an_edit_counts_in_the_round_that_was_seen(desk: Desk) -> None:
    asked = await sent_back(desk)
    edit = APPROVE | {"edits": {"amount": 800}, "round": 2}
    edited = await desk.done(MARA, asked, "decisions", edit)
    # The revision is routed from the start, and its rounds are counted anew.
    assert (edited["amount"], edited["current_stage"], rounds(edited)) == ("800", 2, [1, 1, 0])


# --- the same vote again --------------------------------------------------------------------


async def test_the_same_vote_sent_again_is_the_same_answer(desk: Desk) -> None:
    asked = await sent_back(desk)
    body = APPROVE | {"round": 2}
    passed = await desk.done(MARA, asked, "decisions", body)
    for again in (body, body | {"stage": "Manager"}, APPROVE, APPROVE | {"stage": "Manager"}):
        assert await desk.done(MARA, asked, "decisions", again) == passed


async def test_a_vote_in_a_first_round_is_sent_again_while_a_later_stage_is_in_its_second(
    desk: Desk,
) -> None:
    asked = await desk.ask()
    await desk.done(MARA, asked, "decisions", APPROVE)
    await desk.done(FINN, asked, "decisions", APPROVE)
    await desk.done(DANA, asked, "decisions", REJECT)
    back = await desk.see(asked)
    assert (back["current_stage"], rounds(back)) == (2, [1, 2, 1])
    for again in (APPROVE, APPROVE | {"stage": "Manager"}, APPROVE | {"round": 1}):
        assert await desk.done(MARA, asked, "decisions", again) == back
    edit = APPROVE | {"edits": {"amount": 800}}  # another vote, for the stage that is open
    assert await desk.refused(MARA, asked, "decisions", edit) == (422, "invalid_field")
    other = {"stage": "Manager", **REJECT}
    assert await desk.refused(MARA, asked, "decisions", other) == (409, "wrong_stage")
