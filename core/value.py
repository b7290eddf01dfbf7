"""The base of every value in the core: frozen, encodable as canonical JSON.

Values hold strings, integers, booleans, None, tuples and other values, never floats:
only so are their sorted JSON bytes the same as RFC 8785's and safe to hash.
"""

import msgspec

Millis = int
"""A moment: milliseconds since 1970-01-01 UTC."""

_encoder = msgspec.json.Encoder(order="sorted")


class Value(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A frozen value; `==` compares all fields, `structs.replace` makes a changed copy.

    Values hold values and never themselves, so the garbage collector need not look at them:
    https://jcristharif.com/msgspec/structs.html#disabling-garbage-collection-advanced
    """


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What one function hands to the next and nobody encodes: it may hold anything, exceptions
    among it, so that the garbage collector has to look at it. A frozen dataclass is the same, and
    takes ten times as long to make.
    """


def encode(value: object) -> bytes:
    """Sorted, compact JSON bytes of a value."""
    return _encoder.encode(value)
