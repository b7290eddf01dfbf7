"""The policy document: every mistake is named where it stands, with what to do."""

import pytest
from msgspec.structs import replace

from bot.documents import read_document
from core.directory.people import Directory
from core.policy import keys as policy_keys
from core.policy.text import read_policy
from core.source import Mistakes
from tests.core.builders import DIRECTORY
from tests.core.policy_document import (
    APPROVERS,
    CATEGORY,
    FALLBACK,
    POLICY,
    ROLE,
    WHEN,
    changed,
    mistakes,
)

ONE_OF_RULE = "Write auto_approve, review or prohibited"
FORMS = "Write an e-mail address, group:NAME, manager_of:requester or on_call:NAME"
DURATION = "Write a number and one of s, m, h, d: 90s, 15m, 4h or 2d"
REVIEW_ONLY = "Remove it or write category: review"
NO_STAGES = "a rule of category review has no stages - Write at least one stage"

WRONG = [
    # the policy itself
    ("version: 1", "version: 2", "1:10: 'version' is 2 - Write version: 1"),
    (
        "version: 1\n",
        "",
        "1:1: 'version' is missing in the policy - Write version: 1 at the top",
    ),
    (
        "version: 1\n",
        "version: 1\nlast_resrt: x\n",
        "2:1: unknown key 'last_resrt' in the policy - Did you mean 'last_resort'?",
    ),
    ("24h", "24", "2:24: 'expires_in' is a whole number - Write text, in quotes if need be"),
    ("24h", "1.5h", f"2:24: 'expires_in' is '1.5h', not a duration - {DURATION}"),
    (FALLBACK, "fallback: {category: review}", f"13:11: {NO_STAGES}"),
    (
        FALLBACK,
        "fallback: {category: auto_approve}",
        "13:22: 'fallback' cannot be of category auto_approve - Write category: review",
    ),
    (
        FALLBACK + "\n",
        "",
        "1:1: 'fallback' is missing in the policy - "
        "Say who reviews what no rule names: {category: review, stages: [...]}",
    ),
    (
        "last_resort: group:admins\n",
        "",
        "1:1: 'last_resort' is missing in the policy - "
        "Name who is asked when nobody else can decide",
    ),
    (
        "last_resort: group:admins",
        "last_resort: []",
        "14:14: 'last_resort' is empty - Name somebody or a group",
    ),
    (
        "last_resort: group:admins",
        "last_resort: group:admin",
        "14:14: nobody in the directory is in group 'admin' - Did you mean 'admins'?",
    ),
    (
        "last_resort: group:admins",
        'last_resort: [ada@example.com, "manager_of:requester"]',
        "14:32: 'manager_of:requester' is not always somebody - Name a group or people",
    ),
    # rules
    (
        "- name: purchase-order\n    when",
        "- when",
        "4:5: 'name' is missing in a rule - Name the rule",
    ),
    ("purchase-order", "fallback", "4:11: 'fallback' is a reserved name - Use another name"),
    (
        '    when: request.action.type == "purchase_order"\n',
        "",
        "4:5: 'when' is missing in a rule - Write the condition; \"true\" takes every request",
    ),
    (CATEGORY, "", f"4:5: 'category' is missing in a rule - {ONE_OF_RULE}"),
    (
        CATEGORY,
        "    category: revew\n",
        "6:15: 'category' is 'revew' - Did you mean 'review'?",
    ),
    (
        CATEGORY,
        CATEGORY * 2,
        "7:5: 'category' stands here twice - Remove it here or in line 6",
    ),
    (
        CATEGORY,
        CATEGORY + "    chanel: slack:C1\n",
        "7:5: unknown key 'chanel' in a rule - Did you mean 'channel'?",
    ),
    (
        CATEGORY,
        CATEGORY + "    channel: C1\n",
        "7:14: channel 'C1' is on no known platform - "
        "Write slack:C0123456789 or teams:19:...@thread.tacv2",
    ),
    (
        CATEGORY,
        CATEGORY + '    channel: "slack:"\n',
        "7:14: channel 'slack:' has no id - Write the channel's id after slack:",
    ),
    (
        CATEGORY,
        CATEGORY + '    channel: "slack:T1/"\n',
        "7:14: channel 'slack:T1/' has no id - Write the channel's id after slack:",
    ),
    (
        CATEGORY,
        CATEGORY + "    confirm: 101\n",
        "7:14: 'confirm' is 101 - Write a whole number from 0 to 100",
    ),
    (
        CATEGORY,
        CATEGORY + "    digest: weekly\n",
        "7:13: 'digest' is 'weekly' - Use one of: daily",
    ),
    (
        CATEGORY,
        CATEGORY + "    confirm: sometimes\n",
        "7:14: 'confirm' is 'sometimes' - "
        "Write the risk score (0 to 100) above which to ask, always, or never",
    ),
    (
        CATEGORY,
        CATEGORY + "    amount_from: total..gross\n",
        "7:18: 'amount_from' is 'total..gross', not a path - "
        "Write the names in the params with dots between them: total.gross",
    ),
    (
        CATEGORY,
        CATEGORY + "    amount_from: request.action.params.total\n",
        "7:18: 'amount_from' starts outside the params - "
        "Write total: the path starts inside the params",
    ),
    (
        CATEGORY,
        CATEGORY + "    block_self_approval: no\n",
        "7:26: 'block_self_approval' is 'no' - Write true or false",
    ),
    (
        CATEGORY,
        CATEGORY + "    because: [money]\n",
        "7:14: 'because' is a list - Write text, in quotes if need be",
    ),
    (
        CATEGORY,
        CATEGORY + "    expires_in: 119m\n",
        "7:17: the stages of 'purchase-order' may take 2h by their sla, "
        "but requests expire in 119m - Raise expires_in to 2h or more, or shorten the sla",
    ),
    (
        CATEGORY,
        CATEGORY + "    on_reject: stop\n",
        "7:16: 'on_reject' is 'stop' - Use one of: previous_stage, request_changes, terminate",
    ),
    (
        CATEGORY,
        "    category: prohibited\n",
        f"7:5: 'stages' has no effect in a rule of category prohibited - {REVIEW_ONLY}",
    ),
    (
        CATEGORY,
        "    category: auto_approve\n",
        f"7:5: 'stages' has no effect in a rule of category auto_approve - {REVIEW_ONLY}",
    ),
    # conditions
    (
        '== "purchase_order"',
        '== "purchase_order" && request.amont > 5',
        "5:61: 'when': 'request.amont' is not a known field - Did you mean 'request.amount'?",
    ),
    (
        WHEN,
        "when: request.amount >",
        "10:31: 'when': the condition ends too early - Complete the expression",
    ),
    (
        WHEN,
        "when: |\n          request.amount > 10000\n          && request.titel == 'a'",
        "12:21: 'when': 'request.titel' is not a known field - Did you mean 'request.title'?",
    ),
    (
        WHEN,
        'when: "request.amont > 10000"',
        "10:23: 'when': 'request.amont' is not a known field - Did you mean 'request.amount'?",
    ),
    (WHEN, "when: true", "10:15: 'when' is true or false - Write text, in quotes if need be"),
    # stages
    (
        "name: Finance\n        when",
        "when",
        "9:9: 'name' is missing in a stage - Name the stage, as people will read it on the card",
    ),
    (
        "name: Finance",
        "name: Manager",
        "9:15: another stage of this rule is called 'Manager' (line 8) - Give each its own name",
    ),
    (
        APPROVERS + "\n        ",
        "",
        "9:9: 'approvers' is missing in a stage - Name who decides, for example [group:finance]",
    ),
    (APPROVERS, "approvers: []", "11:20: 'approvers' is empty - Name somebody or a group"),
    (
        APPROVERS,
        APPROVERS + "\n        sla: soon",
        f"12:14: 'sla' is 'soon', not a duration - {DURATION}",
    ),
    (
        APPROVERS,
        "approvers: [fin@example.com]",
        "11:21: 'fin@example.com' is not in the directory - Did you mean 'finn@example.com'?",
    ),
    (
        APPROVERS,
        "approvers: [xyz@example.com]",
        "11:21: 'xyz@example.com' is not in the directory - Add that person to the directory",
    ),
    (APPROVERS, "approvers: [finance]", "11:21: 'finance' names nobody - Write group:finance"),
    (APPROVERS, "approvers: [role:boss]", f"11:21: 'role:boss' names nobody - {FORMS}"),
    (
        APPROVERS,
        "approvers: [group:finances]",
        "11:21: nobody in the directory is in group 'finances' - Did you mean 'finance'?",
    ),
    (
        APPROVERS,
        "approvers: [manager_of:dana@example.com]",
        "11:21: 'dana@example.com' has no manager in the directory - "
        "Give them a manager, or name the person",
    ),
    (
        APPROVERS,
        "approvers: [manager_of:xyz@example.com]",
        "11:21: 'xyz@example.com' is not in the directory - Add that person to the directory",
    ),
    (APPROVERS, "approvers: [manager_of:boss]", f"11:21: 'manager_of:boss' names nobody - {FORMS}"),
    (
        APPROVERS,
        "approvers: [{seats: 2}]",
        "11:21: an approver needs either 'group' or 'approver' - "
        "Write {group: NAME, seats: N} or {approver: ADDRESS}",
    ),
    (
        APPROVERS,
        "approvers: [{group: finance, seats: 0}]",
        "11:45: 'seats' is 0 - Write a whole number from 1 to 100",
    ),
    (
        APPROVERS,
        "approvers: [{approver: finn@example.com, seats: 2}]",
        "11:57: one person has one seat - Remove 'seats' or name a group",
    ),
    (
        APPROVERS,
        "approvers: [{group: finance, seats: 60}, {group: admins, seats: 60}]",
        "11:20: the approvers have 120 seats - A stage has at most 100 seats",
    ),
    # whether anyone could decide
    (
        APPROVERS,
        APPROVERS + "\n        quorum: 2",
        "12:17: quorum 2 is more than the seats of the approvers (1) - "
        "Lower it, name more approvers, or write {group: NAME, seats: 2}",
    ),
    (
        APPROVERS,
        "approvers: [{group: finance, seats: 3}]\n        quorum: 3",
        "12:17: quorum 3 needs 3 people, but only 2 can decide - Lower it or name more approvers",
    ),
    (
        APPROVERS,
        "approvers: [finn@example.com, finn@example.com]\n        quorum: all",
        "12:17: quorum all needs 2 people, but only 1 can decide - Lower it or name more approvers",
    ),
    (
        APPROVERS,
        APPROVERS + "\n        quorum: 0",
        "12:17: 'quorum' is 0 - Write a whole number from 1 to 100",
    ),
    (
        APPROVERS,
        APPROVERS + "\n        quorum: most",
        "12:17: 'quorum' is 'most' - Write a whole number from 1, or all",
    ),
    (
        ROLE,
        "required_role: finance_analist",
        "12:24: nobody among the approvers has the role 'finance_analist' - "
        "Name approvers who have it, or mend the directory",
    ),
    (
        ROLE,
        "required_department: Legal",
        "12:30: nobody among the approvers is in the department 'Legal' - "
        "Name approvers from that department, or mend the directory",
    ),
    (
        APPROVERS,
        "approvers: [finn@example.com, dana@example.com]\n        required_department: Executive",
        "9:9: nobody among the approvers has the role 'finance_analyst' in 'Executive' - "
        "Name somebody who has both",
    ),
    (
        ROLE,
        ROLE + "\n        escalate_to: dana@example.com",
        "13:22: nobody in 'escalate_to' has the role or department of this stage - "
        "Name somebody who has them, or remove it",
    ),
    (
        ROLE,
        ROLE + '\n        escalate_to: ["group:board"]',
        "13:23: nobody in the directory is in group 'board' - "
        "Add the group to somebody's 'groups' in the directory",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG, ids=[said for _, _, said in WRONG])
def test_a_mistake_is_named_with_its_place_and_remedy(old: str, new: str, said: str) -> None:
    assert mistakes(changed(old, new)) == [said]


@pytest.mark.parametrize("key", policy_keys.REVIEW_ONLY)
def test_a_key_for_reviewers_is_refused_where_nobody_reviews(key: str) -> None:
    rule = f"rules:\n  - {{name: no, when: 'true', category: prohibited, {key}: []}}\n"
    found = mistakes(changed("rules:\n", rule))
    assert f"4:52: '{key}' has no effect in a rule of category prohibited - {REVIEW_ONLY}" in found


def test_two_rules_may_not_share_a_name() -> None:
    rule = "rules:\n  - {name: purchase-order, when: 'true', category: prohibited}\n"
    assert mistakes(changed("rules:\n", rule)) == [
        "5:11: another rule is called 'purchase-order' (line 4) - Give each its own name"
    ]


def test_an_expiry_from_the_defaults_that_is_too_short_is_named_there() -> None:
    assert mistakes(changed("24h", "90m")) == [
        "2:24: the stages of 'purchase-order' may take 2h by their sla, "
        "but requests expire in 90m - Raise expires_in to 2h or more, or shorten the sla"
    ]


def test_no_manager_at_all_with_the_needed_role_is_a_mistake() -> None:
    stage = 'approvers: ["manager_of:requester"]\n        required_role: pilot'
    assert mistakes(changed(APPROVERS + "\n        " + ROLE, stage)) == [
        "12:24: nobody among the approvers has the role 'pilot' - "
        "Name approvers who have it, or mend the directory"
    ]


def test_nobody_with_a_manager_is_a_mistake_of_who_asks_only_managers() -> None:
    people = [replace(person, manager=None) for person in DIRECTORY.people.values()]
    with pytest.raises(Mistakes) as caught:
        read_policy(read_document(POLICY), POLICY, Directory(people))
    assert [str(mistake) for mistake in caught.value.mistakes] == [
        "8:9: nobody can be asked: no person here has a manager in the directory - "
        "Give people a 'manager' in the directory, or name approvers"
    ]


def test_all_mistakes_are_found_at_once_in_the_order_of_the_text() -> None:
    text = (
        POLICY.replace("version: 1", "version: 3")
        .replace("24h", "soon")
        .replace(CATEGORY, CATEGORY + "    decide_in: chat\n    nme: x\n")
        .replace(WHEN, "when: request.amont > 1 && request.titel == 'a'")
        .replace("group:finance", "group:finanse")
        .replace("last_resort: group:admins", "last_resort: nobody@example.com")
    )
    found = mistakes(text)
    assert [said.partition(": ")[0] for said in found] == [
        *("1:10", "2:24", "7:16", "8:5", "12:22", "12:43", "13:21", "16:14"),
    ]


def test_something_that_is_no_policy_is_one_mistake() -> None:
    [said] = mistakes("- 1")
    assert said.startswith("1:1: the policy is a list - Write a mapping with the keys version,")
