"""Each platform with the people who press there: one shape for the suite of presses.

Finn and Faye are both of Finance. Finn has his cards in Teams; Faye has hers in Slack or, where
the suite is about e-mail, gets letters.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.e2e.company import Company, Json, company
from tests.e2e.lettered import Office, Page, office
from tests.e2e.tap import tapped
from tests.mailserver import links

FINN, FAYE = "finn@example.com", "faye@example.com"
OUTWARD = {
    "slack": ("chat.postMessage", "chat.update"),
    "teams": ("POST activities", "PUT activities"),
}
Again = Callable[[], Awaitable[int]]
"""Sends the last press once more, as somebody could who had overheard it; the answer's status."""


class Side(ABC):
    """One platform, with somebody of Finance who presses there and somebody who does not."""

    def __init__(self, platform: str, co: Company, person: str, other: str) -> None:
        self.platform, self.co, self.person, self.other = platform, co, person, other

    @abstractmethod
    async def card(self, title: str) -> Json:
        """What the person has there and can press, waiting until it is there."""

    @abstractmethod
    async def click(self, card: Json, label: str = "Approve") -> Json:
        """Press; what the presser was told, with `ok`."""

    @abstractmethod
    async def faults(self, *kinds: Json, to_bot: Json | None = None) -> None:
        """Let the calls outward meet these faults, one after the other; none ends them."""

    @abstractmethod
    async def clicked_again(self, card: Json) -> Again:
        """Press, overheard."""


class PlayedSide(Side):
    """A platform of the playground."""

    async def card(self, title: str) -> Json:
        find = self.co.slack_card if self.platform == "slack" else self.co.teams_card
        return await find(self.person, title)

    async def click(self, card: Json, label: str = "Approve") -> Json:
        press = self.co.slack_click if self.platform == "slack" else self.co.teams_click
        return await press(self.person, card, label)

    async def faults(self, *kinds: Json, to_bot: Json | None = None) -> None:
        calls = {call: list(kinds) for call in OUTWARD[self.platform]} if kinds else {}
        await self.co.faults(**{self.platform: calls}, to_bot=to_bot or {})

    async def clicked_again(self, card: Json) -> Again:
        place, name = self.co.play.place, f"{self.platform}_url"
        target = getattr(place, name)
        async with tapped(target, self.co.http) as tap:
            setattr(place, name, tap.url)
            await self.click(card)
            setattr(place, name, target)

        async def again() -> int:
            return (await tap.again(tap.heard[-1]))[0]

        return again


class LetterSide(Side):
    """E-mail: a card is the page behind a letter, a press is its form."""

    _FAULTS = {"429": "421 busy", "500": "451 later", "drop_answer": "drop"}

    def __init__(self, made: Office, person: str, other: str) -> None:
        super().__init__("email", made.co, person, other)
        self._office = made
        self._twice = False
        self._sent: tuple[str, dict[str, str]] = ("", {})

    async def card(self, title: str) -> Json:
        letter = await self._office.letter(self.person, about=title)
        page = await self._office.open(links(letter)["look"])
        return page.forms

    async def click(self, card: Json, label: str = "Approve") -> Json:
        act = label.lower()
        self._sent = (act, {"t": card[act]})
        done = [await self._send() for _ in range(2 if self._twice else 1)]
        return {"ok": all(each.status in (200, 409) for each in done), "said": done[-1].said}

    async def faults(self, *kinds: Json, to_bot: Json | None = None) -> None:
        self._office.mail.faults[:] = [self._FAULTS[kind["do"]] for kind in kinds]
        self._twice = bool(to_bot)

    async def clicked_again(self, card: Json) -> Again:
        await self.click(card)

        async def again() -> int:
            return (await self._send()).status

        return again

    async def _send(self) -> Page:
        return await self._office.send(*self._sent)


@asynccontextmanager
async def opened(platform: str, folder: Path) -> AsyncIterator[Side]:
    """The company with this side; a second call with the same folder goes on with it."""
    if platform == "email":
        # Who asks is told of the end by a letter, too.
        async with office(folder, by_mail=(FAYE, "alice@example.com")) as made:
            yield LetterSide(made, FAYE, FINN)
        return
    people: dict[str, Any] = {"slack": (FAYE, FINN), "teams": (FINN, FAYE)}
    async with company(folder) as co:
        yield PlayedSide(platform, co, *people[platform])
