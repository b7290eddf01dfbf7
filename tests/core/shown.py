"""A story whose texts are kept too, so that cards, notices and histories can be made of it."""

from collections.abc import Iterable
from typing import Any

from core.card import Button, Card, Verb, Viewer
from core.cards import card
from core.chat.notices import notice
from core.chat.telling import notices_for
from core.commands import (
    BreakGlass,
    CastVote,
    Command,
    Comment,
    Delegate,
    Draft,
    Escalate,
    Nudge,
    Revise,
)
from core.content import Content, Revision, Text, row
from core.directory.people import Directory
from core.events import Actor
from core.ports import Notice
from core.rationale import rationale
from core.request import Decision, RequestState
from core.route import Route
from core.rows import OutboxRow, Snapshot
from core.service.applying import written
from tests.core.builders import (
    NOW,
    PEOPLE,
    a_revision,
    a_route,
    a_submit,
    content,
    person,
    shown,
)
from tests.core.spec import Story

BOB = "bob@example.com"
EVE = "eve@example.com"
OWEN = "owen@example.com"

BERLIN = "Europe/Berlin"

COMPANY = Directory(
    (
        *PEOPLE,
        person(BOB, timezone=BERLIN),
        person(EVE, roles=("incident_lead",)),
        person(OWEN),
    )
)
"""Everyone of the builders, and: Bob, who is asked nothing by himself; Eve, who may break glass;
Owen, who owns the agent."""

BOTH = frozenset({"slack", "teams"})


class Told(Story):
    """A story with the texts that were written, and the rows that its last step gave rise to."""

    def __init__(self, directory: Directory = COMPANY) -> None:
        super().__init__(directory)
        self.contents: dict[str, bytes] = {}
        self.before = RequestState(id="R1")
        self._seen = 0

    def when(self, command: Command, person: str | None = None) -> "Told":
        self.before, self._seen = self.state, len(self.history)
        super().when(command, person)
        if self.new:
            self.contents |= {c.id: c.body for c in written(command)}
        return self

    def at(self, now: int) -> "Told":
        self.now = now
        return self

    # --- what is seen ---------------------------------------------------------------------

    @property
    def found(self) -> Snapshot:
        return Snapshot(state=self.state, contents=self.contents)

    def card(self, viewer: str | None, **fields: Any) -> Card:
        seen_by = Viewer(person=viewer, **fields)
        return card(self.state, self.contents, seen_by, self.directory, self.now)

    def rows(self) -> tuple[OutboxRow, ...]:
        """The outbox rows of everything that happened in the last step."""
        events = self.history[self._seen :]
        return notices_for(self.before, self.state, events, self.directory, BOTH)

    def told(self) -> list[tuple[str, str]]:
        """Kind and recipient of each row."""
        return [(r.kind, r.to.id) for r in self.rows()]

    def notice(self, kind: str, to: str, rows: Iterable[OutboxRow] | None = None) -> Notice | None:
        """The notice as it would be sent now."""
        found = [r for r in rows or self.rows() if (r.kind, r.to.id) == (kind, to)]
        assert len(found) == 1, self.told()
        return notice(found[0], self.found, self.directory)

    def words(self, kind: str, to: str) -> str:
        """Its sentence."""
        told = self.notice(kind, to)
        assert told is not None
        return told.text

    # --- what people do -------------------------------------------------------------------

    def delegates(self, giver: str, taker: str, reason: str | None = None) -> "Told":
        text = None if reason is None else a_text(reason)
        act = Delegate(actor=by(giver), person=giver, taker=taker, reason=text)
        return self.when(act, giver)

    def comments(self, who: str, text: str, question: bool = False) -> "Told":
        return self.when(Comment(actor=by(who), text=a_text(text), question=question), who)

    def nudges(self, who: str) -> "Told":
        return self.when(Nudge(actor=by(who), person=who), who)

    def escalates(self, who: str, reason: str | None = None, as_admin: bool = False) -> "Told":
        text = None if reason is None else a_text(reason)
        return self.when(Escalate(actor=by(who), person=who, as_admin=as_admin, reason=text), who)

    def breaks_glass(self, who: str, reason: str = "The site is down") -> "Told":
        return self.when(BreakGlass(actor=by(who), person=who, reason=a_text(reason)), who)

    def revises(self, **fields: Any) -> "Told":
        """The agent's own revision."""
        agent = Actor(via="api", agent="key-1")
        draft = self._draft((), **fields)
        return self.when(Revise(actor=agent, draft=draft, agent_key="key-1"))

    def edits(self, who: str, *names: str, **fields: Any) -> "Told":
        """Edit and approve."""
        act = CastVote(
            actor=by(who),
            person=who,
            decision=Decision.APPROVE,
            binding=shown(self.state),
            edit=self._draft(names, **fields),
        )
        return self.when(act, who)

    def _draft(self, edited: tuple[str, ...], route: Route | None = None, **fields: Any) -> Draft:
        revision = a_revision(**fields)
        assert self.state.route is not None
        number = self.state.revision + 1
        return Draft(
            base=self.state.revision,
            action_type=revision.action.type,
            amount=revision.amount,
            currency=revision.currency,
            risk_score=revision.risk_score,
            route=route or self.state.route,
            content=content(f"R1.r{number}", revision),
            rationale=advice(revision, self.state.route, f"R1.a{number}"),
            recommendation="review",
            edited=edited,
        )


def asked(**fields: Any) -> Told:
    """A request that was just made (at `now`, if given), with its content and advice."""
    revision = fields.pop("revision", None) or a_revision()
    route = fields.get("route") or a_route()
    given: dict[str, Any] = {
        "content": content("R1.r1", revision),
        "rationale": advice(revision, route, "R1.a1"),
    }
    story = Told(fields.pop("directory", COMPANY)).at(fields.pop("now", NOW))
    return story.when(a_submit(**given | fields))


def advice(revision: Revision, route: Route, id: str) -> Content:
    return content(id, rationale(revision, route, NOW))


def a_text(text: str) -> Content:
    """A content row that is known by what it says."""
    return row(f"text-{text}", "22" * 16, Text(text=text))


def by(person: str) -> Actor:
    return Actor(via="slack", person=person)


def verbs(buttons: Iterable[Button]) -> list[Verb]:
    return [button.verb for button in buttons]
