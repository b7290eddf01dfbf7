"""The daily digest, and the welcome after an absence: one message about several requests.

A row of the outbox names only whose it is and which span of time it is about. What it says is
gathered when it is sent: what waits then, and what became of the reader's own requests.
"""

from collections.abc import Iterable

from core.cards import headline
from core.cards.texts import title_of
from core.chat.audience import Platforms, reach
from core.chat.digest_times import GRACE, digest_before, digest_day, digest_telling
from core.chat.digest_words import comments
from core.chat.holding import is_held
from core.chat.queue import queue_item
from core.directory.people import Directory, Person
from core.ports import Notice, OwnNews, Store
from core.request import RequestState, Status
from core.rows import ListFilter, OutboxRow, Recipient, Snapshot
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
"""How many pages of a person's own requests, newest first, are looked through."""

_WITH_THEIR_CARD = frozenset({"reminder", "comment", "revised", "sent_back", "given_back"})
"""Notices that a digest makes needless for whoever it tells of the request."""
_OF_THEIR_OWN = frozenset({"result", "comment"})
"""Notices of somebody's own requests that their digest brings."""


def digest_row(person: Person, to: Recipient, at: Millis) -> OutboxRow:
    """The digest that tells this person of what happens at `at`: one a day, however often it is
    asked for."""
    due = digest_telling(person, at)
    since = digest_before(person, due)
    day = digest_day(person, due)
    return OutboxRow(
        id=f"{DIGEST}.{day}.{person.email}",
        dedupe=f"{DIGEST}:{person.email}:{day}",
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


def tells_of(row: OutboxRow, found: Snapshot, directory: Directory) -> bool:
    """Whether the reader's digest tells what this notice would: then nothing else does."""
    person = directory.person(row.to.id) if row.to.kind == "person" else None
    state = found.state
    if person is None or not reads_digests(person, state):
        return False
    if row.kind in _OF_THEIR_OWN and person.email == state.requester:
        return not ran_out(state)
    waits = person.email in waited_for(state)
    return row.kind in _WITH_THEIR_CARD and waits and is_held(found.deliveries, person.email)


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


async def gathered(row: OutboxRow, store: Store, directory: Directory) -> Notice | None:
    """The notice as things stand now; None where there is nothing to tell."""
    person = directory.person(row.to.id)
    if person is None:
        return None
    since, until = int(row.facts.get("since", "0")), int(row.facts.get("until", "0"))
    found, total = await store.waiting(person.email, SHOWN)
    news = await _own(person, store, directory, since, until) if row.kind == DIGEST else []
    if not total and not news:
        return None
    items = tuple(queue_item(each, directory, person.email, since, until) for each in found)
    return Notice(
        kind=row.kind,
        request="",
        title=_title(row.kind, total),
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
    cursor: str | None = None
    for _ in range(PAGES):
        theirs = ListFilter(requester=person.email, limit=PAGE, cursor=cursor)
        page = await store.listed(theirs)
        for each in page.items:
            text = _news(each, directory, since, until)
            if text is not None:
                title = title_of(each.state, each.contents)
                found.append(OwnNews(request=each.state.id, title=title, text=text))
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


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
    if news:
        count = "one" if news == 1 else f"{news:,}"
        parts.append(f"There is news of {count} of your own requests.")
    return " ".join(parts)
