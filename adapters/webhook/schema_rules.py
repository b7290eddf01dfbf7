"""What the API reads about the rules: the policy, standing delegations, the trail."""

from typing import Annotated

from msgspec import Meta

from adapters.webhook.schema import (
    Address,
    Amount,
    Currency,
    Limit,
    Strict,
    remedy,
)

MAX_POLICY = 200_000
"""Characters of a policy; a body of bytes is bounded besides."""

MOST_PAST = 1000
"""Requests that one backtest compares."""

PolicyText = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_POLICY,
        description="The whole policy as YAML.",
        extra=remedy(f"Send 1 to {MAX_POLICY:,} characters of YAML."),
    ),
]
VersionName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_.-]{1,64}$(?!\n)",
        description="A version, as GET /v1/policy/versions names it.",
        extra=remedy("Send a version as GET /v1/policy/versions gave it."),
    ),
]
Last = Annotated[
    int,
    Meta(
        ge=1,
        le=MOST_PAST,
        description="How many of the newest requests to compare.",
        extra=remedy(f"Send a whole number from 1 to {MOST_PAST:,}."),
    ),
]
When = Annotated[
    str,
    Meta(
        pattern=(
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
            r"(Z|[+-][0-9]{2}:[0-9]{2})$(?!\n)"
        ),
        description="RFC 3339, with an offset.",
        examples=["2026-08-01T09:00:00Z"],
        extra=remedy("Send a time with its offset, such as 2026-08-01T09:00:00Z."),
    ),
]
CategoryName = Annotated[str, Meta(min_length=1, max_length=100, extra=remedy("Send a name."))]
Categories = Annotated[
    list[CategoryName],
    Meta(
        max_length=50,
        description="Only these action types or policy rules; without any, all.",
        extra=remedy("Send at most 50 action types or names of rules."),
    ),
]
Position = Annotated[
    int,
    Meta(
        ge=0,
        le=2**53 - 1,
        description="Leave out the checkpoints up to the event at this position.",
        extra=remedy("Send a whole number, 0 for the whole trail."),
    ),
]
Number = Annotated[
    int,
    Meta(
        ge=0,
        le=2**53 - 1,
        description="`next_cursor` of the page before.",
        extra=remedy("Send next_cursor as the page before gave it."),
    ),
]


class PolicyBody(Strict, frozen=True):
    """A policy."""

    text: PolicyText


class BacktestBody(Strict, frozen=True):
    """Another policy, and how many past requests to judge by it."""

    text: PolicyText
    last: Last = 100


class PolicyQuery(Strict, frozen=True):
    """Which version; without one, the one in force."""

    version: VersionName | None = None


class VersionsQuery(Strict, frozen=True):
    """How many of the newest versions."""

    limit: Limit = 50


class AbsenceBody(Strict, frozen=True, rename={"from_": "from"}):
    """`to` acts for `from` (the key's person if left out) from `starts` (now) until `until`."""

    to: Address
    from_: Address | None = None
    starts: When | None = None
    until: When | None = None
    categories: Categories | None = None
    amount_cap: Amount | None = None
    currency: Currency | None = None


class AbsencesQuery(Strict, frozen=True):
    """Whose; without one, the key's person's, and for an administrator everyone's."""

    person: Address | None = None


class ExportQuery(Strict, frozen=True):
    """From where."""

    since: Position = 0


class CheckpointsQuery(Strict, frozen=True):
    """Which part of the list."""

    limit: Limit = 50
    cursor: Number = 0


class StatsQuery(Strict, frozen=True):
    """Of which period: requests that ended from `since` until just before `until`."""

    since: When | None = None
    until: When | None = None
