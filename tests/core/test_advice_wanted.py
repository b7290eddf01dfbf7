"""Of which requests a model is asked."""

import pytest

from core.advice.asking import is_wanted
from tests.core.builders import MANAGER, a_route
from tests.core.shown import asked


@pytest.mark.parametrize(("by_rules", "wanted"), [(False, True), (True, False)])
def test_a_rule_keeps_its_requests_from_a_model(by_rules: bool, wanted: bool) -> None:
    story = asked(route=a_route(MANAGER, by_rules=by_rules))
    assert is_wanted(story.state, story.contents) is wanted
