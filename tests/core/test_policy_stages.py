"""The stages of the policy document: reminders, escalation, silence, order and rejections."""

import pytest

from bot.documents import read_document
from core.directory.people import Directory
from core.policy.check import check
from core.policy.policy import StageRule
from core.route import OnTimeout
from tests.core.builders import DANA, DIRECTORY, FINN, HOUR, with_changed
from tests.core.policy_document import APPROVERS, POLICY, ROLE, changed, mistakes, read

MINUTE = 60_000
NO_STAGE_ROLE = POLICY.replace(f"\n        {ROLE}", "")


def stage(keys: str, approvers: str = '["group:finance"]') -> StageRule:
    """The Finance stage with further keys, one a line."""
    return read(document(keys, approvers)).rules[0].stages[1]


def document(keys: str, approvers: str = '["group:finance"]') -> str:
    """The policy, with `approvers` in line 11 and the first of the keys in line 12."""
    lines = "".join(f"\n        {line}" for line in keys.splitlines())
    return NO_STAGE_ROLE.replace(APPROVERS, f"approvers: {approvers}{lines}", 1)


def test_a_stage_is_read_whole() -> None:
    keys = """\
ask: in_order
on_timeout: hold
sla: 2h
remind_at: [90%, 30m, 50%]
quorum: 1
reject_quorum: 2
auto_approve_when: request.amount < 20000
auto_reject_when: request.risk_score > 95
escalate_to: [mara@example.com, [dana@example.com, "group:admins"]]"""
    approvers = "[{group: finance, seats: 1, silent: true}, alice@example.com]"
    found = stage(keys, approvers)
    assert (found.in_order, found.on_timeout) == (True, OnTimeout.HOLD)
    assert found.remind_at == (30 * MINUTE, 60 * MINUTE, 108 * MINUTE)
    assert (found.quorum, found.reject_quorum) == (1, 2)
    assert found.auto_approve_when is not None
    assert found.auto_reject_when is not None
    assert found.auto_reject_when.text == "request.risk_score > 95"
    assert found.escalate_to == (("mara@example.com",), ("dana@example.com", "group:admins"))
    assert (found.silent, found.seats) == ((True, False), (1, 1))


def test_what_the_defaults_say_holds_for_every_stage() -> None:
    text = changed("sla: 60m", "sla: 60m, remind_at: 50%, on_timeout: reject")
    manager, finance = read(text).rules[0].stages
    assert (manager.remind_at, manager.on_timeout) == ((HOUR // 2,), OnTimeout.REJECT)
    own = read(text.replace(ROLE, f"{ROLE}\n        sla: 4h")).rules[0].stages[1]
    assert (finance.remind_at, own.remind_at) == ((HOUR // 2,), (2 * HOUR,))


def test_ten_reminders_are_not_too_many() -> None:
    found = stage(f"remind_at: [{', '.join(f'{n}%' for n in range(10, 101, 10))}]")
    assert len(found.remind_at) == 10


def test_a_length_of_time_needs_no_sla() -> None:
    text = document("remind_at: 30m").replace("defaults: {expires_in: 24h, sla: 60m}\n", "")
    assert read(text).rules[0].stages[1].remind_at == (30 * MINUTE,)


PEOPLE = "Name somebody else, or remove this level"
BEFORE = "this level of 'escalate_to' names only who was asked before"
REMINDERS = "Write a percentage of the sla or a length of time: [50%, 90%] or 30m"
SHORTER = "Write a shorter time, or 'remind_at' for this stage"

WRONG = [
    ("assign: fair", "12:17: 'assign' is 'fair' - Use one of: balanced"),
    (
        "assign: balanced\nask: all",
        "12:17: 'assign' and 'ask' both say who is asked first - Remove one of them",
    ),
    ("ask: some", "12:14: 'ask' is 'some' - Use one of: all, in_order"),
    (
        "on_timeout: approve",
        "12:21: 'on_timeout' is 'approve' - "
        "Nothing is approved because nobody answered: write escalate, reject or hold",
    ),
    ("on_timeout: reject_it", "12:21: 'on_timeout' is 'reject_it' - Did you mean 'reject'?"),
    ("sla: 367d", "12:14: 'sla' is 367d, more than a year - Write at most 366d"),
    # reminders
    ("remind_at: [50]", f"12:21: an item of 'remind_at' is a whole number - {REMINDERS}"),
    ("remind_at: soon", f"12:20: an item of 'remind_at' is 'soon' - {REMINDERS}"),
    ("remind_at: 101%", "12:20: 'remind_at' is '101%' - Write a percentage from 1% to 100%"),
    ("remind_at: 0%", "12:20: 'remind_at' is '0%' - Write a percentage from 1% to 100%"),
    (
        "remind_at: 61m",
        f"12:20: the reminder after 61m comes after the sla (1h) - {SHORTER}",
    ),
    (
        f"remind_at: [{', '.join(f'{n}%' for n in range(1, 12))}]",
        "12:20: 'remind_at' has 11 reminders - Write at most 10",
    ),
    # the calendar's hours
    (
        "outside_hours: dana@example.com",
        "12:24: 'outside_hours' has no effect without a calendar - Write a calendar, or remove it",
    ),
    (
        "calendar: approver\noutside_hours: dana@exampel.com",
        "13:24: 'dana@exampel.com' is not in the directory - Did you mean 'dana@example.com'?",
    ),
    # escalation
    ('escalate_to: ["group:finance"]', f"12:23: {BEFORE} - {PEOPLE}"),
    (
        'escalate_to: [dana@example.com, ["group:finance", dana@example.com]]',
        f"12:41: {BEFORE} - {PEOPLE}",
    ),
    ("escalate_to: []", "12:22: 'escalate_to' has 0 levels - Write 1 to 10 levels, or remove it"),
    (
        "escalate_to: [[]]",
        "12:23: a level of 'escalate_to' is empty - Name somebody or a group",
    ),
    (
        f"escalate_to: [{', '.join(['dana@example.com'] * 11)}]",
        "12:22: 'escalate_to' has 11 levels - Write 1 to 10 levels, or remove it",
    ),
    # rejections
    ("reject_quorum: 0", "12:24: 'reject_quorum' is 0 - Write a whole number from 1 to 100"),
    (
        "reject_quorum: 3",
        "12:24: reject_quorum 3 is more than can be waited for: "
        "after 2 no approval is possible any more - Write 2, or remove it",
    ),
    (
        "quorum: all\nreject_quorum: 2",
        "13:24: reject_quorum 2 is more than can be waited for: "
        "after 1 no approval is possible any more - Write 1, or remove it",
    ),
    # conditions
    (
        "auto_approve_when: request.amont < 5",
        "12:35: 'auto_approve_when': 'request.amont' is not a known field - "
        "Did you mean 'request.amount'?",
    ),
    (
        "auto_reject_when: request.amount",
        "12:27: 'auto_reject_when': the condition gives a whole number, not true or false - "
        "Compare it with something, for example with == true or > 0",
    ),
]


@pytest.mark.parametrize(("keys", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_mistake_is_named_with_its_place_and_remedy(keys: str, said: str) -> None:
    assert mistakes(document(keys)) == [said]


def test_a_percentage_without_an_sla_is_a_mistake() -> None:
    text = document("remind_at: [50%]").replace("defaults: {expires_in: 24h, sla: 60m}\n", "")
    assert mistakes(text) == [
        "11:21: 'remind_at' 50% has no sla to be counted from - "
        "Write an sla, or a length of time such as 30m"
    ]


def test_no_time_is_longer_than_a_year() -> None:
    assert mistakes(changed("sla: 60m", "sla: 367d")) == [
        "2:34: 'sla' is 367d, more than a year - Write at most 366d"
    ]
    text = document("remind_at: 367d").replace("defaults: {expires_in: 24h, sla: 60m}\n", "")
    assert mistakes(text) == [
        "11:20: the reminder after 367d comes after a year - Write at most 366d"
    ]


def test_a_percentage_in_the_defaults_without_an_sla_is_named_there_once() -> None:
    text = changed("expires_in: 24h, sla: 60m", "remind_at: 50%")
    assert mistakes(text) == [
        "2:23: 'remind_at' 50% has no sla to be counted from - "
        "Write an sla, or a length of time such as 30m"
    ]


def test_a_default_reminder_after_the_end_of_a_shorter_stage_is_named_there() -> None:
    text = document("sla: 15m").replace("sla: 60m", "sla: 60m, remind_at: 30m")
    assert mistakes(text) == [
        f"12:14: the reminder after 30m comes after the sla (15m) - {SHORTER}"
    ]


def test_a_stage_of_silent_people_only_is_a_mistake() -> None:
    assert mistakes(document("", "[{group: finance, silent: true}]")) == [
        "11:20: all approvers are silent: none is told - Remove 'silent' from one of them"
    ]


def vain(text: str, directory: Directory) -> list[str]:
    found = check(read_document(text), text, directory)
    return [str(finding) for finding in found if "'escalate_to' asks" in finding.message]


@pytest.mark.parametrize("target", ["finn@example.com", "[[finn@example.com, faye@example.com]]"])
def test_a_level_that_asks_nobody_new_today_is_a_warning(target: str) -> None:
    [said] = vain(document(f"escalate_to: {target}"), DIRECTORY)
    assert said.endswith(
        f": this level of 'escalate_to' asks nobody who was not asked before - {PEOPLE}"
    )


def test_one_of_several_managers_is_somebody_new() -> None:
    text = document("escalate_to: mara@example.com", '["manager_of:requester"]')
    assert vain(text, with_changed(FINN, manager=DANA)) == []
    assert len(vain(text, DIRECTORY)) == 1


def test_a_rejection_more_is_waited_for_where_enough_people_are_left() -> None:
    found = stage("quorum: 2\nreject_quorum: 2", '["group:finance", mara@example.com]')
    assert (found.quorum, found.reject_quorum) == (2, 2)
