"""Callbacks to agents: which addresses are taken, what is sent, and how it is signed.

An address is checked when it is given, against the hosts that the operator names, and again at
each call: then also where its name leads.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from adapters.webhook.callback_secrets import CallbackSeal
from adapters.webhook.hosts import Hosts, NotAllowed
from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.outgoing import Outgoing
from adapters.webhook.present import moment
from core.callbacks import (
    ERASED,
    KEY_REVOKED,
    Again,
    Callbacks,
    CallbackSecrets,
    SealedSecret,
)
from core.ports import Dead, Outcome, RetryAt
from core.refusals import Reason, Refused
from core.request import RequestState
from core.rows import CallbackRow, QueuedCallback
from core.service.access import Caller
from core.value import Millis

SCHEMA: Final = 1
"""Grows when a field changes its meaning; new fields may come at any time."""

FIELD: Final = "callback_url"
WAIT: Final = "leave it out and wait with GET /v1/requests/{id}?wait=30"
UNREADABLE: Final = (
    "its signing secret cannot be opened: COUNTERSIGN_ENCRYPTION_KEY lacks the key that sealed it"
)


class AgentCallbacks:
    """What agents may ask of callbacks. `hosts` is None where there are none, `why` then says
    why. `opens` tells whether this server can open a secret."""

    def __init__(
        self,
        kept: Callbacks,
        secrets: CallbackSecrets,
        hosts: Hosts | None,
        clock: Callable[[], Millis],
        wake: Callable[[], None],
        why: str = "",
        opens: Callable[[SealedSecret], bool] = lambda _: True,
    ) -> None:
        self._kept = kept
        self._secrets = secrets
        self._hosts = hosts
        self._clock = clock
        self._wake = wake
        self._why = why
        self._opens = opens

    async def accept(self, url: str, caller: Caller) -> None:
        """See to it that this address will be called. Raises Mistaken, with what to do."""
        if self._hosts is None:
            problem = f"this server sends no callbacks: {self._why}"
            raise _mistaken(problem, f"Have that mended, or {WAIT}.")
        try:
            self._hosts.check(url)
        except NotAllowed as refused:
            remedy = f"Send an address that is allowed, have its host added, or {WAIT}."
            raise _mistaken(str(refused), remedy) from None
        found = await self._secrets.secrets(caller.key_id, self._clock())
        command = f"countersign callbacks secret {caller.key_id}"
        if not found:
            problem = "this key has no secret to sign callbacks with"
            raise _mistaken(problem, f"Have one made with: {command}, or {WAIT}.")
        if not any(map(self._opens, found)):
            problem = "the secret that signs this key's callbacks cannot be opened"
            remedy = (
                f"Have COUNTERSIGN_ENCRYPTION_KEY mended, or a new one made: {command} --rotate."
            )
            raise _mistaken(problem, remedy)

    async def replay(self, state: RequestState, caller: Caller) -> int:
        """Send what was given up once more, and the newest; how many. Raises Refused."""
        if caller.key_id != state.agent_key and not caller.has("admin"):
            raise Refused(Reason.NOT_THE_AGENT)
        count = await self._kept.replay(Again(request=state.id), self._clock(), caller.actor)
        self._wake()
        return count


class CallbackSender:
    """Sends one callback, signed with all secrets that its key has now."""

    def __init__(
        self,
        outgoing: Outgoing,
        secrets: CallbackSecrets,
        seal: CallbackSeal,
        clock: Callable[[], Millis],
    ) -> None:
        self._outgoing = outgoing
        self._secrets = secrets
        self._seal = seal
        self._clock = clock

    async def start(self) -> None:
        """Must be called in the event loop, once. Brings all secrets under the newest seal."""
        await self._outgoing.start()
        for each in await self._secrets.all_secrets():
            if (sealed := self._seal.again(each)) is not None:
                await self._secrets.reseal(each, sealed)

    async def stop(self) -> None:
        """Close the connections."""
        await self._outgoing.stop()

    async def send(self, queued: QueuedCallback) -> Outcome:
        """Call its address."""
        if queued.revoked:
            return Dead(reason=KEY_REVOKED)
        if queued.url is None:
            return Dead(reason=ERASED)
        found = await self._secrets.secrets(queued.row.key, self._clock())
        opened = [secret for each in found if (secret := self._seal.open(each)) is not None]
        if not opened:
            return RetryAt(reason=UNREADABLE)
        return await self._outgoing.send(
            queued.url, opened[0], queued.row.id, message(queued.row), opened[1:]
        )


def message(row: CallbackRow) -> bytes:
    """What is sent: that something changed, and where to read what. It says what was true right
    after the change, and no secret."""
    told = {
        "type": row.type,
        "timestamp": moment(row.at),
        "schema": SCHEMA,
        "data": {
            "id": row.request,
            "status": row.status,
            "revision": row.revision,
            "sequence": row.sequence,
            "path": f"/v1/requests/{row.request}",
        },
    }
    return msgspec.json.encode(told)


def _mistaken(problem: str, remedy: str) -> Mistaken:
    return Mistaken([Mistake(FIELD, problem, remedy)])
