"""What advice looks back on, kept beside the requests and never in the way of a submission."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table

from storage.tables import String, metadata, partial_index

past = Table(
    "past",
    metadata,
    Column("request_id", String, nullable=False),
    Column("action_type", String, nullable=False),
    Column("requester", String),
    Column("party", String),
    Column("currency", String, nullable=False),
    Column("amount", String),
    Column("status", String, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("reason", String),
    Column("digest", String),
    Column("likeness", String),
    PrimaryKeyConstraint("request_id"),
    sqlite_with_rowid=False,
)
"""One row a request, as of its newest event that was followed. `status` is "passed" for what was
approved without anybody's vote, `currency` "" for none, `reason` the content id of why it was
rejected. Erasing sets `party`, `digest` and `likeness` to NULL:
they tell of params to whoever can guess them."""

ENDED = "ended_at IS NOT NULL AND status <> 'passed'"
REJECTED = "status = 'rejected' AND reason IS NOT NULL"
SPENT = "status = 'approved' AND amount IS NOT NULL"
# The id comes last, so that what is asked for is answered from the index alone.
_tail = (past.c.ended_at, past.c.status, past.c.request_id)
partial_index("past_requester", ENDED, past.c.requester, past.c.action_type, *_tail)
partial_index("past_action", ENDED, past.c.action_type, *_tail)
partial_index("past_party", f"{ENDED} AND party IS NOT NULL", past.c.party, *_tail)
partial_index(
    "past_amounts",
    SPENT,
    past.c.action_type,
    past.c.currency,
    past.c.ended_at,
    past.c.amount,
    past.c.status,
    past.c.request_id,
)
partial_index("past_rejected", REJECTED, past.c.requester, past.c.action_type, past.c.ended_at)
partial_index("past_digest", "digest IS NOT NULL", past.c.digest, past.c.created_at)
partial_index("past_likeness", "likeness IS NOT NULL", past.c.likeness, past.c.created_at)

past_labels = Table(
    "past_labels",
    metadata,
    Column("label", String, nullable=False),
    Column("ended_at", BigInteger, nullable=False),
    Column("request_id", String, nullable=False),
    Column("status", String, nullable=False),
    PrimaryKeyConstraint("label", "ended_at", "request_id"),
    sqlite_with_rowid=False,
)
"""One row for each of the first labels of a request that people ended, or that expired. Erasing
removes them."""

Index("past_labels_request", past_labels.c.request_id)

advice_due = Table(
    "advice_due",
    metadata,
    Column("request_id", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("wanted_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("lease_until", BigInteger),
    PrimaryKeyConstraint("request_id"),
    sqlite_with_rowid=False,
)
"""One row an open request about which a model was or is to be asked. While leased, `next_at` is the
lease's end; NULL when it answered, or is not asked any more about this revision."""

ASKED = "next_at IS NOT NULL"
partial_index("advice_due_next", ASKED, advice_due.c.next_at, advice_due.c.request_id)

advice_record = Table(
    "advice_record",
    metadata,
    Column("source", String, nullable=False),
    Column("recommendation", String, nullable=False),
    Column("confidence", Integer, nullable=False),
    Column("cases", Integer, nullable=False),
    Column("agreed", Integer, nullable=False),
    PrimaryKeyConstraint("source", "recommendation", "confidence"),
    sqlite_with_rowid=False,
)
"""How often people decided as they were advised, by whom, what, and ten points of confidence."""

advice_spent = Table(
    "advice_spent",
    metadata,
    Column("day", BigInteger, nullable=False, autoincrement=False),
    Column("tokens", BigInteger, nullable=False),
    Column("cost", BigInteger, nullable=False),
    PrimaryKeyConstraint("day"),
)
"""What all servers used of a model on a UTC day, named by its first moment. `cost` in
millionths."""

following = Table(
    "following",
    metadata,
    Column("name", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    PrimaryKeyConstraint("name"),
)
"""One row, made by the migration: up to which position of the events `past` has followed them.
Whoever follows holds its lock; who finds it held leaves the work to its holder."""
