"""A real HTTP server over the fake service, one for each test, on a free loopback port."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import aiohttp
import pytest

from adapters.webhook.app import build
from adapters.webhook.auth import recheck
from adapters.webhook.callback import AgentCallbacks
from adapters.webhook.desk import Desk
from adapters.webhook.door import Watch
from adapters.webhook.hosts import Hosts, read_hosts
from adapters.webhook.state import Exposed
from adapters.webhook.streams import Streams
from bot.server import build_server, listening
from core.advice.calibration import Cases
from core.service.statistics import StatisticsService
from core.tokens.signing import KeyRing, SigningKey
from tests.adapters.webhook.fake_callbacks import FakeCallbacks
from tests.adapters.webhook.fake_rules import FakeAbsences, FakeEnds, FakeEvidence
from tests.adapters.webhook.fake_service import FakeKeys, FakeService
from tests.core.builders import DIRECTORY, NOW

METRICS_TOKEN = "0123456789abcdef"
ALL_SCOPES = ("submit", "read", "decide", "redeem")


@dataclass
class Reply:
    """An answer, read whole. `json` is None where the body is not JSON."""

    status: int
    headers: Any
    text: str
    json: Any

    @property
    def reason(self) -> str:
        """The problem's reason; fails when the answer is no problem at all."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.text
        assert self.json["status"] == self.status
        return str(self.json["reason"])

    @property
    def fields(self) -> dict[str, str]:
        """What is wrong, by field."""
        return {e["field"]: e["problem"] for e in self.json.get("errors", ())}


class Api:
    """The server under test, its fakes, and a client with a good key."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session
        self.service = FakeService()
        self.keys = FakeKeys()
        self.key = "cs_good"
        self.now = NOW
        self.checks: dict[str, str | None] = {"database": None}
        self.warnings: list[str] = []
        self.absences = FakeAbsences()
        self.evidence = FakeEvidence()
        self.ends = FakeEnds()
        self.stage_times: dict[tuple[str, str], int] = {}
        self.advice: tuple[Cases, ...] = ()
        self.callbacks = FakeCallbacks()
        self.agents = self._agents(None)
        self.ring = KeyRing(SigningKey(bytes(range(32))))
        self.refused: list[str] = []
        self.watch = Watch(refused=lambda reason: self.refused.append(reason.value))

    async def _advised(self) -> tuple[Cases, ...]:
        return self.advice

    def hosts(self, allowed: str) -> None:
        """Let agents be called back at these hosts."""
        vars(self.agents).update(vars(self._agents(read_hosts(allowed))))

    def _agents(self, hosts: Hosts | None) -> AgentCallbacks:
        kept, why = self.callbacks, "" if hosts else "COUNTERSIGN_CALLBACK_HOSTS is not set"
        return AgentCallbacks(kept, kept, hosts, lambda: self.now, kept.wake, why)

    def desk(self) -> Desk:
        """Everything the routes work with, all of it fake."""
        fake = self.service
        looking = partial(recheck, self.keys, lambda: self.now)
        self.streams = Streams(fake, fake.stored, looking, lambda: DIRECTORY)
        return Desk(
            requests=fake,
            streams=self.streams,
            acts=fake,
            absences=self.absences,
            governance=fake,
            past=fake,
            callbacks=self.agents,
            statistics=StatisticsService(
                self.ends, lambda: self.stage_times, lambda: self.now, self._advised
            ),
            policy=lambda: fake.policy,
            directory=lambda: DIRECTORY,
            use=fake.use,
            clock=lambda: self.now,
            ring=self.ring,
            evidence=self.evidence,
        )

    async def call(
        self,
        method: str,
        path: str,
        *,
        key: str | None = "cs_good",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> Reply:
        sent = {} if key is None else {"Authorization": f"Bearer {key}"}
        async with self.session.request(
            method, self.url + path, headers={**sent, **(headers or {})}, **more
        ) as answer:
            text = await answer.text()
            kind = answer.headers.get("Content-Type", "")
            is_json = "json" in kind and "ndjson" not in kind and text
            return Reply(
                answer.status,
                answer.headers,
                text,
                await answer.json(content_type=None) if is_json else None,
            )

    async def get(self, path: str, **more: Any) -> Reply:
        return await self.call("GET", path, **more)

    async def post(self, path: str, json: Any = None, **more: Any) -> Reply:
        if json is not None:
            more["json"] = json
        return await self.call("POST", path, **more)

    async def send(self, body: bytes, path: str = "/v1/requests", **more: Any) -> Reply:
        """POST raw bytes as JSON."""
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        return await self.call("POST", path, data=body, headers=headers, **more)


def a_body(**fields: Any) -> dict[str, Any]:
    """A good submission."""
    good = {
        "title": "New ERP system",
        "requester": "alice@example.com",
        "action": {
            "type": "purchase_order",
            "params": {"purpose": "New ERP system", "amount": 120000},
        },
    }
    return good | fields


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with aiohttp.ClientSession() as session:
        started = Api("", session)
        started.keys.make("cs_good", *ALL_SCOPES, person="mara@example.com")

        async def database() -> str | None:
            return started.checks["database"]

        async def metrics(accept: str) -> tuple[bytes, str]:
            return b"up 1\n", "text/plain; charset=utf-8" if accept != "x/y" else "x/y"

        routes = build(
            started.desk(),
            started.keys,
            clock=lambda: started.now,
            checks={"database": database},
            version="0.1.0",
            warnings=lambda: started.warnings,
            exposed=Exposed(metrics, METRICS_TOKEN),
            watch=started.watch,
        )
        ids = count(1)
        application = build_server(routes, lambda: f"call-{next(ids)}")
        async with listening(application, "127.0.0.1", 0) as url:
            started.url = url
            yield started
