"""What a platform cannot do, with the reason: such a pair of test and platform does not exist.

Everything else is held by every platform.
"""

from collections.abc import Mapping, Sequence

import pytest

PLATFORMS = ("slack", "teams", "email")

_NO_EDITS = "a letter cannot be changed: another one says the end"
_NO_MENU = "a letter has no menu: the page behind its links has"
_NO_CHANNELS = "a letter goes to a person"
_NO_PAUSE = "a mail server says that it has too much to do, and not for how long"
_NO_LOOK = "what was posted there cannot be looked up"

CANNOT: Mapping[str, Mapping[str, str]] = {
    "teams": {"a look for what was posted": _NO_LOOK},
    "email": {
        # scenes and troubles
        "a look for what was posted": _NO_LOOK,
        "an edit": _NO_EDITS,
        "an answer": "a press is answered on its page",
        "the channel is archived": _NO_CHANNELS,
        "the app was removed": "there is no app that could be",
        "5xx_after_accept": "a server that answers 5xx has not taken the letter",
        "slow": "how slow a mail server is, is seen by nobody who presses",
        # tests
        "test_a_press_on_an_old_card_heals_it": _NO_EDITS,
        "test_why_a_card_is_dead_stands_in_the_request_and_in_the_list": (
            "whoever has just decided gets no letter that could die"
        ),
        "test_the_same_message_is_edited_and_the_final_card_has_no_buttons": _NO_EDITS,
        "test_the_newest_of_several_messages_is_edited": _NO_EDITS,
        "test_a_message_that_is_gone_is_posted_again": _NO_EDITS,
        "test_an_edit_whose_answer_is_lost_changes_no_other_message": _NO_EDITS,
        "test_a_refusal_for_now_is_tried_again_and_not_by_the_channel_itself": _NO_EDITS,
        "test_a_card_that_may_be_edited_no_more_is_posted_again": _NO_EDITS,
        "test_what_else_may_be_done_is_in_the_menu_and_at_the_end_only_what_shows": _NO_MENU,
        "test_a_channel_gets_a_card_that_is_edited_later": _NO_CHANNELS,
        "test_a_rate_limit_waits_as_long_as_the_platform_says": _NO_PAUSE,
        "test_every_call_that_is_limited_waits_as_long_as_the_platform_says": _NO_PAUSE,
    },
}


def on_each_platform(metafunc: pytest.Metafunc, axes: Mapping[str, Sequence[str]]) -> None:
    """Make a test for each platform that can, and for each value of the one of the `axes` that
    the test has."""
    test = metafunc.function.__name__
    able = [each for each in PLATFORMS if test not in CANNOT.get(each, {})]
    axis = next((name for name in axes if name in metafunc.fixturenames), None)
    if axis is None:
        if "platform" in metafunc.fixturenames:
            metafunc.parametrize("platform", able)
        return
    pairs = [(p, v) for p in able for v in axes[axis] if v not in CANNOT.get(p, {})]
    metafunc.parametrize(("platform", axis), pairs)
