"""A real approval log played through the HTTP API, by a clock that is set to the log's own times.

Beside it a ledger is kept of what the log says happened, as far as the API allowed it: lists of
moments and durations, with nothing of how the product counts.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp

from bot import ids
from bot.app import Sources, compose
from bot.books import Books
from bot.server import listening
from bot.settings import Secret, Settings
from core.events import Actor
from core.rows import ApiKey
from storage.database import Storage, open_storage
from tests.real.approval_log import EMPLOYEE, MIRROR, PEOPLE, ROLES, Case, Step, labels_of
from tests.storage.fresh import migrate

Json = dict[str, Any]


@dataclass(frozen=True)
class Done:
    """Something that happened: to a request, at a stage, or by a person, and how long it took.
    `late`: after the deadline that the stage opened with; None where it has none."""

    at: int
    agent: str
    name: str
    what: str
    took: int | None = None
    late: bool | None = None


@dataclass
class Ledger:
    """What happened, in the order in which it did."""

    requests: list[Done] = field(default_factory=list)
    stages: list[Done] = field(default_factory=list)
    people: list[Done] = field(default_factory=list)


@dataclass
class _Running:
    """A case on its way: its request, and since when it is at which stage."""

    case: Case
    agent: str
    id: str = ""
    created: int = 0
    opened: int = 0
    revision: int = 0
    due: int | None = None
    left: list[str] = field(default_factory=list)


class Player:
    """Agents and approvers with keys, and the clock."""

    def __init__(self, base: str, http: aiohttp.ClientSession, storage: Storage) -> None:
        self.base, self.http, self.storage = base, http, storage
        self.now = 0
        self.ledger = Ledger()

    async def play(self, logs: dict[str, list[Case]]) -> None:
        """All cases of all logs, every step in its time."""
        running = [_Running(case, name) for name, cases in logs.items() for case in cases]
        steps = [
            (step.at, number, index, step)
            for number, one in enumerate(running)
            for index, step in enumerate(one.case.steps)
        ]
        for at, number, index, step in sorted(steps, key=lambda each: each[:3]):
            self.now = at
            one = running[number]
            if step.act == "submit":
                await self._submit(one, index)
            elif step.act == "withdraw":
                await self._withdraw(one, index)
            else:
                await self._decide(one, step)

    async def _submit(self, one: _Running, index: int) -> None:
        labels = labels_of(one.case, index)
        body: Json = {
            "action": {"type": "declaration", "params": {"case": one.case.id, "attempt": index}},
            "title": f"Declaration {one.case.id}",
            "amount": f"{one.case.amount:.2f}",
            "labels": labels,
        }
        anew = not one.id
        if anew:
            body["requester"] = EMPLOYEE
        path = "/v1/requests" if anew else f"/v1/requests/{one.id}/revisions"
        status, found = await self._call(path, one.agent, body)
        if status not in (200, 201):
            return
        if anew:
            one.id, one.created = found["id"], self.now
        elif one.left:  # a stage was open: its people did not decide
            self._leave(one, "sent_back")
        self._happened(one, "submitted" if anew else "revised")
        one.revision = found["revision"]["number"]
        one.left = [role for role in ROLES if role in labels or role == "SUPERVISOR"]
        self._open(one, found)

    async def _withdraw(self, one: _Running, index: int) -> None:
        # Most that were sent back are withdrawn and then sent again: that is a revision.
        if any(step.act == "submit" for step in one.case.steps[index:]):
            return
        status, _ = await self._call(f"/v1/requests/{one.id}/cancel", one.agent, {})
        if status == 200:
            if one.left:
                self._leave(one, "cancelled")
            self._skip(one)
            self._happened(one, "cancelled")
            one.id = ""

    async def _decide(self, one: _Running, step: Step) -> None:
        person = f"{step.role.replace(' ', '_').lower()}@example.com"
        if not one.id or PEOPLE.person(person) is None:
            return
        body: Json = {"decision": step.act, "comment": "As the log says"}
        body["revision"] = one.revision
        if step.role in ROLES:
            body["stage"] = step.role
        status, found = await self._call(f"/v1/requests/{one.id}/decisions", person, body)
        if status != 200 or one.left[:1] != [step.role]:
            return  # refused, or said before
        took = self.now - one.opened
        what = {"approve": "approved", "reject": "rejected"}[step.act]
        self.ledger.people.append(Done(self.now, one.agent, person, what, took))
        self._leave(one, what)
        if step.act == "reject":
            one.left = []
        elif one.left:
            self._open(one, found)
        else:
            self._happened(one, "approved", self.now - one.created)
            one.id = ""

    def _open(self, one: _Running, found: Json) -> None:
        one.opened = self.now
        [stage] = [s for s in found["stages"] if s["status"] == "pending"]
        assert stage["name"] == one.left[0], (stage, one.left)
        one.due = moment(stage["sla_deadline"])
        self.ledger.stages.append(Done(self.now, one.agent, one.left[0], "opened"))

    def _leave(self, one: _Running, what: str) -> None:
        name, by_votes = one.left.pop(0), what in ("approved", "rejected")
        took = self.now - one.opened if by_votes else None
        late = one.due is not None and self.now > one.due
        in_time = None if not by_votes and not late else late
        self.ledger.stages.append(Done(self.now, one.agent, name, what, took, in_time))

    def _skip(self, one: _Running) -> None:
        for name in one.left:
            self.ledger.stages.append(Done(self.now, one.agent, name, "skipped"))
        one.left = []

    def _happened(self, one: _Running, what: str, took: int | None = None) -> None:
        self.ledger.requests.append(Done(self.now, one.agent, one.agent, what, took))

    async def _call(self, path: str, key: str, body: Json) -> tuple[int, Json]:
        headers = {"Authorization": f"Bearer {key}"}
        async with self.http.post(self.base + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()


def moment(text: str | None) -> int | None:
    """Milliseconds of a time as the API tells it."""
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)


@asynccontextmanager
async def player(folder: Path, agents: Iterable[str]) -> AsyncIterator[Player]:
    """The product over a database of its own; time goes on only with the log, and nothing runs in
    the background: what is due is applied by whatever is done next."""
    url = f"sqlite:///{folder}/countersign.db"
    migrate(url)
    async with AsyncExitStack() as stack:
        storage = open_storage(url)
        stack.push_async_callback(storage.close)
        for agent in agents:
            await storage.keys.add_key(_key(agent, ("submit", "read")))
        for person in PEOPLE.people:
            await storage.keys.add_key(_key(person, ("decide",), person))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        one = Player("", http, storage)
        sources = Sources(clock=lambda: one.now, new_id=ids.new_id, new_salt=ids.new_salt)
        books = Books(MIRROR, PEOPLE, from_file=True)
        settings = Settings(database_url=Secret(url), policy="policy.yaml", directory="")
        app = compose(settings, books, storage, sources)
        await app.governance.adopt(MIRROR, Actor(via="system"))
        one.base = await stack.enter_async_context(listening(app.http, "127.0.0.1", 0))
        yield one


def _key(name: str, scopes: tuple[str, ...], person: str | None = None) -> ApiKey:
    hashed = hashlib.sha256(name.encode()).hexdigest()
    return ApiKey(id=ids.new_id(), name=name, scopes=scopes, hash=hashed, person=person)
