"""The keys of a policy document, and those that are refused because nothing honours them yet."""

POLICY = ("version", "defaults", "rules", "fallback", "last_resort")

DEFAULTS = ("expires_in", "sla")

RULE = (
    *("name", "when", "category", "because", "stages", "channel", "confirm", "amount_from"),
    *("expires_in", "block_self_approval", "different_approvers", "on_reject"),
)

FALLBACK = tuple(key for key in RULE if key not in ("name", "when"))

REVIEW_ONLY = ("stages", "channel", "confirm", "block_self_approval", "different_approvers")
"""What would silently do nothing in a rule that asks nobody."""

STAGE = (
    *("name", "when", "approvers", "quorum", "required_role", "required_department"),
    *("escalate_to", "sla"),
)

APPROVER = ("group", "approver", "seats")

UNSUPPORTED = frozenset(
    {
        "ask",
        "auto_approve_when",
        "auto_reject_when",
        "batch",
        "break_glass",
        "calendar",
        "calendars",
        "decide_in",
        "different_departments",
        "editable",
        "keep_approvals",
        "minimum_unique_approvers",
        "on_call",
        "on_timeout",
        "reject_quorum",
        "remind_at",
        "silent",
    }
)
"""Refused wherever they stand: a safety rule that is ignored is worse than one refused."""

UNSUPPORTED_ON_REJECT = ("previous_stage", "request_changes")
"""What `on_reject` cannot be yet; `terminate` is what always happens."""
