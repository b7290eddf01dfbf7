"""Requests that wait for Finn over the real service, and what he does on his Home tab."""

from typing import Any

from msgspec.structs import replace

from adapters.slack import home, home_state
from core.chat.home import HomeService
from core.chat.port import Chat
from core.directory.people import Directory, Identity, Person
from core.route import Route
from tests.adapters.slack import limits
from tests.adapters.slack.conftest import FINN, TEAM, Rig
from tests.core import builders
from tests.core.builders import a_route, stage
from tests.core.desk import Desk
from tests.core.shown import asked
from tests.ports import a_chat

Json = dict[str, Any]

FINN_MAIL, EVE_MAIL = builders.FINN, "eve@example.com"
FINNS = stage(1, "Finance", FINN_MAIL)
TOGETHER = a_route(FINNS, batch=True)
ALONE = a_route(FINNS, rule="alone")


def account(user: str) -> tuple[Identity, ...]:
    return (Identity(platform="slack", realm=TEAM, account=user),)


PEOPLE = Directory(
    (
        Person(email=FINN_MAIL, name="Finn Fischer", identities=account(FINN)),
        Person(email=EVE_MAIL, name="Eve Ende", identities=account("U00NOBODY")),
        *(p for p in builders.PEOPLE if p.email != FINN_MAIL),
    )
)


class Office:
    """Requests that wait for Finn, in a store in memory."""

    def __init__(self) -> None:
        self.desk = Desk(asked(route=TOGETHER))
        self.desk.directory = PEOPLE
        self.desk.store.states.clear()

    def chat(self) -> Chat:
        return a_chat(self.desk.chat, home=HomeService(self.desk.chat._world, self.desk.chat))

    def wait(self, count: int, route: Route = TOGETHER, **fields: Any) -> list[str]:
        """So many more requests, with ids in order."""
        store, state = self.desk.store, asked(route=route, **fields).state
        made = [f"R{len(store.states) + n:03d}" for n in range(1, count + 1)]
        for name in made:
            store.states[name] = replace(state, id=name)
            store.bodies[name] = dict(store.bodies["R1"])
        return made

    def statuses(self) -> list[str]:
        return [state.status.value for state in self.desk.store.states.values()]


def tab(rig: Rig, user: str = FINN) -> Json:
    found: Json = rig.state["homes"][user]
    return found


def texts(view: Json) -> str:
    """All that a view says, a line each."""
    return "\n".join(text["text"] for text in limits.texts(view["blocks"]))


def listed(view: Json) -> list[str]:
    """The requests that are listed, in order."""
    ids = [b["block_id"] for b in view["blocks"]]
    return [i.removeprefix("countersign_item_") for i in ids if "_item_" in i]


async def opened(rig: Rig, user: str = FINN) -> Json:
    """The tab after somebody looked at it."""
    done = await rig.act(user, "home")
    assert done["ok"], done
    return tab(rig, user)


async def press(rig: Rig, action: str, block: str | None = None, **fields: object) -> Json:
    view = tab(rig)
    done = await rig.act(
        FINN, "click", view_id=view["id"], action_id=action, block_id=block, **fields
    )
    assert done["ok"], done
    return tab(rig)


def boxes(view: Json, *requests: str) -> Json:
    """The state of the tab with these requests ticked."""
    found: Json = {}
    for block in view["blocks"]:
        for element in block.get("elements", []):
            request = block["block_id"].rpartition("_")[2]
            if element.get("action_id") == home_state.PICK and request in requests:
                value = [element["options"][0]["value"]]
                found[block["block_id"]] = {home_state.PICK: value}
    assert len(found) == len(requests)
    return found


async def press_all(rig: Rig, made: list[str]) -> None:
    await press(rig, home.TOGETHER, state=boxes(await opened(rig), *made))
