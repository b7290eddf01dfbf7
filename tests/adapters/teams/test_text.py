"""What is not looked at closely needs no closer look: the short ways mean what the long ones do."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.teams import moments, text
from core.cards.moments import moment
from core.text import one_line, visible

LETTERS = "aZ9 \t\n\r\x00\x7f\xa0\xad·éß€…“”—‑\u2009\u200b\u2028\u202e⚑️☺\ud800{<>/\\at"
PIECES = ["{", "{{", "{{DATE(", "<", "< /At>", "<at", " ", "  ", "é", "·", "…", "a", "\t", "\u2060"]
texts = st.one_of(st.text(alphabet=LETTERS), st.lists(st.sampled_from(PIECES)).map("".join))


def made_plain(given: str) -> str:
    """As everything would be made plain, were nothing taken for harmless."""
    whole = re.sub("[\ud800-\udfff]", lambda m: f"⟦U+{ord(m.group()):04X}⟧", given)
    meant = r"(?i)\{(?=\{)|<(?=\s*/?\s*at\b)"
    return re.sub(meant, lambda m: m.group() + "\u2060", visible(whole))


def test_no_character_is_taken_for_harmless_that_is_not() -> None:
    for code in range(0x3400):
        letter = chr(code)
        assert text.plain(letter) == made_plain(letter), hex(code)
        shown = text.run(f"a{letter}b")["text"]
        assert shown == made_plain(one_line(f"a{letter}b")), hex(code)


@given(texts)
def test_texts_are_made_plain_as_if_each_were_looked_at(given: str) -> None:
    assert text.plain(given) == made_plain(given)
    assert text.run(given)["text"] == text.fitted(one_line(given), 300)


@given(texts)
def test_white_space_is_kept_as_if_each_line_were_looked_at(given: str) -> None:
    wide = given.replace("\t", "    ")
    found = re.sub(r"^ +| {2,}", lambda m: "\u00a0" * len(m.group()), wide)
    assert text.kept(given) == (found or "\u00a0")


# --- moments ---------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kathmandu"])
def test_every_month_and_minute_is_written_as_english_has_it(zone: str) -> None:
    for number in range(0, 400 * 24, 7):
        at = datetime(2026, 1, 1, tzinfo=UTC).timestamp() + number * 3601
        local = datetime.fromtimestamp(at, ZoneInfo(zone))
        rest = f"{local:%b %Y, %H:%M} {local.tzname()}"
        assert moments.written(int(at * 1000), zone) == f"{local.day} {rest}"
        assert moment(int(at * 1000), zone) == f"{local:%a} {local.day} {rest}"
