"""Small changes of a policy's text leave everything else as it was."""

import pytest

from bot.documents import read_document
from core.insight.edits import CannotEdit, Edit, NewCategory, NewKey, NewRule, edited
from core.insight.proposals import difference
from core.policy.policy import Policy
from core.policy.text import read_policy
from tests.core.builders import DIRECTORY

BLOCK = """\
version: 1
# The rules of the house.
rules:
  # Orders are dear.
  - name: order          # with a comment
    when: request.action.type == "order"
    category: review
    stages:
      - name: Manager
        approvers: [mara@example.com]
      - {name: 'It''s, finance', approvers: ["group:finance"]}

  # Coffee is cheap.
  - name: coffee
    when: request.action.type == "coffee"
    category: auto_approve  # for now
  - {name: tea, when: 'request.action.type == "tea"', category: auto_approve}

# Everything else.
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""

EMPTY = """\
version: 1
rules: []
fallback:
  category: review
  stages: [{name: Review, approvers: ["group:admins"]}]
last_resort: group:admins
"""

AUTO = NewRule(
    "order",
    (("name", "'auto order'"), ("when", "'request.amount <= 5'"), ("category", "auto_approve")),
)


def made(edit: Edit, text: str = BLOCK) -> tuple[str, Policy]:
    after = edited(text, read_document(text), edit)
    return after, read_policy(read_document(after), after, DIRECTORY)


def changed(edit: Edit, text: str = BLOCK) -> list[str]:
    """The lines that went and came."""
    lines = difference(text, made(edit, text)[0])[2:]
    return [line for line in lines if line[0] in "+-"]


def test_a_rule_is_put_before_another_and_above_its_comment() -> None:
    text, policy = made(AUTO)
    assert [rule.name for rule in policy.rules] == ["auto order", "order", "coffee", "tea"]
    assert text.split("\n")[2:8] == [
        "rules:",
        "  - name: 'auto order'",
        "    when: 'request.amount <= 5'",
        "    category: auto_approve",
        "  # Orders are dear.",
        "  - name: order          # with a comment",
    ]
    assert text.replace("\n".join(text.split("\n")[3:6]) + "\n", "") == BLOCK


def test_before_the_fallback_is_behind_all_rules() -> None:
    text, policy = made(NewRule("fallback", AUTO.keys))
    assert policy.rules[-1].name == "auto order"
    assert "category: auto_approve}\n  - name: 'auto order'\n" in text
    assert "    category: auto_approve\n\n# Everything else.\n" in text


def test_the_first_rule_of_a_policy_without_any() -> None:
    text, policy = made(NewRule("fallback", AUTO.keys), EMPTY)
    assert [rule.name for rule in policy.rules] == ["auto order"]
    assert text.startswith("version: 1\nrules:\n  - name: 'auto order'\n")


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        (
            "coffee",
            [
                "-    category: auto_approve  # for now",
                "+    category: review  # for now",
                "+    stages: [{name: Review, approvers: ['group:admins']}]",
            ],
        ),
        (
            "tea",
            [
                "-  - {name: tea, when: 'request.action.type == \"tea\"', category: auto_approve}",
                "+  - {name: tea, when: 'request.action.type == \"tea\"', category: review, "
                "stages: [{name: Review, approvers: ['group:admins']}]}",
            ],
        ),
    ],
)
def test_a_rule_is_reviewed_again(rule: str, lines: list[str]) -> None:
    assert changed(NewCategory(rule, ("group:admins",))) == lines


def test_a_rule_and_a_stage_get_a_key_however_they_are_written() -> None:
    assert changed(NewKey("order", None, "confirm", "always")) == ["+    confirm: always"]
    assert changed(NewKey("order", "Manager", "escalate_to", "['group:admins']")) == [
        "+        escalate_to: ['group:admins']"
    ]
    assert changed(NewKey("order", "It's, finance", "auto_approve_when", "'true'"))[1] == (
        "+      - {name: 'It''s, finance', auto_approve_when: 'true', "
        'approvers: ["group:finance"]}'
    )
    assert changed(NewKey("fallback", None, "confirm", "always"))[1].startswith(
        "+fallback: {category: review, confirm: always, "
    )


@pytest.mark.parametrize(
    ("edit", "text", "why"),
    [
        (NewKey("no such", None, "confirm", "always"), BLOCK, "there is no rule no such"),
        (NewKey("order", "none", "x", "y"), BLOCK, "there is no stage none"),
        (NewKey("order", None, "category", "review"), BLOCK, "stands there already"),
        (NewCategory("order", ("group:admins",)), BLOCK, "is not written where it was read"),
        (AUTO, BLOCK.replace("  - name: order", "  -\n    name: order"), "a line for each"),
        (
            NewKey("order", None, "confirm", "always"),
            BLOCK.replace(" house", "\r# house"),
            "end in",
        ),
    ],
)
def test_what_has_no_place_is_left_to_people(edit: Edit, text: str, why: str) -> None:
    with pytest.raises(CannotEdit, match=why):
        edited(text, read_document(text), edit)
