"""The policy document: what the design knows but nothing honours yet is refused, not ignored."""

import pytest

from core.policy import keys as policy_keys
from tests.core.policy_document import CATEGORY, ROLE, changed, mistakes


@pytest.mark.parametrize("key", sorted(policy_keys.UNSUPPORTED))
def test_a_key_that_nothing_honours_yet_is_refused_wherever_it_stands(key: str) -> None:
    said = f"'{key}' is not supported by this version - Remove it"
    assert mistakes(changed("version: 1\n", f"version: 1\n{key}: 1\n")) == [f"2:1: {said}"]
    assert mistakes(changed("24h,", f"24h, {key}: 1,")) == [f"2:29: {said}"]
    assert mistakes(changed(CATEGORY, CATEGORY + f"    {key}: 1\n")) == [f"7:5: {said}"]
    assert mistakes(changed(ROLE, ROLE + f"\n        {key}: 1")) == [f"13:9: {said}"]
    assert mistakes(changed("fallback: {", f"fallback: {{{key}: 1, ")) == [f"13:12: {said}"]


def test_the_table_holds_every_key_that_is_designed_but_not_built() -> None:
    assert {"decide_in"} == policy_keys.UNSUPPORTED
