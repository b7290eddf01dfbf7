"""What can go wrong with the database, in words that say what is known about the effect.

Callers see these instead of the driver's exceptions; a `Refused` raised by a function they
handed in reaches them unchanged.
"""


class StorageError(Exception):
    """The database refused or failed; nothing of the command was stored."""


class Unavailable(StorageError):
    """The database cannot be reached or written now; nothing was stored, try again."""


class Conflict(StorageError):
    """Other writers were faster every time; nothing was stored, try again."""


class OutcomeUnknown(StorageError):
    """The connection broke during commit and it could not be found out what became of it."""


class Closed(StorageError):
    """The storage was closed; nothing was stored."""
