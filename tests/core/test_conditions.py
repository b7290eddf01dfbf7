"""Conditions: what is accepted, what is answered, and that nothing unanswered reads as false."""

import threading
from decimal import Decimal

import pytest

from core.policy.conditions import FIELDS, ConditionSyntaxError, compile_condition
from core.policy.policy import ConditionError, RequestFields

REQUEST: RequestFields = {
    "request.action.type": "purchase_order",
    "request.action.params": {"vendor": "ACME", "count": 3, "lines": [{"sku": "a"}]},
    "request.title": "New chairs",
    "request.requester": "alice@example.com",
    "request.requester_roles": ["buyer"],
    "request.agent": "purchasing",
    "request.amount": 840,
    "request.risk_score": 40,
    "request.labels": ("office", "urgent"),
}
WITHOUT_AMOUNT = {k: v for k, v in REQUEST.items() if k != "request.amount"}

KINDS = (
    "Use values of one kind: numbers without quotes, text in quotes; "
    "reckon with double(request.amount) and decimals such as 2.0"
)


def holds(text: str, **changed: object) -> bool:
    """The answer for REQUEST with some of its fields changed (`amount=5`)."""
    fields = {**REQUEST, **{f"request.{name}": value for name, value in changed.items()}}
    return compile_condition(text).holds(fields)


def mistakes(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(ConditionSyntaxError) as caught:
        compile_condition(text)
    return [(m.line, m.column, str(m)) for m in (caught.value, *caught.value.others)]


def test_a_condition_keeps_its_text() -> None:
    assert compile_condition("request.amount > 5").text == "request.amount > 5"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('request.action.type == "purchase_order"', True),
        ('request.action.type == "refund"', False),
        ("request.amount > 500 && request.risk_score < 50", True),
        ('"urgent" in request.labels', True),
        ('"buyer" in request.requester_roles', True),
        ('request.action.params.vendor == "ACME"', True),
        ('request.action.params.lines[0].sku == "b"', False),
        ("has(request.action.params.vendor)", True),
        ("has(request.action.params.color)", False),
        ('request.title.startsWith("New")', True),
        ("true", True),
    ],
)
def test_a_condition_is_answered(text: str, answer: bool) -> None:
    assert holds(text) is answer


@pytest.mark.parametrize("amount", [10_001, 10_000.5])
@pytest.mark.parametrize("literal", ["10000", "10000.25"])
def test_an_integer_or_decimal_amount_compares_with_a_literal_of_either_kind(
    amount: float, literal: str
) -> None:
    assert holds(f"request.amount > {literal}", amount=amount) is True
    assert holds(f"request.amount <= {literal}", amount=amount) is False


def test_one_condition_may_hold_literals_of_both_kinds() -> None:
    assert holds("request.amount > 0.5 && request.amount <= 1000", amount=840) is True
    assert holds("request.amount > 0.5 && request.amount <= 1000", amount=1000.5) is False
    assert holds("request.amount in [840, 12.5]", amount=12.5) is True


def test_an_amount_at_the_bound_is_exact() -> None:
    assert holds("request.amount > 10000", amount=10_000) is False
    assert holds("request.amount > 10000", amount=10_000.01) is True
    assert holds("request.amount == 999999999999999", amount=999_999_999_999_999) is True


@pytest.mark.parametrize(
    "text",
    [
        "request.amount > 5",
        "!(request.amount > 5)",
        "request.amount == 5",
        "request.amount != 5",
        "request.amount in [5]",
        "request.amount > 5 ? true : true",
        'request.action.type == "purchase_order" && request.amount > 5',
        'request.action.type == "refund" || request.amount > 5',
    ],
)
def test_a_missing_amount_that_is_needed_raises(text: str) -> None:
    condition = compile_condition(text)
    with pytest.raises(ConditionError, match=r"^request\.amount is missing$"):
        condition.holds(WITHOUT_AMOUNT)
    with pytest.raises(ConditionError, match=r"^request\.amount is missing$"):
        condition.holds({**REQUEST, "request.amount": None})


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('request.action.type == "refund" && request.amount > 5', False),
        ('request.amount > 5 && request.action.type == "refund"', False),
        ('request.action.type == "purchase_order" || request.amount > 5', True),
        ('request.action.type == "refund" ? request.amount > 5 : true', True),
    ],
)
def test_a_missing_amount_that_is_not_needed_does_not_matter(text: str, answer: bool) -> None:
    assert compile_condition(text).holds(WITHOUT_AMOUNT) is answer
    assert compile_condition(text).holds({**REQUEST, "request.amount": None}) is answer


COMPARED = {
    "text": '== "x"',
    "map": '== {"x": 1}',
    "list of text": '== ["x"]',
    "number": "== 5",
    "whole number": "== 5",
}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_absent_field_raises_by_its_name(name: str) -> None:
    condition = compile_condition(f"{name} {COMPARED[FIELDS[name]]}")
    negated = compile_condition(f"!({name} {COMPARED[FIELDS[name]]})")
    others = {k: v for k, v in REQUEST.items() if k != name}
    for asked in (condition, negated):
        with pytest.raises(ConditionError, match=f"^{name} is missing$"):
            asked.holds({**others, name: None})
        with pytest.raises(ConditionError, match=f"^{name} is missing$"):
            asked.holds(others)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("request.action.params.color == 1", "the params have no key 'color'"),
        ('request.action.params["color"] > 1', "the params have no key 'color'"),
        ('request.action.params.count > "a"', "'>' cannot be applied to (int64, string)"),
        ("request.action.params.vendor && true", "'&&' cannot be applied to values of this kind"),
        ("request.risk_score / 0 == 1", "divide by zero"),
        ("request.action.params.lines[4].sku == 'a'", "Index error: index=4 size=1"),
        ("request.title.matches(request.agent + '(')", "invalid regular expression"),
        (
            f"[{','.join('1' * 120)}].all(a, [{','.join('1' * 120)}].all(b, a + b > 0))",
            "it takes too many steps",
        ),
    ],
)
def test_what_cannot_be_answered_raises_with_a_readable_problem(text: str, problem: str) -> None:
    with pytest.raises(ConditionError) as caught:
        holds(text)
    assert str(caught.value).startswith(problem)


@pytest.mark.parametrize(
    "amount", ["840", True, Decimal("840"), 10**30, object(), [840]], ids=lambda v: type(v).__name__
)
def test_an_amount_of_a_wrong_kind_raises(amount: object) -> None:
    with pytest.raises(ConditionError):
        holds("request.amount > 5", amount=amount)


@pytest.mark.parametrize("text", ["request.amount / 2 > 5000", "request.amount * 1.5 > 5.0"])
def test_reckoning_that_would_differ_for_whole_and_decimal_amounts_is_refused(text: str) -> None:
    with pytest.raises(ConditionSyntaxError, match=r"double\(request\.amount\)"):
        compile_condition(text)


def test_an_amount_is_reckoned_with_as_a_double() -> None:
    assert holds("double(request.amount) / 2.0 > 5000.0", amount=10001) is True
    assert holds("double(request.amount) / 2.0 > 5000.0", amount=9999.99) is False


def test_a_problem_shows_no_control_characters_and_is_short() -> None:
    with pytest.raises(ConditionError) as caught:
        holds("request.title.matches(request.agent)", agent="(\x1b[2J\u202e" + "a" * 1000)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 200


def test_text_that_cel_cannot_hold_raises() -> None:
    with pytest.raises(ConditionError):
        holds('request.title == "a"', title="\ud800")


UNKNOWN = "is not a known field"


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        (
            "request.amont > 5",
            1,
            8,
            f"'request.amont' {UNKNOWN} - Did you mean 'request.amount'?",
        ),
        ("amount > 5", 1, 1, f"'amount' {UNKNOWN} - Did you mean 'request.amount'?"),
        (
            'requests.title == "a"',
            1,
            9,
            f"'requests.title' {UNKNOWN} - Did you mean 'request.title'?",
        ),
        (
            'request.params.vendor == "a"',
            1,
            15,
            f"'request.params.vendor' {UNKNOWN} - Did you mean 'request.action.params.vendor'?",
        ),
        (
            'true &&\n  request.type == "a"',
            2,
            10,
            f"'request.type' {UNKNOWN} - Did you mean 'request.action.type'?",
        ),
        (
            'request.title.startWith("a")',
            1,
            24,
            "'startWith' is not a known function - Did you mean 'startsWith'?",
        ),
        (
            'request.amount > "5"',
            1,
            16,
            "'>' cannot be applied to (int, string) - " + KINDS,
        ),
        (
            "request.risk_score > 5.5",
            1,
            20,
            "'>' cannot be applied to (int, double) - " + KINDS,
        ),
        ("request.amount >", 1, 17, "the condition ends too early - Complete the expression"),
        ("", 1, 1, "the condition is empty - Complete the expression"),
        (
            "request.amount = 5",
            1,
            16,
            "cannot be understood: token recognition error at: '= ' - Use == to compare",
        ),
        (
            "request.amount > 5 and true",
            1,
            20,
            "cannot be understood: mismatched input 'and' - Use && for and",
        ),
        (
            "request.amount",
            1,
            1,
            "the condition gives a whole number, not true or false - "
            "Compare it with something, for example with == true or > 0",
        ),
        (
            "request.action.params.flag",
            1,
            1,
            "the condition gives a value of any kind, not true or false - "
            "Compare it with something, for example with == true or > 0",
        ),
        (
            "true && has(request.amount)",
            1,
            9,
            "has() cannot ask whether 'request.amount' is there - "
            "Ask has() about keys of request.action.params only; "
            "a request without a field that its condition needs is refused",
        ),
        (
            "request.amount == null",
            1,
            16,
            "'==' cannot be applied to (int, null_type) - "
            "Leave it out: a request without a field that its condition needs is refused",
        ),
        (
            "(" * 60 + "true" + ")" * 60,
            1,
            1,
            "the condition is nested too deeply - Split it into several rules or remove brackets",
        ),
        ("\ud800", 1, 1, "the condition holds half a character - Write the whole character"),
    ],
)
def test_a_bad_condition_is_refused_with_its_place_and_a_remedy(
    text: str, line: int, column: int, said: str
) -> None:
    assert mistakes(text) == [(line, column, said)]


def test_an_unknown_word_is_told_what_there_is() -> None:
    [(_, _, said)] = mistakes('vendor == "a"')
    assert "Use request.action.params.vendor for a parameter, or one of" in said
    assert all(name in said for name in FIELDS)


def test_all_mistakes_of_a_condition_are_found_at_once() -> None:
    found = mistakes('request.amont > 5 ||\n request.titel == "a" || request.amount > "x"')
    assert [(line, column) for line, column, _ in found] == [(1, 8), (2, 9), (2, 41)]


def test_columns_count_characters_not_bytes() -> None:
    assert [place[:2] for place in mistakes('"é😀" == request.titel')] == [(1, 16)]


def test_many_threads_get_their_own_answers() -> None:
    condition = compile_condition("request.amount > 5 && request.action.params.n == request.amount")
    wrong: list[object] = []

    def ask(start: int) -> None:
        try:
            for step in range(1500):
                amount = (start + step) % 11
                fields = {"request.amount": amount, "request.action.params": {"n": amount}}
                if condition.holds(fields) is not (amount > 5):
                    wrong.append(amount)
                if step % 300 == 0 and not holds(f"request.amount == {step}", amount=step):
                    wrong.append(step)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("text", ["request .amount > 10", "request.\n  amount > 10"])
def test_white_space_inside_a_name_is_seen_through(text: str) -> None:
    assert holds(text, amount=11) is True
