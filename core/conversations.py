"""The service as chat adapters use it: whoever clicks is told what is true now.

Nothing is raised for what a person did. An account maps to one person of the directory or
to nobody; names and addresses in a click are never believed.
"""

import hashlib

from core import answers
from core.access import person_may_see, unknown
from core.card import Card, Viewer
from core.cards import card
from core.chat import Answer, Click, Queue
from core.commands import Binding, CastVote
from core.content import Content
from core.decide import decide, due
from core.directory import Directory, Identity, Person
from core.events import Actor
from core.evolve import fold
from core.notices import pack
from core.ports import Changes, Loaded, OutboxRow, Reads, Recipient, SeenRow
from core.queue import queue_item
from core.refusals import Reason, Refused
from core.request import ChannelRef, Decision, RequestState
from core.service import Approvals
from core.value import encode
from core.voting import Done, Surroundings, apply

QUEUE_SHOWN = 20
UNWRITTEN = Content(id="unwritten", salt="", body=b"")
"""Stands for the reason that a person is about to write, when only the right to is asked."""


class ChatService:
    """Implements `core.chat.Conversations` over the application service."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._world = approvals.world

    async def click(self, click: Click) -> Answer:
        """Decide as the person with this account."""
        person = self._person(click.identity)
        if person is None:
            return await self._stranger(click)
        try:
            text = self._approvals.text(click.reason)
        except Refused as refusal:
            return Answer(text=refusal.sentence, refused=refusal.reason)
        command = self._command(click, person, text)
        done = await self._world.store.transact(
            click.binding.request,
            lambda loaded: self._cast(click, command, person, loaded),
            Reads(content=True),
        )
        return self._answer(done, command, person)

    async def may_reject(self, identity: Identity, binding: Binding, place: str = "") -> Answer:
        """Whether a rejection by this person would count now; decides nothing."""
        person = self._person(identity)
        if person is None:
            return _no_account(identity)
        found = await self._world.store.snapshot(binding.request)
        if found is None:
            return _nothing(binding.request)
        around = self._approvals.around()
        command = self._command(
            Click(identity=identity, binding=binding, decision=Decision.REJECT, place=place),
            person,
            UNWRITTEN,
        )
        state = fold(found.state, due(found.state, around.now))
        try:
            self._allow(state, person, identity, place, around.directory)
            facts = self._approvals.facts(state, person.email)
            decide(state, command, facts, around.now)
        except Refused as refusal:
            done = Done(state=state, contents=found.contents, refusal=refusal)
            return self._answer(done, command, person)
        return Answer(text="", card=self._card(state, found.contents, person, around))

    async def queue(self, identity: Identity) -> Queue:
        """What waits for the person with this account, earliest deadline first."""
        person = self._person(identity)
        if person is None:
            return Queue(refused=_no_account(identity).text)
        found, count = await self._world.store.waiting(person.email, QUEUE_SHOWN)
        directory = self._world.directory()
        items = tuple(queue_item(each, directory) for each in found)
        return Queue(items=items, more=count - len(items), timezone=person.timezone)

    async def status(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        """The present card of a request, if this person, or this channel, may see it."""
        person = self._person(identity)
        if person is None:
            return _no_account(identity)
        found = await self._world.store.snapshot(request_id)
        around = self._approvals.around()
        if found is None:
            return _nothing(request_id)
        try:
            self._allow(found.state, person, identity, place, around.directory)
        except Refused as refusal:
            return Answer(text=refusal.sentence, refused=refusal.reason)
        shown = self._card(found.state, found.contents, person, around)
        return Answer(text=shown.headline, card=shown)

    async def first_time(self, platform: str, key: str) -> bool:
        """True once for each inbound message id, for ever."""
        seen = SeenRow(platform=platform, key=key, at=self._world.clock())

        def run(loaded: Loaded) -> Changes[bool]:
            return Changes(result=not loaded.seen, seen=None if loaded.seen else seen)

        return await self._world.store.transact("", run, Reads(seen=(platform, key)))

    async def reachable(self, identity: Identity) -> None:
        """What was undeliverable to this account is tried again."""
        person = self._person(identity)
        # An account that is nobody's may be a channel's, under its own id.
        recipient = identity.account if person is None else person.email
        await self._world.revive(identity.platform, recipient, self._world.clock())

    # --- parts -------------------------------------------------------------------------

    def _cast(
        self, click: Click, command: CastVote, person: Person, loaded: Loaded
    ) -> Changes[Done]:
        around = self._approvals.around()

        def allowed(state: RequestState) -> None:
            self._allow(state, person, click.identity, click.place, around.directory)

        def answer(state: RequestState, refusal: Refused) -> tuple[OutboxRow, ...]:
            return _to_clicker(click, refusal, state.version)

        facts = self._approvals.facts(loaded.state, person.email)
        return apply(command, facts, command.comment, loaded, around, allowed, answer)

    def _command(self, click: Click, person: Person, text: Content | None) -> CastVote:
        actor = Actor(via=click.identity.platform, person=person.email, evidence=click.evidence)
        return CastVote(
            actor=actor,
            person=person.email,
            decision=click.decision,
            binding=click.binding,
            comment=text,
        )

    def _allow(
        self,
        state: RequestState,
        person: Person,
        identity: Identity,
        place: str,
        directory: Directory,
    ) -> None:
        """Only who may see a request, or stands in its own channel, learns anything about it."""
        if state.version and person_may_see(state, person.email, directory):
            return
        channels = () if state.route is None else state.route.channels
        if ChannelRef(platform=identity.platform, id=place) not in channels:
            raise unknown(state.id)

    def _answer(self, done: Done, command: CastVote, person: Person) -> Answer:
        around = self._approvals.around()
        state = done.state
        if done.refusal is None:
            text = answers.accepted(state, command.decision, around.directory)
            return Answer(text=text, card=self._card(state, done.contents, person, around))
        level = 0 if command.binding is None else command.binding.level
        text = answers.refused(state, done.refusal, level, around.directory)
        if not state.version or not person_may_see(state, person.email, around.directory):
            return Answer(text=text, refused=done.refusal.reason)
        shown = self._card(state, done.contents, person, around)
        return Answer(text=text, refused=done.refusal.reason, card=shown)

    def _card(
        self,
        state: RequestState,
        contents: dict[str, bytes],
        person: Person,
        around: Surroundings,
    ) -> Card:
        viewer = Viewer(person=person.email, timezone=person.timezone)
        return card(state, contents, viewer, around.directory, around.now)

    def _person(self, identity: Identity) -> Person | None:
        return self._world.directory().by_identity(identity)

    async def _stranger(self, click: Click) -> Answer:
        answer = _no_account(click.identity)
        refusal = Refused(Reason.UNKNOWN_ACCOUNT, platform=click.identity.platform.capitalize())
        rows = _to_clicker(click, refusal, 0)
        if rows:
            await self._world.store.transact(
                click.binding.request, lambda _: Changes(result=None, outbox=rows)
            )
        return answer


def _to_clicker(click: Click, refusal: Refused, version: int) -> tuple[OutboxRow, ...]:
    """An answer for the clicker alone, told by the relay; once for each click."""
    if click.answer_to is None:
        return ()
    what = [click.identity, click.binding, click.decision, click.evidence, version]
    dedupe = hashlib.sha256(encode(what)).hexdigest()
    return (
        OutboxRow(
            id=f"answer.{dedupe[:32]}",
            dedupe=f"answer:{dedupe}",
            kind="answer",
            request=click.binding.request,
            to=Recipient(
                platform=click.identity.platform, id=click.identity.account, kind="account"
            ),
            facts=click.answer_to | pack(refusal, click.binding.level),
        ),
    )


def _no_account(identity: Identity) -> Answer:
    refusal = Refused(Reason.UNKNOWN_ACCOUNT, platform=identity.platform.capitalize())
    return Answer(text=refusal.sentence, refused=refusal.reason)


def _nothing(request_id: str) -> Answer:
    refusal = unknown(request_id)
    return Answer(text=refusal.sentence, refused=refusal.reason)
