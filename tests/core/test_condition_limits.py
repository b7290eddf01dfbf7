"""What a condition may cost: its length, its loops, and what these walk over."""

import pytest

from core.policy.condition_limits import LONGEST, nesting
from core.policy.conditions import ConditionSyntaxError, compile_condition
from core.policy.policy import ConditionError


def mistake(text: str) -> tuple[int, int, str]:
    with pytest.raises(ConditionSyntaxError) as caught:
        compile_condition(text)
    return caught.value.line, caught.value.column, str(caught.value)


def test_a_condition_that_is_too_long_is_refused_before_it_is_compiled() -> None:
    text = "true" + " && true" * 250
    assert len(text) > LONGEST
    assert mistake(text) == (
        *(1, 1),
        "the condition has 2004 characters, more than 2000 - Split it into several rules",
    )
    assert compile_condition("true".ljust(LONGEST)).holds({})


def test_loops_three_deep_are_refused_where_the_third_begins() -> None:
    text = "[1].all(a,\n [2].exists(b, [3].map(c, c + a + b) == [6]))"
    assert mistake(text) == (
        *(2, 19),
        "more than 2 loops stand inside one another - Split it, or loop less deeply",
    )


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("true", 0),
        ("[1].all(a, a > 0) && [2].all(b, b > 0)", 1),
        ("[1].map(a, a).exists(b, b > 0)", 1),
        ("[1].all(a, ([2]) . filter ( b, (b > a) ).size() > 0)", 2),
        ("request.title == \".all(\" || request.title == '.map('", 0),
        ('request.title == """say "x" .all( .all("""', 0),
        (r'request.title == "\".all(\"" || [1].all(a, a > 0)', 1),
        (r'request.title == r"\.all(" || [1].all(a, a > 0)', 1),
        ("true // .all(\n && [1].all(a, a > 0)", 1),
    ],
)
def test_loops_are_counted_where_they_are_loops(text: str, depth: int) -> None:
    assert nesting(text)[0] == depth
    compile_condition(text)


EVERY = "request.action.params.lines.all(x, request.action.params.text.contains('ab') == false)"


def test_a_loop_over_a_large_request_is_refused_rather_than_run() -> None:
    params = {"lines": list(range(9000)), "text": "a" * 200_000}
    with pytest.raises(ConditionError, match="too many steps over so large a request"):
        compile_condition(EVERY).holds({"request.action.params": params})


@pytest.mark.parametrize(("lines", "length"), [(60, 200_000), (2000, 1_000)])
def test_a_loop_over_an_ordinary_request_is_run(lines: int, length: int) -> None:
    params = {"lines": list(range(lines)), "text": "a" * length}
    assert compile_condition(EVERY).holds({"request.action.params": params})


def test_without_a_loop_no_request_is_too_large() -> None:
    params = {"lines": list(range(9000)), "text": "a" * 200_000}
    condition = compile_condition("request.action.params.text.contains('ab') == false")
    assert condition.holds({"request.action.params": params})


def test_two_loops_multiply() -> None:
    text = "request.action.params.a.all(x, request.action.params.a.all(y, x != request.title))"
    condition = compile_condition(text)
    fields = {"request.action.params": {"a": ["p"] * 80}, "request.title": "t" * 5_000}
    with pytest.raises(ConditionError, match="too many steps"):
        condition.holds(fields)
    assert condition.holds(fields | {"request.title": "t" * 1_000})
