"""What the service keeps and goes on with, whatever is sent or goes wrong."""

from typing import Any

import pytest

from core.directory.people import Directory
from core.events import Actor
from core.refusals import Reason, Refused
from core.request import Decision, RequestState
from core.rows import ApiKey, Changes, Loaded, Reads
from core.rules.absence import Standing
from core.service.absences import AbsenceService
from core.service.access import Caller, caller_may_see
from core.service.applying import Surroundings, apply
from core.service.governing import Governance
from tests.core.acts import a_draft
from tests.core.builders import DANA, DIRECTORY, MARA, NOW, PEOPLE, a_policy, a_route, stage
from tests.core.spec import Story, submitted, vote

CALLER = Caller(key_id="k1", key_name="admin", key_hash="h", scopes=("admin",))


# --- content ----------------------------------------------------------------------------------


def edited_away() -> tuple[Story, Any]:
    """Mara's edit leads to a route that asks Dana alone, so her own vote is not cast."""
    story = submitted(route=a_route(stage(1, "Manager", MARA), editable=("amount",)))
    draft = a_draft(story.state, edited=("amount",), route=a_route(stage(1, "Director", DANA)))
    return story, vote(story.state, MARA, Decision.APPROVE, "my remark", edit=draft)


def test_a_text_that_no_event_names_is_not_stored() -> None:
    story, command = edited_away()
    around = Surroundings(directory=DIRECTORY, platforms=frozenset(), now=NOW)
    found = apply(
        lambda _: command,
        MARA,
        Loaded(state=story.state),
        around,
        lambda _: None,
        lambda _, __: (),
    )
    assert found.result.refusal is None
    assert [row.id for row in found.content] == [command.edit.content.id, command.edit.rationale.id]


# --- keys -------------------------------------------------------------------------------------


def test_a_key_shows_what_its_person_may_see_only_while_they_are_there() -> None:
    story = submitted(route=a_route(stage(1, "Manager", MARA)))
    key = Caller(key_id="k9", key_name="m", key_hash="h", scopes=("read",), person=MARA)
    assert caller_may_see(story.state, key, DIRECTORY)
    without = Directory([p for p in PEOPLE if p.email != MARA])
    assert not caller_may_see(story.state, key, without)


class OneKey:
    """A store with one key row and no policy yet."""

    def __init__(self, key: ApiKey | None) -> None:
        self.key = key
        self.kept: list[Changes[Any]] = []

    async def transact(self, _id: str, fn: Any, reads: Reads) -> Any:
        key = self.key if reads.key_hash == "h" else None
        self.kept.append(fn(Loaded(state=RequestState(), key=key)))
        return self.kept[-1].result


async def put(key: ApiKey | None, caller: Caller | None = CALLER) -> OneKey:
    store = OneKey(key)
    rows: Any = store
    here = Governance(store=rows, read=lambda _: a_policy(), clock=lambda: NOW, from_file=False)
    await here.adopt(here.good("version: 1"), Actor(via="api"), caller)
    return store


async def test_a_key_that_was_revoked_meanwhile_brings_no_policy_into_force() -> None:
    good = ApiKey(id="k1", name="admin", scopes=("admin",), hash="h")
    assert [change.policy is not None for change in (await put(good)).kept] == [True]
    revoked = ApiKey(id="k1", name="admin", scopes=("admin",), hash="h", revoked_at=NOW)
    with pytest.raises(Refused) as refused:
        await put(revoked)
    assert refused.value.reason is Reason.KEY_REVOKED
    # The file at a start has no key.
    assert (await put(None, caller=None)).kept[0].result is True


# --- absences ---------------------------------------------------------------------------------


class Poisoned:
    """A store, and a service that cannot bring one of three requests in line."""

    def __init__(self) -> None:
        self.ticked: list[str] = []
        self.turns: list[str] = []

    @property
    def world(self) -> "Poisoned":
        return self

    @property
    def store(self) -> "Poisoned":
        return self

    def clock(self) -> int:
        return NOW

    async def tick(self, request: str) -> None:
        if request == "b":
            raise RecursionError("deep")
        self.ticked.append(request)

    async def concerning(self, _giver: str, after: str, _limit: int) -> list[str]:
        return [] if after else ["a", "b", "c"]

    async def claim_turning(self, now: int, lease_until: int, _limit: int) -> list[Standing]:
        assert lease_until > now
        return [] if self.turns else [Standing(id="s", giver=MARA, taker=DANA, starts=0)]

    async def turned(self, id: str, _at: int, _lease_until: int) -> None:
        self.turns.append(id)


async def test_a_request_that_fails_keeps_no_other_from_an_absence() -> None:
    here: Any = Poisoned()
    failed: list[tuple[str, str]] = []
    service = AbsenceService(here, lambda request, error: failed.append((request, str(error))))
    assert await service.turn(10) == 1
    assert (here.ticked, here.turns, failed) == (["a", "c"], ["s"], [("b", "deep")])
