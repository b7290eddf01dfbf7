"""Small commands on what stands beside the requests, and looks at what a command is handed."""

from core.events import Actor
from core.rows import Changes, Loaded, PolicyRow, Reads, Refusal
from core.rules.absence import Standing
from core.system_events import AnySystemEvent, SystemRecorded
from storage import Storage
from tests.storage.purchase import AT, BOB, DAN, DAY, Function

RULES = Reads(rules=True)
POLICY = Reads(policy=True)


def away(
    id: str = "d1",
    giver: str = BOB,
    taker: str = DAN,
    starts: int = AT + DAY,
    ends: int | None = AT + 3 * DAY,
) -> Standing:
    """Somebody is away from tomorrow for two days."""
    return Standing(id=id, giver=giver, taker=taker, starts=starts, ends=ends, created_at=AT)


async def save(storage: Storage, *standing: Standing) -> None:
    await storage.store.transact("", lambda _: Changes(result=None, standing=standing))


async def freeze(storage: Storage, on: bool = True) -> None:
    await storage.store.transact("", lambda _: Changes(result=None, freeze=on))


async def refuse(storage: Storage, refusal: Refusal) -> None:
    await storage.store.transact("", lambda _: Changes(result=None, refusals=(refusal,)))


async def look(storage: Storage, reads: Reads) -> Loaded:
    """What a command with these reads is handed."""
    return await storage.store.transact("", lambda loaded: Changes(result=loaded), reads)


def next_policy(loaded: Loaded) -> Changes[str]:
    """The version that comes after the one in force; the result is its name."""
    now = 0 if loaded.policy is None else int(loaded.policy.version[1:])
    return put(f"v{now + 1}")(loaded)


def put(version: str, at: int = AT) -> Function:
    """Bring this version into force; the result is its name."""
    row = PolicyRow(version=version, text=f"text of {version}", at=at, by="file")
    return lambda _: Changes(result=version, policy=row)


def by_alice(event: AnySystemEvent, at: int = AT) -> SystemRecorded:
    return SystemRecorded(event=event, actor=Actor(via="api", person="alice@example.com"), at=at)
