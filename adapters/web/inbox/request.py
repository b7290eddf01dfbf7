"""One request in full, and every act that its card allows, bound to exactly what was shown."""

from typing import Final

from aiohttp import web

from adapters.web.inbox import acts, bound
from adapters.web.inbox.acts import Filled
from adapters.web.inbox.desk import NOT_THERE, Desk, evidence, known, once
from adapters.web.inbox.rows import INBOX
from adapters.web.inbox.talk import remarks
from adapters.web.pages import Message, TurnedAway
from adapters.web.visit import Visit
from core.card import Card, Verb
from core.cards.moments import moment
from core.cards.outline import outline
from core.chat.forms import has_form
from core.chat.port import Answer, Click
from core.commands import Binding
from core.refusals import Reason
from core.request import OPEN
from core.value import Millis
from core.web.spans import overdue

DETAILS: Final = "details"
"""The surface of these acts, as the trail keeps it."""

CUT_SHORT: Final = Message(
    400,
    "This form did not arrive as it was sent",
    "Nothing was changed. Load the page again and try once more.",
)


class OneRequest:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def look(self, visit: Visit) -> web.Response:
        """GET: the request as it stands."""
        return await self._shown(visit, 200, chosen=visit.request.query.get("act", ""))

    async def act(self, visit: Visit) -> web.Response:
        """POST: what was pressed on the page."""
        verb, binding, given = _verb(visit), _binding(visit), acts.values(visit)
        unfilled = acts.unfilled(verb, given)
        if unfilled is not None:
            return await self._shown(visit, 422, chosen=verb.value, filled=unfilled)
        answer = await self._desk.chat.conversations.click(self._click(visit, verb, binding, given))
        if answer.refused is Reason.UNKNOWN_ACCOUNT:
            known(answer.text)
        if answer.refused is None and answer.card is not None:
            return self._desk.pages.see_other(f"{INBOX}/{binding.request}", answer.text)
        return await self._refused(visit, verb, binding, given, answer)

    def _click(self, visit: Visit, verb: Verb, binding: Binding, given: dict[str, str]) -> Click:
        who = visit.visitor.identity
        to = given.get(acts.TO)
        return Click(
            identity=who,
            binding=binding,
            verb=verb,
            once=once(visit, verb.value),
            reason=given.get("reason", "") if has_form(verb) else None,
            to=to and self._desk.details.meant(who, to),
            edits=acts.edits(given) if verb is Verb.EDIT else {},
            evidence=evidence(visit, DETAILS),
        )

    async def _refused(
        self, visit: Visit, verb: Verb, binding: Binding, given: dict[str, str], answer: Answer
    ) -> web.Response:
        """What is true now, with what was written where it can be sent again."""
        if answer.card is None:
            raise TurnedAway(NOT_THERE)
        filled = Filled(
            verb=verb.value,
            values=given,
            wrong=answer.text,
            reason=answer.refused,
            bound=binding,
        )
        if answer.refused in acts.MENDED:
            return await self._shown(visit, 422, chosen=verb.value, filled=filled)
        return await self._shown(visit, 409, filled=filled, told=answer.text)

    async def _shown(
        self,
        visit: Visit,
        status: int,
        *,
        chosen: str = "",
        filled: Filled | None = None,
        **told: str,
    ) -> web.Response:
        who, request = visit.visitor.identity, visit.request.match_info["id"]
        found = await self._desk.details.look(who, request)
        card = found.card
        if card is None:
            raise TurnedAway(NOT_THERE)
        made = acts.acts(card, found.forms, chosen, filled)
        first, talk = acts.group(made, acts.FIRST), acts.group(made, acts.TALK)
        return self._desk.shown(
            visit,
            "request",
            status,
            found=found,
            card=outline(card),
            bound="" if card.binding is None else bound.write(card.binding),
            deadline=_deadline(card),
            late=_late(card, self._desk.clock()),
            voted=any(act.verb == Verb.WITHDRAW for act in made),
            first=first,
            talk=talk,
            others=[act for act in made if act not in first and act not in talk],
            remarks=remarks(card),
            colleagues=self._desk.details.colleagues(who) if first else (),
            revise=f"{INBOX}/new?of={card.request}" if card.revisable or found.again else "",
            at=card.request,
            version=card.version,
            **told,
        )


def _deadline(card: Card) -> str:
    if card.deadline is None or card.status not in OPEN:
        return ""
    return moment(card.deadline, card.timezone)


def _late(card: Card, now: Millis) -> str:
    """That the deadline has passed, and how long ago; "" where it has not."""
    if card.deadline is None or card.status not in OPEN or card.deadline >= now:
        return ""
    return overdue(card.deadline, now)


def _verb(visit: Visit) -> Verb:
    named = visit.request.match_info["verb"]
    if named not in acts.POSTED:
        raise web.HTTPNotFound
    return Verb(named)


def _binding(visit: Visit) -> Binding:
    """What the form was about: the request of its address, as it was shown."""
    found = bound.read(visit.one("bound"))
    if found is None or found.request != visit.request.match_info["id"]:
        raise TurnedAway(CUT_SHORT)
    return found
