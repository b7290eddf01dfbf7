"""The example policies: without mistakes, without warnings, and doing what their names say."""

import re
from pathlib import Path
from typing import Any

import pytest

from bot.documents import read_document
from bot.files import load, load_directory
from core.directory import text as directory_text
from core.policy import keys as policy_keys
from core.policy.check import check
from core.policy.explain import Explanation, explain
from core.route import Category, Route
from core.routing import route
from core.submission import Submission
from tests.core.builders import NOW

FOLDER = Path(__file__).parents[2] / "docs" / "policies"
PEOPLE = FOLDER / "directory.yaml"
EXAMPLES = sorted(path for path in FOLDER.glob("*.yaml") if path != PEOPLE)
MINUTE = 60_000
HOUR = 60 * MINUTE


def submission(action_type: str, params: dict[str, Any] | None = None, **fields: Any) -> Submission:
    return Submission(action_type=action_type, params=params or {}, title="t", **fields)


def routed(name: str, asked: Submission) -> Route:
    """What an example says to a request of Alice's."""
    policy, directory = load(FOLDER / f"{name}.yaml", PEOPLE)
    alice = directory.person("alice@example.com")
    return route(policy, directory, asked, alice, "agent", ("alice@example.com",), NOW)[0]


def explained(name: str, asked: Submission) -> Explanation:
    """What would become of a request of Theo's."""
    policy, directory = load(FOLDER / f"{name}.yaml", PEOPLE)
    return explain(policy, directory, asked, directory.person("theo@example.com"), "agent", NOW)


def test_the_index_names_every_example() -> None:
    index = (FOLDER / "README.md").read_text()
    assert EXAMPLES
    assert all(f"]({path.name})" in index for path in EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_has_neither_mistakes_nor_warnings(path: Path) -> None:
    text = path.read_text()
    assert [str(f) for f in check(read_document(text), text, load_directory(PEOPLE))] == []


def test_the_examples_show_every_key() -> None:
    shown = "\n".join(path.read_text() for path in EXAMPLES)
    keys = {key for table in policy_keys.TABLES.values() for key in table}
    assert {key for key in keys if f"{key}:" not in shown} == set()


@pytest.mark.parametrize(
    ("score", "stages"), [(29, 0), (30, 1), (69, 1), (70, 2), (89, 2), (90, 3), (100, 3)]
)
def test_the_highest_risk_scores_get_three_stages(score: int, stages: int) -> None:
    found = routed("risk-score", submission("anything", risk_score=score))
    assert len(found.stages) == stages
    assert (found.category is Category.AUTO_APPROVE) is (stages == 0)


def test_a_payment_escalates_every_fifteen_minutes() -> None:
    [stage] = explained("payments", submission("payment", {"amount": 100})).stages
    escalations = [m.at - NOW for m in stage.moments if m.what == "escalation"]
    assert escalations == [15 * MINUTE, 30 * MINUTE]
    assert [m.at - NOW for m in stage.moments if m.what == "reminder"][:2] == [
        5 * MINUTE,
        10 * MINUTE,
    ]


def test_customer_mail_has_an_hour_and_may_be_passed_by_the_model() -> None:
    found = routed("customer-mail", submission("customer_mail"))
    assert found.stages[0].sla == HOUR
    assert found.grant is not None
    promise = routed("customer-mail", submission("customer_mail", labels=("refund",)))
    assert promise.grant is None


def test_batch_work_has_a_day_of_working_time() -> None:
    found = routed("batch-work", submission("batch_job"))
    assert (found.stages[0].sla, found.stages[0].approver_hours) == (24 * HOUR, True)
    [stage] = explained("batch-work", submission("batch_job")).stages
    assert stage.deadline is not None
    assert stage.deadline - NOW > 48 * HOUR
    first, second = "rolf@example.com", "olga@example.com"
    assert stage.asked == (first,)
    assert next(m.people for m in stage.moments if m.what == "escalation") == (second,)


def test_who_owns_part_of_the_vendor_is_kept_out() -> None:
    asked = submission("purchase_order", {"amount": 20_000, "vendor": "Fischer GmbH"})
    assert routed("purchase-order", asked).conflicted == ("finn@example.com",)
    other = submission("purchase_order", {"amount": 20_000})
    assert routed("purchase-order", other).conflicted == ()


def test_break_glass_is_for_deployments_and_never_for_what_is_prohibited() -> None:
    deploy = routed("break-glass", submission("deploy", {"environment": "production"}))
    assert deploy.glass is not None
    assert deploy.glass.role == "incident_commander"
    assert deploy.by_rules
    dropped = routed("break-glass", submission("drop_database"))
    assert (dropped.category, dropped.glass) == (Category.PROHIBITED, None)


def test_an_expense_may_be_corrected() -> None:
    found = routed("edit-and-approve", submission("expense", {"total": {"gross": 12}}))
    assert found.keep_approvals
    assert found.editable == ("amount", "currency", "description", "cost_center")


def test_no_department_stands_for_another() -> None:
    found = routed("four-eyes", submission("change_bank_details"))
    assert found.different_departments
    assert found.decide_in == "web"
    assert sum(stage.quorum for stage in found.stages if stage.quorum != "all") >= 3


@pytest.mark.parametrize("table", sorted(policy_keys.TABLES))
def test_every_key_of_every_table_is_explained(table: str) -> None:
    page = (FOLDER.parent / "policy.md").read_text()
    assert [k for k in policy_keys.TABLES[table] if not re.search(rf"`{k}[:`]", page)] == []


@pytest.mark.parametrize("key", directory_text.KEYS)
def test_every_key_of_a_person_is_explained(key: str) -> None:
    page = (FOLDER.parent / "policy.md").read_text()
    assert f"`{key}" in page or f"    {key}: " in page
