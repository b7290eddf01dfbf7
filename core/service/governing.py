"""What administrators do to the whole: change the policy, freeze and unfreeze approvals."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from core.events import Actor
from core.policy.policy import Policy
from core.ports import Store
from core.refusals import Reason, Refused
from core.rows import Changes, Loaded, PolicyRow, Reads, Snapshot
from core.service.access import Caller, require_valid
from core.source import Mistakes
from core.system_events import AnySystemEvent, Frozen, PolicyChanged, SystemRecorded, Unfrozen
from core.value import Millis

SYSTEM_STREAM = "system"
POLICY_STREAM = "policy"
MISTAKES_SAID = 20

PAGE = 200
"""Past requests read at once for a backtest."""


def without_mistakes(read: Callable[[str], Policy], text: str) -> Policy:
    """The policy of a text. Raises Refused, with the mistakes and their places."""
    try:
        return read(text)
    except Mistakes as error:
        said = [str(mistake) for mistake in error.mistakes[:MISTAKES_SAID]]
        raise Refused(Reason.POLICY_INVALID, mistakes="; ".join(said)) from error


async def past_requests(
    past: Callable[[str | None, int], Awaitable[Sequence[Snapshot]]], last: int
) -> list[Snapshot]:
    """The newest requests for a backtest, at most `last`, page by page from `Store.past`."""
    found: list[Snapshot] = []
    before: str | None = None
    while len(found) < last and (page := await past(before, min(PAGE, last - len(found)))):
        found += page
        before = page[-1].state.id
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Governance:
    """Policy versions and the freeze.

    `read` makes a policy of a text or raises Mistakes; `from_file` says that the file named by
    COUNTERSIGN_POLICY is the source, so that nothing else may change it.
    """

    store: Store
    read: Callable[[str], Policy]
    clock: Callable[[], Millis]
    from_file: bool

    def good(self, text: str) -> Policy:
        """The policy of a text that may be brought into force. It may keep a processor busy for
        a while. Raises Refused, with every mistake and its place."""
        if self.from_file:
            raise Refused(Reason.POLICY_FROM_FILE)
        return without_mistakes(self.read, text)

    async def adopt(self, policy: Policy, actor: Actor, caller: Caller | None = None) -> bool:
        """Record a policy as the one in force; false when it is that already.

        The key of a `caller` is looked at once more where it is stored. Raises Refused.
        """

        def run(loaded: Loaded) -> Changes[bool]:
            now = self.clock()
            if caller is not None:
                require_valid(loaded.key, now)
            before = None if loaded.policy is None else loaded.policy.version
            if before == policy.version:
                return Changes(result=False)
            digest = hashlib.sha256(policy.text.encode()).hexdigest()
            event = PolicyChanged(version=policy.version, digest=digest, before=before)
            by = actor.person or actor.agent or "file"
            row = PolicyRow(version=policy.version, text=policy.text, at=now, by=by)
            stream = (POLICY_STREAM, SystemRecorded(event, actor, now))
            return Changes(result=True, policy=row, streams=(stream,))

        key_hash = None if caller is None else caller.key_hash
        return await self.store.transact("", run, Reads(policy=True, key_hash=key_hash))

    async def freeze(self, actor: Actor) -> bool:
        """Nothing is approved or redeemed from now on; false when it was so already."""
        return await self._switch(True, Frozen(), actor)

    async def unfreeze(self, actor: Actor) -> bool:
        """Go on; false when nothing was frozen."""
        return await self._switch(False, Unfrozen(), actor)

    async def _switch(self, to: bool, event: AnySystemEvent, actor: Actor) -> bool:
        def run(loaded: Loaded) -> Changes[bool]:
            if loaded.frozen is to:
                return Changes(result=False)
            stream = (SYSTEM_STREAM, SystemRecorded(event, actor, self.clock()))
            return Changes(result=True, freeze=to, streams=(stream,))

        return await self.store.transact("", run, Reads(rules=True))
