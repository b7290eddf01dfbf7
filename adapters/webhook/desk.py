"""Everything that the routes work with, in one value."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.webhook.callback import AgentCallbacks
from adapters.webhook.ports import Absent, Acting, Governing, Past, Requests
from adapters.webhook.streams import Streams
from core.audit.ports import Evidence
from core.directory.people import Directory
from core.policy.policy import Policy
from core.service.statistics import Statistics
from core.tokens.signing import KeyRing
from core.value import Millis


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The core as the API uses it; policy and directory are asked anew for each call.

    `use` brings a policy that was just stored into force in this process. Without a `ring`
    there are no tokens, and without `evidence` neither checkpoints nor an export.
    """

    requests: Requests
    streams: Streams
    acts: Acting
    absences: Absent
    governance: Governing
    past: Past
    statistics: Statistics
    callbacks: AgentCallbacks
    policy: Callable[[], Policy]
    directory: Callable[[], Directory]
    use: Callable[[Policy], None]
    clock: Callable[[], Millis]
    ring: KeyRing | None = None
    evidence: Evidence | None = None
