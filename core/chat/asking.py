"""People who ask: a form becomes a request in their own name, and can be sent again with changes.

They choose from the actions that the policy in force names, and from something else, which
goes to the policy's fallback.
"""

import hashlib
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from core.card import Card, Viewer
from core.cards import card, headline
from core.cards.advised import with_record
from core.cards.texts import label, text_of
from core.chat import answers
from core.chat.ask_words import AGAIN, ANEW
from core.chat.asking_port import LONGEST, OTHER, About, Asked, AskForm, Entries, Kind, Part, Wish
from core.chat.strangers import no_account
from core.chat.wishes import Unfit, fits, submission, unshown, written
from core.content import Revision, read_revision
from core.directory.people import Identity, Person
from core.events import Actor
from core.policy.kinds import named
from core.refusals import Reason, Refused, invalid
from core.request import RequestState, Status
from core.rows import Snapshot
from core.service.access import in_chat, person_may_see, unknown
from core.service.acts import Acts
from core.service.approvals import Approvals
from core.service.drafting import present
from core.service.idempotency import Given
from core.service.submitting import can_be_followed

NEW: Final = tuple(Part)
CHANGED: Final = tuple(part for part in NEW if part not in (Part.KIND, Part.NEEDED_BY))
"""A revision stays the same kind of action, and has the time that the request has."""

UNFIT: Final = (
    "The title or the details of this request are too long for a form, or hold characters that "
    "nobody sees. Ask whoever runs the agent to revise it, or withdraw it and ask anew."
)

_SAME: Final = hashlib.sha256(b"form").hexdigest()
"""One form is one wish, whatever stands in it when it is sent for the second time."""

_AT: Final[Mapping[Reason, Part]] = {
    Reason.REVISION_UNCHANGED: Part.TITLE,
    Reason.REJECTED_BEFORE: Part.TITLE,
    Reason.NOBODY_TO_ASK: Part.KIND,
}
"""Where a refusal can be mended that names no field."""


class AskingService:
    """Implements `core.chat.asking_port.Asking`."""

    def __init__(self, approvals: Approvals) -> None:
        self._approvals = approvals
        self._world = approvals.world
        self._acts = Acts(approvals)

    async def form(self, identity: Identity, request: str = "", title: str = "") -> AskForm:
        """The empty form, or that of a request which this person may change or take up."""
        person = self._person(identity)
        if person is None:
            return AskForm(refused=no_account(identity).sentence)
        if not request:
            entries = Entries(title=title[: LONGEST[Part.TITLE]])
            return AskForm("Ask for approval", "Ask", None, NEW, self._kinds(), entries)
        try:
            found = await self._own(person, request)
            about, revision = _about(found.state), present(found.state, found.contents)
        except Refused as refusal:
            return AskForm(refused=answers.named(refusal, self._world.directory()))
        if not fits(revision):
            return AskForm(refused=UNFIT)
        place = self._place(revision.action.type)
        return AskForm(
            title=AGAIN if about.revision else ANEW,
            submit="Send" if about.revision else "Ask",
            intro=self._intro(found, about, unshown(revision, place)),
            parts=CHANGED if about.revision else NEW,
            kinds=self._kinds(revision.action.type),
            entries=written(revision, place),
            about=about,
        )

    async def ask(self, identity: Identity, wish: Wish) -> Asked:
        """Ask as the person with this account, or change what they asked for."""
        person = self._person(identity)
        if person is None:
            refusal = no_account(identity)
            return Asked(text=refusal.sentence, refused=refusal.reason)
        actor = Actor(via=identity.platform, person=person.email, evidence=wish.evidence)
        try:
            if wish.about is not None and wish.about.revision:
                return await self._revise(person, actor, wish, wish.about)
            return await self._submit(person, actor, wish)
        except Refused as refusal:
            return self._refused(refusal, wish)

    # --- parts -------------------------------------------------------------------------

    async def _submit(self, person: Person, actor: Actor, wish: Wish) -> Asked:
        kind, base, previous = wish.entries.kind, None, None
        if wish.about is not None:
            found = await self._own(person, wish.about.request)
            base, previous = present(found.state, found.contents), found.state.id
        known = self._kinds("" if base is None else base.action.type)
        if kind not in {each.type for each in known}:
            raise invalid(Part.KIND, "The policy in force names no such thing", "Choose again.")
        made = submission(wish.entries, kind, self._place(kind), person, base, self._world.clock())
        made = replace(made, previous_request_id=previous)
        done = await self._approvals.submit(made, in_chat(actor, person), _given(wish))
        state, shown = done.snapshot.state, self._shown(done.snapshot, person)
        stands = f"{headline(state, self._world.directory())}."
        if done.from_record:
            again = About(request=state.id) if can_be_followed(state) else None
            text = f"You asked for exactly this before, so nothing new was made. {stands}"
            return Asked(text=text, card=shown, again=again)
        if done.replayed:
            text = f"This form was sent before, and made this request. {stands}"
            return Asked(text=text, card=shown)
        return Asked(text=f"Your request is sent. {stands}", card=shown)

    async def _revise(self, person: Person, actor: Actor, wish: Wish, about: About) -> Asked:
        found = await self._own(person, about.request)
        # The revision that the form showed: a form that was sent twice has made another since.
        base = _revision(found, about.revision)
        kind = base.action.type
        made = submission(wish.entries, kind, self._place(kind), person, base, self._world.clock())
        snapshot = await self._acts.revise(
            in_chat(actor, person), about.request, made, about.revision, _given(wish)
        )
        stands = headline(snapshot.state, self._world.directory())
        text = f"Revision {about.revision + 1} is sent. {stands}."
        return Asked(text=text, card=self._shown(snapshot, person))

    def _person(self, identity: Identity) -> Person | None:
        return self._world.directory().by_identity(identity)

    async def _own(self, person: Person, request: str) -> Snapshot:
        """A request that was made for this person. Raises Refused."""
        found = await self._world.store.snapshot(request)
        directory = self._world.directory()
        if found is None or not person_may_see(found.state, person.email, directory):
            raise unknown(request)
        if found.state.requester != person.email:
            raise Refused(Reason.NOT_ALLOWED_TO_REVISE)
        return found

    def _kinds(self, also: str = "") -> tuple[Kind, ...]:
        """What may be asked for; `also` is the type of a request that is there already."""
        types = [kind.type for kind in named(self._world.policy())]
        types += [also] if also else []
        known = dict.fromkeys(type_ for type_ in types if type_ != OTHER)
        found = [Kind(type=type_, label=label(type_)) for type_ in known]
        return (*found, Kind(type=OTHER, label="Something else"))

    def _place(self, type_: str) -> str | None:
        """Where in the params the amount of such an action lies, by the policy in force."""
        kinds = {kind.type: kind.amount_from for kind in named(self._world.policy())}
        return kinds.get(type_)

    def _shown(self, found: Snapshot, person: Person) -> Card:
        viewer = Viewer(person=person.email, timezone=person.timezone)
        directory, now = self._world.directory(), self._world.clock()
        shown = card(found.state, found.contents, viewer, directory, now)
        return with_record(shown, self._world.record)

    def _intro(self, found: Snapshot, about: About, left: int) -> str:
        state, feedback = found.state, found.state.feedback
        told: list[str] = []
        if state.status is Status.CHANGES_REQUESTED and feedback is not None:
            wish = text_of(feedback.reason, found.contents)
            name = self._world.directory().name(feedback.by)
            told.append(f"{name} asks for changes" + ("." if wish is None else f": “{wish}”"))
        elif about.revision:
            told.append("Whoever has voted is asked again.")
        else:
            told.append("This makes a new request, which names the earlier one.")
        if left:
            values = "1 value has" if left == 1 else f"{left} values have"
            told.append(f"{values} no line here and will stay unchanged.")
        return " ".join(told)

    def _refused(self, refusal: Refused, wish: Wish) -> Asked:
        text = answers.named(refusal, self._world.directory())
        at = _AT.get(refusal.reason)
        besides: dict[Part, str] = {}
        if refusal.reason is Reason.INVALID_FIELD:
            wrong = refusal.wrong if isinstance(refusal, Unfit) else (refusal,)
            place = self._place(wish.entries.kind)
            besides = dict(said for each in wrong if (said := _wrong_part(each, place)))
            at = next(iter(besides), None)
            text = text if at is None else besides.pop(at)
        if refusal.reason is Reason.CONDITION_FAILED:
            at = _missing(refusal.details.get("problem", ""))
        return Asked(text=text, refused=refusal.reason, at=at, besides=besides)


def _about(state: RequestState) -> About:
    """What a form may do with this request. Raises Refused."""
    limit = None if state.route is None else state.route.max_attempts
    followable = state.by_person and can_be_followed(state)
    if not (state.is_open or followable):
        raise Refused(Reason.FINISHED, status=state.status.value)
    if limit is not None and state.attempt >= limit:
        raise Refused(Reason.TOO_MANY_ATTEMPTS, limit=str(limit))
    return About(request=state.id, revision=state.revision if state.is_open else 0)


def _revision(found: Snapshot, number: int) -> Revision:
    """A revision of the request by its number, if its content is there; else the present one."""
    body = found.contents.get(f"{found.state.id}.r{number}")
    return present(found.state, found.contents) if body is None else read_revision(body)


def _given(wish: Wish) -> Given | None:
    """What makes a form that is sent twice one wish."""
    if not wish.form:
        return None
    about = "" if wish.about is None else f":{wish.about.request}:{wish.about.revision}"
    return f"form:{wish.form}{about}", _SAME


def _wrong_part(refusal: Refused, amount_from: str | None) -> tuple[Part, str] | None:
    """Where in the form a mistake stands, and what is said of it there; None for nowhere."""
    field = refusal.details["field"]
    at = _part(field, amount_from)
    if at is None:
        return None
    name = field.removeprefix("action.params.")
    about = "" if at == name or at is Part.NEEDED_BY else f"{name} "
    said = f"{about}{refusal.details['problem']}. {refusal.details['remedy']}"
    return at, said[:1].upper() + said[1:]


def _part(field: str, amount_from: str | None) -> Part | None:
    """The part of the form in which a field of the request stands."""
    if field == "expires_in":
        return Part.NEEDED_BY
    if field in (f"action.params.{amount_from or 'amount'}", Part.AMOUNT):
        return Part.AMOUNT
    if field.startswith("action.params"):
        return Part.FIELDS
    return next((part for part in Part if part == field), None)


def _missing(problem: str) -> Part:
    """Where what a condition could not do without may be written."""
    named_ = ((Part.AMOUNT, "amount"), (Part.CURRENCY, "currency"), (Part.DETAILS, "description"))
    return next((part for part, word in named_ if f"request.{word}" in problem), Part.FIELDS)
