"""Whatever is done to an export without its key, the first line that differs is named."""

import hashlib
import io
import itertools
import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from core.audit.chain import GENESIS, chain
from core.audit.chains import Chains
from core.audit.checkpoint import sign
from core.audit.export import CHECKPOINT, END, Ended, said
from core.audit.export_lines import read_end
from core.audit.verifying import Fault, Trust, join, read_part
from core.events import SYSTEM
from core.system_events import Frozen, SystemRecorded
from core.value import encode
from tests.core.builders import NOW
from tests.core.exported import RING, TRUST, batches, check, export, fault

WHOLE = export(batches())
LINES = WHOLE.splitlines(keepends=True)
CHECKPOINTS = [n for n, line in enumerate(LINES) if line.startswith(CHECKPOINT)]


def first_difference(data: bytes) -> int:
    """The number of the first line that is not as in the whole export."""
    pairs = itertools.zip_longest(LINES, data.splitlines(keepends=True))
    return next(n for n, (was, is_) in enumerate(pairs, start=1) if was != is_)


def assert_named(data: bytes) -> Fault:
    """The first bad line is named, also where the file is read in parts."""
    found = fault(data)
    assert found.line == first_difference(data), found
    assert in_parts(data) is None
    return found


def in_parts(data: bytes, trust: Trust = TRUST) -> object:
    """What reading in three parts comes to: None unless all is well."""
    marks = [m for m in range(1, len(data)) if data.startswith(b"\n" + CHECKPOINT, m - 1)]
    cuts = sorted({0, *(mark for mark in marks[1:3])})
    parts = []
    for start, stop in zip(cuts, [*cuts[1:], len(data)], strict=True):
        try:
            parts.append(read_part(io.BytesIO(data), start, stop, len(data), trust))
        except Fault:
            return None
    return join(parts, trust)


def without(lines: Iterable[int]) -> bytes:
    gone = set(lines)
    return b"".join(line for n, line in enumerate(LINES) if n not in gone)


def test_the_export_as_it_was_written_holds() -> None:
    part = check(WHOLE)
    assert len(CHECKPOINTS) == 4
    assert part.events == len(LINES) - 2 - len(CHECKPOINTS)
    assert part.lines == len(LINES)
    assert in_parts(WHOLE) is not None


def test_a_changed_byte_anywhere() -> None:
    draw = random.Random(11)
    # Every byte of the lines that are not records, and some of each record.
    for number, line in enumerate(LINES):
        start = sum(map(len, LINES[:number]))
        is_record = line.startswith(b'{"actor":')
        places = draw.sample(range(len(line)), 12) if is_record else range(0, len(line), 5)
        for place in (*places, len(line) - 1):
            at = start + place
            changed = bytes([WHOLE[at] ^ (1 << draw.randrange(7))])
            assert_named(WHOLE[:at] + changed + WHOLE[at + 1 :])


@pytest.mark.parametrize("number", range(len(LINES)))
def test_a_removed_line(number: int) -> None:
    assert_named(without([number]))


def test_two_swapped_lines() -> None:
    for a, b in itertools.combinations(range(len(LINES)), 2):
        lines = list(LINES)
        lines[a], lines[b] = lines[b], lines[a]
        found = fault(b"".join(lines))
        assert found.line == a + 1, (a, b, found)


@pytest.mark.parametrize("number", range(len(LINES) + 1))
@pytest.mark.parametrize(
    "extra",
    [LINES[0], LINES[1], LINES[3], LINES[-1], b"\n", b"{}\n", b'{"actor":{}}\n', b"x" * 99 + b"\n"],
)
def test_an_inserted_line(number: int, extra: bytes) -> None:
    assert_named(b"".join([*LINES[:number], extra, *LINES[number:]]))


@pytest.mark.parametrize("number", range(len(LINES)))
def test_a_file_cut_off(number: int) -> None:
    for kept in (0, 1, len(LINES[number]) // 2, len(LINES[number]) - 1):
        data = b"".join(LINES[:number]) + LINES[number][:kept]
        assert_named(data)


@pytest.mark.parametrize("garbage", [b"\n", b" ", b"\x00" * 10, b"{}", WHOLE])
def test_something_behind_the_last_line(garbage: bytes) -> None:
    assert assert_named(WHOLE + garbage).line == len(LINES) + 1


def test_an_empty_file() -> None:
    assert fault(b"").line == 1


@pytest.mark.parametrize("number", range(4))
def test_a_checkpoint_removed_with_all_its_events(number: int) -> None:
    ends = [*CHECKPOINTS[1:], len(LINES) - 1]
    assert_named(without(range(CHECKPOINTS[number], ends[number])))


def test_two_checkpoints_swapped_with_all_their_events() -> None:
    a, b, c = CHECKPOINTS[:3]
    found = assert_named(b"".join(LINES[:a] + LINES[b:c] + LINES[a:b] + LINES[c:]))
    assert found.line == a + 1


def told(change: Callable[[list[bytes]], None]) -> str:
    lines = list(LINES)
    change(lines)
    return str(assert_named(b"".join(lines)))


def test_what_was_done_is_told() -> None:
    def change(lines: list[bytes]) -> None:
        lines[4] = lines[4].replace(b'"at":18', b'"at":17')

    def twice(lines: list[bytes]) -> None:
        lines[4] = lines[4].replace(b'"at":', b'"at":1,"at":')

    def spaced(lines: list[bytes]) -> None:
        lines[4] = lines[4].replace(b'"at":', b'"at": ')

    def remove(lines: list[bytes]) -> None:
        del lines[4]

    def swap(lines: list[bytes]) -> None:
        lines[4], lines[6] = lines[6], lines[4]

    def repeat(lines: list[bytes]) -> None:
        lines.insert(4, lines[3])

    def insert(lines: list[bytes]) -> None:
        lines.insert(4, lines[30])

    def cut(lines: list[bytes]) -> None:
        del lines[CHECKPOINTS[2] :]

    for done, words in (
        (change, "was changed"),
        (twice, "has the member 'at' twice"),
        (spaced, "is not canonical JSON"),
        (remove, "the event before it was removed"),
        (swap, "was swapped with the line 2 further on"),
        (repeat, "stands here a second time: it was inserted"),
        (insert, "is not signed, and what is comes after it: it was inserted"),
        (cut, "is missing: the file ends before its signed last line"),
    ):
        assert words in told(done), done.__name__


def test_the_last_line_alone_cannot_be_moved_up() -> None:
    found = fault(b"".join([*LINES[: CHECKPOINTS[2]], LINES[-1]]))
    assert found.line == CHECKPOINTS[2] + 1
    assert "lines before it were removed" in str(found)


def test_a_chain_needs_each_record_of_its_stream() -> None:
    # What only somebody with the key could do, and a verifier says all the same.
    for number in range(len(batches()[0])):
        given = batches()
        del given[0][number]
        found = fault(export(given))
        assert "where record" in str(found)


def another_hash(body: bytes) -> bytes:
    head, name, tail = body.rpartition(b'"previous":"')
    return head + name + b"0" * 64 + tail[64:]


def a_longer_hash(body: bytes) -> bytes:
    return body.replace(b'"previous":"', b'"previous":"00')


@pytest.mark.parametrize("change", [another_hash, a_longer_hash])
@pytest.mark.parametrize("number", range(7))
def test_a_record_that_names_another_one_before_it(
    number: int, change: Callable[[bytes], bytes]
) -> None:
    given = batches()
    given[1][number] = change(given[1][number])
    assert fault(export(given)).line == CHECKPOINTS[1] + 1 + number + 1


def test_a_stream_may_be_long_and_have_any_name() -> None:
    event = SystemRecorded(event=Frozen(), actor=SYSTEM, at=NOW)
    for name in (
        "01kb0000000000000000000009",
        "system",
        'a "quoted" one',
        "\\",
        "ü" * 26,
        "x" * 99,
    ):
        links = chain(name, 0, GENESIS, [event] * 1205)
        bodies = [link.body for link in links]
        assert check(export([bodies])).events == 1205
        missing = [*bodies[:1101], *bodies[1102:]]
        assert fault(export([missing])).line == 2 + 1101 + 1


def test_signed_junk_is_no_record() -> None:
    given = batches()
    given[2].insert(3, b"{}")
    found = fault(export(given))
    assert (found.line, found.what) == (
        CHECKPOINTS[2] + 1 + 4,
        "is signed, but is not a record of this version",
    )


def test_a_broken_chain_comes_before_a_change_further_down() -> None:
    given = batches()
    given[1][2] = another_hash(given[1][2])
    data = export(given).replace(given[1][5], given[1][5].replace(b'"at":18', b'"at":19'))
    assert fault(data).line == CHECKPOINTS[1] + 1 + 3


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        *((number, b":1", b": 1") for number in (0, -1)),
        *((number, b'{"', b'{ "') for number in (0, -1)),
        *((number, b"}", b"} ") for number in (0, -1)),
        (0, b'"first"', b'"first":1,"first"'),
        (-1, b'"last"', b'"last":1,"last"'),
    ],
)
def test_another_spelling_of_the_first_and_the_last_line(
    number: int, old: bytes, new: bytes
) -> None:
    lines = list(LINES)
    lines[number] = lines[number].replace(old, new)
    assert_named(b"".join(lines))


@pytest.mark.parametrize(
    "wrong",
    [{"events": 26}, {"checkpoints": 3}, {"last": 26}, {"head": "0" * 64}, {"root": "0" * 64}],
)
def test_a_signed_last_line_that_is_not_about_what_stands_before_it(wrong: dict[str, Any]) -> None:
    end = replace(read_end(LINES[-1].rstrip(b"\n")).end, **wrong)
    line = encode(Ended(end=end, signature=sign(RING, said(end))))
    assert_named(b"".join([*LINES[:-1], line + b"\n"]))


# --- parts -------------------------------------------------------------------------------


def test_a_part_must_end_where_the_next_one_begins() -> None:
    stop = sum(map(len, LINES[:4]))
    with pytest.raises(Fault, match="where another part begins"):
        read_part(io.BytesIO(WHOLE), 0, stop, len(WHOLE), TRUST)


def followed(bodies: list[bytes], *, whole: bool) -> Chains:
    chains = Chains(whole=whole)
    hashes = "".join(hashlib.sha256(body).hexdigest() for body in bodies).encode()
    assert chains.follow(bodies, hashes) is None
    return chains


def test_chains_are_joined_where_one_part_goes_on_with_another() -> None:
    bodies = [body for batch in batches() for body in batch if b'"stream":"system"' in body]
    for cut in range(1, len(bodies)):
        earlier = followed(bodies[:cut], whole=True)
        assert earlier.join(followed(bodies[cut:], whole=False))
        assert earlier.heads == followed(bodies, whole=True).heads
    assert not followed(bodies[:2], whole=True).join(followed(bodies[3:], whole=False))
    assert not followed(bodies[:2], whole=True).join(followed(bodies[1:], whole=False))
    assert not followed(bodies[:2], whole=True).join(followed(bodies[:1], whole=False))
    assert not followed([], whole=True).join(followed(bodies[1:], whole=False))
    later = followed([], whole=False)
    assert later.join(followed(bodies[1:], whole=False))
    assert later.opens == followed(bodies[1:], whole=False).opens != {}


def test_an_event_line_starts_like_no_other() -> None:
    assert {line[:8] for line in LINES if not line.startswith((CHECKPOINT, END))} == {
        b'{"actor"',
        b'{"first"',
    }
