"""The action types that people may choose from: those with which conditions compare plainly."""

import pytest

from core.policy.kinds import NamedKind, compared, named
from tests.core.policy_document import FALLBACK, POLICY, read

TYPE = "request.action.type"


@pytest.mark.parametrize(
    ("condition", "types"),
    [
        (f'{TYPE} == "purchase_order"', ["purchase_order"]),
        (f"'hire' == {TYPE}", ["hire"]),
        (f'{TYPE} == r"raw"', ["raw"]),
        (f'{TYPE} == """long"""', ["long"]),
        (f'{TYPE} in ["a", "b",\n "c"]', ["a", "b", "c"]),
        (f'({TYPE} == "a" || {TYPE} == "b") && request.amount > 10', ["a", "b"]),
        ('request . action . type == "spaced"', ["spaced"]),
        (f'{TYPE} == "a" // and not == "comment"', ["a"]),
        (f'request.amount > 1 ? {TYPE} == "x" : {TYPE} == "y"', ["x", "y"]),
        (f'{TYPE} == "a"', ["a"]),
    ],
)
def test_plain_comparisons_are_found(condition: str, types: list[str]) -> None:
    assert list(compared(condition)) == types


@pytest.mark.parametrize(
    "condition",
    [
        "",
        f'{TYPE} != "a"',
        f'{TYPE}.startsWith("db.")',
        f'{TYPE} == "Not A Type"',
        f'{TYPE} == "a" + request.title',
        f'"x" + {TYPE} == "xa"',
        f'{TYPE} == "a".trim()',
        f'{TYPE} in ["a", request.title]',
        f'{TYPE} in request.labels && request.title == "title"',
        f"{TYPE} == request.title",
        'request.action.types == "a"',
        'other.request.action.type == "a"',
        "request.title == \"request.action.type == 'quoted'\"",
        f"// {TYPE} == 'comment'",
        f'{TYPE} == "esc\\u0061ped"',
        f"{TYPE} ==",
        f"{TYPE} in [",
        f'== {TYPE} == "a"' + "(" * 50,
    ],
)
def test_everything_else_is_left_out(condition: str) -> None:
    assert list(compared(condition)) == []


def policy(*rules: str) -> str:
    start = POLICY[: POLICY.index("rules:")]
    return f"{start}rules:\n" + "".join(rules) + f"{FALLBACK}\nlast_resort: group:admins\n"


def rule(name: str, when: str, more: str) -> str:
    return f"  - {{name: {name}, when: '{when}', {more}}}\n"


REVIEW = 'category: review, stages: [{name: Review, approvers: ["group:admins"]}]'


def test_the_policys_own_types_in_its_order_each_once() -> None:
    text = policy(
        rule("gift", f'{TYPE} == "gift"', "category: prohibited"),
        rule("big", f'{TYPE} == "hire" && request.amount > 5', "category: prohibited"),
        rule("pay", f'{TYPE} in ["pay", "refund"]', f"amount_from: total.gross, {REVIEW}"),
        rule("hire", f'{TYPE} == "hire"', REVIEW),
        rule("pay2", f'{TYPE} == "pay"', REVIEW),
    )
    assert named(read(text)) == (
        NamedKind(type="pay", amount_from="total.gross"),
        NamedKind(type="refund", amount_from="total.gross"),
        NamedKind(type="hire"),
    ), "what a rule only prohibits is nothing to ask for"
