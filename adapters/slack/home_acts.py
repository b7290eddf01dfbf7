"""What people do on the Home tab, and what it shows afterwards.

After every act the tab of whoever acted is published anew. What only turns pages is published
against the view's hash, so that it never overwrites something newer; what follows a decision is
published in any case. `ack` is last, as everywhere.
"""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from adapters.slack import away, forms, home, home_state, home_together, identity, modals, pressing
from adapters.slack.actions import Where, read_several
from adapters.slack.desk import OLD_FORM, Desk
from core.chat import together
from core.chat.home_place import Place
from core.chat.home_turns import shown, turned
from core.chat.port import Chat
from core.directory.people import Identity

Json = dict[str, Any]


class HomeActs:
    """What Bolt calls for the Home tab and the modals that open from it."""

    def __init__(self, chat: Chat, desk: Desk) -> None:
        self._conversations = chat.conversations
        self._home = chat.home
        self._desk = desk

    def register(self, app: AsyncApp) -> None:
        """Tell Bolt who answers what."""
        app.event("app_home_opened")(self.opened)
        for name in (home.NEXT, home.BACK, home.QUEUE, home.OWN, home.REFRESH, home.ONLY):
            app.action(name)(self.turned)
        app.action(home_state.PICK)(self.ticked)
        app.action(home.SHOW)(self.show)
        app.action(home.TOGETHER)(self.ask_together)
        app.view(home_together.FORM)(self.together)
        app.action(home.AWAY)(self.open_away)
        app.action(away.END)(self.end_away)
        app.view(away.FORM)(self.set_away)

    async def opened(self, body: Json, event: Json) -> None:
        """Somebody looks at the app: they can be written to, and their tab is brought up to
        date, from its first page on."""
        # https://docs.slack.dev/reference/events/app_home_opened
        who = identity.of_event(body)
        await self._conversations.reachable(who)
        if identity.text(event, "tab") == "home":
            place = home_state.read(identity.text(event, "view", "private_metadata")).start()
            await self._publish(who, who.realm, place, identity.text(event, "view", "hash"))

    async def turned(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """Another page, another list, another filter, or the same anew."""
        press = pressing.press(body, action)
        to = identity.text(action, "action_id").removeprefix(home.PREFIX)
        place = turned(home_state.shown(body), to, press.value)
        await self._desk.turn(press, await self._view(press.identity, place), _hash(body))
        await ack()

    async def ticked(self, ack: AsyncAck) -> None:
        """A box was ticked; Slack keeps that until the button below is pressed."""
        await ack()

    async def show(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """A request's card in a modal."""
        press = pressing.press(body, action)
        answer = await self._conversations.status(press.identity, press.request or "")
        if answer.card is None:
            await self._desk.open(press, modals.sentence(answer.text))
        else:
            where = Where(home=home_state.write(home_state.shown(body)))
            await self._desk.open(press, modals.card(answer.card, where))
        await ack()

    async def ask_together(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """Name what is ticked and ask whether all of it is to be approved."""
        press, place = pressing.press(body, action), home_state.shown(body)
        chosen = home_state.ticked(body)
        said = together.NOTHING_CHOSEN
        view = None
        if chosen:
            present = await self._home.items(press.identity, [b.request for b in chosen])
            said = together.ALL_GONE
            view = home_together.question(chosen, present, home_state.write(place))
        await self._desk.open(press, view or modals.sentence(said))
        await ack()

    async def together(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """Approve what the question named, each by itself."""
        who = identity.of_interaction(body)
        found = read_several(identity.text(view, "private_metadata"))
        metadata, bindings = found or ("", ())
        if not bindings:
            await ack(**modals.replaced(OLD_FORM))
            return
        evidence = {"team": who.realm, "view": identity.text(view, "id")}
        once = forms.once(who, identity.text(view, "id"), identity.text(view, "hash"))
        done = await self._home.approve_many(who, bindings, evidence, once)
        await self.again(who, identity.team(body), metadata)
        await ack(response_action="update", view=home_together.outcome(done))

    async def open_away(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """Who acts for whom, and a form."""
        press = pressing.press(body, action)
        found = await self._conversations.absences(press.identity)
        metadata = home_state.write(home_state.shown(body))
        await self._desk.open(press, away.view(found, metadata))
        await ack()

    async def end_away(self, ack: AsyncAck, body: Json, action: Json) -> None:
        """The button beside one of them."""
        press = pressing.press(body, action)
        answer = await self._conversations.end_absence(press.identity, press.value)
        metadata = identity.text(body, "view", "private_metadata")
        found = await self._conversations.absences(press.identity)
        await self._desk.update(press, away.view(found, metadata, answer.text))
        await self.again(press.identity, press.team, metadata)
        await ack()

    async def set_away(self, ack: AsyncAck, body: Json, view: Json) -> None:
        """The form was sent: let somebody act, or say at which input it failed."""
        who, filled = identity.of_interaction(body), away.read(view)
        errors = away.complaints(filled)
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        own = await self._conversations.absences(who)
        starts, ends = away.span(filled, own.timezone)
        once = forms.once(who, identity.text(view, "id"), identity.text(view, "hash"))
        answer = await self._conversations.set_absence(who, filled.taker, starts, ends, once)
        if answer.refused is not None:
            errors = away.complaint(filled, answer.refused, answer.text)
            await ack(response_action="errors", errors=errors)
            return
        metadata = identity.text(view, "private_metadata")
        found = await self._conversations.absences(who)
        await self.again(who, identity.team(body), metadata)
        await ack(response_action="update", view=away.view(found, metadata, answer.text))

    async def again(self, who: Identity, team: str, metadata: str) -> None:
        """The tab after something was done from there: the same page, as it stands now."""
        await self._publish(who, team, home_state.read(metadata), "")

    async def _publish(self, who: Identity, team: str, place: Place, seen: str) -> None:
        await self._desk.publish(team, who.account, await self._view(who, place), seen)

    async def _view(self, who: Identity, place: Place) -> Json:
        return home.view(*await shown(self._home, who, place))


def _hash(body: Json) -> str:
    return identity.text(body, "view", "hash")
