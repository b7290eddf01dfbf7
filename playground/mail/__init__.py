"""The simulated mailboxes: a mail server that takes every letter, and what lies in each box.

`await listen(place, host, port)` takes letters in, `state(place)` is what the page lists, and
`letter(place, number)` is one letter as its reader sees it.
"""

from playground.mail.boxes import letter, state
from playground.mail.server import listen

__all__ = ["letter", "listen", "state"]
