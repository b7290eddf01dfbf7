"""A model's advice on a request: its facts gathered, its answer checked and recorded once.

Gathering only reads, by index. Recording is bound to the revision that was asked about: what comes
late, for an older revision or a request that has ended, does nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace as with_fields

from core.advice.asking import advice_of, is_wanted
from core.advice.checking import checked, facts_hash
from core.advice.facts import Fact, Known, facts
from core.advice.history import History, Remembers, about
from core.advice.port import Answered
from core.calendars.calendar import working_at
from core.calendars.text import calendar_of_person
from core.commands import Advise
from core.content import Rationale, Revision, read_revision, read_text, row
from core.directory.people import Directory
from core.events import SYSTEM
from core.ports import Store
from core.refusals import Refused
from core.request import RequestState, asked
from core.rows import Changes, Loaded, Reads, Snapshot
from core.service.access import person_may_see
from core.service.applying import Done, Surroundings, apply
from core.value import Millis

Wanting = Callable[[RequestState, Mapping[str, bytes]], bool]


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What a model is asked about one revision: `told` are the facts, `rules` the advice of the
    rules provider, beside which the answer is held."""

    request: str
    revision: int
    told: tuple[Fact, ...]
    rules: Rationale


@dataclass(frozen=True, kw_only=True, slots=True)
class AdvisingService:
    """`hidden` are fields that must not leave, as `Known` has them; `wants` says of which requests
    a model is asked."""

    store: Store
    remembers: Remembers
    around: Callable[[], Surroundings]
    new_id: Callable[[], str]
    new_salt: Callable[[], str]
    hidden: frozenset[str] = frozenset()
    wants: Wanting = is_wanted

    async def question(self, request: str, revision: int) -> Question | None:
        """What to ask about this revision; None where nothing is wanted of it any more."""
        found = await self.store.snapshot(request)
        if found is None or found.state.revision != revision:
            return None
        rules = advice_of(found.state, found.contents)
        if rules is None or not self.wants(found.state, found.contents):
            return None
        around = self.around()
        known = await self.known(found, around)
        told = facts(known, around.now)
        return Question(request=request, revision=revision, told=told, rules=rules)

    async def known(self, found: Snapshot, around: Surroundings) -> Known:
        """What the facts of a request are made of."""
        state = found.state
        assert state.route is not None
        revision = read_revision(found.contents[state.content])
        history = await self.remembers.history(about(state.id, revision, around.now))
        return Known(
            revision=revision,
            state=state,
            route=state.route,
            history=history,
            rejection=await self._rejection(history, state, around.directory),
            is_working=_is_working(revision, state, around.directory),
            hidden=self.hidden,
        )

    async def record(self, asked: Question, answered: Answered) -> bool:
        """Keep what of the answer may be shown; whether it was still wanted."""
        now = self.around().now
        run = with_fields(answered.run, facts=facts_hash(asked.told))
        answer, ours = answered.answer, answered.ours
        advice = checked(answer, asked.told, asked.rules, run, now, ours)
        content = row(self.new_id(), self.new_salt(), advice)
        command = Advise(
            actor=SYSTEM,
            revision=asked.revision,
            content=content,
            source=advice.source,
            recommendation=advice.recommendation,
            confidence=advice.confidence,
        )

        def run_once(loaded: Loaded) -> Changes[Done]:
            state = loaded.state
            if state.revision != asked.revision or not is_wanted(state, loaded.contents):
                done = Done(state=state, contents=loaded.contents, deliveries=loaded.deliveries)
                return Changes(result=done)
            return apply(lambda _: command, None, loaded, self.around(), _always, _no_answer)

        reads = Reads(content=True, deliveries=True, rules=True)
        return (await self.store.transact(asked.request, run_once, reads)).changed

    async def _rejection(
        self, history: History, state: RequestState, directory: Directory
    ) -> str | None:
        """The reason for the newest no, unless somebody who reads the advice may not read it."""
        if history.rejected is None or history.rejection is None:
            return None
        found = await self.store.snapshot(history.rejected)
        if found is None or not _may_all_see(state, found.state, directory):
            return None
        body = found.contents.get(history.rejection)
        return None if body is None else read_text(body)


def _may_all_see(state: RequestState, earlier: RequestState, directory: Directory) -> bool:
    """Whether all who are shown a request as it is planned may see an earlier one."""
    if state.route is None or earlier.route is None or state.agent_key != earlier.agent_key:
        return False
    planned = (entry for s in state.stages for entry in (*s.plan.entries, *s.entries))
    readers = {state.requester, state.submitter, state.owner, *asked(state)}
    readers.update(person for entry in planned for person in entry.people)
    same_places = set(state.route.channels) <= set(earlier.route.channels)
    return same_places and all(
        person_may_see(earlier, person, directory) for person in readers if person is not None
    )


def _is_working(revision: Revision, state: RequestState, directory: Directory) -> bool | None:
    """Whether it was working time for the requester; None where their hours are not known."""
    person = None if revision.requester is None else directory.person(revision.requester)
    if person is None or person.working_hours is None:
        return None
    at: Millis = state.revised_at or state.created_at
    return working_at((calendar_of_person(person.timezone, person.working_hours),), at)


def _always(_state: RequestState) -> None:
    """It is Countersign's own."""


def _no_answer(_state: RequestState, _refusal: Refused) -> tuple[()]:
    """Nobody clicked."""
    return ()
