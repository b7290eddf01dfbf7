"""The daily digest, and the welcome after an absence: one message about several requests.

A row of the outbox names only whose it is and which span of time it is about. What it says is
gathered when it is sent: what waits then, and what became of the reader's own requests.
"""

from collections.abc import AsyncIterator, Iterable, Sequence

from core.cards import headline
from core.cards.texts import title_of
from core.chat.audience import Platforms, reach
from core.chat.digest_times import GRACE, digest_before, digest_telling
from core.chat.digest_words import comments
from core.chat.helping import HAND_ON, LONG
from core.chat.holding import in_time, is_held
from core.chat.queue import queue_item
from core.directory.people import Directory, Person
from core.ports import Notice, OwnNews, Store
from core.request import RequestState, Status
from core.rows import Delivery, ListFilter, OutboxRow, QueuePart, Recipient, Snapshot
from core.rules.absence import Standing
from core.rules.digests import reads_digests
from core.rules.waiting import waited_for
from core.value import Millis

DIGEST = "digest"
WELCOME = "welcome_back"
KINDS = frozenset({DIGEST, WELCOME})
"""Notices that are about several requests."""

SHOWN = 10
"""Lines of what waits, and of the reader's own requests."""

PAGE = 100
PAGES = 5
"""How many pages of a person's own requests, newest first, are looked through beyond those that
were made since the digest before."""

NEVER: Millis = 2**63 - 1
"""Later than anything was made."""
NEWS = "News of your own requests"
"""The title of a digest that lists nothing that waits, because a newer one does."""

_WITH_THEIR_CARD = frozenset({"reminder", "comment", "revised", "sent_back", "given_back"})
"""Notices that a digest makes needless for whoever it tells of the request."""
_OF_THEIR_OWN = frozenset({"result", "comment"})
"""Notices of somebody's own requests that their digest brings."""


def digest_row(person: Person, to: Recipient, at: Millis) -> OutboxRow:
    """The digest that tells this person of what happens at `at`: one for each moment, however
    often it is asked for."""
    due = digest_telling(person, at)
    since = digest_before(person, due)
    return OutboxRow(
        id=f"{DIGEST}.{due}.{person.email}",
        dedupe=f"{DIGEST}:{person.email}:{due}",
        kind=DIGEST,
        request="",
        to=to,
        facts={"since": str(since - GRACE), "until": str(due - GRACE)},
        due=due,
    )


def digest_rows(
    people: Iterable[str], directory: Directory, platforms: Platforms, at: Millis
) -> tuple[OutboxRow, ...]:
    """The digests that tell these people of what happens at `at`."""
    found: list[OutboxRow] = []
    for email in dict.fromkeys(people):
        person, places = directory.person(email), reach(email, directory, platforms)
        if person is not None and places:
            found.append(digest_row(person, places[0], at))
    return tuple(found)


def newer_row(
    row: OutboxRow, directory: Directory, platforms: Platforms, now: Millis
) -> OutboxRow | None:
    """The digest that came after this one by now; None if this is the newest, or no digest."""
    person, until = directory.person(row.to.id), row.facts.get("until")
    if person is None or until is None:
        return None
    newest = digest_before(person, now + 1)
    if newest <= int(until) + GRACE:
        return None
    rows = digest_rows((person.email,), directory, platforms, newest - GRACE - 1)
    return rows[0] if rows else None


def welcome_row(over: Standing, directory: Directory, platforms: Platforms) -> OutboxRow | None:
    """What waits for somebody who comes back from an absence, once for each absence; None for
    whom nothing can be told."""
    places = reach(over.giver, directory, platforms)
    if not places:
        return None
    return OutboxRow(
        id=f"{WELCOME}.{over.id}",
        dedupe=f"{WELCOME}:{over.id}",
        kind=WELCOME,
        request="",
        to=places[0],
    )


def elsewhere(row: OutboxRow, to: Recipient) -> OutboxRow:
    """The same for the same person in another place."""
    return OutboxRow(
        id=f"{row.id}.{to.platform}",
        dedupe=f"{row.dedupe}:{to.platform}",
        kind=row.kind,
        request="",
        to=to,
        facts=row.facts,
    )


def tells_of(row: OutboxRow, found: Snapshot, directory: Directory, now: Millis) -> bool:
    """Whether the reader's digest tells what this notice would, and in time: then nothing else
    does."""
    person = directory.person(row.to.id) if row.to.kind == "person" else None
    state = found.state
    if person is None or not reads_digests(person, state):
        return False
    if row.kind in _OF_THEIR_OWN and person.email == state.requester:
        return not ran_out(state)
    if row.kind not in _WITH_THEIR_CARD or person.email not in waited_for(state):
        return False
    held = is_held(found.deliveries, person.email)
    return held and in_time(state, digest_telling(person, now))


def happened_at(row: OutboxRow, found: Snapshot, now: Millis) -> Millis:
    """When what a notice of somebody's own request tells of happened; `now` where that is not
    known any more."""
    state = found.state
    if row.kind == "result" and state.outcome is not None:
        return state.outcome.at
    content = row.facts.get("content")
    return next((r.at for r in state.remarks if r.content == content), now)


def ran_out(state: RequestState) -> bool:
    """Whether it ended because nobody decided in time, which nobody reads of a day later."""
    ended = state.outcome
    return ended is not None and (ended.status is Status.EXPIRED or ended.cause == "timeout")


async def gathered(
    row: OutboxRow, store: Store, directory: Directory, *, only_news: bool = False
) -> Notice | None:
    """The notice as things stand now; None where there is nothing to tell. With `only_news`
    another one lists what waits."""
    person = directory.person(row.to.id)
    if person is None:
        return None
    since, until = int(row.facts.get("since", "0")), int(row.facts.get("until", "0"))
    found, total = ((), 0) if only_news else await store.waiting(person.email, SHOWN)
    news = await _own(person, store, directory, since, until) if row.kind == DIGEST else []
    if not total and not news:
        return None
    items = tuple(queue_item(each, directory, person.email, since, until) for each in found)
    return Notice(
        kind=row.kind,
        request="",
        title=NEWS if only_news else _title(row.kind, total),
        text=_text(total, len(news)),
        facts=row.facts,
        key=row.id,
        items=items,
        more=total - len(items),
        own=tuple(news[:SHOWN]),
        own_more=max(0, len(news) - SHOWN),
        timezone=person.timezone,
    )


async def _own(
    person: Person, store: Store, directory: Directory, since: Millis, until: Millis
) -> list[OwnNews]:
    """What happened to the person's own requests in this span of time, the newest request
    first."""
    found: list[OwnNews] = []
    async for each in _newest(person.email, store, since):
        text = _news(each, directory, since, until)
        if text is not None:
            title = title_of(each.state, each.contents)
            found.append(OwnNews(request=each.state.id, title=title, text=text))
    return found


async def reaches(row: OutboxRow, state: RequestState, store: Store) -> bool:
    """Whether this digest will look at its reader's own request: what is near enough now is so
    then too, since what is made meanwhile does not count."""
    if state.created_at > int(row.facts["since"]):
        return True
    async for each in _newest(row.to.id, store, NEVER):
        if each.state.id == state.id:
            return True
    return False


async def _newest(requester: str, store: Store, since: Millis) -> AsyncIterator[Snapshot]:
    """Somebody's requests, the newest first: those made after `since`, and some pages more."""
    left, cursor = PAGES, None
    while left:
        page = await store.listed(ListFilter(requester=requester, limit=PAGE, cursor=cursor))
        for each in page.items:
            yield each
        cursor = page.next_cursor
        if cursor is None:
            return
        if page.items[0].state.created_at <= since:
            left -= 1


async def told_too_late(person: Person, store: Store, now: Millis) -> Sequence[Delivery]:
    """The person's cards that wait for a digest, though the next one leaves no time to decide."""
    until, cards = digest_telling(person, now), list[Delivery]()
    part: QueuePart | None = QueuePart()
    while part is not None:
        found, _ = await store.waiting(person.email, PAGE, part)
        for each in found:
            if not in_time(each.state, until):
                theirs = (d for d in each.deliveries if is_held((d,), person.email))
                cards += theirs
        last = found[-1].state if len(found) == PAGE else None
        part = None if last is None else QueuePart(after=(last.deadline or 0, last.id))
    return cards


def _news(found: Snapshot, directory: Directory, since: Millis, until: Millis) -> str | None:
    """What happened to one of them; None where nothing did that a digest has to tell."""
    state, told = found.state, list[str]()
    ended = state.outcome
    if ended is not None and since < ended.at <= until and not ran_out(state):
        told.append(headline(state, directory))
    count = sum(since < r.at <= until and r.person != state.requester for r in state.remarks)
    told += [comments(count)] if count else []
    return "; ".join(told) or None


def _title(kind: str, total: int) -> str:
    match total:
        case 0:
            waits = "Nothing waits for you"
        case 1:
            waits = "1 request waits for you"
        case _:
            waits = f"{total:,} requests wait for you"
    if kind == WELCOME:
        return f"Welcome back: {waits}"
    return f"Today: {waits[0].lower()}{waits[1:]}"


def _text(total: int, news: int) -> str:
    parts = []
    if total:
        parts.append("The earliest deadline comes first.")
    if total >= LONG:
        parts.append(HAND_ON)
    if news:
        count = "one" if news == 1 else f"{news:,}"
        parts.append(f"There is news of {count} of your own requests.")
    return " ".join(parts)
