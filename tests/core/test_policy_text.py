"""The policy document: what each of its keys means."""

import pytest

from bot.documents import read_document
from core.policy.text import ALWAYS, parse_duration, read_policy
from core.route import Category, ChannelRef
from core.source import Mistakes
from tests.core.builders import DAY, HOUR
from tests.core.policy_document import APPROVERS, CATEGORY, POLICY, ROLE, changed, mistakes, read


def test_a_policy_is_read_whole() -> None:
    policy = read()
    [rule] = policy.rules
    assert (rule.name, rule.category, rule.expires_in) == ("purchase-order", Category.REVIEW, DAY)
    assert rule.when is not None
    assert rule.when.text == 'request.action.type == "purchase_order"'
    manager, finance = rule.stages
    assert (manager.name, manager.approvers) == ("Manager", ("manager_of:requester",))
    assert (manager.when, manager.quorum, manager.sla) == (None, 1, HOUR)
    assert manager.reject_quorum == 1
    assert finance.when is not None
    assert (finance.when.text, finance.required_role) == (
        "request.amount > 10000",
        "finance_analyst",
    )
    assert (rule.block_self_approval, rule.different_approvers) == (True, True)
    assert (policy.fallback.name, policy.fallback.when) == ("fallback", None)
    assert policy.fallback.stages[0].approvers == ("group:admins",)
    assert policy.last_resort == ("group:admins",)
    assert policy.text == POLICY


def test_the_version_is_the_first_16_digits_of_the_text_s_sha256() -> None:
    # printf of the text above through sha256sum
    assert read().version == "edea08d8f59a14f5"
    assert read(POLICY + "# a comment\n").version != read().version


def test_the_keys_of_a_rule_are_honoured() -> None:
    keys = """\
    because: Money leaves
    channel: [slack:C1, "teams:19:abc@thread.tacv2"]
    confirm: 70
    amount_from: total.gross
    expires_in: 2d
    block_self_approval: false
    different_approvers: false
    different_departments: true
    minimum_unique_approvers: 2
    on_reject: request_changes
    max_rounds: 5
    max_attempts: 7
    editable: [amount, total.net]
    keep_approvals: true
    token_expires_in: 1h
    repeat_window: 2d
    batch: true
"""
    rule = read(changed(CATEGORY, CATEGORY + keys)).rules[0]
    assert rule.because == "Money leaves"
    assert rule.channels == (
        ChannelRef(platform="slack", id="C1"),
        ChannelRef(platform="teams", id="19:abc@thread.tacv2"),
    )
    assert (rule.confirm_above, rule.amount_from, rule.expires_in) == (70, "total.gross", 2 * DAY)
    assert (rule.block_self_approval, rule.different_approvers) == (False, False)
    assert (rule.different_departments, rule.minimum_unique_approvers) == (True, 2)
    assert (rule.on_reject, rule.max_rounds, rule.max_attempts) == ("request_changes", 5, 7)
    assert (rule.editable, rule.keep_approvals) == (("amount", "total.net"), True)
    assert (rule.token_lifetime, rule.repeat_window, rule.batch) == (HOUR, 2 * DAY, True)
    assert not read().rules[0].batch


def test_a_rule_may_keep_its_requests_from_a_model() -> None:
    assert read(changed(CATEGORY, CATEGORY + "    rationale: rules\n")).rules[0].by_rules
    assert not read(changed(CATEGORY, CATEGORY + "    rationale: model\n")).rules[0].by_rules
    assert not read().rules[0].by_rules


def test_repetition_may_be_allowed_at_once() -> None:
    rule = read(changed(CATEGORY, CATEGORY + "    repeat_window: off\n")).rules[0]
    assert rule.repeat_window == 0


@pytest.mark.parametrize(("word", "above"), [("always", ALWAYS), ("never", None), ("0", 0)])
def test_confirm_may_be_always_or_never(word: str, above: int | None) -> None:
    rule = read(changed(CATEGORY, CATEGORY + f"    confirm: {word}\n")).rules[0]
    assert rule.confirm_above == above
    assert ALWAYS < 0


def test_every_supported_key_of_a_stage_is_honoured() -> None:
    keys = """\
approvers:
          - {group: finance, seats: 2}
          - approver: Mara@Example.com
          - manager_of:ALICE@example.com
        quorum: all
        escalate_to: dana@example.com
        sla: 4h"""
    text = changed(APPROVERS + "\n        " + ROLE, keys)
    text = text.replace("{group: finance, seats: 2}", "{group: finance, seats: 1}")
    assert mistakes(text) == [
        "15:17: quorum all needs 3 people, but only 2 can decide - Lower it or name more approvers"
    ]
    stage = read(text.replace("quorum: all", "quorum: 1")).rules[0].stages[1]
    assert stage.approvers == ("group:finance", "mara@example.com", "manager_of:alice@example.com")
    assert (stage.seats, stage.quorum, stage.sla) == ((1, 1, 1), 1, 4 * HOUR)
    assert stage.escalate_to == (("dana@example.com",),)


def test_a_quorum_of_all_and_seats_are_kept() -> None:
    entry = "approvers: [{group: finance, seats: 2}]\n        quorum: all"
    stage = read(changed(APPROVERS, entry)).rules[0].stages[1]
    assert (stage.approvers, stage.seats, stage.quorum) == (("group:finance",), (2,), "all")


def test_expiry_is_a_day_and_stages_have_no_sla_unless_the_defaults_say_so() -> None:
    rule = read(changed("defaults: {expires_in: 24h, sla: 60m}\n", "")).rules[0]
    assert (rule.expires_in, [stage.sla for stage in rule.stages]) == (DAY, [None, None])


def test_an_expiry_as_long_as_the_stages_is_accepted() -> None:
    assert read(changed("24h", "2h")).rules[0].expires_in == 2 * HOUR


def test_a_manager_with_the_needed_role_may_turn_up_for_somebody() -> None:
    stage = 'approvers: ["manager_of:requester"]\n        required_department: Engineering'
    text = changed(APPROVERS + "\n        " + ROLE, stage)
    assert read(text).rules[0].stages[1].required_department == "Engineering"


def test_without_a_directory_only_the_form_is_checked() -> None:
    text = changed(APPROVERS, "approvers: [xyz@example.com, 'group:nobody']")
    assert read_policy(read_document(text), text, None).rules[0].stages[1].approvers == (
        "xyz@example.com",
        "group:nobody",
    )
    wrong = changed(APPROVERS, "approvers: [role:boss]")
    with pytest.raises(Mistakes, match="'role:boss' names nobody"):
        read_policy(read_document(wrong), wrong, None)


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("90s", 90_000), ("15m", 900_000), ("4h", 14_400_000), ("2d", 172_800_000)],
)
def test_durations_are_milliseconds(text: str, milliseconds: int) -> None:
    assert parse_duration(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "0m", "-1h", "1.5h", "1h30m", "90", "h", "1w", " 1h", "1h\n", "1000000d", "١h"]
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Write a number and one of s, m, h, d"):
        parse_duration(text)
