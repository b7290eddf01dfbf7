"""How fast letters go out, so that the mail server need not refuse.

Servers publish no common limit; providers commonly take some hundred a minute from one sender.
"""

from typing import Final

from core.pace import Lane

EVERY: Final = 250
AT_ONCE: Final = 20

LANES: Final = (Lane(name="letters", every=EVERY, burst=AT_ONCE),)
