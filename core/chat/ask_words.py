"""What the parts of the request form are called, on every platform."""

from collections.abc import Mapping
from typing import Final

from core.chat.asking_port import Part

LABELS: Final[Mapping[Part, str]] = {
    Part.KIND: "What is it?",
    Part.TITLE: "In one line: what do you ask for?",
    Part.AMOUNT: "Amount",
    Part.CURRENCY: "Currency",
    Part.DETAILS: "Details",
    Part.LINK: "Link",
    Part.NEEDED_BY: "Needed by",
    Part.FIELDS: "Anything else that the policy wants to know",
}
HINTS: Final[Mapping[Part, str]] = {
    Part.AMOUNT: "Only digits, with a point before cents if there are any: 1234 or 1234.50",
    Part.CURRENCY: "Three letters, such as EUR",
    Part.LINK: "An offer, a ticket, a document",
    Part.NEEDED_BY: "After that day it can no longer be approved",
    Part.FIELDS: "One on each line, as name: value",
}
REQUIRED: Final = frozenset({Part.KIND, Part.TITLE})
LINES: Final = frozenset({Part.DETAILS, Part.FIELDS})
"""Parts of several lines."""
CHOOSE: Final = "Choose what comes closest"
AGAIN: Final = "Change and send again"
"""The button of a request that its requester may send again with changes."""
ANEW: Final = "Ask again"
"""The button of a request that is over, which a new one takes up."""
