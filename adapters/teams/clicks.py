"""A button press into an act: the core is asked, and what it answers is the answer.

A press that was repeated, or comes from an old card, is answered with what is true now.
"""

from msgspec.structs import replace

from adapters.teams.actions import Press
from adapters.teams.identity import PLATFORM, Inbound
from adapters.teams.inputs import lacking
from core.card import Verb
from core.chat.forms import AT_ONCE
from core.chat.port import Answer, Click, Conversations
from core.commands import Binding
from core.directory.people import Identity
from core.refusals import Reason


async def pressed(
    conversations: Conversations, person: Identity, where: Inbound, press: Press
) -> Answer:
    """Act, get the form for an act, or show."""
    if press.verb is None or press.binding is None:
        return await _shown(conversations, person, where, press)
    if press.opens:
        return await conversations.form(person, press.binding, press.verb, where.channel)
    if press.verb is Verb.DELEGATE and (problem := lacking(press.given)):
        return await _corrected(conversations, person, where, press, _unfit(problem))
    answer = await conversations.click(_click(person, where, press, press.binding))
    if answer.refused is None or answer.form is not None:
        return answer
    return await _corrected(conversations, person, where, press, answer)


async def _shown(
    conversations: Conversations, person: Identity, where: Inbound, press: Press
) -> Answer:
    if press.history:
        return await conversations.history(person, press.request, where.channel)
    return await present(conversations, person, press.request, where.channel)


async def present(
    conversations: Conversations, person: Identity, request: str, place: str = ""
) -> Answer:
    """A request's present card, which says it all; without one the sentence has to."""
    found = await conversations.status(person, request, place)
    return Answer(text="", card=found.card) if found.card else found


async def _corrected(
    conversations: Conversations, person: Identity, where: Inbound, press: Press, answer: Answer
) -> Answer:
    """A refusal with the form to mend it, where the act itself would count now."""
    assert press.verb is not None, "only an act is refused"
    assert press.binding is not None, "an act has its binding"
    if press.verb in AT_ONCE:
        return answer
    asked = await conversations.form(person, press.binding, press.verb, where.channel)
    if asked.form is not None:
        return replace(answer, form=asked.form, card=asked.card or answer.card)
    return asked if asked.refused is not None else answer


def _unfit(problem: str) -> Answer:
    return Answer(text=problem, refused=Reason.UNKNOWN_PERSON)


async def is_new(conversations: Conversations, where: Inbound) -> bool:
    """Whether what was written is not something that Teams delivers again.

    It is noted before it counts: what was lost is seen to be missing and written again.
    """
    key = once(where)
    return not key or await conversations.first_time(PLATFORM, key)


async def is_unanswered(conversations: Conversations, where: Inbound) -> bool:
    """Whether what was done needs its answer: once, and after it counted, so that an answer
    which was lost before it was sent comes with what Teams delivers again."""
    if not where.activity:
        return True
    return await conversations.first_time(PLATFORM, f"{where.conversation}|{where.activity}")


def once(where: Inbound) -> str:
    """What tells this activity from all others; "" where Teams gave it no id."""
    return f"{where.conversation}|{where.activity}|act" if where.activity else ""


def _click(person: Identity, where: Inbound, press: Press, binding: Binding) -> Click:
    assert press.verb is not None, "an act has its verb"
    given = press.given
    return Click(
        identity=person,
        binding=binding,
        verb=press.verb,
        place=where.channel,
        once=once(where),
        reason=given.comment if press.verb is Verb.APPROVE else given.reason,
        to=given.person,
        edits=given.edits,
        evidence=where.evidence,
    )
