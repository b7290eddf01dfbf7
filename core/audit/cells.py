"""Tables as CSV (RFC 4180) that no spreadsheet takes for anything but text and numbers.

https://owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from core.value import Millis

Cell = str | int | None

_BEGINS_FORMULA: Final = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20|%]")
"""As spreadsheets read it: also after white space, and in the wide forms of these signs."""
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def csv_bytes(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows as UTF-8 lines; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text).writerows([_harmless(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def moment(at: Millis | None) -> str | None:
    """RFC 3339 in UTC, to the millisecond; None where there is none."""
    if at is None:
        return None
    whole = datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at % 1000:03d}Z"


def _harmless(cell: Cell) -> str:
    if cell is None or isinstance(cell, int):
        return "" if cell is None else str(cell)
    text = "".join(c if c.isprintable() else "\ufffd" for c in cell)
    if _BEGINS_FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
