"""A person's own page over the service: their queue in pages, and several approvals at once.

Whether a request may be approved together with others is the rule's word, judged again by the
rules themselves at each approval.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from core.calendars.localtime import MIDNIGHT, first_reached, local_date
from core.card import Verb, Viewer
from core.cards import asked_by, binding, headline
from core.cards.buttons import buttons
from core.cards.facts import money
from core.cards.headlines import decide_by
from core.cards.texts import title_of
from core.chat.home_port import (
    MOST_TOGETHER,
    Approved,
    HomeItem,
    HomePage,
    OwnItem,
    RuleCount,
    Shelf,
    Wish,
)
from core.chat.home_search import place, searched
from core.chat.port import AbsenceLine, Click, Conversations
from core.chat.present import viewer
from core.chat.strangers import no_account
from core.commands import Binding
from core.directory.people import Directory, Identity, Person
from core.policy.text import FALLBACK
from core.refusals import Reason, Refused
from core.request import RequestState
from core.rows import ListFilter, QueuePart, Snapshot
from core.rules.batch import may_batch
from core.rules.waiting import waited_for
from core.service.approvals import World
from core.value import Millis

PAGE = 15
"""Lines of one page: few enough for a phone, and far from any platform's limit."""

OWN_BESIDE = 3
"""How many of a person's own requests stand below their queue."""

RULES_SHOWN = 20


class HomeService:
    """Implements `core.chat.home_port.Home`."""

    def __init__(self, world: World, conversations: Conversations) -> None:
        self._world = world
        self._conversations = conversations

    async def page(self, identity: Identity, wish: Wish) -> HomePage:
        """One page for the person with this account."""
        person = self._world.directory().by_identity(identity)
        if person is None:
            refusal = no_account(identity)
            return HomePage(at=self._world.clock(), refused=refusal.sentence)
        away = await self._conversations.absences(identity)
        if wish.shelf is Shelf.OWN:
            return await self._own(person, wish, away.items)
        return await self._queue(person, viewer(person, identity), wish, away.items)

    async def items(self, identity: Identity, requests: Sequence[str]) -> tuple[HomeItem, ...]:
        """Those of these requests that wait for the person now, earliest deadline first."""
        directory, now = self._world.directory(), self._world.clock()
        person = directory.by_identity(identity)
        if person is None:
            return ()
        found = [await self._world.store.snapshot(each) for each in requests[:MOST_TOGETHER]]
        theirs = [s for s in found if s is not None and person.email in waited_for(s.state)]
        looks = viewer(person, identity)
        theirs.sort(key=lambda s: (s.state.deadline or 0, s.state.id))
        return tuple(_item(each, looks, directory, now) for each in theirs)

    async def approve_many(
        self,
        identity: Identity,
        bindings: Sequence[Binding],
        evidence: Mapping[str, str],
        once: str = "",
    ) -> tuple[Approved, ...]:
        """Approve each of these by itself, on exactly what was shown of it."""
        chosen = tuple({b.request: b for b in bindings}.values())
        together = dict(evidence) | {"together": str(min(len(chosen), MOST_TOGETHER))}
        clicks = [
            Click(
                identity=identity,
                binding=bound,
                verb=Verb.APPROVE,
                batch=True,
                once=once,
                evidence=together,
            )
            for bound in chosen[:MOST_TOGETHER]
        ]
        done = [await self._approve(click) for click in clicks]
        return (*done, *map(_too_many, chosen[MOST_TOGETHER:]))

    async def _approve(self, click: Click) -> Approved:
        answer = await self._conversations.click(click)
        return Approved(
            request=click.binding.request,
            text=answer.text,
            title=None if answer.card is None else answer.card.title,
            refused=answer.refused,
        )

    async def _queue(
        self, person: Person, looks: Viewer, wish: Wish, away: tuple[AbsenceLine, ...]
    ) -> HomePage:
        store, now, email = self._world.store, self._world.clock(), person.email
        directory, today = self._world.directory(), _end_of_today(person, now)
        before = now if wish.overdue else today if wish.due else None
        part = QueuePart(due_before=before, rule=wish.rule, after=_read(wish.after))
        if wish.searches:
            shown, after = await searched(store, directory, person, wish, part, PAGE)
            total = len(shown)
        else:
            found, total = await store.waiting(email, PAGE + 1, part)
            shown, after = found[:PAGE], place(found[PAGE - 1]) if len(found) > PAGE else None
        _, waiting = await store.waiting(email, 0)
        _, due = await store.waiting(email, 0, QueuePart(due_before=today))
        own = await store.listed(ListFilter(requester=email, limit=OWN_BESIDE))
        rules = await store.waiting_rules(email, RULES_SHOWN)
        return HomePage(
            at=now,
            name=person.name,
            timezone=person.timezone,
            waiting=waiting,
            due=due,
            total=total,
            items=tuple(_item(each, looks, directory, now) for each in shown),
            own=tuple(_own_item(each, directory) for each in own.items),
            after=after,
            rules=tuple(RuleCount(rule, count, rule == FALLBACK) for rule, count in rules),
            away=away,
        )

    async def _own(self, person: Person, wish: Wish, away: tuple[AbsenceLine, ...]) -> HomePage:
        email, directory = person.email, self._world.directory()
        theirs = ListFilter(requester=email, limit=PAGE, cursor=wish.after or None)
        found = await self._world.store.listed(theirs)
        _, waiting = await self._world.store.waiting(email, 0)
        return HomePage(
            at=self._world.clock(),
            name=person.name,
            timezone=person.timezone,
            waiting=waiting,
            own=tuple(_own_item(each, directory) for each in found.items),
            after=found.next_cursor,
            away=away,
        )


def _item(found: Snapshot, looks: Viewer, directory: Directory, now: Millis) -> HomeItem:
    state = found.state
    stage, deadline = state.current, decide_by(state)
    return HomeItem(
        request=state.id,
        title=title_of(state, found.contents),
        asked_by=asked_by(state, directory),
        stage="" if stage is None else stage.plan.name,
        amount=money(state) or None,
        risk=state.risk_score,
        rule=None if state.route is None or state.route.uncategorised else state.route.rule,
        deadline=deadline,
        overdue=deadline is not None and deadline < now,
        binding=binding(state, stage),
        batch=_batch(state, looks, directory, now),
    )


def _batch(state: RequestState, looks: Viewer, directory: Directory, now: Millis) -> bool:
    """Whether the rule allows it and the person's own card has the button, as things stand."""
    if state.route is None or not may_batch(state.route):
        return False
    shown, _ = buttons(state, looks, directory, now)
    return any(button.verb is Verb.APPROVE for button in shown)


def _own_item(found: Snapshot, directory: Directory) -> OwnItem:
    state = found.state
    return OwnItem(
        request=state.id,
        title=title_of(state, found.contents),
        headline=headline(state, directory),
        status=state.status,
        amount=money(state) or None,
        created_at=state.created_at,
    )


def _too_many(bound: Binding) -> Approved:
    refusal = Refused(Reason.NOT_IN_BATCH, case="many", limit=str(MOST_TOGETHER))
    return Approved(request=bound.request, text=refusal.sentence, refused=refusal.reason)


def _end_of_today(person: Person, now: Millis) -> Millis:
    zone = ZoneInfo(person.timezone)
    return first_reached(zone, local_date(zone, now), MIDNIGHT)


def _read(cursor: str) -> tuple[Millis, str] | None:
    """Where a page begins; at the start for what is no cursor of ours."""
    deadline, _, last = cursor.partition(".")
    if not (deadline.isascii() and deadline.isdigit() and len(deadline) < 16):
        return None
    return int(deadline), last
