"""Random policies and times: whoever reads digests is never told too late because of it."""

from random import Random

import pytest
from msgspec.structs import replace

from core.cards.headlines import decide_by
from core.chat.audience import audience, pinged
from core.chat.holding import held_cards
from core.commands import Tick
from core.directory.people import Directory
from core.refusals import Refused
from core.request import Decision
from core.rules.digests import LEAD
from core.rules.waiting import waited_for
from tests.core.builders import ALICE, DAY, HOUR, NOW
from tests.core.shown import BOTH, Told, asked
from tests.core.worlds import START, a_random_route

STEPS = 12


class Watch:
    """One request, and when each person is told of what waits for them at the latest."""

    def __init__(self, number: int) -> None:
        self.rng = Random(number)
        hours = self.rng.choice((None, "08:00-16:00", "11:00-19:00"))
        times = (None, "06:00", "09:30", "23:00")
        directory = Directory(
            replace(p, working_hours=hours, digest=self.rng.choice(times)) for p in START.values()
        )
        route = replace(a_random_route(number), digest=self.rng.random() < 0.5)
        start = NOW + self.rng.randrange(7 * 24) * HOUR
        life = self.rng.choice((2 * HOUR, DAY, 5 * DAY))
        self.told: dict[str, int] = {}
        self.story: Told = asked(
            now=start, route=route, requester=ALICE, directory=directory, expires_at=start + life
        )

    def look(self) -> None:
        """Nobody new is told too late, nor is anybody left without being told."""
        story = self.story
        events = story.history[story._seen :]
        everyone = audience(story.state, story.directory, BOTH)
        held = held_cards(story.before, story.state, events, everyone, story.directory, story.now)
        for to in everyone:
            until = held.get(to)
            if to not in held:
                # Pushed now; a card that is there stays.
                self.told[to.id] = min(self.told.get(to.id, story.now), story.now)
            elif until is not None:
                self.told[to.id] = min(self.told.get(to.id, until), until)
        by = decide_by(story.state)
        loud = set(waited_for(story.state)) & set(pinged(story.state))
        for person in sorted(loud):
            assert person in self.told
            late = self.told[person] > story.now and by is not None
            assert not late or self.told[person] + LEAD <= (by or 0), person

    def step(self) -> bool:
        """Let something happen; whether anything still can."""
        story = self.story
        wake = story.state.wake_at
        if wake is None:
            return False
        people = waited_for(story.state)
        if people and self.rng.random() < 0.4:
            story.at(min(wake, story.now + self.rng.randrange(1, 5) * HOUR))
            decision = self.rng.choice((Decision.APPROVE, Decision.APPROVE, Decision.REJECT))
            try:
                story.votes(self.rng.choice(people), decision, reason="So")
            except Refused:
                story.when(Tick())
        else:
            story.at(wake).when(Tick())
        return True


@pytest.mark.parametrize("part", range(4))
def test_nobody_is_told_too_late(part: int) -> None:
    for number in range(part * 60, part * 60 + 60):
        try:
            watch = Watch(number)
        except Refused:
            continue
        watch.look()
        for _ in range(STEPS):
            if not watch.step():
                break
            watch.look()


def test_somebody_waits_for_a_digest_in_these_worlds() -> None:
    """The property above would hold in worlds without digests too."""
    waited = pushed = 0
    for number in range(60):
        watch = Watch(number)
        watch.look()
        later = [told for told in watch.told.values() if told > watch.story.now]
        waited, pushed = waited + len(later), pushed + len(watch.told) - len(later)
    assert waited > 10
    assert pushed > 10
