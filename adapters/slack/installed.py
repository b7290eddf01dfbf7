"""The workspaces in which the app was installed with OAuth, each with its own bot token.

What is installed is read from the database again after a while, and at once when Slack refuses
a token, so that a click costs no query and every replica soon knows of a removal.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from adapters.slack import rotation
from adapters.slack.calls import NOT_EXCHANGED, NOT_INSTALLED, Api, Failure, Json, Method, Wire
from adapters.slack.installs import Installed, InstallStore
from adapters.slack.rotation import App, End
from adapters.slack.workspaces import Trusted
from core.ports import Clock
from core.value import Millis

KNOWN_FOR: Final[Millis] = 30_000
"""How long what was read counts."""
ASK_AGAIN: Final[Millis] = 1_000
"""How often the database is asked for a workspace that is not known."""
WAIT_SECONDS: Final = 5.0
"""How long a caller waits for another replica's exchange of a token that is over."""

# https://docs.slack.dev/reference/methods/chat.postMessage#errors
REFUSED: Final = frozenset({"invalid_auth", "token_revoked", "account_inactive", "token_expired"})
"""The token does not work: it was exchanged, replaced by a new installation, or taken back."""

_log = logging.getLogger(__name__)


class InstalledApi(Api):
    """The Web API with an installation's token, and with its newer one after a refusal."""

    def __init__(self, wire: Wire, found: Installed, workspaces: "InstalledWorkspaces") -> None:
        super().__init__(wire, found.grant.bot_token)
        self._found = found
        self._workspaces = workspaces

    async def call(self, method: Method, **arguments: Any) -> Json | Failure:
        """As `Api.call`; a token that Slack refuses for good reads as not installed."""
        reply = await self._once(method, arguments)
        if _is_refused(reply):
            # Slack did nothing, so that asking once more does nothing twice.
            newer = await self._workspaces.newer(self._found)
            reply = reply if newer is None else await newer._once(method, arguments)
        if not isinstance(reply, Failure) or not _is_refused(reply):
            return reply
        _log.warning("Slack refuses the token of %s: %s", self._found.row.id, reply.error)
        return NOT_EXCHANGED if reply.error == "token_expired" else NOT_INSTALLED

    async def _once(self, method: Method, arguments: Json) -> Json | Failure:
        return await super().call(method, **arguments)


def _is_refused(reply: Json | Failure) -> bool:
    return isinstance(reply, Failure) and reply.error in REFUSED


@dataclass(frozen=True, slots=True)
class _Entry:
    found: Installed
    api: InstalledApi


class InstalledWorkspaces:
    """`Workspaces` over the installation store.

    Only those in `allowed` count (workspaces and organisations, by id; empty: all): others may
    have been installed before there was such a list. Without one, nobody's addresses count.
    """

    def __init__(
        self,
        wire: Wire,
        app: App,
        store: InstallStore,
        clock: Clock,
        allowed: frozenset[str] = frozenset(),
    ) -> None:
        self._allowed = allowed
        self._wire = wire
        self._app = app
        self._store = store
        self._clock = clock
        self._entries: Mapping[str, _Entry] = {}
        self._read_at: Millis | None = None
        self._reading = asyncio.Lock()
        self._exchanges: dict[str, asyncio.Task[End]] = {}
        self._failed: dict[str, Millis] = {}
        self._teams: dict[str, tuple[Millis, frozenset[str]]] = {}

    async def start(self) -> None:
        await self._store.seal_again()
        for found in await self._store.all():
            if not self._may_speak(found):
                _log.warning(
                    "Slack workspace %s is not in SLACK_ALLOWED_TEAMS: it counts as not installed",
                    found.row.id,
                )

    async def stop(self) -> None:
        """Let an exchange that has begun be kept: its refresh token is used up."""
        if self._exchanges:
            await asyncio.wait(self._exchanges.values(), timeout=WAIT_SECONDS)
        for task in list(self._exchanges.values()):
            task.cancel()

    async def api(self, team: str, enterprise: str = "") -> Api | None:
        """The Web API in this workspace, or in the organisation that it belongs to; with neither
        named, in the only one there is."""
        entry = await self._entry(team, enterprise)
        return None if entry is None else await self._valid(entry)

    async def trusts(self, team: str) -> bool:
        """Whether this workspace, or the organisation it was found in, is on the list."""
        entry = await self._entry(team, "")
        return entry is not None and bool(self._allowed & {team, *_named(entry)})

    async def trusted(self) -> Sequence[Trusted]:
        """Those of the list in which the app is installed."""
        await self._read(KNOWN_FOR)
        found = []
        for entry in self._entries.values():
            row = entry.found.row
            teams = frozenset({row.team}) if row.team else await self._workspaces_of(entry)
            if not self._allowed & set(_named(entry)):
                teams &= self._allowed
            if teams:
                found.append(Trusted(await self._valid(entry), teams))
        return found

    async def knows(self, team: str, enterprise: str) -> bool:
        """Whether the app is installed there; waits for no token, unless only Slack can say
        which organisation the workspace belongs to."""
        return await self._entry(team, enterprise) is not None

    def forget(self) -> None:
        """Read again at the next call: something was installed or removed."""
        self._read_at = None

    async def newer(self, than: Installed) -> InstalledApi | None:
        """What stands in its place by now, if anything else does."""
        self._read_at = None
        await self._read(0)
        entry = self._entries.get(than.row.id)
        changed = entry is not None and entry.found.row.version != than.row.version
        return entry.api if changed and entry is not None else None

    async def _entry(self, team: str, enterprise: str) -> _Entry | None:
        await self._read(KNOWN_FOR)
        entry = await self._find(team, enterprise)
        if entry is None:
            await self._read(ASK_AGAIN)
            entry = await self._find(team, enterprise)
        return entry

    async def _find(self, team: str, enterprise: str) -> _Entry | None:
        if not team and not enterprise:
            return next(iter(self._entries.values())) if len(self._entries) == 1 else None
        found = self._entries.get(team) or self._entries.get(enterprise)
        if found is not None or not team:
            return found
        for entry in self._entries.values():
            if not entry.found.row.team and team in await self._workspaces_of(entry):
                return entry
        return None

    async def _workspaces_of(self, entry: _Entry) -> frozenset[str]:
        """The workspaces of an organisation in which the app is installed as a whole."""
        whole, now = entry.found.row.id, self._clock()
        read_at, known = self._teams.get(whole, (None, frozenset[str]()))
        if read_at is not None and now - read_at < KNOWN_FOR:
            return known
        # It may be over: whoever was stopped for long finds no workspace of theirs without it.
        found = await _teams(await self._valid(entry))
        known = known if found is None else found
        self._teams[whole] = (now, known)
        return known

    async def _read(self, older_than: Millis) -> None:
        """Read what is installed, unless that was done lately."""
        if self._is_known(older_than):
            return
        async with self._reading:
            if self._is_known(older_than):
                return
            before, entries = self._entries, dict[str, _Entry]()
            for found in filter(self._may_speak, await self._store.all()):
                entry = before.get(found.row.id)
                if entry is None or entry.found.row.version != found.row.version:
                    entry = _Entry(found, InstalledApi(self._wire, found, self))
                entries[found.row.id] = entry
            self._entries, self._read_at = entries, self._clock()

    def _may_speak(self, found: Installed) -> bool:
        """Whether the operator means this workspace or organisation."""
        return not self._allowed or bool(self._allowed & {found.row.team, found.row.enterprise})

    def _is_known(self, older_than: Millis) -> bool:
        return self._read_at is not None and self._clock() - self._read_at < older_than

    async def _valid(self, entry: _Entry) -> Api:
        """With a token that will last for this call; exchanged beside it while there is time."""
        grant, now = entry.found.grant, self._clock()
        if not rotation.is_due(grant, now):
            return entry.api
        task = self._exchanging(entry)
        if task is None or not rotation.is_over(grant, now):
            return entry.api
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_SECONDS):
                if await asyncio.shield(task) is End.ELSEWHERE:
                    await self._until_newer(entry)
        return self._entries.get(entry.found.row.id, entry).api

    def _exchanging(self, entry: _Entry) -> "asyncio.Task[End] | None":
        """The exchange of this token; None when one has failed a moment ago."""
        where, now = entry.found.row.id, self._clock()
        task = self._exchanges.get(where)
        if task is None and now - self._failed.get(where, 0) >= rotation.CLAIM:
            task = self._exchanges[where] = asyncio.create_task(self._exchange(entry))
            task.add_done_callback(lambda _: self._exchanges.pop(where, None))
        return task

    async def _exchange(self, entry: _Entry) -> End:
        end = End.FAILED
        try:
            end = await rotation.exchange(self._wire, self._app, self._store, entry.found)
            await self.newer(entry.found)
        except Exception:
            # The present token goes on to work for a while, and a later call tries again.
            _log.exception("the token of %s is not exchanged yet", entry.found.row.id)
        if end is not End.CHANGED:
            self._failed[entry.found.row.id] = self._clock()
        return end

    async def _until_newer(self, entry: _Entry) -> None:
        """Until some replica has kept another token, or the installation is gone."""
        while (now := self._entries.get(entry.found.row.id)) is not None:
            if now.found.row.version != entry.found.row.version:
                return
            await asyncio.sleep(0.2)
            await self.newer(entry.found)


def _named(entry: _Entry) -> tuple[str, str]:
    """The ids under which the list may name an installation; "" names none."""
    return entry.found.row.team, entry.found.row.enterprise


async def _teams(api: Api) -> frozenset[str] | None:
    """The workspaces that an organisation's token may be used in; None if Slack did not say."""
    found, cursor = set[str](), ""
    for _ in range(20):  # of a hundred workspaces each
        reply = await api.call(Method.LIST_TEAMS, limit=100, cursor=cursor or None)
        if isinstance(reply, Failure):
            return None
        teams = reply.get("teams")
        for team in teams if isinstance(teams, list) else []:
            if isinstance(team, dict) and isinstance(team.get("id"), str):
                found.add(team["id"])
        more = reply.get("response_metadata")
        cursor = str(more.get("next_cursor") or "") if isinstance(more, dict) else ""
        if not cursor:
            break
    return frozenset(found)
