"""The service as chat adapters use it: whoever clicks is told what is true now.

Nothing is raised for what a person did. An account maps to one person of the directory or
to nobody; names and addresses in a click are never believed.
"""

import hashlib
from dataclasses import replace as with_fields

from msgspec.structs import replace

from core.card import Card, Verb, Viewer
from core.cards import card
from core.cards.advised import with_record
from core.chat import answers
from core.chat.away import Away
from core.chat.clicks import Given, Meant, command, is_repeated, taker_of
from core.chat.expecting import with_estimate
from core.chat.forms import form, has_form
from core.chat.helping import with_colleague
from core.chat.history import history
from core.chat.notices import pack
from core.chat.port import Absences, Answer, Click, Queue
from core.chat.present import REALM, viewer
from core.chat.queue import queue_item
from core.chat.strangers import no_account
from core.commands import Binding
from core.decide import decide, due
from core.directory.people import Directory, Identity, Person
from core.events import read_recorded
from core.refusals import Reason, Refused
from core.request import RequestState
from core.rows import Changes, Loaded, OutboxRow, Reads, Recipient, SeenRow, Snapshot
from core.service.absences import AbsenceService
from core.service.access import channel_may_see, person_may_see, unknown
from core.service.applying import Done, Surroundings, apply
from core.service.approvals import Approvals
from core.service.drafting import present, unsaved
from core.value import Millis, encode

QUEUE_SHOWN = 20

READS = Reads(content=True, rules=True)

SAID_ANEW = frozenset({Verb.COMMENT, Verb.ASK, Verb.NUDGE, Verb.ESCALATE})
"""These count each time they are meant, so that a repeated one changes something; of the others
that means that their effect was undone."""

OWN_EFFECT = frozenset(
    {
        (Verb.ESCALATE, Reason.NOBODY_LEFT_TO_ASK),
        (Verb.ESCALATE, Reason.ONLY_ADMIN_ESCALATES),
        (Verb.NUDGE, Reason.NUDGED_RECENTLY),
        (Verb.REQUEST_CHANGES, Reason.WAITING_FOR_REVISION),
        (Verb.WITHDRAW, Reason.NO_VOTE),
    }
)
"""Refusals to which the very same message led when it counted."""

UNWRITTEN = Given(text=unsaved("unwritten"), taker="")
"""Stands for what a person is about to write, when only the right to is asked."""


class ChatService:
    """Implements `core.chat.port.Conversations` over the application service."""

    def __init__(self, approvals: Approvals, absences: AbsenceService | None = None) -> None:
        self._approvals = approvals
        self._world = approvals.world
        self._away = Away(approvals, absences)

    async def click(self, click: Click) -> Answer:
        """Act as the person with this account."""
        person = self._person(click.identity)
        if person is None:
            return await self._stranger(click)
        if click.verb is Verb.HISTORY:
            return await self.history(click.identity, click.binding.request, click.place)
        if click.verb is Verb.VIEW:
            return await self.status(click.identity, click.binding.request, click.place)
        given = await self._given(click)
        noted = self._noted(click)
        seen = None if noted is None else (noted.platform, noted.key)
        reads = Reads(content=True, rules=True, seen=seen)

        def run(loaded: Loaded) -> Changes[Done]:
            found = self._run(click, person, given, loaded)
            done = found.result
            if noted is None or not loaded.seen:
                return found if done.refusal is not None else replace(found, seen=noted)
            if _is_own_effect(click.verb, done):
                return Changes(result=Done(state=loaded.state, contents=loaded.contents))
            if not done.changed:
                return found
            undone = with_fields(given, refusal=Refused(Reason.STALE_CARD))
            return self._run(click, person, undone, loaded)

        done = await self._world.store.transact(click.binding.request, run, reads)
        return self._answer(done, click, person)

    async def form(
        self, identity: Identity, binding: Binding, verb: Verb, place: str = ""
    ) -> Answer:
        """The form for an act, or why it would not count now; decides nothing."""
        person = self._person(identity)
        if person is None:
            return _no_account(identity)
        click = Click(identity=identity, binding=binding, verb=verb, place=place)
        done = await self._world.store.transact(
            binding.request,
            lambda loaded: Changes(result=self._tried(click, person, loaded)),
            READS,
        )
        if done.refusal is not None:
            return self._answer(done, click, person)
        around, state = self._approvals.around(), done.state
        looks = viewer(person, identity)
        shown = self._card(state, done.contents, looks, around)
        if not has_form(verb):
            return Answer(text="", card=shown)
        asks = form(state, done.contents, verb, looks, around.directory, binding)
        if verb is Verb.DELEGATE:
            workload = self._world.workload
            asks = await with_colleague(asks, state, person, around.directory, workload)
        return Answer(text="", card=shown, form=asks)

    async def history(self, identity: Identity, request_id: str, place: str = "") -> Answer:
        """What happened to a request, one line an event, oldest first."""
        found = await self._seen(identity, request_id, place)
        if isinstance(found, Answer):
            return found
        person, snapshot = found
        links = await self._world.store.links(request_id)
        text = history(
            request_id,
            (read_recorded(link.body) for link in links),
            snapshot.contents,
            self._world.directory(),
            person.timezone,
        )
        return Answer(text=text)

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
        found = await self._seen(identity, request_id, place)
        if isinstance(found, Answer):
            return found
        person, snapshot = found
        around = self._approvals.around()
        state = snapshot.state
        shown = self._card(state, snapshot.contents, viewer(person, identity), around)
        shown = with_estimate(shown, state, person, self._approvals.estimate(state))
        return Answer(text=shown.headline, card=shown)

    async def absences(self, identity: Identity) -> Absences:
        """The out-of-office delegations that concern the person with this account."""
        person = self._person(identity)
        if person is None:
            return Absences(refused=_no_account(identity).text)
        return await self._away.listed(identity, person)

    async def set_absence(
        self,
        identity: Identity,
        to: str,
        starts: Millis | None,
        ends: Millis | None,
        once: str = "",
    ) -> Answer:
        """Let somebody act for the person with this account while they are away."""
        person = self._person(identity)
        if person is None:
            return _no_account(identity)
        noted = self._seen_row(identity.platform, once) if once else None
        return await self._away.set(identity, person, to, starts, ends, noted)

    async def end_absence(self, identity: Identity, id: str) -> Answer:
        """End an out-of-office delegation; what is undecided comes back."""
        person = self._person(identity)
        return (
            _no_account(identity) if person is None else await self._away.end(identity, person, id)
        )

    async def first_time(self, platform: str, key: str) -> bool:
        """True once for each inbound message id, for ever."""
        seen = self._seen_row(platform, key)

        def run(loaded: Loaded) -> Changes[bool]:
            return Changes(result=not loaded.seen, seen=None if loaded.seen else seen)

        return await self._world.store.transact("", run, Reads(seen=(platform, seen.key)))

    async def reachable(self, identity: Identity) -> None:
        """What was undeliverable to this account is tried again."""
        person = self._person(identity)
        # An account that is nobody's may be a channel's, under its own id.
        recipient = identity.account if person is None else person.email
        await self._world.revive(identity.platform, recipient, self._world.clock())

    # --- parts -------------------------------------------------------------------------

    def _noted(self, click: Click) -> SeenRow | None:
        """What is noted with the effect of a click, for this request alone."""
        if not click.once:
            return None
        return self._seen_row(click.identity.platform, click.once, click.binding.request)

    def _seen_row(self, platform: str, *key: str) -> SeenRow:
        # As a digest: ids come from outside, and not every database keeps all characters.
        digest = hashlib.sha256(encode(key)).hexdigest()
        return SeenRow(platform=platform, key=digest, at=self._world.clock())

    async def _given(self, click: Click) -> Given:
        """What the click brings beside its verb, or why it cannot be had."""
        try:
            given = Given(text=self._approvals.text(click.reason))
            if click.verb is Verb.DELEGATE and click.to is not None:
                taker = taker_of(click.to, click.identity, self._world.directory())
                return with_fields(given, taker=taker)
            if click.verb is Verb.EDIT and click.edits:
                drafting = await self._approvals.editing(click.binding.request)
                return with_fields(given, drafting=drafting)
        except Refused as refusal:
            return Given(refusal=refusal)
        return given

    def _run(self, click: Click, person: Person, given: Given, loaded: Loaded) -> Changes[Done]:
        around = self._approvals.around()
        meant = Meant(
            click=click,
            person=person,
            given=given,
            contents=loaded.contents,
            directory=around.directory,
        )

        def allowed(state: RequestState) -> None:
            self._allow(state, person, click.identity, click.place, around.directory)

        def answer(state: RequestState, refusal: Refused) -> tuple[OutboxRow, ...]:
            return _to_clicker(click, refusal, state.version)

        if is_repeated(meant, loaded.state, around.now):
            return Changes(result=Done(state=loaded.state, contents=loaded.contents))
        return apply(
            lambda state: command(meant, state), person.email, loaded, around, allowed, answer
        )

    def _tried(self, click: Click, person: Person, loaded: Loaded) -> Done:
        """What would become of the click, as far as that does not depend on what is written."""
        around = self._approvals.around()
        facts = around.facts(loaded, person.email)
        state = due(loaded.state, facts, around.now).state
        meant = Meant(
            click=click,
            person=person,
            given=UNWRITTEN,
            contents=loaded.contents,
            directory=around.directory,
        )
        try:
            self._allow(state, person, click.identity, click.place, around.directory)
            decide(state, command(meant, state), facts, around.now)
            if click.verb is Verb.EDIT:
                _require_editable(state, loaded.contents)
        except Refused as refusal:
            # Nobody is named yet to hand it to: that is what the form is for.
            if click.verb is not Verb.DELEGATE or refusal.reason is not Reason.UNKNOWN_PERSON:
                return Done(state=state, contents=loaded.contents, refusal=refusal)
        return Done(state=state, contents=loaded.contents)

    async def _seen(
        self, identity: Identity, request_id: str, place: str
    ) -> tuple[Person, Snapshot] | Answer:
        """Who asks and the request, or the answer of one that is not there."""
        person = self._person(identity)
        if person is None:
            return _no_account(identity)
        found = await self._world.store.snapshot(request_id)
        if found is None:
            return _refused(unknown(request_id))
        try:
            self._allow(found.state, person, identity, place, self._world.directory())
        except Refused as refusal:
            return _refused(refusal)
        return person, found

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
        if not channel_may_see(state, identity.platform, place):
            raise unknown(state.id)

    def _answer(self, done: Done, click: Click, person: Person) -> Answer:
        around, state = self._approvals.around(), done.state
        looks = viewer(person, click.identity)
        if click.answer_to is not None:
            # The relay tells it, and shows the card: nobody looks at another one here.
            text = "" if done.refusal is None else done.refusal.sentence
            return Answer(text=text, refused=None if done.refusal is None else done.refusal.reason)
        if done.refusal is None:
            shown = self._card(state, done.contents, looks, around)
            text = answers.accepted(
                state, click.verb, person.email, around.directory, shown.headline
            )
            return Answer(text=text, card=shown)
        text = answers.refused(state, done.refusal, click.binding.level, around.directory)
        if not state.version or not person_may_see(state, person.email, around.directory):
            return Answer(text=text, refused=done.refusal.reason)
        shown = self._card(state, done.contents, looks, around)
        return Answer(text=text, refused=done.refusal.reason, card=shown)

    def _card(
        self,
        state: RequestState,
        contents: dict[str, bytes],
        looks: Viewer,
        around: Surroundings,
    ) -> Card:
        shown = card(state, contents, looks, around.directory, around.now)
        return with_record(shown, self._world.record)

    def _person(self, identity: Identity) -> Person | None:
        return self._world.directory().by_identity(identity)

    async def _stranger(self, click: Click) -> Answer:
        answer = _no_account(click.identity)
        refusal = no_account(click.identity)
        rows = _to_clicker(click, refusal, 0)
        if rows:
            await self._world.store.transact(
                click.binding.request, lambda _: Changes(result=None, outbox=rows)
            )
        return answer


def _require_editable(state: RequestState, contents: dict[str, bytes]) -> None:
    """Raises Refused where there is nothing that could be changed."""
    if state.route is None or not state.route.editable:
        raise Refused(Reason.NOT_EDITABLE, fields="anything", editable="nothing")
    present(state, contents)


def _to_clicker(click: Click, refusal: Refused, version: int) -> tuple[OutboxRow, ...]:
    """An answer for the clicker alone, told by the relay; once for each click."""
    if click.answer_to is None:
        return ()
    what = [click.identity, click.binding, click.verb, click.evidence, version]
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
            facts=click.answer_to
            | {REALM: click.identity.realm}
            | pack(refusal, click.binding.level),
        ),
    )


def _is_own_effect(verb: Verb, again: Done) -> bool:
    """Whether a message that counted before comes upon nothing but what came of it."""
    if again.refusal is not None:
        return (verb, again.refusal.reason) in OWN_EFFECT
    return again.changed and verb in SAID_ANEW


def _no_account(identity: Identity) -> Answer:
    return _refused(no_account(identity))


def _refused(refusal: Refused) -> Answer:
    return Answer(text=refusal.sentence, refused=refusal.reason)
