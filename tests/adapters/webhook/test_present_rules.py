"""What the complete rules add to a request: each member tells what the state holds."""

import json
from typing import Any

from msgspec.structs import replace

from adapters.webhook import present
from core.content import Text, row
from core.request import (
    Decision,
    Delegation,
    Execution,
    Feedback,
    Outcome,
    Remark,
    RequestState,
    Status,
    Vote,
)
from core.rows import Snapshot
from tests.adapters.webhook.fake_service import a_snapshot
from tests.core.builders import ALICE, FAYE, FINN, MARA, NOW

AT = "2027-01-15T08:00:00.000Z"


def shown(texts: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """The answer for a request whose state has these fields and these texts."""
    found = a_snapshot()
    rows = [row(name, "00" * 16, Text(text=text)) for name, text in (texts or {}).items()]
    whole = replace(
        found,
        state=replace(found.state, **fields),
        contents={**found.contents, **{r.id: r.body for r in rows}},
    )
    answer: dict[str, Any] = json.loads(present.encode(present.request(whole)))
    return answer


def state() -> RequestState:
    found: Snapshot = a_snapshot()
    return found.state


def test_a_vote_for_somebody_else_names_everyone_between() -> None:
    vote = Vote(
        person=FAYE,
        decision=Decision.APPROVE,
        via="slack",
        at=NOW,
        on_behalf_of=MARA,
        through=(FINN,),
        carried=True,
    )
    first, *rest = state().stages
    stages = (
        replace(first, votes=(vote,), round=2, closed_at=NOW, escalated_because="late"),
        *rest,
    )
    found = shown(stages=stages)["stages"][0]
    assert found["votes"] == [
        {
            "person": FAYE,
            "on_behalf_of": MARA,
            "through": [FINN],
            "decision": "approve",
            "comment": None,
            "via": "slack",
            "at": AT,
            "carried": True,
        }
    ]
    assert (found["round"], found["closed_at"], found["escalated_because"]) == (2, AT, "late")


def test_a_stage_says_why_it_is_held_or_was_passed() -> None:
    first, second, *rest = state().stages
    stages = (replace(first, bypass="auto_approve_when"), replace(second, held="nobody"), *rest)
    found = shown(stages=stages)["stages"]
    assert [s["bypass"] for s in found] == ["auto_approve_when", None, None]
    assert [s["held"] for s in found] == [None, "nobody", None]


def test_an_edited_revision_says_what_and_by_whom() -> None:
    found = shown(revision=2, edited=("amount",), edited_by=MARA)["revision"]
    assert (found["number"], found["edited"], found["edited_by"]) == (2, ["amount"], MARA)


def test_a_decision_without_a_vote_names_its_kind() -> None:
    outcome = Outcome(status=Status.APPROVED, at=NOW, by=(MARA,), bypass="break_glass")
    found = shown(status=Status.APPROVED, outcome=outcome)["decision"]
    assert (found["bypass"], found["cause"], found["by"]) == ("break_glass", None, [MARA])


def test_feedback_is_there_while_changes_are_requested_and_no_longer() -> None:
    feedback = Feedback(by=MARA, level=1, at=NOW, reason="t1")
    texts = {"t1": "Which vendor?"}
    found = shown(texts, status=Status.CHANGES_REQUESTED, feedback=feedback)
    assert found["feedback"] == {"by": MARA, "level": 1, "reason": "Which vendor?", "at": AT}
    assert shown(texts, feedback=feedback)["feedback"] is None


def test_a_delegation_says_from_whom_to_whom_and_until_when() -> None:
    given = Delegation(giver=MARA, taker=FINN, at=NOW, reason="t1", standing="d1", until=NOW)
    found = shown({"t1": "Away"}, delegations=(given,))["delegations"]
    assert found == [
        {
            "from": MARA,
            "to": FINN,
            "at": AT,
            "until": AT,
            "standing": "d1",
            "reason": "Away",
            "ended": False,
        }
    ]


def test_comments_come_with_their_text_or_null_where_it_was_erased() -> None:
    remarks = (Remark(content="t1", at=NOW, person=ALICE, question=True), Remark("t2", NOW))
    found = shown({"t1": "Why?"}, remarks=remarks, remark_count=7)
    assert found["comments"] == [
        {"person": ALICE, "text": "Why?", "question": True, "at": AT},
        {"person": None, "text": None, "question": False, "at": AT},
    ]
    assert found["comment_count"] == 7


def test_the_execution_is_a_word_and_its_report_stands_beside() -> None:
    found = shown({"t1": "Timeout"}, execution=Execution(outcome="failed", at=NOW, detail="t1"))
    assert found["execution"] == "failed"
    assert found["execution_report"] == {"outcome": "failed", "detail": "Timeout", "at": AT}


def test_an_attempt_names_the_one_before() -> None:
    found = shown(previous="r0", attempt=3)
    assert (found["previous_request_id"], found["attempt"], found["max_attempts"]) == ("r0", 3, 5)
