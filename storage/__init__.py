"""Where requests are kept: SQLAlchemy Core tables in SQLite or PostgreSQL.

`open_storage(dsn)` gives the ports of `core.ports` over one database. Everything is written
by one group-commit thread per process and read on connections of their own. Nothing here
decides anything about a request, reads a clock or makes an id.
"""

from storage.database import Storage, open_storage

__all__ = ["Storage", "open_storage"]
