"""A policy with the rules that the sample company does not use, and a server that follows it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.e2e.company import Company, Json, Time, company

ALICE, MARA, FINN, FAYE = (f"{n}@example.com" for n in ("alice", "mara", "finn", "faye"))
DANA, DEV, ADA, OLGA = (f"{n}@example.com" for n in ("dana", "dev", "ada", "olga"))

POLICY = """\
version: 1
defaults: {expires_in: 24h}
rules:
  - name: expense
    when: request.action.type == "expense"
    category: review
    on_reject: terminate
    editable: [amount, title, vendor]
    max_attempts: 3
    stages:
      - {name: Manager, approvers: [mara@example.com], sla: 4h, escalate_to: [dana@example.com]}
  - name: contract
    when: request.action.type == "contract"
    category: review
    on_reject: request_changes
    stages:
      - {name: Finance, approvers: [finn@example.com, faye@example.com], quorum: 2}
  - name: deploy
    when: request.action.type == "deploy"
    category: review
    break_glass: {role: director, tell: ["group:admins"]}
    stages:
      - {name: Review, approvers: ["group:admins"]}
fallback: {category: review, stages: [{name: Review, approvers: ["group:admins"]}]}
last_resort: group:admins
"""


class Desk:
    """Short ways to call the API: a request of an agent, and the keys of people."""

    def __init__(self, co: Company, agent: str) -> None:
        self.co = co
        self.agent = agent
        self._keys: dict[str, str] = {}

    async def key_of(self, person: str) -> str:
        """A key that decides as this person."""
        if person not in self._keys:
            self._keys[person] = await self.co.key("decide", "read", person=person)
        return self._keys[person]

    async def ask(self, kind: str = "expense", **fields: Any) -> Json:
        return await self.co.submit(self.agent, body_of(kind, **fields))

    async def act(
        self, who: str, request: Json, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Json]:
        """An act by a person, or by a key that is given as it is."""
        key = await self.key_of(who) if "@" in who else who
        return await self.co.call(
            "POST", f"/v1/requests/{request['id']}/{path}", key, body, **headers
        )

    async def done(self, who: str, request: Json, path: str, body: Any = None) -> Json:
        """An act that must be accepted."""
        status, found = await self.act(who, request, path, body)
        assert status == 200, found
        return found

    async def refused(
        self, who: str, request: Json, path: str, body: Any = None
    ) -> tuple[int, str]:
        """Status and reason of an act that must not be."""
        status, found = await self.act(who, request, path, body)
        assert status >= 400, found
        return status, found["reason"]

    async def see(self, request: Json) -> Json:
        return await self.co.get(self.agent, request["id"])


def body_of(kind: str = "expense", **fields: Any) -> Json:
    """A submission."""
    params = {"amount": 900, "vendor": "ACME", "items": 3}
    good: Json = {"title": "Chairs", "requester": ALICE, "action": {"type": kind, "params": params}}
    return good | fields


@asynccontextmanager
async def rulebook(folder: Path, time: Time) -> AsyncIterator[Desk]:
    """The company with this policy; nothing is sent to the platforms."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY)
    async with company(folder, policy=policy, relay=False, at=time) as co:
        yield Desk(co, await co.key("submit", "read"))
