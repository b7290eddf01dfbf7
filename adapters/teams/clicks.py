"""A button press into a decision: the core is asked, and what it answers is the answer.

A press that was repeated, or comes from an old card, is answered with what is true now.
"""

from adapters.teams.actions import Press
from adapters.teams.buttons import ASK
from adapters.teams.identity import Inbound
from core.chat import Answer, Click, Conversations
from core.directory import Identity
from core.refusals import Reason
from core.request import Decision


async def pressed(
    conversations: Conversations, person: Identity, where: Inbound, press: Press
) -> Answer:
    """Decide, or show; a rejection without a reason decides nothing and asks for it."""
    if press.decision is None or press.binding is None:
        shown = await conversations.status(person, press.request, where.channel)
        # The card says it all; without one the sentence has to.
        return Answer(text="", card=shown.card) if shown.card else shown
    if press.decision is Decision.REJECT and press.reason is None:
        allowed = await conversations.may_reject(person, press.binding, where.channel)
        if allowed.refused is not None:
            return allowed
        return Answer(text=ASK, refused=Reason.REASON_REQUIRED, card=allowed.card)
    return await conversations.click(
        Click(
            identity=person,
            binding=press.binding,
            decision=press.decision,
            place=where.channel,
            reason=press.reason,
            evidence=where.evidence,
        )
    )
