"""Approving several requests at once: which of those chosen stand as they were shown, and the
sentences around the question and its outcome. Pure.
"""

from collections.abc import Sequence
from typing import Final

from core.chat.home_port import MOST_TOGETHER, Approved, HomeItem
from core.commands import Binding

NOTHING_CHOSEN: Final = (
    "Nothing is selected. Tick “Select” below the requests that you want to approve together, "
    "then press the button again."
)
ALL_GONE: Final = (
    "What you selected has changed or was decided since this page was shown. "
    "Nothing was changed. Please look at the page again."
)
NONE_APPROVED: Final = "None of them was approved."


def unchanged(
    chosen: Sequence[Binding], present: Sequence[HomeItem]
) -> tuple[list[HomeItem], str | None]:
    """Those of what was chosen that stand as they were shown and may be approved together, as
    many as are approved at once; and a sentence about the rest, if there is any."""
    wanted = {b.request: b for b in chosen}
    same = [i for i in present if i.batch and i.binding and wanted.get(i.request) == i.binding]
    asked = same[:MOST_TOGETHER]
    left = len(wanted) - len(asked)
    return asked, _left(left, len(same)) if left else None


def question(count: int) -> str:
    """What is asked once."""
    what = "this request" if count == 1 else f"these {count} requests"
    return f"Approve {what}? Each approval is recorded by itself, under your name."


def _left(left: int, same: int) -> str:
    if same > MOST_TOGETHER:
        return f"At most {MOST_TOGETHER} are approved at once, so {left} of your selection stay."
    what = "1 of your selection has" if left == 1 else f"{left} of your selection have"
    return f"{what} changed or been decided since you looked, and will not be approved now."


def sums(done: Sequence[Approved]) -> tuple[str, str]:
    """What came of it: a sentence, and one that leads on to those that did not count."""
    counted, of = sum(each.refused is None for each in done), len(done)
    if counted == of:
        said = "Your approval is recorded." if of == 1 else f"Your {of} approvals are recorded."
        return said, ""
    if counted == 0:
        return NONE_APPROVED, ""
    return f"{counted} of {of} approved.", " The others were not:"
