"""Where a letter's links lead: to a page of this server that asks once more.

Opening one changes nothing, since mail scanners follow links. The pass stands behind the question
mark: paths are written into logs.
"""

from collections.abc import Callable
from typing import Final

from core.card import Verb
from core.commands import Binding
from core.tokens.links import Links, Pass
from core.value import Millis

PATH: Final = "/decide"
LOOK: Final = "look"
LIVES: Final[Millis] = 30 * 24 * 3_600_000
"""A link ends with what it is about; this is for the mailbox that somebody finds years later."""


class Doors:
    """Makes links to the pages under the server's public address."""

    def __init__(self, links: Links, public_url: str, clock: Callable[[], Millis]) -> None:
        self._links = links
        self._base = f"{public_url}{PATH}"
        self._clock = clock

    def to(self, person: str, about: Binding, letter: str) -> Callable[[Verb | None], str]:
        """The links of one letter, for each act; None only looks."""
        given = Pass(letter=letter, person=person, binding=about, ends=self._clock() + LIVES)
        token = self._links.sign(given)
        return lambda verb: f"{self._base}/{LOOK if verb is None else verb.value}?t={token}"
