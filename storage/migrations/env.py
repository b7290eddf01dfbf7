"""Alembic's entry: runs migrations on the connection that `storage.migrate` hands over.

There is no alembic.ini; the transaction belongs to the caller, who holds the lock.
"""

from alembic import context

from storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite's DDL is transactional too, since we begin transactions ourselves.
    transactional_ddl=True,
)
context.run_migrations()
