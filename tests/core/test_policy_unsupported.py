"""The policy document: what the design knows but nothing honours yet is refused, not ignored."""

import pytest

from core import policy_keys
from tests.core.policy_document import APPROVERS, CATEGORY, ROLE, changed, mistakes, read

VALUES = [
    (
        APPROVERS,
        'approvers: ["on_call:finance"]',
        "11:21: 'on_call:' is not supported by this version - Name a group or a person",
    ),
    (
        APPROVERS,
        "approvers: [{group: finance, silent: true}]",
        "11:38: 'silent' is not supported by this version - Remove it",
    ),
    (
        CATEGORY,
        CATEGORY + "    on_reject: previous_stage\n",
        "7:16: 'on_reject: previous_stage' is not supported by this version - "
        "Write on_reject: terminate, or remove it",
    ),
    (
        CATEGORY,
        CATEGORY + "    on_reject: request_changes\n",
        "7:16: 'on_reject: request_changes' is not supported by this version - "
        "Write on_reject: terminate, or remove it",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), VALUES, ids=[said for _, _, said in VALUES])
def test_a_value_that_nothing_honours_yet_is_refused(old: str, new: str, said: str) -> None:
    assert mistakes(changed(old, new)) == [said]


def test_on_reject_may_say_what_always_happens() -> None:
    assert read(changed(CATEGORY, CATEGORY + "    on_reject: terminate\n")).rules[0].stages


@pytest.mark.parametrize("key", sorted(policy_keys.UNSUPPORTED))
def test_a_key_that_nothing_honours_yet_is_refused_wherever_it_stands(key: str) -> None:
    said = f"'{key}' is not supported by this version - Remove it"
    assert mistakes(changed("version: 1\n", f"version: 1\n{key}: 1\n")) == [f"2:1: {said}"]
    assert mistakes(changed("24h,", f"24h, {key}: 1,")) == [f"2:29: {said}"]
    assert mistakes(changed(CATEGORY, CATEGORY + f"    {key}: 1\n")) == [f"7:5: {said}"]
    assert mistakes(changed(ROLE, ROLE + f"\n        {key}: 1")) == [f"13:9: {said}"]
    assert mistakes(changed("fallback: {", f"fallback: {{{key}: 1, ")) == [f"13:12: {said}"]


DESIGNED_BUT_NOT_BUILT = (
    *("remind_at", "editable", "on_timeout", "calendar", "calendars", "on_call"),
    *("keep_approvals", "reject_quorum", "silent", "decide_in", "break_glass", "batch"),
    *("auto_approve_when", "auto_reject_when", "ask"),
    *("different_departments", "minimum_unique_approvers"),
)


def test_the_table_holds_every_key_that_is_designed_but_not_built() -> None:
    assert set(DESIGNED_BUT_NOT_BUILT) == policy_keys.UNSUPPORTED
