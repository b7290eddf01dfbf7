"""The rules of the policy document: editing, grants, break-glass, conflicts and counts."""

import pytest

from core.policy.policy import Conflict, GlassRule, Rule
from core.route import ChannelRef, Grant
from tests.core.builders import DANA
from tests.core.policy_document import CATEGORY, POLICY, ROLE, changed, mistakes, read

GROUPS = POLICY.replace('"manager_of:requester"', '"group:admins"').replace(f"\n        {ROLE}", "")
"""The policy with stages that ask groups only."""


def rule(keys: str, text: str = POLICY) -> Rule:
    return read(text.replace(CATEGORY, f"{CATEGORY}    {keys}\n")).rules[0]


def wrong(keys: str, text: str = POLICY) -> list[str]:
    return mistakes(text.replace(CATEGORY, f"{CATEGORY}    {keys}\n"))


def test_a_grant_is_read_as_an_exact_decimal() -> None:
    keys = "model: {confidence: 90, amount_up_to: {}, currency: EUR}"
    for written in ("99.50", '"99.5"', "99.5"):
        found = rule(keys.replace("{}", written), GROUPS)
        assert found.grant == Grant(confidence=90, amount="99.5", currency="EUR")


@pytest.mark.parametrize("written", ["1_000", "١٠٠"])
def test_a_grant_takes_no_amount_that_a_request_could_not_have(written: str) -> None:
    assert wrong(f"model: {{confidence: 0, amount_up_to: '{written}'}}", GROUPS)


@pytest.mark.parametrize("amount", ["0.01", "123456789012345", "1234567890.12345"])
def test_a_grant_holds_any_amount_that_a_request_may_have(amount: str) -> None:
    found = rule(f"model: {{confidence: 0, amount_up_to: '{amount}'}}", GROUPS)
    assert found.grant == Grant(confidence=0, amount=amount)
    assert wrong(f"model: {{confidence: 0, amount_up_to: '{amount}100000000000001'}}", GROUPS)


def test_break_glass_is_read_whole() -> None:
    keys = "break_glass: {role: finance_analyst, tell: [dana@example.com, slack:C1]}"
    channels = (ChannelRef(platform="slack", id="C1"),)
    assert rule(keys).glass == GlassRule(role="finance_analyst", tell=(DANA,), channels=channels)


def test_as_many_people_as_there_are_may_be_asked_for() -> None:
    assert rule("minimum_unique_approvers: 3", GROUPS).minimum_unique_approvers == 3


def test_a_conflict_is_read_whole() -> None:
    text = POLICY + (
        'conflicts:\n  - {people: ["group:finance", dana@example.com], '
        "when: request.amount > 5, because: They are the vendor}\n"
    )
    [found] = read(text).conflicts
    assert isinstance(found, Conflict)
    assert found.people == ("group:finance", DANA)
    assert (found.when.text, found.because) == ("request.amount > 5", "They are the vendor")


PERSON = "The model never fills a seat that asks for a person"
MODEL = "model: {confidence: 90, amount_up_to: 100}"
AMOUNT = 'Write a positive number, or a decimal in quotes, such as "99.50"'

WRONG = [
    (
        "on_reject: back",
        "7:16: 'on_reject' is 'back' - Use one of: previous_stage, request_changes, terminate",
    ),
    ("max_rounds: 11", "7:17: 'max_rounds' is 11 - Write a whole number from 1 to 10"),
    ("max_attempts: 0", "7:19: 'max_attempts' is 0 - Write a whole number from 1 to 20"),
    ("repeat_window: never", "7:20: 'repeat_window' is 'never' - Write a length of time such as 7d, or off"),
    ("token_expires_in: 1y", "7:23: 'token_expires_in' is '1y', not a duration - Write a number and one of s, m, h, d: 90s, 15m, 4h or 2d"),
    # editing
    ("editable: [action.type]", "7:16: the action's type is never editable - Name what may be changed: amount, title, or a path into the params"),
    ("editable: [type]", "7:16: the action's type is never editable - Name what may be changed: amount, title, or a path into the params"),
    ("editable: [requester]", "7:16: 'requester' is not editable - Write one of amount, currency, title, description, or a path into the params"),
    ("editable: [risk_score]", "7:16: 'risk_score' is not editable - Write one of amount, currency, title, description, or a path into the params"),
    ("editable: [amount, amount]", "7:24: 'editable' names amount twice - Remove one of them"),
    ("editable: [a..b]", "7:16: 'editable' is 'a..b', not a path - Write the names in the params with dots between them: total.gross"),
    ("editable: [request.action.params.vendor]", "7:16: 'editable' starts outside the params - Write vendor: the path starts inside the params"),
    # counts
    ("minimum_unique_approvers: 4", "7:31: minimum_unique_approvers is 4, but only 3 people can decide the stages of this rule - Lower it or name more approvers"),
    ("minimum_unique_approvers: 0", "7:31: 'minimum_unique_approvers' is 0 - Write a whole number from 1 to 20"),
    ("different_departments: maybe", "7:28: 'different_departments' is 'maybe' - Write true or false"),
    # break-glass
    ("break_glass: {role: pilot, tell: dana@example.com}", "7:25: nobody in the directory has the role 'pilot' - Add it to somebody's 'roles' in the directory"),
    ("break_glass: {role: finance_analist, tell: dana@example.com}", "7:25: nobody in the directory has the role 'finance_analist' - Did you mean 'finance_analyst'?"),
    ("break_glass: {role: finance_analyst, tell: []}", "7:48: 'tell' is empty - Name people and channels that hear of it"),
    ("break_glass: {role: finance_analyst}", "7:18: 'tell' is missing in 'break_glass' - Name people and channels that hear of it"),
    ("break_glass: {tell: dana@example.com}", "7:18: 'role' is missing in 'break_glass' - Write the role that may do it"),
    ("break_glass: {role: finance_analyst, tell: teams:}", "7:48: channel 'teams:' has no id - Write the channel's id after teams:"),
    # the model
    ("model: {confidence: 90}", "7:12: 'amount_up_to' is missing in 'model' - Write the highest amount, such as 100"),
    ("model: {confidence: 101, amount_up_to: 5}", "7:25: 'confidence' is 101 - Write a whole number from 0 to 100"),
    ("model: {confidence: 90, amount_up_to: 0}", f"7:43: 'amount_up_to' is a whole number - {AMOUNT}"),
    ("model: {confidence: 90, amount_up_to: lots}", f"7:43: 'amount_up_to' is 'lots' - {AMOUNT}"),
    ("model: {confidence: 90, amount_up_to: .nan}", f"7:43: 'amount_up_to' is a number - {AMOUNT}"),
    ("model: {confidence: 90, amount_up_to: 1e99}", f"7:43: 'amount_up_to' is a number - {AMOUNT}"),
    ("model: {confidence: 90, amount_up_to: 5, currency: euro}", "7:56: 'currency' is 'euro' - Use three letters, such as EUR"),
    ("rationale: nobody", "7:16: 'rationale' is 'nobody' - Use one of: model, rules"),
    (f"rationale: rules\n    {MODEL}", "8:5: 'model' has no effect in a rule with rationale: rules - Remove one of them"),
    (f"minimum_unique_approvers: 2\n    {MODEL}", f"8:5: 'minimum_unique_approvers' asks for people, so the model cannot approve - {PERSON}: remove one of the two"),
]  # fmt: skip
# ruff: noqa: E501 - a row of the table is one mistake on one line


@pytest.mark.parametrize(("keys", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_mistake_is_named_with_its_place_and_remedy(keys: str, said: str) -> None:
    assert wrong(keys, GROUPS) == [said]


@pytest.mark.parametrize(
    ("stage", "asks"),
    [
        ("approvers: dana@example.com", "dana@example.com"),
        ('approvers: ["manager_of:requester"]', "manager_of:requester"),
        ('approvers: ["group:finance", dana@example.com]', "dana@example.com"),
        ("approvers: group:finance, required_role: finance_analyst", "the role finance_analyst"),
        ("approvers: group:finance, required_department: Finance", "the department Finance"),
    ],
)
def test_the_model_never_fills_a_seat_that_asks_for_a_person(stage: str, asks: str) -> None:
    text = GROUPS.replace('Manager, approvers: ["group:admins"]', f"Manager, {stage}")
    assert wrong(MODEL, text) == [
        f"7:5: stage 'Manager' asks for {asks}, so the model cannot approve - "
        f"{PERSON}: name groups only, or remove 'model'"
    ]


def test_the_model_may_fill_a_seat_for_anybody_of_a_group_or_on_call() -> None:
    turns = "on_call: {all: {people: dana@example.com, rotate: daily, from: 2026-01-05T09:00}}\n"
    text = GROUPS.replace('"group:finance"', '"on_call:all"') + turns
    assert rule(MODEL, text).grant == Grant(90, "100")


CONFLICT = "conflicts:\n  - {people: [dana@example.com], when: 'true'}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[dana@example.com]", "[]", "16:14: 'people' is empty - Name who may not approve"),
        (
            "people: [dana@example.com], ",
            "",
            "16:5: 'people' is missing in a conflict - Name who may not approve",
        ),
        (
            ", when: 'true'",
            "",
            "16:5: 'when' is missing in a conflict - Write the condition under which they may not approve",
        ),
        (
            "dana@",
            "dan@",
            "16:15: 'dan@example.com' is not in the directory - Did you mean 'dana@example.com'?",
        ),
    ],
)
def test_a_mistake_in_a_conflict_is_named(old: str, new: str, said: str) -> None:
    assert mistakes(POLICY + CONFLICT.replace(old, new)) == [said]


def test_a_token_has_no_use_where_nothing_is_approved() -> None:
    keys = "rules:\n  - {name: no, when: 'true', category: prohibited, token_expires_in: 1h}\n"
    assert mistakes(changed("rules:\n", keys)) == [
        "4:52: 'token_expires_in' has no effect in a rule of category prohibited - "
        "Remove it or write category: review"
    ]


def test_a_token_of_what_needs_nobody_may_last_as_long_as_it_says() -> None:
    keys = "rules:\n  - {name: ok, when: 'true', category: auto_approve, token_expires_in: 1h}\n"
    assert read(changed("rules:\n", keys)).rules[0].token_lifetime == 3_600_000


def _kept(defaults: str, rule: str) -> int | None:
    rules = f"rules:\n  - {{name: ok, when: 'true', category: auto_approve{rule}}}\n"
    text = changed("rules:\n", rules).replace("sla: 60m}", f"sla: 60m{defaults}}}")
    return read(text).rules[0].retention


def test_texts_are_kept_as_long_as_the_rule_or_else_the_defaults_say() -> None:
    day = 86_400_000
    assert _kept("", "") is None
    assert _kept(", retention: 30d", "") == 30 * day
    assert _kept(", retention: 30d", ", retention: 90d") == 90 * day
    assert _kept(", retention: 30d", ", retention: forever") is None
    assert _kept(", retention: forever", ", retention: 2d") == 2 * day
    assert read().fallback.retention is None
    prohibited = "rules:\n  - {name: no, when: 'true', category: prohibited, retention: 1h}\n"
    assert read(changed("rules:\n", prohibited)).rules[0].retention == 3_600_000


def test_what_is_approved_is_not_erased_before_it_may_be_used() -> None:
    keys = "rules:\n  - {name: ok, when: 'true', category: auto_approve, retention: 2h}\n"
    assert mistakes(changed("rules:\n", keys)) == [
        "4:65: texts and params of 'ok' would be erased after 2h, while an approval may be used "
        "for 1d - Raise 'retention' to 1d, or lower token_expires_in"
    ]
    shorter = keys.replace("2h", "2h, token_expires_in: 1h")
    assert read(changed("rules:\n", shorter)).rules[0].retention == 7_200_000


@pytest.mark.parametrize("wrong", ["never", "0d", "90", "[1d]"])
def test_a_time_to_keep_texts_is_a_length_or_forever(wrong: str) -> None:
    keys = f"rules:\n  - {{name: ok, when: 'true', category: auto_approve, retention: {wrong}}}\n"
    [said] = mistakes(changed("rules:\n", keys))
    assert said.endswith("Write a length of time such as 90d, or forever")
