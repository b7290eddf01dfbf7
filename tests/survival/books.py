"""The books: what was promised to whom, and whether it was kept.

Written while the storm lasts: what was accepted or acknowledged, and what was under way whenever a
server died. Compared at the end with the database and with what the platforms show.
"""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import psycopg

from bot.files import load_directory
from bot.sample import DIRECTORY
from core.audit.chain import broken_at
from core.cards import headline
from core.events import read_recorded
from core.evolve import evolve
from core.request import RequestState
from playground.slack.workspace import Workspace
from playground.teams.rooms import Rooms
from tests.e2e.company import Json, slack_labels, teams_titles
from tests.e2e.test_rules_audit import verified
from tests.survival.fleet import Fleet

TITLE = re.compile(r"Storm-[0-9]{5}")
DECIDING = frozenset({"Approve", "Reject", "Request changes"})

FAILED = "your answer may not have been recorded"
BROKEN = "It may or may not have counted"
"""What Slack and Teams show to a clicker where the database did not answer."""

SOON = 1_000
"""Within so many ms of its acknowledgement a click's answer is there."""

Place = tuple[str, str]
"""A platform and the id of one of its conversations."""


@dataclass(frozen=True)
class Click:
    """A decision that was acknowledged, sent and answered at these moments."""

    title: str
    person: str
    decision: str
    begun: int
    answered: int
    via: str


@dataclass
class Books:
    """All of it, by the title of the request."""

    town: Fleet
    kinds: dict[str, str] = field(default_factory=dict)
    unsure: dict[str, None] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    clicks: list[Click] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    redeemed: set[str] = field(default_factory=set)
    ended: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    cut_off: Counter[str] = field(default_factory=Counter)
    """How often each notice was being sent when a server died, by its row."""
    cards_cut_off: Counter[str] = field(default_factory=Counter)
    """The same of cards in Teams that no message was known of, by request and recipient."""

    @property
    def promises(self) -> int:
        """How many acts were acknowledged by now."""
        return len(self.accepted) + len(self.clicks) + len(self.redeemed) + len(self.cancelled)

    @property
    def is_full(self) -> bool:
        """Whether enough was going on for the books to prove anything."""
        by = Counter(click.via for click in self.clicks)
        acts = min(by[via] for via in ("slack", "teams", "api"))
        return len(self.accepted) > 30 and acts > 3 and len(self.redeemed) > 3

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What the database says."""
        if self.town.database.startswith("sqlite"):
            path = self.town.database.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=10)) as database:
                return database.execute(query).fetchall()
        with psycopg.connect(self.town.database) as connection:
            return connection.execute(query.encode()).fetchall()

    def note_crash(self) -> None:
        """Write down what was under way at this moment, when a server is dead or stands still."""
        sending = "SELECT id FROM outbox WHERE lease_until IS NOT NULL AND state = 'pending'"
        self.cut_off.update(row for (row,) in self.rows(sending))
        posting = """SELECT request_id, recipient FROM deliveries d
            WHERE lease_until IS NOT NULL AND platform = 'teams' AND NOT EXISTS
            (SELECT 1 FROM messages m WHERE m.request_id = d.request_id
             AND m.platform = d.platform AND m.recipient = d.recipient)"""
        self.cards_cut_off.update(f"{request} {who}" for request, who in self.rows(posting))

    # --- at the end ------------------------------------------------------------------------

    async def check(self, folder: Path) -> None:
        """Everything that must be true when all is over."""
        assert self.is_full, "there was no storm, so nothing was tried"
        states = await self.check_requests()
        self.check_clicks(states)
        self.check_chains(states)
        self.check_notices()
        self.check_cards(states)
        await self.check_evidence(folder)

    async def check_requests(self) -> dict[str, RequestState]:
        """Every accepted request is there, once, and ended as it was told to have ended."""
        assert not self.unsure
        stored = {found for (found,) in self.rows("SELECT id FROM requests")}
        assert stored == set(self.accepted.values())
        assert len(stored) == len(self.accepted)
        states: dict[str, RequestState] = {}
        for title, request in self.accepted.items():
            found = await self.town.storage.store.snapshot(request)
            assert found is not None
            state = states[title] = found.state
            assert self.ended[title] <= {state.status}, f"{title} ended twice"
            if title in self.cancelled:
                assert state.status == "cancelled", title
            if title in self.redeemed:
                assert state.token is not None
                assert state.token.redeemed_at is not None, title
            assert self.kinds[title] != "hurry" or not state.is_open, f"{title} is late"
        return states

    def check_clicks(self, states: dict[str, RequestState]) -> None:
        """Every acknowledged click is in the trail, unless it came too late or the clicker was told
        at once that it may be lost, as when the database is gone; none is twice."""
        events = self._events()
        for click in self.clicks:
            trail = events[self.accepted[click.title]]
            voted = [e for e in trail if _is_vote_of(e, click)]
            over = [e for e in trail if e["event"]["type"] in _CLOSING]
            late = any(e["at"] <= click.answered for e in over)
            told = self._was_told_of_failure(click)
            assert voted or late or told, f"{click} was acknowledged and is lost"
        for title, request in self.accepted.items():
            votes = Counter(
                (e["event"]["person"], e["event"]["level"], e["event"]["round"])
                for e in events[request]
                if e["event"]["type"] == "voted"
            )
            kinds = Counter(e["event"]["type"] for e in events[request])
            assert all(count == 1 for count in votes.values()), (title, votes)
            assert kinds["finished"] <= 1, title
            assert kinds["token_minted"] == int(states[title].status == "approved"), title
            assert kinds["token_redeemed"] <= 1, title

    def check_chains(self, states: dict[str, RequestState]) -> None:
        """Every stream's chain is whole, and each request's adds up to its stored state."""
        titles = {request: title for title, request in self.accepted.items()}
        rows = self.rows("SELECT stream, seq, body, hash FROM events ORDER BY stream, seq")
        for stream, found in groupby(rows, key=lambda row: str(row[0])):
            links = [(bytes(body), str(digest)) for _, _, body, digest in found]
            assert broken_at(stream, links) is None, stream
            if stream in titles:
                state = RequestState(id=stream)
                for body, _ in links:
                    state = evolve(state, read_recorded(body))
                assert state == states[titles[stream]], f"{titles[stream]} does not add up"

    async def check_evidence(self, folder: Path) -> None:
        """The signed export of all of it verifies offline."""
        reader = {"Authorization": f"Bearer {await self.town.key('read_all')}"}
        url, export = f"{self.town.base_url}/v1/audit/export", folder / "export.jsonl"
        async with self.town.http.get(url, headers=reader) as answer:
            export.write_bytes(await answer.read())
            assert answer.status == 200
        _, keys = await self.town.call("GET", "/.well-known/jwks.json")
        (folder / "jwks.json").write_text(json.dumps(keys))
        code, printed = await verified(folder, export)
        assert code == 0, printed

    # --- what was sent ---------------------------------------------------------------------

    def check_notices(self) -> None:
        """None is missing, and none was sent twice but where nobody could know."""
        most: Counter[tuple[str, Place]] = Counter()
        columns = "id, request_id, platform, recipient, kind, state, attempts"
        for row, request, platform, who, kind, state, attempts in self.rows(
            f"SELECT {columns} FROM outbox"
        ):
            assert state == "done", f"notice {row} is {state}"
            if platform == "slack" and kind == "answer":
                continue  # shown to the clicker alone: no message
            # Once, and once more for each time that it was sent and failed, or was being sent when
            # a server died or stood still.
            most[request, self._place(platform, who)] += 1 + attempts + self.cut_off[row]
        told = Counter(
            (self._request(message), place)
            for place, message in self._messages()
            if not _is_card(message)
        )
        assert told, "no notice was ever sent"
        for where, count in told.items():
            assert count <= most[where], f"{where}: {count} notices, {most[where]} can be explained"

    def check_cards(self, states: dict[str, RequestState]) -> None:
        """Each recipient's card says what is true; Slack has one of each, Teams no more than
        could not be known."""
        titles = {request: title for title, request in self.accepted.items()}
        shown: defaultdict[tuple[str, Place], list[Json]] = defaultdict(list)
        for place, message in self._messages():
            if _is_card(message):
                shown[self._request(message), place].append(message)
        newest = self._newest()
        extra = 0
        columns = "request_id, platform, recipient, wanted, shown, dead_reason"
        deliveries = self.rows(f"SELECT {columns} FROM deliveries")
        for request, platform, who, wanted, is_shown, dead in deliveries:
            state, place = states[titles[request]], self._place(platform, who)
            about = f"{titles[request]} for {who} in {platform}"
            assert (wanted, dead) == (is_shown, None), about
            cards = shown.pop((request, place), [])
            if platform == "slack":
                assert len(cards) == 1, f"{about}: {len(cards)} cards"
            extra += len(cards) - 1
            # Who presses the one that nobody knew of makes it known, and the newest.
            [card] = [card for card in cards if _id(card) == newest[request, platform, who]]
            _check_card(card, state, about)
        assert not shown, f"cards for nobody: {list(shown)}"
        could = sum(self.cards_cut_off.values()) + len(
            [lie for lie in self.town.lies if lie == ("teams", "POST activities")]
        )
        assert extra <= could, f"{extra} cards came again, and only {could} could not be known"

    # --- where things stand ----------------------------------------------------------------

    def _events(self) -> dict[str, list[Json]]:
        found: defaultdict[str, list[Json]] = defaultdict(list)
        for stream, body in self.rows("SELECT stream, body FROM events ORDER BY stream, seq"):
            found[stream].append(json.loads(bytes(body)))
        return found

    def _was_told_of_failure(self, click: Click) -> bool:
        user = self.town.people[click.person]["slack_user"]
        shown = Workspace(self.town.play.place).section("ephemerals").values()
        return click.via == "slack" and any(
            each["user"] == user
            and FAILED in each["text"]
            and click.begun <= each["at"] * 1000 <= click.answered + SOON
            for each in shown
        )

    def _newest(self) -> dict[tuple[str, str, str], str]:
        """The message that is kept up to date, for each card."""
        columns = "request_id, platform, recipient, ref"
        rows = self.rows(f"SELECT {columns} FROM messages ORDER BY id")
        refs = {(request, at, who): json.loads(ref) for request, at, who, ref in rows}
        return {
            card: ref["fields"].get("ts") or ref["fields"]["activity"] for card, ref in refs.items()
        }

    def _place(self, platform: str, who: str) -> Place:
        """The conversation in which a recipient is written to."""
        known = self.town.people.get(who)
        if platform == "slack":
            user = who if known is None else known["slack_user"]
            if user.startswith("C"):
                return platform, user
            return platform, Workspace(self.town.play.place).direct_message(user).id
        rooms = Rooms(self.town.play.place)
        person = rooms.person(who if known is None else known["teams_oid"])
        assert person is not None
        return platform, rooms.personal(person).id

    def _messages(self) -> list[tuple[Place, Json]]:
        """Every message of the bot's about a request, with where it stands."""
        place = self.town.play.place
        workspace = Workspace(place)
        found = [
            (("slack", conversation.id), message)
            for conversation in workspace.conversations()
            for message in workspace.messages(conversation.id).values()
        ]
        found += [
            (("teams", activity["conversation"]), activity)
            for activity in place.store.section("teams.activities").values()
            if activity["from"] == "bot"
        ]
        return [(where, m) for where, m in found if TITLE.search(json.dumps(m))]

    def _request(self, message: Json) -> str:
        title = TITLE.search(json.dumps(message))
        assert title is not None
        return self.accepted[title[0]]


_CLOSING = frozenset({"finished", "stage_approved", "stage_rejected"})


def _is_vote_of(record: Json, click: Click) -> bool:
    event = record["event"]
    return bool(
        event["type"] == "voted"
        and event["person"] == click.person
        and event["decision"] == click.decision
        and record["at"] <= click.answered
    )


def _is_card(message: Json) -> bool:
    """Whether it is a request's card and not a notice."""
    if "ts" in message:
        return message.get("metadata") is not None
    return bool(message["attachments"]) and "Show the request" not in teams_titles(message)


def _id(message: Json) -> str:
    return str(message.get("ts") or message["id"])


def _check_card(card: Json, state: RequestState, about: str) -> None:
    text = json.dumps(card.get("blocks") or card["attachments"], ensure_ascii=False)
    buttons = DECIDING.intersection(slack_labels(card) if "ts" in card else teams_titles(card))
    said = headline(state, _PEOPLE)
    assert said in text, f"{about} does not say {said!r}: {text}"
    assert state.is_open or not buttons, f"{about} still has {buttons}"


_PEOPLE = load_directory(DIRECTORY)
