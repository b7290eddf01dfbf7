"""The sample company with a mail server: people who are asked by letters and press on pages.

A press is what a browser does: it opens the link of a letter, and sends the form of the page.
"""

import html
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from dataclasses import replace as with_fields
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot import clock
from bot.sample import DIRECTORY
from bot.settings import Settings
from tests.e2e.company import Company, company
from tests.mailserver import MailServer, links, mail_server

PUBLIC = "https://approve.example.com"
"""What links begin with; tests open them at the server itself."""

_FORM = re.compile(r'<form method="post" action="(\w+)".*?name="t" value="([^"]+)"', re.DOTALL)


@dataclass
class Page:
    """What a browser got."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def said(self) -> str:
        """All text as its reader sees it."""
        shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", self.text, flags=re.DOTALL)
        return " ".join(html.unescape(shown).split())

    @property
    def forms(self) -> dict[str, str]:
        """The pass of each form, by its act."""
        return dict(_FORM.findall(self.text))


@dataclass
class Office:
    """The company and its mail server."""

    co: Company
    mail: MailServer

    async def letter(self, person: str, number: int = 1, about: str = "") -> EmailMessage:
        """The person's letter with this number (from 1), waiting until it is there."""

        async def there() -> EmailMessage | None:
            found = [m for m in self.mail.letters(person) if about in str(m["Subject"])]
            return found[number - 1] if len(found) >= number else None

        got: EmailMessage = await self.co.until(there)
        return got

    async def open(self, link: str, method: str = "GET", **headers: str) -> Page:
        """Follow a link of a letter."""
        parts = urlsplit(link)
        url = f"{self.co.base_url}{parts.path}?{parts.query}"
        async with self.co.http.request(method, url, headers=headers) as got:
            return Page(got.status, await got.text(), dict(got.headers))

    async def send(self, act: str, fields: dict[str, str], **headers: str) -> Page:
        """Send a page's form, as a browser does."""
        given = {"Sec-Fetch-Site": "same-origin", "Origin": "null"} | headers
        url = f"{self.co.base_url}/decide/{act}"
        async with self.co.http.post(url, data=fields, headers=given) as got:
            return Page(got.status, await got.text(), dict(got.headers))

    async def press(self, letter: EmailMessage, act: str, reason: str = "") -> Page:
        """Open the letter's link, and press on the page."""
        page = await self.open(links(letter)["look"])
        return await self.send(act, {"t": page.forms[act], "reason": reason})


@asynccontextmanager
async def office(
    folder: Path,
    *,
    by_mail: tuple[str, ...] = ("mara@example.com",),
    at: Callable[[], int] = clock.now,
    change: Callable[[Settings], Settings] = lambda settings: settings,
    **company_fields: Any,
) -> AsyncIterator[Office]:
    """Start everything; the people `by_mail` want letters and nothing else."""
    directory = folder / "directory.yaml"
    directory.write_text(_wanting_letters(by_mail))
    async with mail_server() as mail:

        def with_mail(settings: Settings) -> Settings:
            return change(with_fields(settings, mail=mail.settings(), public_url=PUBLIC))

        async with company(
            folder, directory=directory, at=at, change=with_mail, **company_fields
        ) as co:
            yield Office(co, mail)


def _wanting_letters(people: tuple[str, ...]) -> str:
    """The sample directory, in which these people want letters."""
    entries = re.split(r"(?m)^(?=  - email: )", DIRECTORY.read_text())
    for number, entry in enumerate(entries):
        first, _, rest = entry.partition("\n")
        if first.removeprefix("  - email: ") in people:
            kept = re.sub(r"    notify: .*\n", "", rest)
            entries[number] = f"{first}\n    notify: [email]\n{kept}"
    text = "".join(entries)
    assert text.count("notify: [email]") == len(people)
    return text
