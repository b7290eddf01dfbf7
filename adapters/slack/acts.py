"""What follows a pressed button: show something, ask for more in a form, or act at once.

A form is opened inline, in bounded time, and decides nothing; what acts is committed
before the press is acknowledged.
"""

from adapters.slack import desk, forms, menu, modals
from adapters.slack.actions import Act
from adapters.slack.desk import Desk
from adapters.slack.pressing import Press
from core.card import Verb
from core.chat.forms import AT_ONCE
from core.chat.healing_port import OUT_OF_DATE, Healing
from core.chat.port import Answer, Click, Conversations
from core.commands import Binding


class Acts:
    """From a press to the core and back to whoever pressed."""

    def __init__(self, conversations: Conversations, healing: Healing, desk: Desk) -> None:
        self._conversations = conversations
        self._healing = healing
        self._desk = desk

    async def do(self, press: Press) -> None:
        """Whatever the button or the entry of the menu stands for."""
        match press.act:
            case None:
                await self._desk.tell(press, desk.OLD_BUTTON)
            case Act(verb=Verb.VIEW):
                await self._view(press, press.act.request)
            case Act(verb=Verb.HISTORY):
                await self._history(press, press.act.request)
            case Act(verb=Verb() as verb, binding=Binding() as binding):
                await (self._now if verb in AT_ONCE else self._ask)(press, verb, binding)
            case Act(request=request):
                await self._choices(press, request)

    async def _view(self, press: Press, request: str) -> None:
        """The whole action, to whoever may see the request."""
        answer = await self._conversations.status(press.identity, request, press.where.place)
        if answer.card is None:
            await self._desk.tell(press, answer.text)
        else:
            await self._desk.open(press, modals.whole_action(answer.card))

    async def _history(self, press: Press, request: str) -> None:
        """What happened, to whoever may see the request."""
        answer = await self._conversations.history(press.identity, request, press.where.place)
        if answer.refused is not None:
            await self._desk.tell(press, answer.text)
        else:
            await self._desk.open(press, modals.history(request, answer.text))

    async def _choices(self, press: Press, request: str) -> None:
        """All that this person may do with the request now."""
        answer = await self._conversations.status(press.identity, request, press.where.place)
        if answer.card is None:
            await self._desk.tell(press, answer.text)
        else:
            await self._desk.open(press, menu.choices(answer.card, press.where))

    async def _ask(self, press: Press, verb: Verb, binding: Binding) -> None:
        """The act's form, unless the act would not count now."""
        place = press.where.place
        answer = await self._conversations.form(press.identity, binding, verb, place)
        if answer.refused is not None or answer.form is None:
            await self._heal(press, binding, answer)
            await self._desk.answer(press, answer)
        else:
            await self._open(press, answer)

    async def _now(self, press: Press, verb: Verb, binding: Binding) -> None:
        """An act that needs nothing but the click.

        On a posted card a refused approval is told by the relay, from the same transaction;
        a counted one shows on the card itself.
        """
        by_relay = verb is Verb.APPROVE and not press.ephemeral and not press.view
        answer = await self._conversations.click(
            Click(
                identity=press.identity,
                binding=binding,
                verb=verb,
                place=press.where.place,
                once=press.once,
                evidence=press.evidence,
                answer_to=press.answer_to if by_relay else None,
            )
        )
        await self._heal(press, binding, answer)
        if answer.form is not None:
            await self._open(press, answer)
        elif not by_relay:
            await self._desk.answer(press, answer)

    async def _heal(self, press: Press, binding: Binding, answer: Answer) -> None:
        """An out-of-date card that was pressed on is brought up to date by the relay."""
        if answer.refused in OUT_OF_DATE and press.message is not None:
            request, place = binding.request, press.where.place
            await self._healing.out_of_date(press.identity, request, press.message, place)

    async def _open(self, press: Press, answer: Answer) -> None:
        if answer.form is not None:
            about = forms.about(answer.card) if answer.card else answer.text
            await self._desk.open(press, forms.view(answer.form, about, press.where))
