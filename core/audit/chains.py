"""Many streams' chains followed at once, in the order in which an export holds their records.

Only the end of a record is looked at: its names are sorted, so `previous`, `seq` and `stream`
stand last, and a quotation mark cannot stand in a name unescaped. That is enough, because the
whole line has been compared with a signed hash by then.
"""

import re
from collections.abc import Sequence

from core.audit.chain import GENESIS

Head = tuple[bytes, int]
"""The hash (hex) of a stream's newest record and the number that the next one has."""

_PREVIOUS = b',"previous":"'
_FIRST: Head = (GENESIS.encode(), 1)
_ID = 29
"""Bytes at the end of a record whose stream has a request's id: 26 characters, two quotation
marks and a brace. Records of other streams, which are few, are looked at more closely."""

_RECORD = re.compile(
    rb'\A\{"actor":.*,"previous":"([0-9a-f]{64})","seq":([1-9][0-9]{0,9}),'
    rb'"stream":("(?:[^"\\]|\\.)*"\})\Z'
)


_BETWEEN = [b'","seq":%d,"stream":' % seq for seq in range(1000)]
"""What stands between the previous hash and the stream's name, by the record's number."""


class Chains:
    """Where each stream stands; one entry a stream is kept.

    `opens` are the streams whose first record here is not their first: what it says of the
    one before. With `whole` there may be none.
    """

    def __init__(self, *, whole: bool) -> None:
        self.whole = whole
        self.heads: dict[bytes, Head] = {}
        self.opens: dict[bytes, Head] = {}

    def follow(self, records: Sequence[bytes], hashes: bytes) -> tuple[int, str] | None:
        """Go on with these records, `hashes` being theirs as hex one after the other.

        The index of the first that does not fit, and why; None when all do.
        """
        # A million times: names that are looked up here need not be looked up there.
        heads, get, together = self.heads, self.heads.get, b"".join
        first, prefix, between = _FIRST, _PREVIOUS, _BETWEEN
        for at, record in zip(range(0, len(hashes), 64), records, strict=False):
            stream = record[-_ID:]
            previous, seq = get(stream, first)
            try:
                fits = record.endswith(together((prefix, previous, between[seq])), 0, -_ID)
            except IndexError:  # so many records are few streams'
                fits = False
            if not fits:
                found = self._look(record)
                if isinstance(found, str):
                    return at // 64, found
                stream, seq = found
            heads[stream] = (hashes[at : at + 64], seq + 1)
        return None

    def forget(self) -> None:
        """Keep only which streams there are: nothing follows here that must fit to them."""
        self.heads = dict.fromkeys(self.heads, _FIRST)

    def join(self, later: "Chains") -> bool:
        """Go on with what another has followed from here; False when it does not fit."""
        for stream, head in later.opens.items():
            mine = self.heads.get(stream)
            if mine is None and not self.whole:
                self.opens[stream] = head
            elif mine != head:
                return False
        if not self.heads.keys().isdisjoint(later.heads.keys() - later.opens.keys()):
            return False
        self.heads.update(later.heads)
        return True

    def _look(self, record: bytes) -> tuple[bytes, int] | str:
        """The stream and number of a record that is not what was expected, or what is wrong."""
        found = _RECORD.match(record)
        if found is None:
            return "is signed, but is not a record of this version"
        previous, seq, stream = found[1], int(found[2]), found[3]
        head = self.heads.get(stream)
        if head is None and not self.whole and seq > 1:
            self.opens[stream] = (previous, seq)
            return stream, seq
        before, expected = _FIRST if head is None else head
        if seq != expected:
            return f"is record {seq} of its stream, where record {expected} should follow"
        if previous != before:
            return "does not hold the hash of the record before it in its stream"
        return stream, seq
