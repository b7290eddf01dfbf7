"""A click in chat as a command: who acts is the account's person, and nobody the click names."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from core.card import Verb
from core.cards.texts import Contents, text_of
from core.chat.forms import written_value
from core.chat.port import Click
from core.commands import (
    BreakGlass,
    Cancel,
    CastVote,
    Command,
    Comment,
    Delegate,
    Draft,
    Escalate,
    Nudge,
    WithdrawVote,
)
from core.content import Content, read_revision
from core.decide import COMMITMENT_SHOWN
from core.directory.people import SIGNED_IN, WEB, Directory, Identity, Person
from core.events import Actor
from core.refusals import Reason, Refused, invalid
from core.request import Decision, RequestState
from core.service.access import ADMINS, person_may_see
from core.service.drafting import Drafting, edited, present
from core.text import cut, one_line, visible
from core.value import Millis

SAME_REMARK: Millis = 60_000
"""The same words by the same person within this time are one remark that was sent twice."""

COMPARED = frozenset({Verb.EDIT, Verb.COMMENT, Verb.ASK})
"""What was written is compared with what stands there; of a repeated vote the rules say so."""

DECISIONS = {
    Verb.APPROVE: Decision.APPROVE,
    Verb.EDIT: Decision.APPROVE,
    Verb.REJECT: Decision.REJECT,
    Verb.REQUEST_CHANGES: Decision.REQUEST_CHANGES,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What a click brings beside its verb, looked up: text as a row, the person meant, and
    what a revision is made with. `refusal` says why one of them cannot be had."""

    text: Content | None = None
    taker: str | None = None
    drafting: Drafting | None = None
    refusal: Refused | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """A click with its person, and the request's content as it was loaded."""

    click: Click
    person: Person
    given: Given
    contents: Contents
    directory: Directory


def taker_of(to: str, identity: Identity, directory: Directory) -> str:
    """The address of the person with this account (in the clicker's realm) or address."""
    account = Identity(platform=identity.platform, realm=identity.realm, account=to.strip())
    person = directory.by_identity(account) or directory.person(to.strip())
    if person is None:
        raise Refused(Reason.UNKNOWN_PERSON, person=cut(visible(one_line(to)), 100) or "Nobody")
    return person.email


def command(meant: Meant, state: RequestState) -> Command:
    """The command for the request as it stands. Raises Refused."""
    if meant.given.refusal is not None:
        raise meant.given.refusal
    verb = meant.click.verb
    return (_vote if verb in DECISIONS else _OTHERS[verb])(meant, state)


def is_repeated(meant: Meant, state: RequestState, now: Millis) -> bool:
    """Whether the click's effect is there already, and a second one is not meant; never for who
    may not see the request."""
    click, email = meant.click, meant.person.email
    if click.verb not in COMPARED or not state.version:
        return False
    if not person_may_see(state, email, meant.directory):
        return False
    if click.verb is Verb.EDIT:
        follows = state.revision == click.binding.revision + 1
        if not follows or state.edited_by != email or state.content not in meant.contents:
            return False
        stands = read_revision(meant.contents[state.content])
        return all(written_value(state, stands, n) == v for n, v in click.edits.items())
    if state.remarks:
        newest = state.remarks[-1]
        said = (newest.person, text_of(newest.content, meant.contents), newest.question)
        words = visible((click.reason or "").strip())
        return now < newest.at + SAME_REMARK and said == (email, words, click.verb is Verb.ASK)
    return False


def _actor(meant: Meant) -> Actor:
    click, identity = meant.click, meant.click.identity
    # How somebody signed in on the pages counts for what may be decided there.
    signed_in = {SIGNED_IN: identity.realm} if identity.platform == WEB else {}
    return Actor(
        via=identity.platform, person=meant.person.email, evidence={**click.evidence, **signed_in}
    )


def _vote(meant: Meant, state: RequestState) -> CastVote:
    click = meant.click
    return CastVote(
        actor=_actor(meant),
        person=meant.person.email,
        decision=DECISIONS[click.verb],
        binding=click.binding,
        comment=meant.given.text,
        edit=_draft(meant, state) if click.verb is Verb.EDIT else None,
        batch=click.batch,
    )


def _draft(meant: Meant, state: RequestState) -> Draft | None:
    """The edited revision; None where nothing was changed, or for an old card, which the
    vote then is refused for."""
    click, drafting = meant.click, meant.given.drafting
    shown = (click.binding.revision, click.binding.commitment)
    if drafting is None or shown != (state.revision, state.commitment[:COMMITMENT_SHOWN]):
        return None
    stands = present(state, meant.contents)
    # A form gives every field back; only what somebody wrote otherwise is an edit.
    edits = {
        name: value
        for name, value in click.edits.items()
        if _as_typed(value) != _as_typed(written_value(state, stands, name))
    }
    return edited(state, meant.contents, edits, drafting) if edits else None


def _as_typed(text: str) -> str:
    """A text as it comes back from a form that nobody touched: with one kind of line end, whatever
    stood there (https://html.spec.whatwg.org/multipage/form-elements.html#concept-textarea-api-value).
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _withdraw(meant: Meant, _state: RequestState) -> WithdrawVote:
    return WithdrawVote(actor=_actor(meant), person=meant.person.email)


def _delegate(meant: Meant, _state: RequestState) -> Delegate:
    taker = meant.given.taker
    if taker is None:
        raise invalid("to", "is missing", "Choose the person who should decide instead.")
    return Delegate(
        actor=_actor(meant), person=meant.person.email, taker=taker, reason=meant.given.text
    )


def _remark(meant: Meant, _state: RequestState) -> Comment:
    if meant.given.text is None:
        raise invalid("text", "is empty", "Write something.")
    question = meant.click.verb is Verb.ASK
    return Comment(actor=_actor(meant), text=meant.given.text, question=question)


def _escalate(meant: Meant, state: RequestState) -> Escalate:
    return Escalate(
        actor=_actor(meant),
        person=meant.person.email,
        agent_key=_agent_key(meant, state),
        as_admin=_is_admin(meant),
        reason=meant.given.text,
    )


def _nudge(meant: Meant, state: RequestState) -> Nudge:
    return Nudge(
        actor=_actor(meant),
        person=meant.person.email,
        agent_key=_agent_key(meant, state),
        as_admin=_is_admin(meant),
    )


def _cancel(meant: Meant, state: RequestState) -> Cancel:
    return Cancel(
        actor=_actor(meant),
        person=meant.person.email,
        agent_key=_agent_key(meant, state),
        as_admin=_is_admin(meant),
        reason=meant.given.text,
    )


def _break_glass(meant: Meant, _state: RequestState) -> BreakGlass:
    return BreakGlass(
        actor=_actor(meant),
        person=meant.person.email,
        reason=meant.given.text,
        binding=meant.click.binding,
    )


def _agent_key(meant: Meant, state: RequestState) -> str | None:
    """The owner of an agent may do what the agent may."""
    return state.agent_key if meant.person.email == state.owner else None


def _is_admin(meant: Meant) -> bool:
    return meant.person.email in meant.directory.group(ADMINS)


_OTHERS: Mapping[Verb, Callable[[Meant, RequestState], Command]] = {
    Verb.WITHDRAW: _withdraw,
    Verb.DELEGATE: _delegate,
    Verb.COMMENT: _remark,
    Verb.ASK: _remark,
    Verb.ESCALATE: _escalate,
    Verb.NUDGE: _nudge,
    Verb.CANCEL: _cancel,
    Verb.BREAK_GLASS: _break_glass,
}
