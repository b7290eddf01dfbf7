"""Policy, absences and evidence as the routes see them: records each call, keeps a little."""

from collections.abc import AsyncIterator, Sequence

from core.audit.checkpoint import Checkpoint, Signed
from core.events import Actor
from core.policy.policy import Policy
from core.refusals import Reason, Refused
from core.rows import PolicyRow, Snapshot
from core.rules.absence import Standing
from core.service.absences import Wish
from core.service.access import Caller
from core.service.idempotency import Given
from core.source import Mistake, Mistakes
from core.statistics import Counted
from core.value import Millis
from tests.adapters.webhook.fake_acts import Recording
from tests.core.builders import NOW, a_policy

GOOD = "version: 1\n"
BAD = Mistakes([Mistake(3, 7, "unknown key 'x'", "Remove it"), Mistake(1, 1, "odd", "Mend it")])


class FakeRules(Recording):
    """A policy is good when its text begins as GOOD does. `used` are those brought into force."""

    def __init__(self) -> None:
        super().__init__()
        self.from_file = False
        self.policy = a_policy(text=GOOD)
        self.used: list[Policy] = []

    def use(self, policy: Policy) -> None:
        self.used.append(policy)
        self.policy = policy

    def read(self, text: str) -> Policy:
        if not text.startswith(GOOD):
            raise BAD
        return a_policy(version=f"v{len(text)}", text=text)

    def good(self, text: str) -> Policy:
        self._record("good", text)
        if self.from_file:
            raise Refused(Reason.POLICY_FROM_FILE)
        try:
            return self.read(text)
        except Mistakes as error:
            raise Refused(Reason.POLICY_INVALID, mistakes="some") from error

    async def adopt(self, policy: Policy, actor: Actor, caller: Caller | None = None) -> bool:
        self._record("adopt", policy.version, actor, caller)
        return True

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        self._record("policies", limit)
        rows = [PolicyRow(version=v, text="", at=NOW, by="key-1") for v in ("v1", "v0", "v1")]
        return rows[:limit]

    async def policy_text(self, version: str) -> PolicyRow | None:
        self._record("policy_text", version)
        old = PolicyRow(version="v0", text="old", at=NOW, by="file")
        return old if version == "v0" else None

    async def past(self, before: str | None, limit: int) -> Sequence[Snapshot]:
        self._record("past", before, limit)
        newest = sorted(self.requests, reverse=True)
        return [self.requests[each] for each in newest if before is None or each < before][:limit]


class FakeAbsences(Recording):
    """Keeps what is set; lists all of it, or one person's."""

    def __init__(self) -> None:
        super().__init__()
        self.standing: dict[str, Standing] = {}

    async def set(
        self,
        wish: Wish,
        actor: Actor,
        caller: Caller | None = None,
        idempotency: Given | None = None,
    ) -> Standing:
        self._record("set", wish, actor, caller, idempotency)
        made = Standing(
            id=f"d{len(self.standing) + 1}",
            giver=wish.giver,
            taker=wish.taker,
            starts=wish.starts or NOW,
            ends=wish.ends,
            categories=wish.categories,
            amount_cap=wish.amount_cap,
            currency=wish.currency,
            created_at=NOW,
        )
        self.standing[made.id] = made
        return made

    async def end(self, id: str, actor: Actor, caller: Caller | None = None) -> Standing:
        self._record("end", id, actor, caller)
        if id not in self.standing:
            raise Refused(Reason.UNKNOWN_ABSENCE, id=id)
        return self.standing.pop(id)

    async def listed(
        self, person: str | None, actor: Actor, caller: Caller | None = None
    ) -> Sequence[Standing]:
        self._record("listed", person, actor, caller)
        return [s for s in self.standing.values() if person in (None, s.giver, s.taker)]


class FakeEvidence:
    """A trail of two pieces and three checkpoints that nobody signed."""

    def __init__(self) -> None:
        self.closed = 0
        self.last = 9

    async def export(self, since: int = 0) -> AsyncIterator[bytes]:
        if since > self.last:
            raise ValueError(f"position {since} is not there yet")
        try:
            yield b'{"format":"countersign-audit"}\n'
            yield b'{"end":{}}\n'
        finally:
            self.closed += 1

    async def checkpoints(self, after: int = 0, limit: int = 1000) -> Sequence[Signed]:
        return [_signed(number) for number in range(after + 1, 4)][:limit]


def _signed(number: int) -> Signed:
    first = 3 * number - 2
    checkpoint = Checkpoint(
        number=number,
        first=first,
        last=first + 2,
        size=300,
        root="a" * 64,
        previous="b" * 64,
        at=NOW,
        kid="k",
    )
    return Signed(checkpoint=checkpoint, signature="c")


class FakeEnds:
    """Gives what it was told to, and keeps the periods that it was asked for."""

    def __init__(self) -> None:
        self.found = Counted(since=0)
        self.asked: list[tuple[Millis, Millis]] = []

    async def counted(self, since: Millis, until: Millis) -> Counted:
        self.asked.append((since, until))
        return self.found
