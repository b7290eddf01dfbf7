"""A button press into an act: the core is asked, and what it answers is the answer.

A press that was repeated, or comes from an old card, is answered with what is true now.
"""

from msgspec.structs import replace

from adapters.teams.actions import AT_ONCE, Press
from adapters.teams.identity import PLATFORM, Inbound
from adapters.teams.inputs import lacking
from core.card import Verb
from core.chat.port import Answer, Click, Conversations
from core.commands import Binding
from core.directory.people import Identity
from core.refusals import Reason

AGAIN = "This arrived twice and counted at most once; the card shows what came of it."
_COUNT_ONCE = frozenset({Verb.APPROVE, Verb.REJECT})
"""Acts that the core itself counts once, however often they come, with the same answer."""


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
    if press.verb not in _COUNT_ONCE and not await is_new(conversations, where):
        present = await conversations.status(person, press.request, where.channel)
        return replace(present, text=AGAIN) if present.card else present
    answer = await conversations.click(
        _click(person, where, press, press.binding), _once(where, press.verb)
    )
    if answer.refused is None or answer.form is not None:
        return answer
    return await _corrected(conversations, person, where, press, answer)


async def _shown(
    conversations: Conversations, person: Identity, where: Inbound, press: Press
) -> Answer:
    if press.history:
        return await conversations.history(person, press.request, where.channel)
    shown = await conversations.status(person, press.request, where.channel)
    # The card says it all; without one the sentence has to.
    return Answer(text="", card=shown.card) if shown.card else shown


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
    """Whether an act that would count each time is not one that Teams delivers again.

    It is noted before it counts: a comment that was lost is seen to be missing and written
    again, while one that stands twice, or a second escalation, cannot be taken back.
    """
    return not where.activity or await conversations.first_time(PLATFORM, _key(where))


def _once(where: Inbound, verb: Verb) -> str:
    """What tells a decision from all others, for the core to note with its effect: delivered
    again it is answered again, but does not bring back what was taken back meanwhile."""
    return _key(where) if verb in _COUNT_ONCE and where.activity else ""


def _key(where: Inbound) -> str:
    return f"{where.conversation}|{where.activity}|act"


def _click(person: Identity, where: Inbound, press: Press, binding: Binding) -> Click:
    assert press.verb is not None, "an act has its verb"
    given = press.given
    return Click(
        identity=person,
        binding=binding,
        verb=press.verb,
        place=where.channel,
        reason=given.comment if press.verb is Verb.APPROVE else given.reason,
        to=given.person,
        edits=given.edits,
        evidence=where.evidence,
    )
