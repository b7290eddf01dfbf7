"""People who ask: the form from `/approvals request`, a shortcut or a button, and its way back."""

from collections.abc import Mapping
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.slack import actions, ask_form, desk, identity, listing, modals, pressing
from adapters.slack.commands import Asked as Command
from adapters.slack.commands import Word
from adapters.slack.desk import Desk
from adapters.slack.manifest import REQUEST
from adapters.slack.pressing import Press
from adapters.slack.render import Message
from core.chat.asking_port import Asking, Wish

Json = dict[str, Any]


class Requests:
    """The form, wherever it is opened."""

    def __init__(self, asking: Asking, desk: Desk) -> None:
        self._asking = asking
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what."""
        app.shortcut(REQUEST)(self.shortcut)
        app.action(actions.REVISE)(self.again)
        app.view(ask_form.FORM)(self.sent)

    def words(self) -> Mapping[str, Word]:
        """`request`, with the title behind it."""
        return {"request": self.command}

    async def shortcut(self, ack: AsyncAck, body: Json) -> None:
        """Chosen from Slack's own list of shortcuts."""
        press = pressing.press(body, {})
        if (problem := await self._open(press)) is not None:
            await self._desk.tell(press, problem)
        await ack()

    async def command(self, asked: Command) -> Message | None:
        """`/approvals request`: the form says the rest."""
        press = pressing.written(asked.body)
        problem = await self._open(press, title=" ".join(asked.words))
        return None if problem is None else listing.sentence(problem)

    async def again(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The button of a request that may be changed, or asked for again."""
        press = pressing.press(body, action)
        problem: str | None = desk.OLD_BUTTON
        if press.request is not None:
            problem = await self._open(press, request=press.request)
        if problem is not None:
            await self._desk.tell(press, problem)
        await ack()

    async def sent(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """The form was sent: commit, then show the request in its place, or what is wrong."""
        filled = ask_form.read(view)
        if filled is None:
            answer = modals.replaced(desk.OLD_FORM)
        else:
            who = identity.of_interaction(body)
            evidence = {"team": who.realm, "view": filled.id}
            wish = Wish(filled.entries, filled.id, filled.about, evidence)
            answer = ask_form.answer(await self._asking.ask(who, wish), view)
        await ack(**answer)

    async def _open(self, press: Press, request: str = "", title: str = "") -> str | None:
        """Open the form; else the sentence that says why there is none."""
        form = await self._asking.form(press.identity, request, title)
        if form.refused is None:
            await self._desk.open(press, ask_form.view(form))
        return form.refused
