"""Forms stay within Slack's limits and show the whole action, or say what they leave out."""

import json
from typing import Any

import pytest

from adapters.slack import modals
from adapters.slack.actions import Form
from core.chat import Answer
from core.refusals import Reason
from tests.adapters.slack import cards
from tests.adapters.slack.limits import assert_view

Json = dict[str, Any]


def code(view: Json) -> list[str]:
    """The contents of the code blocks."""
    found = [b["text"] for b in view["blocks"] if b["text"]["type"] == "mrkdwn"]
    assert all(t["text"].startswith("```\n") and t["text"].endswith("\n```") for t in found)
    return [t["text"][4:-4] for t in found]


@pytest.mark.parametrize("title", ["New ERP system", "x" * 5000, "<!channel>", "", "&" * 600])
def test_the_reject_form_is_valid_for_any_title(title: str) -> None:
    assert_view(modals.reject(Form(binding=cards.BINDING, channel="D1", ts="1.2"), title))


def test_the_whole_action_stands_below_title_and_description() -> None:
    view = modals.whole_action(cards.card())
    assert_view(view)
    assert [b["text"]["text"] for b in view["blocks"][:2]] == [
        "New ERP system",
        "Replaces the accounting system from 2009.",
    ]
    assert code(view) == [cards.WHOLE_ACTION]


def test_an_action_of_many_blocks_is_shown_whole_and_broken_at_line_ends() -> None:
    params = {f"name_{n}": "value & <more>" for n in range(2000)}
    whole = json.dumps({"type": "bulk", "params": params}, indent=2)
    view = modals.whole_action(cards.card(whole_action=whole, description=None))
    assert_view(view)
    parts = code(view)
    assert len(parts) > 10
    shown = "\n".join(parts).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert json.loads(shown) == {"type": "bulk", "params": params}


def test_an_action_beyond_slacks_limit_says_how_much_is_left_out() -> None:
    view = modals.whole_action(cards.card(whole_action="x" * 400_000))
    assert_view(view)
    shown = sum(len(part) for part in code(view))
    note = view["blocks"][-1]["text"]["text"]
    assert note == (
        f"Slack shows no more than this: {400_000 - shown:,} of 400,000 characters are left out. "
        "GET /v1/requests/req_01J9ZK4T7QX2 gives them all."
    )
    assert shown > 200_000


def test_wide_characters_count_in_bytes() -> None:
    view = modals.whole_action(cards.card(whole_action="漢" * 200_000))
    assert_view(view)
    assert "are left out" in view["blocks"][-1]["text"]["text"]


def test_an_action_cannot_leave_its_code_block() -> None:
    whole = json.dumps({"note": "``` <!channel> *bold* \u202e"}, ensure_ascii=False)
    (shown,) = code(modals.whole_action(cards.card(whole_action=whole)))
    assert shown == ('{"note": "\\u0060\\u0060\\u0060 &lt;!channel&gt; *bold* ⟦U+202E⟧"}')


def test_a_counted_rejection_closes_the_form() -> None:
    assert modals.submitted(Answer(text="Recorded.")) == {"response_action": "clear"}


def test_every_other_refusal_takes_the_forms_place() -> None:
    for reason in set(Reason) - {Reason.REASON_REQUIRED, Reason.TEXT_TOO_LONG}:
        made = modals.submitted(Answer(text="No.", refused=reason))
        assert made["response_action"] == "update"
        assert_view(made["view"])
