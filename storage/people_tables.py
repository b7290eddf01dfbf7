"""Tables of the people and groups who are kept here, beside those of the directory file."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

kept_people = Table(
    "kept_people",
    metadata,
    Column("id", String, nullable=False),
    Column("email", String, nullable=False),
    Column("user_name", String),
    Column("manager", String),
    Column("number", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""Everybody who is or was kept, as encoded `core.directory.kept.KeptPerson`; `user_name` is in
lower case, `number` that of the change that wrote the row."""

THERE = "deleted_at IS NULL"
_row = kept_people.c
# An address is one person's, and so is a name to sign in with.
partial_index("kept_people_email", THERE, _row.email, unique=True)
partial_index("kept_people_user_name", THERE, _row.user_name, unique=True)
partial_index("kept_people_manager", THERE, _row.manager)
Index("kept_people_number", _row.number)

kept_groups = Table(
    "kept_groups",
    metadata,
    Column("id", String, nullable=False),
    Column("folded", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("id"),
)
"""Groups by id, as encoded `core.directory.kept.KeptGroup`; `folded` is the name without regard
to case. Who belongs to one stands with the people."""

partial_index("kept_groups_folded", THERE, kept_groups.c.folded, unique=True)
Index("kept_groups_number", kept_groups.c.number)

kept_members = Table(
    "kept_members",
    metadata,
    Column("group_name", String, nullable=False),
    Column("person_id", String, nullable=False),
    PrimaryKeyConstraint("group_name", "person_id"),
    sqlite_with_rowid=False,
)
"""An index of who belongs to which group, derived from the people's rows."""

Index("kept_members_person", kept_members.c.person_id)

directory_changes = Table(
    "directory_changes",
    metadata,
    Column("name", String, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("settled", BigInteger, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row, made by the migration: counts the changes of the people and groups. Up to `settled`
everything that is open has been brought in line with them."""
