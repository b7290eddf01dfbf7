"""What must be true of any trail, worked out anew from its stored records.

Slow and simple on purpose, and without the core's code: it reads JSON and the directory as it
was at each record, and says what is wrong. Names of fields are those of the public records.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from tests.core.seats import Json, different, may, reachable, seat, seats_wanted, voices

LINKS = 3


@dataclass(frozen=True)
class Day:
    """What was true outside when something was recorded."""

    people: Mapping[str, Json]
    frozen: bool = False
    caps: Mapping[str, str | None] = field(default_factory=dict)
    """The amount up to which each absence that is in force holds, by its id."""


@dataclass
class Place:
    """A stage as the records tell it."""

    plan: Json
    status: str = "waiting"
    round: int = 0
    entries: list[Json] = field(default_factory=list)
    votes: list[Json] = field(default_factory=list)
    acts_at: int | None = None
    bypass: str | None = None
    replaced: set[str] = field(default_factory=set)


@dataclass
class Trail:
    """A request as the records tell it; `read` takes one more and raises AssertionError."""

    route: Json = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    asked: Json = field(default_factory=dict)
    revision: int = 0
    links: list[Json] = field(default_factory=list)
    ended: str | None = None
    tokens: int = 0
    spoken: bool = False

    def read(self, record: Json, day: Day) -> None:
        event, at, actor = record["event"], record["at"], record["actor"]
        kind = event["type"]
        after_the_end = ("token_minted", "token_redeemed", "token_revoked")
        if self.ended is not None:
            assert kind in (
                *after_the_end,
                "execution_reported",
                "incident_reported",
                "commented",
            ), "final means final"
        handle = getattr(self, f"_{kind}", None)
        if handle is not None:
            handle(event, at, actor, day)

    def current(self) -> Place | None:
        """The stage that is open; there is at most one."""
        found = [p for p in self.places if p.status == "pending"]
        assert len(found) <= 1, "one stage at a time"
        return found[0] if found else None

    # --- asking ----------------------------------------------------------------------------

    def _submitted(self, event: Json, at: int, actor: Json, day: Day) -> None:
        self.asked = event | {"submitter": actor.get("person")}
        self._routed(event, 1)

    def _revised(self, event: Json, at: int, actor: Json, day: Day) -> None:
        assert event["revision"] == self.revision + 1
        assert event["before"] == self.asked["commitment"] != event["commitment"]
        kept = event.get("kept")
        before = self.places
        fixed = ("agent", "requester", "owner", "submitter", "expires_at")
        self.asked = {name: self.asked.get(name) for name in fixed} | {
            name: value for name, value in event.items() if name not in fixed
        }
        if event.get("expires_at") is not None:
            assert event["expires_at"] < self.asked["expires_at"], "only ever sooner"
            self.asked["expires_at"] = event["expires_at"]
        if kept is None:
            self._routed(event, event["revision"])
            return
        assert event["route"]["keep_approvals"] is self.route["keep_approvals"] is True
        assert event["route"]["stages"] == self.route["stages"]
        assert event["route"].get("decide_in") == self.route.get("decide_in")
        for place in before:
            cast = [v for v in place.votes if v["decision"] == "approve"]
            place.votes = [v for v in cast if self._rests(v, at, day)]
            if place.status == "approved" and place.bypass is None:
                self._full(place)
        stands = [(v["person"], seat(v)) for p in before for v in p.votes]
        assert stands == [(v["person"], seat(v)) for v in kept], "what stands is what was cast"
        assert all(v["carried"] for v in kept)
        self.revision, self.route = event["revision"], event["route"]

    def _rests(self, vote: Json, at: int, day: Day) -> bool:
        """Whether every delegation behind a vote holds for what is asked now."""
        return all(
            any(
                (d["taker"], d["giver"]) == step
                and d.get("until", at + 1) > at
                and (d.get("standing") is None or self._covered(d["standing"], day))
                for d in self.links
            )
            for step in pairwise(voices(vote))
        )

    def _covered(self, absence: str, day: Day) -> bool:
        cap = day.caps.get(absence, "-1")
        amount = self.asked.get("amount")
        return cap is None or (amount is not None and float(amount) <= float(cap))

    def _routed(self, event: Json, revision: int) -> None:
        self.route, self.revision = event["route"], revision
        self.places = [Place(plan) for plan in event["route"].get("stages", [])]

    # --- who is asked ------------------------------------------------------------------------

    def _stage_opened(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place = self.places[event["level"] - 1]
        assert place.status == "waiting"
        assert event["round"] == place.round + 1
        assert all(p.status in ("approved",) for p in self.places[: event["level"] - 1])
        place.status, place.round, place.votes = "pending", event["round"], []
        self._staffed(event, at, actor, day)

    def _staffed(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place = self.places[event["level"] - 1]
        assert place.status == "pending"
        place.entries, place.acts_at = event.get("entries", []), event.get("acts_at")
        self._without_replaced(place)
        wanted = seats_wanted(place.plan)
        assert all(e.get("seats", 1) <= wanted for e in place.entries[len(place.plan["entries"]) :])

    _escalated = _staffed
    _restaffed = _staffed

    def _reassigned(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place = self.places[event["level"] - 1]
        assert len(event["entries"]) - len(place.entries) in (0, 1)
        place.entries = event["entries"]
        place.replaced = (place.replaced | {event["old"]}) - {event["new"]}
        self._without_replaced(place)
        assert all(event["old"] not in voices(v) for v in place.votes)

    def _without_replaced(self, place: Place) -> None:
        there = {person for entry in place.entries for person in entry["people"]}
        assert not there & place.replaced, "who was replaced does not come back"

    def _held(self, event: Json, at: int, actor: Json, day: Day) -> None:
        self.places[event["level"] - 1].acts_at = None

    def _delegated(self, event: Json, at: int, actor: Json, day: Day) -> None:
        assert event["giver"] != event["taker"]
        assert event["giver"] not in self._beyond(event["taker"]), "no circle"
        assert event["taker"] in day.people
        self.links.append(event)

    def _delegation_ended(self, event: Json, at: int, actor: Json, day: Day) -> None:
        same = ("giver", "taker", "standing")
        left = [d for d in self.links if any(d.get(n) != event.get(n) for n in same)]
        assert len(left) < len(self.links), "only what is in force ends"
        self.links = left

    def _beyond(self, giver: str) -> set[str]:
        found, new = set[str](), {giver}
        while new:
            new = {d["taker"] for d in self.links if d["giver"] in new} - found
            found |= new
        return found

    # --- votes -------------------------------------------------------------------------------

    def _voted(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place = self.current()
        assert place is not None
        assert (event["level"], event["round"]) == (place.plan["level"], place.round)
        assert (event["revision"], event["commitment"]) == (self.revision, self.asked["commitment"])
        assert at < self.asked["expires_at"], "no click after the expiry counts"
        if place.plan.get("on_timeout") == "reject" and place.acts_at is not None:
            assert at < place.acts_at, "no click after a deadline that rejects counts"
        assert actor["person"] == event["person"]
        signed_in = (actor["via"], actor.get("evidence", {}).get("signed_in"))
        assert self.route.get("decide_in") is None or signed_in == ("web", "oidc")
        self._entitled(event, place, at, day)
        behind = [day.people[p].get("department") for p in voices(event)[1:]]
        assert event.get("departments", []) == behind
        self.spoken = self.spoken or event["decision"] != "approve"
        if event["decision"] == "approve":
            assert not day.frozen
            assert event.get("entries"), "an approval fills a seat"
            for voice in voices(event):
                assert self.bar(voice, day) is None, f"{voice}: {self.bar(voice, day)}"
        mine, its = event["person"], seat(event)
        others = [v for v in place.votes if mine not in voices(v) and seat(v) != its]
        assert not any(v["person"] in voices(event)[1:] for v in place.votes), "nearer goes before"
        place.votes = [*others, event]

    def _entitled(self, event: Json, place: Place, at: int, day: Day) -> None:
        """The person, whoever they stand for and the way between, today."""
        giver = day.people.get(seat(event))
        clicker = day.people.get(event["person"])
        assert giver is not None
        assert clicker is not None, "only who is in the directory decides"
        assert giver["email"] not in place.replaced, "another has their place"
        for index in event.get("entries", []):
            entry = place.entries[index]
            assert may(giver, entry, place.plan, named=True)
            assert may(clicker, entry, place.plan, named=clicker is giver)
        way = voices(event)
        assert len(way) == len(set(way)) <= LINKS + 1
        for taker, passed_by in pairwise(way):
            assert taker in day.people
            assert any(
                d["giver"] == passed_by and d["taker"] == taker and d.get("until", at + 1) > at
                for d in self.links
            ), "every step of a chain is a delegation in force"

    def bar(self, person: str, day: Day) -> str | None:
        """Why this person's authority does not count towards an approval of the open stage."""
        asking = self.asking()
        known = day.people.get(person, {})
        closed = (p for p in self.places if p.status == "approved")
        earlier = [v for p in closed for v in p.votes if v["decision"] == "approve"]
        used = {voice for vote in earlier for voice in voices(vote)}
        if person in asking and self.route.get("block_self_approval", True):
            return "asks for it"
        groups = {f"group:{g}" for a in asking for g in day.people.get(a, {}).get("groups", ())}
        if person in self.route.get("conflicted", ()) or set(known.get("conflicts", ())) & (
            asking | groups
        ):
            return "has a conflict"
        if person in used and self.route.get("different_approvers", True):
            return "approved before"
        if self.route.get("different_departments"):
            done = {v.get("department") for v in earlier}
            done |= {d for v in earlier for d in v.get("departments", ())}
            if known and known.get("department") in done | {None}:
                return "department"
        return None

    def possible(self, place: Place, day: Day, *, told: bool = False) -> bool:
        """Whether the votes so far and those who may still vote (with `told`, only those who
        know of it) could fill the stage."""
        cast = [v for v in place.votes if v["decision"] == "approve"]
        rights = {seat(v): frozenset(v.get("entries", ())) for v in cast}
        for email, index in self._able(place, day, told=told):
            rights[email] = rights.get(email, frozenset()) | {index}
        seats = [n for n, e in enumerate(place.entries) for _ in range(e.get("seats", 1))]
        return reachable(seats, list(rights.values()), seats_wanted(place.plan))

    def somebody_knows(self, place: Place, day: Day) -> bool:
        """Whether any of those who have not answered, if there are any, knows of it."""
        silent = {p for p, _ in self._able(place, day, told=False)} - self._answered(place)
        return not silent or bool(silent & {p for p, _ in self._able(place, day, told=True)})

    def _able(self, place: Place, day: Day, *, told: bool) -> Iterator[tuple[str, int]]:
        """Who may approve today, with the index of each entry for which they may."""
        for index, entry in enumerate(place.entries):
            for email in entry["people"]:
                person = day.people.get(email)
                if person is None or not may(person, entry, place.plan, named=True):
                    continue
                knows = person["told"] and not entry.get("silent")
                if self.bar(email, day) is None and (
                    knows or not told or email in self._answered(place)
                ):
                    yield email, index

    def _answered(self, place: Place) -> set[str]:
        return {voice for v in place.votes for voice in (v["person"], seat(v))}

    def asking(self) -> set[str]:
        found = {self.asked.get(n) for n in ("requester", "owner", "submitter")}
        return {str(person) for person in found if person is not None}

    def _vote_withdrawn(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place = self.current()
        assert place is not None
        assert event["round"] == place.round
        left = [v for v in place.votes if v["person"] != event["person"]]
        assert len(left) == len(place.votes) - 1
        place.votes = left

    # --- what closes a stage ---------------------------------------------------------------------

    def _stage_approved(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place = self.places[event["level"] - 1]
        if event.get("bypass") is not None:
            assert event["bypass"] == "auto_approve_when"
            assert (place.plan.get("auto"), place.status) == ("approve", "waiting")
        else:
            assert place.status == "pending"
            self._full(place)
        place.status, place.bypass = "approved", event.get("bypass")

    def _full(self, place: Place) -> None:
        """Whether people with a right to them fill enough seats, each one seat."""
        votes = [v for v in place.votes if v["decision"] == "approve"]
        people, givers = [v["person"] for v in votes], [seat(v) for v in votes]
        assert len(set(people)) == len(set(givers)) == len(votes), "one person, one seat"
        hands = [voice for v in votes for voice in voices(v)]
        assert len(hands) == len(set(hands)), "together they have one vote"
        rights = [frozenset(v.get("entries", ())) for v in votes]
        seats = [n for n, e in enumerate(place.entries) for _ in range(e.get("seats", 1))]
        assert reachable(seats, rights, seats_wanted(place.plan))

    def _stage_rejected(self, event: Json, at: int, actor: Json, day: Day) -> None:
        place, cause = self.places[event["level"] - 1], event.get("cause")
        against = [v for v in place.votes if v["decision"] == "reject"]
        if cause is None:
            assert len({seat(v) for v in against}) >= place.plan.get("reject_quorum", 1)
        elif cause == "timeout":
            assert place.plan["on_timeout"] == "reject"
            assert at == place.acts_at < self.asked["expires_at"]
        else:
            assert (cause, place.plan["auto"]) == ("auto_reject_when", "reject")
        place.status = "rejected"

    def _rolled_back(self, event: Json, at: int, actor: Json, day: Day) -> None:
        assert self.route["on_reject"] == "previous_stage"
        assert self.places[event["to"] - 1].round < self.route.get("max_rounds", 3)
        for place in self.places[event["to"] - 1 : event["level"]]:
            place.status, place.votes, place.bypass = "waiting", [], None

    def _changes_requested(self, event: Json, at: int, actor: Json, day: Day) -> None:
        for place in self.places:
            place.status = "waiting" if place.status == "pending" else place.status

    # --- the end ---------------------------------------------------------------------------------

    def _finished(self, event: Json, at: int, actor: Json, day: Day) -> None:
        self.ended, bypass = event["status"], event.get("bypass")
        if self.ended == "prohibited":
            assert self.route["category"] == "prohibited"
        if self.ended == "expired":
            assert at == self.asked["expires_at"]
        if self.ended != "approved":
            return
        assert not day.frozen
        assert self.route["category"] != "prohibited"
        ways = {
            None: self._by_votes,
            "auto_approve_when": self._by_conditions,
            "auto_approve": lambda: self.route["category"] == "auto_approve",
            "break_glass": lambda: self._by_one(event, actor, day),
            "model_grant": self._by_model,
        }
        assert ways[bypass](), f"{bypass} was not allowed"

    def _by_votes(self) -> bool:
        own = [p for p in self.places if p.bypass is None]
        approvals = [v for p in own for v in p.votes if v["decision"] == "approve"]
        least = self.route.get("minimum_unique_approvers", 0)
        possible = sum(seats_wanted(p.plan) for p in self.places if p.plan.get("auto") is None)
        assert different(approvals) >= min(least, possible)
        return bool(own) and all(p.status == "approved" for p in self.places)

    def _by_conditions(self) -> bool:
        return all(p.bypass == "auto_approve_when" for p in self.places)

    def _by_one(self, event: Json, actor: Json, day: Day) -> bool:
        (person,) = event["by"]
        role = self.route["glass"]["role"]
        return (
            role in day.people[person].get("roles", ())
            and person == actor["person"]
            and person not in self.asking()
            and event.get("reason") is not None
            and self.current() is not None
        )

    def _by_model(self) -> bool:
        refs = {e["ref"] for p in self.places for e in p.plan["entries"]}
        return (
            "grant" in self.route
            and not self.spoken
            and not any(p.votes for p in self.places)
            and all(ref.startswith(("group:", "on_call:")) for ref in refs)
            and float(self.asked["amount"]) <= float(self.route["grant"]["amount"])
        )

    def _token_minted(self, event: Json, at: int, actor: Json, day: Day) -> None:
        self.tokens += 1
        assert (self.ended, self.tokens) == ("approved", 1)
