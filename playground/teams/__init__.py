"""A simulated Microsoft Teams tenant: Bot Framework connector, channel tokens, Microsoft login.

`routes` serves it, `state` shows it, `act` lets a person do something in it. Imports nothing of
the product; speaks HTTP to the bot like the real service.
"""

from playground.place import Place
from playground.store import Json
from playground.teams.clicks import act
from playground.teams.keys import SigningKeys
from playground.teams.snapshot import state
from playground.teams.table import OPERATIONS, routes

__all__ = ["OPERATIONS", "act", "rotate_keys", "routes", "state"]


def rotate_keys(place: Place, *, keep_old: bool = False) -> Json:
    """Sign with a new key from now on, retire the old ones unless kept, and return the kid."""
    return {"ok": True, "kid": SigningKeys(place.store).rotate(keep_old=keep_old)}
