"""Ids: ULIDs, whose letters are all as likely."""

from time import time_ns

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import ids

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def number(letters: str) -> int:
    """What these letters mean, by https://www.crockford.com/base32.html."""
    found = 0
    for each in letters.upper():
        found = found * 32 + CROCKFORD.index(each)
    return found


def test_an_id_says_when_it_was_made_and_comes_once() -> None:
    before = time_ns() // 1_000_000
    made = [ids.new_id() for _ in range(1000)]
    after = time_ns() // 1_000_000
    assert len(set(made)) == 1000
    assert {len(each) for each in made} == {26}
    times = [number(each[:10]) for each in made]
    assert times == sorted(times)
    assert before <= times[0] <= times[-1] <= after


@given(st.binary(min_size=16, max_size=16))
def test_five_bits_of_each_byte_are_a_letter(drawn: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "_random", lambda _: drawn)
        letters = ids.new_id()[10:]
    assert [number(each) for each in letters] == [byte & 31 for byte in drawn]
