"""Where a page may send a browser on: to our own pages, whatever an address says."""

import re
from typing import Final

MOST: Final = 1000
"""Characters of a path with its query."""

# One slash and then none, no backslash, which browsers read as a slash, and nothing that is not
# printable ASCII: they drop tabs and line ends before they look for a host.
# https://url.spec.whatwg.org/#concept-basic-url-parser
_OWN: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def own_path(given: str) -> str | None:
    """The path with its query, if it certainly stays on this host; None otherwise."""
    return given if len(given) <= MOST and _OWN.fullmatch(given) is not None else None
