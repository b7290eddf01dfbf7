"""Alerts over real stores: each episode is told once when it begins and once when it is over,
however many servers look."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.alerting import TURN, Alerting
from bot.documents import read_document
from bot.watching import Finding, Kind
from core.alerting.episode import CALM, Episode
from core.policy.text import read_policy
from core.ports import Dead
from core.request import Decision
from core.rows import OutboxRow
from storage import Storage
from tests.contract.office import POLICY, Office
from tests.core.builders import ADA, DAY, DIRECTORY, FINN, HOUR, MARA

MINUTE = 60_000
SLA = POLICY.replace("{expires_in: 24h}", "{expires_in: 90d, sla: 4h, on_timeout: hold}")
ALERTS = """\
alerts:
  tell: ["group:admins", "slack:C1", "teams:19:x"]
  stuck: 2h
  rejections: {over: 50, of: 4, in: 1d}
  overloaded: 3
  escalations: off
"""
ESCALATING = """\
alerts:
  tell: ["group:admins"]
  stuck: off
  rejections: off
  overloaded: off
  escalations: {over: 1, in: 1d}
  trouble: false
"""


class Server:
    """One server's alerts; `findings` are what its auditor found."""

    def __init__(self, office: Office, storage: Storage, name: str) -> None:
        self.findings: Sequence[Finding] = ()
        self.woken = 0
        self.alerting = Alerting(
            office.approvals.world,
            storage.alerts,
            storage.workload,
            storage.trail,
            self._wake,
            lambda: self.findings,
            replica=name,
            link="https://approvals.example.com/dashboard",
        )

    def _wake(self) -> None:
        self.woken += 1

    async def look(self) -> None:
        await self.alerting.look()


@pytest.fixture
async def office(storage: Storage) -> Office:
    return with_policy(await Office(storage).open(), SLA + ALERTS)


def with_policy(office: Office, text: str) -> Office:
    office.policy = read_policy(read_document(text), text, DIRECTORY)
    return office


@pytest.fixture
def server(office: Office, storage: Storage) -> Server:
    return Server(office, storage, "one")


@pytest.fixture
def other(office: Office, replica: Storage) -> Server:
    return Server(office, replica, "two")


async def after(office: Office, server: Server, passed: int) -> list[str]:
    """What is open after a look that comes so much later."""
    office.now += passed
    await server.look()
    return await subjects(office)


async def subjects(office: Office) -> list[str]:
    return [f"{e.kind.value}: {e.subject}" for e in await open_(office)]


async def open_(office: Office) -> Sequence[Episode]:
    return await office.storage.alerts.open()


async def told(office: Office) -> list[OutboxRow]:
    _, notices = await office.storage.deliveries.undelivered()
    return [each.row for each in notices if each.row.kind == "alert"]


async def recorded(office: Office) -> list[str]:
    links = await office.storage.store.links("system")
    return [each.type for each in links if each.type.startswith("alert_")]


async def ask(office: Office, kind: str = "purchase") -> str:
    """Another one each time: what was rejected is not asked of anybody again."""
    office.now += 1
    return (await office.ask(office.now % 1000, kind)).snapshot.state.id


async def test_a_stage_that_is_stuck_is_told_once_and_so_is_its_end(
    office: Office, server: Server
) -> None:
    await server.look()
    made, second = await ask(office), await ask(office)
    due = office.now + 4 * HOUR - 1
    assert await after(office, server, 6 * HOUR - MINUTE) == []
    assert await after(office, server, MINUTE) == ["stuck: purchase / Manager"]
    assert await after(office, server, HOUR) == ["stuck: purchase / Manager"]
    rows = await told(office)
    assert [(row.to.platform, row.to.id, row.to.kind) for row in rows] == [
        ("slack", "C1", "channel"),
        ("slack", ADA, "person"),
    ]
    facts = rows[0].facts
    assert (facts["count"], facts["request"], facts["late"]) == ("2", made, str(due))
    assert facts["link"] == "https://approvals.example.com/dashboard"
    for each in (made, second):
        await office.says(MARA, Decision.APPROVE, each)
    assert await after(office, server, MINUTE) == ["stuck: purchase / Manager"]
    assert await after(office, server, CALM - 1) == ["stuck: purchase / Manager"]
    assert await after(office, server, MINUTE) == []
    assert [row.facts["phase"] for row in await told(office)] == [
        *["closed"] * 2,
        *["opened"] * 2,
    ]
    assert await recorded(office) == ["alert_opened", "alert_closed"]
    assert server.woken == 2


async def test_what_was_open_before_alerts_were_wanted_is_found_too(
    office: Office, server: Server
) -> None:
    await ask(office)
    office.now += 7 * HOUR
    await server.look()
    assert await subjects(office) == ["stuck: purchase / Manager"]


async def test_what_swings_around_a_bound_does_not_begin_again(
    office: Office, server: Server
) -> None:
    await server.look()
    made = [await ask(office, "secret") for _ in range(4)]
    assert await after(office, server, MINUTE) == [f"overloaded: {MARA}"]
    for number in range(3):
        await office.says(MARA, Decision.APPROVE, made.pop())
        assert await after(office, server, CALM) == [f"overloaded: {MARA}"], number
        made.append(await ask(office, "secret"))
    for each in made[:2]:
        await office.says(MARA, Decision.APPROVE, each)
    assert await after(office, server, MINUTE) == [f"overloaded: {MARA}"]
    assert await after(office, server, CALM) == []
    assert await recorded(office) == ["alert_opened", "alert_closed"]


async def test_many_rejections_at_a_stage_are_told_of_enough_decisions(
    office: Office, server: Server
) -> None:
    await server.look()
    for decision in (Decision.REJECT, Decision.APPROVE, Decision.REJECT):
        await office.says(MARA, decision, await ask(office, "secret"))
    assert await after(office, server, MINUTE) == []
    await office.says(MARA, Decision.REJECT, await ask(office, "secret"))
    assert await after(office, server, MINUTE) == ["rejections: secret / Manager"]
    [episode] = await open_(office)
    assert (episode.facts["rejected"], episode.facts["of"]) == ("3", "4")
    await after(office, server, DAY + HOUR)
    assert await after(office, server, CALM) == []


async def test_repeated_escalations_and_unknown_actions(office: Office, server: Server) -> None:
    text = SLA.replace("hold", "escalate") + ESCALATING
    with_policy(office, text)
    await server.look()
    for _ in range(2):
        await ask(office)
    office.now += 5 * HOUR
    await office.approvals.tick_due(office.now, 10)
    assert await after(office, server, MINUTE) == ["escalations: purchase / Manager"]
    await ask(office, "paint_it_black")
    assert await after(office, server, MINUTE) == [
        "escalations: purchase / Manager",
        "unknown_action: paint_it_black",
    ]
    assert await after(office, server, 25 * HOUR) != []
    assert await after(office, server, CALM) == []


async def test_dead_letters_are_told_when_there_are_more(office: Office, server: Server) -> None:
    await ask(office, "secret")
    await die(office)
    await server.look()
    await server.look()
    assert await subjects(office) == []
    await ask(office, "secret")
    await die(office)
    assert await after(office, server, MINUTE) == ["trouble: undeliverable card slack"]
    await office.storage.deliveries.retry_dead(None, office.now)
    await after(office, server, MINUTE)
    await die(office)
    assert await after(office, server, HOUR) == ["trouble: undeliverable card slack"]
    assert await after(office, server, CALM) == []


async def die(office: Office) -> None:
    now = office.now
    for card in await office.storage.deliveries.claim_cards(now, now + 1, 100):
        await office.storage.deliveries.settle_card(card, 0, Dead(reason="gone"), now)


async def test_two_servers_tell_once(office: Office, server: Server, other: Server) -> None:
    shared = Finding(Kind.OVERDUE, "A request has been due for 2 minutes.")
    server.findings = other.findings = [shared]
    await asyncio.gather(server.look(), other.look())
    office.now += TURN
    await asyncio.gather(server.look(), other.look())
    assert await subjects(office) == ["trouble: overdue_requests"]
    assert await recorded(office) == ["alert_opened"]
    # Both want to open it at once, as after a lease that ended too early.
    office.now += CALM
    [episode] = await open_(office)
    ends = [each.alerting._end([episode], office.now) for each in (server, other)]
    await asyncio.gather(*ends)
    assert await recorded(office) == ["alert_opened", "alert_closed"]
    assert len(await told(office)) == 4


async def test_what_one_server_alone_finds_is_its_own(
    office: Office, server: Server, other: Server
) -> None:
    server.findings = [Finding(Kind.RELAY, "The relay of this server has done nothing.")]
    await server.look()
    office.now += TURN
    await other.look()
    [episode] = await open_(office)
    assert (episode.subject, episode.replica) == ("late_relay", "one")
    # The server is gone: nobody else can say that it is well.
    for _ in range(6):
        await after(office, other, MINUTE)
    assert await subjects(office) == []
    assert await recorded(office) == ["alert_opened", "alert_closed"]


async def test_who_does_not_want_alerts_any_more_is_told_the_end(
    office: Office, server: Server
) -> None:
    await server.look()
    await ask(office)
    assert await after(office, server, 7 * HOUR) == ["stuck: purchase / Manager"]
    with_policy(office, SLA)
    assert await after(office, server, MINUTE) == []
    assert [row.facts["phase"] for row in await told(office)] == [
        *["closed"] * 2,
        *["opened"] * 2,
    ]
    with_policy(office, SLA + ALERTS)
    assert await after(office, server, MINUTE) == ["stuck: purchase / Manager"]


async def test_without_alerts_in_the_policy_nothing_is_followed(
    office: Office, server: Server
) -> None:
    with_policy(office, SLA)
    made = await ask(office)
    await office.says(MARA, Decision.APPROVE, made)
    await office.says(FINN, Decision.APPROVE, made)
    assert await after(office, server, 7 * HOUR) == []
    rows = await office.storage._readers.read(
        lambda c: c.exec_driver_sql("SELECT position FROM following WHERE name = 'alerts'").all()
    )
    assert [tuple(row) for row in rows] == [(-1,)]
