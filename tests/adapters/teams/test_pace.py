"""Teams' documented rate limits as lanes: what is sent at their pace stays below all of them."""

from collections.abc import Sequence
from dataclasses import replace

from adapters.teams import pace
from adapters.teams.app import build
from adapters.teams.settings import TeamsSettings
from bot.pacing import Pacer
from core.pace import Sending
from core.rows import Recipient
from tests.adapters.teams.cards import NOW
from tests.adapters.teams.conftest import FINANCE, FINN, TENANT, Rig, person
from tests.adapters.teams.fakes import Recording, Shelf
from tests.ports import a_chat

ROOM = Recipient(platform="teams", id=FINANCE, kind="channel")
TO_FINN = Recipient(platform="teams", id="finn@example.com")
HOUR = 3_600_000


def sent(places: Sequence[str], until: int) -> list[tuple[int, str]]:
    """When and where each of these sends goes, all of them wanted from the beginning on."""
    pacer, gone, waiting = Pacer(), [], {n: (0, place) for n, place in enumerate(places)}
    while waiting:
        number = min(waiting, key=lambda each: waiting[each])
        now, place = waiting[number]
        if now > until:
            break
        turn = pacer.turn(number, pace.lanes(TENANT, place), now)
        if turn > now:
            waiting[number] = (turn, place)
            continue
        del waiting[number]
        gone.append((now, place))
    return gone


def most(times: Sequence[int], window: int) -> int:
    """How many there are in the fullest window of so many milliseconds."""
    first, found = 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - window:
            first += 1
        found = max(found, last - first + 1)
    return found


def test_a_crowd_in_one_conversation_stays_below_each_documented_limit() -> None:
    times = [at for at, _ in sent(["finance"] * 2_500, 2 * HOUR)]
    assert len(times) > 2_400, "and is not slowed down for nothing"
    for window, limit in ((1_000, 7), (2_000, 8), (30_000, 60), (HOUR, 1_800)):
        assert most(times, window) <= limit


def test_the_whole_app_stays_below_fifty_a_second_in_a_tenant() -> None:
    times = [at for at, _ in sent([f"person {n}" for n in range(500)], HOUR)]
    assert len(times) == 500
    assert most(times, 1_000) <= 50
    assert times[-1] <= 500 * pace.TENANT_EVERY


def test_a_crowd_in_one_conversation_delays_no_other() -> None:
    gone = sent([*["finance"] * 100, "hall", "finn"], 1_000)
    assert {at for at, place in gone if place != "finance"} == {0}


def test_posts_edits_and_answers_into_a_conversation_count_together(rig: Rig) -> None:
    lanes = rig.platform.channel.lanes
    for to, account in ((ROOM, None), (TO_FINN, person(FINN))):
        each = {lanes(what, to, account) for what in Sending}
        assert len(each) == 1
    here, there = lanes(Sending.POST, ROOM, None), lanes(Sending.POST, TO_FINN, person(FINN))
    shared = {lane.name for lane in here} & {lane.name for lane in there}
    assert shared == {f"{TENANT} all"}


async def test_without_pace_there_are_no_lanes(settings: TeamsSettings) -> None:
    unpaced = build(a_chat(Recording()), Shelf(), replace(settings, paced=False), clock=lambda: NOW)
    assert unpaced.channel.lanes(Sending.POST, ROOM, None) == ()
