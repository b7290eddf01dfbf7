"""What a form was about, as text in a hidden field: written by a page, read when it comes back.

Reading is defensive. A binding that was made up names a commitment that nobody could know, and
the core compares it with what stands.
"""

import re
from typing import Final

from core.commands import Binding

_BOUND: Final = re.compile(
    r"(?P<request>[0-9A-Za-z_-]{1,64})\.(?P<revision>\d{1,6})\.(?P<commitment>[0-9a-f]{0,64})"
    r"\.(?P<level>\d{1,4})\.(?P<round>\d{1,4})",
    re.ASCII,
)


def write(bound: Binding) -> str:
    """The binding as text."""
    numbers = f"{bound.level}.{bound.round}"
    return f"{bound.request}.{bound.revision}.{bound.commitment}.{numbers}"


def read(text: str) -> Binding | None:
    """The binding that is written there; None for anything else."""
    found = _BOUND.fullmatch(text)
    if found is None:
        return None
    return Binding(
        request=found["request"],
        revision=int(found["revision"]),
        commitment=found["commitment"],
        level=int(found["level"]),
        round=int(found["round"]),
    )
