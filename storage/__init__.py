"""Where requests are kept: SQLAlchemy Core tables in SQLite or PostgreSQL.

`open_storage(dsn)` gives the ports of `core.ports` over one database. One thread of each
process writes, many commands in one commit; reads have connections of their own. Nothing
here decides anything about a request, reads a clock or makes an id.
"""

from storage.database import Storage, open_storage

__all__ = ["Storage", "open_storage"]
