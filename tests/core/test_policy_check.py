"""What may be meant and is unwise: warnings, which keep no policy from being used."""

import pytest
from msgspec.structs import replace

from bot.documents import read_document
from core.directory.people import Directory
from core.policy.check import Severity, check
from tests.core.builders import ADA, DIRECTORY, person
from tests.core.policy_document import APPROVERS, CATEGORY, POLICY, ROLE, WHEN, changed, mistakes

TWO_ADMINS = Directory(
    replace(p, groups=("admins", *p.groups)) if p.email != ADA else p
    for p in DIRECTORY.people.values()
)
"""Everybody is an administrator, so that the fallback hangs on nobody."""

OFFICE = 'calendars:\n  office: {timezone: Europe/Berlin, hours: "09:00-17:00", holidays: DE-BE}\n'


def findings(text: str, directory: Directory = TWO_ADMINS) -> list[tuple[str, str]]:
    found = check(read_document(text), text, directory)
    return [(finding.severity.value, str(finding)) for finding in found]


def warnings(text: str, directory: Directory = TWO_ADMINS) -> list[str]:
    found = findings(text, directory)
    assert all(severity == Severity.WARNING for severity, _ in found), found
    return [said for _, said in found]


def test_a_good_policy_has_no_findings() -> None:
    assert findings(POLICY) == []


def test_with_mistakes_only_these_are_told() -> None:
    text = changed(CATEGORY, "    category: revew\n").replace("version: 1", "version: 2")
    assert findings(text) == [
        ("mistake", "1:10: 'version' is 2 - Write version: 1"),
        ("mistake", "6:15: 'category' is 'revew' - Did you mean 'review'?"),
    ]


NAME = "Name a deputy, a group or 'escalate_to'"


def test_a_stage_that_hangs_on_one_person_is_told() -> None:
    text = changed(APPROVERS, "approvers: finn@example.com")
    assert warnings(text) == [f"11:20: only one person can decide stage 'Finance' - {NAME}"]
    assert warnings(text.replace(ROLE, f"{ROLE}\n        escalate_to: faye@example.com")) == []


def test_a_group_of_one_hangs_on_one_person_too() -> None:
    assert warnings(POLICY, DIRECTORY) == [
        f"13:65: only one person can decide stage 'Review' - {NAME}"
    ]


def test_a_requesters_manager_is_helped_out_unless_the_stage_says_otherwise() -> None:
    manager = '["manager_of:requester"]'
    alone = f"{manager}, on_timeout: hold"
    assert warnings(changed(manager, alone)) == [
        f"8:36: only one person can decide stage 'Manager' - {NAME}"
    ]


def test_keys_of_time_without_an_sla_are_told() -> None:
    text = changed("defaults: {expires_in: 24h, sla: 60m}\n", OFFICE)
    text = text.replace("Manager, ", "Manager, sla: 1h, ")
    keys = f"{ROLE}\n        calendar: office\n        on_timeout: reject"
    found = warnings(text.replace(ROLE, keys))
    said = "has no effect on stage 'Finance' without an sla - Write an sla, or remove it"
    assert found == [f"14:19: 'calendar' {said}", f"15:21: 'on_timeout' {said}"]


@pytest.mark.parametrize("last", ["60m", "100%"])
def test_a_reminder_at_the_very_end_is_told(last: str) -> None:
    text = changed(ROLE, f"{ROLE}\n        remind_at: [30m, {last}]")
    assert warnings(text) == [
        "13:20: the last reminder of stage 'Finance' comes when its time is over - "
        "Write an earlier one, such as 90%"
    ]


def test_a_policy_without_any_sla_is_told() -> None:
    text = changed("defaults: {expires_in: 24h, sla: 60m}\n", "")
    text = text.replace('"manager_of:requester"', '"group:admins"')
    assert warnings(text) == [
        "12:11: no stage has an sla: nobody is asked but those who are asked first - "
        "Write defaults: {sla: 4h}"
    ]


@pytest.mark.parametrize("word", ["hold", "reject"])
def test_a_turn_that_never_comes_is_told(word: str) -> None:
    two = "approvers: [finn@example.com, faye@example.com]"
    ordered = f"ask: in_order\n        on_timeout: {word}"
    text = changed(APPROVERS, two).replace(ROLE, ordered)
    assert warnings(text) == [
        f"13:21: stage 'Finance' asks only its first approver: with 'on_timeout: {word}' the "
        "next in order is never asked - Write on_timeout: escalate, or ask: all"
    ]
    assert warnings(text.replace(word, "escalate")) == []
    assert warnings(text.replace("in_order", "all")) == []


def test_a_turn_that_never_comes_because_of_the_defaults_is_told_at_the_stage() -> None:
    two = "approvers: [finn@example.com, faye@example.com]"
    text = changed(APPROVERS, two).replace(ROLE, "ask: in_order")
    found = warnings(text.replace("sla: 60m", "sla: 60m, on_timeout: hold"))
    assert [said for said in found if "asks only its first approver" in said] == [
        "9:9: stage 'Finance' asks only its first approver: with 'on_timeout: hold' the "
        "next in order is never asked - Write on_timeout: escalate, or ask: all"
    ]


RULES = "rules:\n"
SECOND = (
    '  - {name: second, when: %s, category: %s, stages: [{name: S, approvers: ["group:admins"]}]}\n'
)
UNREACHED = "no request reaches rule 'purchase-order': 'second' takes them before"
MOVE = "Move it up, or remove it"


@pytest.mark.parametrize("condition", ["'true'", "'request.action.type  == \"purchase_order\"'"])
def test_a_rule_after_one_that_takes_everything_of_it_is_told(condition: str) -> None:
    text = changed(RULES, RULES + SECOND % (condition, "review"))
    assert warnings(text) == [f"6:11: {UNREACHED} - {MOVE}"]


def test_prohibited_rules_are_judged_first_wherever_they_stand() -> None:
    last = "  - {name: second, when: 'true', category: prohibited}\nfallback:"
    assert warnings(changed("fallback:", last)) == [f"5:11: {UNREACHED} - {MOVE}"]


def test_a_prohibited_rule_is_reached_after_one_that_takes_everything() -> None:
    text = changed('request.action.type == "purchase_order"', "'true'")
    last = "  - {name: never, when: request.amount > 5, category: prohibited}\nfallback:"
    assert warnings(text.replace("fallback:", last)) == []


def test_the_same_words_about_another_amount_are_another_condition() -> None:
    condition = "request.amount > 5"
    text = changed('request.action.type == "purchase_order"', condition)
    second = SECOND % (condition, "review, amount_from: total.net")
    assert warnings(text.replace(RULES, RULES + second)) == []
    assert len(warnings(text.replace(RULES, RULES + SECOND % (condition, "review")))) == 1


def test_a_person_who_is_asked_and_cannot_be_told_is_told_once() -> None:
    people = [
        replace(p, identities=()) if p.email in ("finn@example.com", "alice@example.com") else p
        for p in TWO_ADMINS.people.values()
        if p.email != ADA
    ]
    nobody = [replace(p, groups=p.groups[1:]) if p.email.startswith("al") else p for p in people]
    assert warnings(POLICY, Directory(nobody)) == [
        "11:21: finn@example.com has no account on any platform and is told by e-mail at most - "
        "Link one, add 'identities' to the directory, or 'notify: [email]' for letters"
    ]
    wanted = [replace(p, notify=("email",)) if not p.identities else p for p in nobody]
    assert warnings(POLICY, Directory(wanted)) == []


def test_only_so_many_people_are_told_of_one_by_one() -> None:
    crowd = [person(f"p{n}@example.com", groups=("finance",)) for n in range(23)]
    silent = [replace(p, identities=()) for p in crowd]
    text = changed(f"\n        {ROLE}", "")
    found = warnings(text, Directory([*TWO_ADMINS.people.values(), *silent]))
    assert len(found) == 20
    assert all("by e-mail at most (and 3 more people) - " in said for said in found)
    assert (
        "more people"
        not in warnings(text, Directory([*TWO_ADMINS.people.values(), *silent[:20]]))[0]
    )


def test_an_expiry_that_a_long_weekend_outlasts_is_told() -> None:
    text = changed("expires_in: 24h, sla: 60m}\n", "sla: 60m, calendar: office}\n" + OFFICE)
    found = warnings(text)
    assert [said.partition(" - ")[0] for said in found] == [
        # Easter: closed from Thursday, 17:00, until Tuesday, 09:00.
        "6:5: the stages of 'purchase-order' may take 114h by their working hours, before a long "
        "weekend, but requests expire in 1d",
        "15:11: the stages of 'fallback' may take 113h by their working hours, before a long "
        "weekend, but requests expire in 1d",
    ]
    assert warnings(text.replace("{sla: 60m", "{expires_in: 114h, sla: 60m")) == []


def test_an_expiry_that_is_too_short_at_the_best_moment_is_a_mistake() -> None:
    text = changed("expires_in: 24h, sla: 60m}\n", "sla: 5h, calendar: office}\n" + OFFICE)
    # Five hours of one day and five of the next, from the first opening on.
    assert [said for severity, said in findings(text) if severity == Severity.MISTAKE] == [
        "6:5: the stages of 'purchase-order' may take 26h by their sla, "
        "but requests expire in 1d - Raise expires_in to 26h or more, or shorten the sla"
    ]


@pytest.mark.parametrize("keys", ["sla: 366d", "remind_at: 366d, sla: 366d"])
def test_more_than_a_years_working_time_is_a_mistake_and_not_counted(keys: str) -> None:
    text = changed("24h, sla: 60m}\n", f"24h, calendar: office, {keys}}}\n{OFFICE}")
    assert [severity for severity, _ in findings(text)] == ["mistake"] * 3
    manager, finance = "stage 'Manager'", "stage 'Finance'"
    said = [said for _, said in findings(text) if manager in said or finance in said]
    assert [one.partition(": ")[0] for one in said] == ["10:7", "10:7"]
    assert all(
        "366d of stage" in one and "is more than a year's working time - Shorten 'sla'" in one
        for one in said
    )


def test_days_off_of_a_later_year_count_too() -> None:
    # From Thursday, 14 October 2027, 17:00, until Thursday the 21st: six days closed.
    days = ", ".join(f"2027-10-{day}" for day in (15, 18, 19, 20))
    office = OFFICE.replace("DE-BE", f"DE-BE, closed: [{days}]")
    text = changed("24h, sla: 60m}\n", f"6d, sla: 60m, calendar: office}}\n{office}")
    found = warnings(text)
    assert len(found) == 2
    assert found[1].startswith(
        "2:24: the stages of 'purchase-order' may take 162h by their working"
    )


def test_a_day_off_in_the_far_future_is_only_a_day_off() -> None:
    office = OFFICE.replace("DE-BE", "DE-BE, closed: [9999-12-31, 2026-12-24]")
    text = changed("24h, sla: 60m}\n", f"7d, sla: 60m, calendar: office}}\n{office}")
    assert warnings(text) == []


def test_the_approvers_own_hours_count_where_the_stage_says_so() -> None:
    people = [
        replace(p, working_hours="09:00-12:00", timezone="Europe/Berlin")
        for p in TWO_ADMINS.people.values()
    ]
    text = changed("sla: 60m", "sla: 60m, calendar: approver")
    assert len(warnings(text, Directory(people))) == 2
    assert warnings(text) == []


def test_the_conditions_of_stages_do_not_matter_to_any_of_it() -> None:
    assert warnings(changed(WHEN, "when: 'false'")) == []


@pytest.mark.parametrize("word", ["never", "70", "100"])
def test_high_risk_that_may_be_approved_together_with_others_is_told(word: str) -> None:
    said = (
        "rule 'purchase-order' lets requests of high risk be approved together with others - "
        "Write confirm: 69 or less, so that those are approved one by one"
    )
    assert warnings(changed(CATEGORY, CATEGORY + "    batch: true\n")) == [f"7:12: {said}"]
    confirm = f"    confirm: {word}\n    batch: true\n"
    assert warnings(changed(CATEGORY, CATEGORY + confirm)) == [f"8:12: {said}"]
    assert warnings(changed(CATEGORY, CATEGORY + "    confirm: 69\n    batch: true\n")) == []
    assert warnings(changed(CATEGORY, CATEGORY + "    batch: false\n")) == []


def test_together_with_others_and_always_once_more_exclude_one_another() -> None:
    text = changed(CATEGORY, CATEGORY + "    confirm: always\n    batch: true\n")
    assert warnings(text) == [
        "8:12: 'batch' has no effect in rule 'purchase-order' with 'confirm: always' - "
        "Remove one of them"
    ]


@pytest.mark.parametrize(("sla", "tells"), [("60m", True), ("61m", False), ("8h", False)])
def test_a_digest_that_nothing_can_wait_for_is_told(sla: str, tells: bool) -> None:
    text = changed(CATEGORY, CATEGORY + "    digest: daily\n").replace("sla: 60m", f"sla: {sla}")
    said = [
        f"7:13: 'digest' has no effect on stage '{stage}': with an sla of 1h its cards are pushed "
        "at once - Write a longer sla, or remove it"
        for stage in ("Finance", "Manager")
    ]
    assert warnings(text) == (said if tells else [])


def test_a_balanced_stage_that_does_not_escalate_asks_nobody_else() -> None:
    alone = changed(APPROVERS, f"{APPROVERS}\n        assign: balanced\n        on_timeout: hold")
    [said] = [each for each in warnings(alone) if "asks only" in each]
    assert "the next in order is never asked" in said
    assert not [each for each in warnings(alone.replace("hold", "escalate")) if "only" in each]


@pytest.mark.parametrize(
    ("approvers", "said"),
    [
        ("[dana@example.com]", "'assign' needs a group to choose from - Name one, or remove it"),
        ('["on_call:desk"]', "'assign' has no effect on who is on call - Name a group, or remove"),
    ],
)
def test_a_balanced_stage_needs_a_group_and_no_turns(approvers: str, said: str) -> None:
    turns = "on_call: {desk: {people: [dana@example.com], rotate: daily, from: 2026-01-05T09:00}}\n"
    text = changed(APPROVERS, f"approvers: {approvers}\n        assign: balanced")
    assert any(said in each for each in mistakes(turns + text.replace(ROLE, "quorum: 1")))
