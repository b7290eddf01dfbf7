"""Forms stay within Slack's limits and show the whole action, or say what they leave out."""

import json
from typing import Any

import pytest

from adapters.slack import modals
from tests.adapters.slack import cards
from tests.adapters.slack.limits import assert_view

Json = dict[str, Any]


def code(view: Json) -> list[str]:
    """The contents of the code blocks."""
    found = [b["text"] for b in view["blocks"] if b["text"]["type"] == "mrkdwn"]
    assert all(t["text"].startswith("```\n") and t["text"].endswith("\n```") for t in found)
    return [t["text"][4:-4] for t in found]


def test_the_whole_action_says_title_and_description_once() -> None:
    view = modals.whole_action(cards.card())
    assert_view(view)
    assert len(view["blocks"]) == 1
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


def lines(view: Json) -> list[str]:
    """The lines of a history, without the note."""
    assert_view(view)
    blocks = [b for b in view["blocks"] if b["block_id"] != "countersign_history_note"]
    return "\n".join(b["text"]["text"] for b in blocks).split("\n")


def test_a_history_is_shown_line_by_line() -> None:
    assert lines(modals.history("R1", "10:00 Ann asked.\n10:05 Bob approved.")) == [
        "10:00 Ann asked.",
        "10:05 Bob approved.",
    ]


def test_a_history_of_many_blocks_keeps_every_line() -> None:
    told = [f"{n} <Ann> & Bob did something of some length" for n in range(1000)]
    shown = lines(modals.history("R1", "\n".join(told)))
    assert [
        line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") for line in shown
    ] == told


def test_a_history_beyond_slacks_limit_leaves_out_the_oldest_and_says_how_many() -> None:
    told = [f"{n:06} something happened and it is told at length" for n in range(20_000)]
    view = modals.history("R1", "\n".join(told))
    shown = lines(view)
    assert shown == told[-len(shown) :]
    assert 1000 < len(shown) < 20_000
    assert view["blocks"][0]["text"]["text"] == (
        f"Slack shows no more than this: {20_000 - len(shown):,} earlier lines are left out. "
        "GET /v1/requests/R1/events gives them all."
    )


@pytest.mark.parametrize(
    "text", ["", "x" * 500_000, "<!channel> *b* :tada: \u202e", "漢" * 200_000]
)
def test_a_history_of_any_kind_is_one_that_slack_takes(text: str) -> None:
    assert_view(modals.history("R1", text))


def test_a_sentence_closes_whatever_lies_below_it() -> None:
    view = modals.sentence("Recorded.")
    assert_view(view)
    assert view["clear_on_close"] is True
