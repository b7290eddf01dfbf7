"""What an auditor looks for first, as tables: decisions, and what was out of the ordinary.

Nothing of it is content: what people wrote, titles and parameters stay where they can be erased.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from core.audit.cells import Cell, moment
from core.request import RequestState
from core.value import Millis

DECISIONS: Final = (
    *("request", "created_at", "decided_at", "status", "category", "rule", "policy_version"),
    *("action_type", "amount", "currency", "risk_score", "requester", "agent", "agent_key"),
    *("revisions", "decided_by", "votes", "bypass", "cause", "token_redeemed_at", "execution"),
)
INCIDENTS: Final = ("at", "stream", "number", "what", "person", "agent", "via", "details")

_FINISHED: Final = "finished"
_ORDINARY: Final = frozenset({None, "auto_approve"})
"""How a request ends that took the way which its policy foresees."""

_REMARKABLE: Final = (
    *("held", "token_revoked", "execution_reported", "reassigned", "restored"),
    *("incident_reported", "key_revoked", "content_erased", "hold_set", "hold_lifted"),
    *("frozen", "unfrozen", "database_restored", "account_unlinked"),
)
"""Event types; of `execution_reported` only failures, and of `finished` what passed unusually."""

_LOOKED_AT: Final = re.compile(
    b'"type":"(?:%b)"' % "|".join((*_REMARKABLE, _FINISHED)).encode(),
)
_DETAILS: Final = (
    *("bypass", "cause", "because", "status", "outcome", "kind", "severity", "level", "old", "new"),
    *("key", "person", "rule", "scope", "name", "rows", "as_of"),
)
"""Of an event's fields those that say more; all from closed sets, or addresses and numbers."""


class Seen(msgspec.Struct):
    """A record of the trail, as far as it is looked at."""

    stream: str
    seq: int
    at: Millis
    actor: dict[str, Any]
    event: dict[str, Any]


_decode = msgspec.json.Decoder(Seen).decode


def looked_at(records: Iterable[bytes]) -> Iterator[Seen]:
    """Of these records those that a table may need."""
    return (_decode(record) for record in records if _LOOKED_AT.search(record))


def is_end(seen: Seen) -> bool:
    """Whether a request reached its end."""
    return seen.event.get("type") == _FINISHED


def incident(seen: Seen) -> Sequence[Cell] | None:
    """The row of what was out of the ordinary, None for what was not."""
    event, actor = seen.event, seen.actor
    what = event.get("type")
    if what == _FINISHED and event.get("bypass") in _ORDINARY:
        return None
    if what == "execution_reported" and event.get("outcome") != "failed":
        return None
    row = (moment(seen.at), seen.stream, seen.seq, what)
    return (*row, actor.get("person"), actor.get("agent"), actor.get("via"), _details(event))


def decision(state: RequestState) -> Sequence[Cell]:
    """The row of a request that is over."""
    outcome, route, token = state.outcome, state.route, state.token
    votes = (vote for stage in state.stages for vote in stage.votes)
    written = (
        f"{vote.person}{f' for {vote.on_behalf_of}' if vote.on_behalf_of else ''}: "
        f"{vote.decision.value} at {moment(vote.at)} by {vote.via}"
        for vote in votes
    )
    return (
        state.id,
        moment(state.created_at),
        moment(None if outcome is None else outcome.at),
        state.status.value,
        None if route is None else route.category.value,
        None if route is None else route.rule,
        None if route is None else route.policy_version,
        state.action_type,
        state.amount,
        state.currency,
        state.risk_score,
        state.requester,
        state.agent,
        state.agent_key,
        state.revision,
        None if outcome is None else "; ".join(outcome.by),
        "; ".join(written),
        None if outcome is None else outcome.bypass,
        None if outcome is None else outcome.cause,
        moment(None if token is None else token.redeemed_at),
        None if state.execution is None else state.execution.outcome,
    )


def _details(event: Mapping[str, Any]) -> str:
    said = [f"{n}={event[n]}" for n in _DETAILS if isinstance(event.get(n), str | int)]
    requests = event.get("requests")
    if isinstance(requests, list):
        said.append(f"requests={' '.join(map(str, requests))}")
    return "; ".join(said)
