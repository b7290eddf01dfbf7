"""Which part of the queue a page shows, as its address says it.

Reading is defensive: an address is typed, kept for years and sent around. What it says that
nothing means is left out.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final
from urllib.parse import parse_qsl, urlencode

from core.chat.home_port import Wish

ONLY: Final = "only"
DUE: Final = "due"
OVERDUE: Final = "overdue"
RULE: Final = "rule"
WORDS: Final = "q"
LEAST: Final = "least"
AFTER: Final = "after"

LONGEST_RULE: Final = 200
LONGEST_WORDS: Final = 200
LONGEST_CURSOR: Final = 120
LONGEST: Final = 4_000
"""Characters of a query that was kept: a letter may take twelve of them."""

_AMOUNT: Final = re.compile(r"(\d{1,3}(,\d{3}){1,5}|\d{1,18})(\.\d{1,6})?", re.ASCII)


def read(query: Mapping[str, str]) -> Wish:
    """The wish of an address."""
    only = query.get(ONLY, "")
    return Wish(
        after=query.get(AFTER, "")[:LONGEST_CURSOR],
        due=only == DUE,
        overdue=only == OVERDUE,
        rule=query.get(RULE, "")[:LONGEST_RULE] or None,
        text=" ".join(query.get(WORDS, "").split())[:LONGEST_WORDS],
        least=_amount(query.get(LEAST, "")),
    )


def read_text(query: str) -> Wish:
    """The wish of a query that was kept as text, without the page within it."""
    try:
        given = dict(parse_qsl(query[:LONGEST], max_num_fields=10))
    except ValueError:
        return Wish()
    return read({name: value for name, value in given.items() if name != AFTER})


def write(wish: Wish, after: str = "") -> str:
    """The address's query, without its question mark; "" for the whole queue."""
    only = OVERDUE if wish.overdue else DUE if wish.due else ""
    least = "" if wish.least is None else f"{wish.least:f}"
    given = ((ONLY, only), (RULE, wish.rule or ""), (WORDS, wish.text), (LEAST, least))
    return urlencode([each for each in (*given, (AFTER, after)) if each[1]])


def _amount(text: str) -> Decimal | None:
    """An amount as people write one; None for what is none."""
    plain = text.strip()
    return Decimal(plain.replace(",", "")) if _AMOUNT.fullmatch(plain) else None
