"""Everything that the routes work with, in one value."""

from collections.abc import Callable
from dataclasses import dataclass

from adapters.webhook.ports import Absent, Acting, Governing, Past, Requests
from core.absences import AbsenceService
from core.acts import Acts
from core.directory import Directory
from core.governing import Governance
from core.policy import Policy
from core.ports_audit import Evidence
from core.service import Approvals
from core.signing import KeyRing
from core.source import Mistakes
from core.value import Millis


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """The core as the API uses it; policy and directory are asked anew for each call.

    `use` brings a policy that was just stored into force in this process. Without a `ring`
    there are no tokens, and without `evidence` neither checkpoints nor an export.
    """

    requests: Requests
    acts: Acting
    absences: Absent
    governance: Governing
    past: Past
    policy: Callable[[], Policy]
    directory: Callable[[], Directory]
    use: Callable[[Policy], None]
    clock: Callable[[], Millis]
    ring: KeyRing | None = None
    evidence: Evidence | None = None


def around(approvals: Approvals) -> Desk:
    """The desk of a server whose policy comes from a file and that gives no evidence."""
    world = approvals.world

    def read(_: str) -> Policy:
        raise Mistakes([])

    return Desk(
        requests=approvals,
        acts=Acts(approvals),
        absences=AbsenceService(approvals),
        governance=Governance(store=world.store, read=read, clock=world.clock, from_file=True),
        past=world.store,
        policy=world.policy,
        directory=world.directory,
        use=lambda _: None,
        clock=world.clock,
        ring=world.ring,
    )
