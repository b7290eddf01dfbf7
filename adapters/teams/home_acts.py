"""What people do with the queue's card, and what stands there afterwards.

The card is for its reader alone: in a personal chat, or answered there.
"""

from collections.abc import Mapping

from adapters.teams import absences, home
from adapters.teams.answers import Reply, answered
from adapters.teams.clicks import once, present
from adapters.teams.identity import Inbound
from adapters.teams.sections import notice
from core.chat import home_place, home_words, together
from core.chat.home_place import Place
from core.chat.home_turns import Turn, shown, turned
from core.chat.port import Chat
from core.commands import Binding
from core.directory.people import Identity

Data = Mapping[object, object]


class HomeActs:
    """The queue, page by page, and several approvals at once."""

    def __init__(self, chat: Chat) -> None:
        self._conversations = chat.conversations
        self._home = chat.home

    def concerns(self, data: Data) -> bool:
        """Whether a press is about the queue's card."""
        return data.get("verb") == home.HOME

    async def command(self, person: Identity) -> Reply:
        """`queue`: the first page."""
        return await self._page(person, Place())

    async def pressed(self, person: Identity, where: Inbound, data: Data) -> Reply:
        """Another page, a request, or an approval of several."""
        place, do = home_place.read(_text(data, home.AT)), _text(data, home.DO)
        match do:
            case home.SHOW:
                return await self._show(person, _text(data, home.ITEM), place)
            case home.TOGETHER:
                return await self._ask(person, _ticked(data), place)
            case home.APPROVE:
                return await self._approve(person, where, home.read(data.get(home.PICK)), place)
            case home.AWAY:
                return await absences.listed(self._conversations, person)
        given = home.ONLY_INPUT if do == Turn.ONLY else home.AFTER
        return await self._page(person, turned(place, do, _text(data, given)))

    async def _page(self, person: Identity, place: Place, said: str = "") -> Reply:
        page, place = await shown(self._home, person, place)
        if page.refused is not None:
            return Reply(page.refused, private=True)
        card = home.card(page, place, notice(said, refused=True) if said else None)
        return Reply(home_words.title(page, place), card, private=True)

    async def _show(self, person: Identity, request: str, place: Place) -> Reply:
        found = await present(self._conversations, person, request)
        reply = answered(found, private=True)
        if reply.card is None:
            return await self._page(person, place, reply.text)
        leads = {"type": "ActionSet", "separator": True, "actions": [home.back(place)]}
        reply.card["body"].append(leads)
        return reply

    async def _ask(self, person: Identity, chosen: list[Binding], place: Place) -> Reply:
        if not chosen:
            return await self._page(person, place, together.NOTHING_CHOSEN)
        present = await self._home.items(person, [each.request for each in chosen])
        asked, left = together.unchanged(chosen, present)
        if not asked:
            return await self._page(person, place, together.ALL_GONE)
        words = together.question(len(asked))
        return Reply(words, home.question(words, asked, left, place), private=True)

    async def _approve(
        self, person: Identity, where: Inbound, chosen: list[Binding], place: Place
    ) -> Reply:
        if not chosen:
            return await self._page(person, place, together.NOTHING_CHOSEN)
        done = await self._home.approve_many(person, chosen, where.evidence, once(where))
        refused = [
            (each.title or f"Request {each.request}", each.text)
            for each in done
            if each.refused is not None
        ]
        said = together.sums(done)
        return Reply("".join(said), home.outcome(said, refused, place), private=True)


def _ticked(data: Data) -> list[Binding]:
    """What is ticked, as it was shown; each request once."""
    found: dict[str, Binding] = {}
    for name, value in data.items():
        if isinstance(name, str) and name.startswith(home.PICK) and name != home.PICK:
            for bound in home.read(value):
                found.setdefault(bound.request, bound)
    return list(found.values())


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
