"""E-mail in the shape of the channel suite, over a real mail server of another make."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from html.parser import HTMLParser

from adapters.email import app as email
from core.directory.people import Identity
from core.ports import Channel
from core.rows import MessageRef
from core.tokens.links import Links
from core.tokens.signing import KeyRing, SigningKey
from core.value import Millis
from tests.contract.rig import Json, Rig
from tests.mailserver import PASSWORD, MailServer, body, mail_server

FINN, STRANGER = "finn@example.com", "nobody@example.com"
FAULTS = {"500": "451 not now", "drop_answer": "drop", "hang": "hang"}


class EmailRig(Rig):
    platform, post, edit = "email", "DATA", "DATA"
    copies, says_cut = 2, "(cut, see the full action)"
    edits = False
    finn = Identity(platform="email", realm="", account=FINN)
    stranger = Identity(platform="email", realm="", account=STRANGER)
    room = ""
    remedies = {
        "stranger": "check the person's address in the directory",
        "credentials": "the user and password in SMTP_URL",
        "no account": "not in the directory any more",
    }

    def __init__(self, mail: MailServer, channel: Channel) -> None:
        super().__init__(channel)
        self.mail = mail

    def fault(self, call: str, do: str, **fields: object) -> None:
        if fields.get("error") == "locked":
            self.mail.lock()
        elif do == "error":
            self.mail.always = str(fields["error"])
        else:
            self.mail.faults.append(FAULTS[do])

    def mend(self) -> None:
        self.mail.faults.clear()
        self.mail.always = ""
        self.mail.locked = False

    def calls(self, call: str) -> list[Json]:
        return [{"method": call} for _ in self.mail.taken]

    async def vanish(self) -> None:
        await self.mail.close()

    def messages(self, room: bool = False) -> list[Json]:
        found = [] if room else self.mail.letters(FINN)
        return [{"id": str(letter["Message-ID"]), "letter": letter} for letter in found]

    def id(self, ref: MessageRef) -> str:
        return f"<{ref.fields['id']}@example.com>"

    def buttons(self, message: Json) -> list[str]:
        links = re.findall(r"<a [^>]*>(.*?)</a>", body(_letter(message), "html"), re.DOTALL)
        return [html.unescape(link) for link in links]

    def menu(self, message: Json) -> list[str]:
        return []

    def read(self, message: Json) -> str:
        letter = _letter(message)
        return "\n".join([str(letter["Subject"]), body(letter), _Page(letter).text])

    def markup(self, message: Json) -> list[str]:
        # A subject and plain text have no markup; of the page only the tags are.
        return ["", *_Page(_letter(message)).tags]

    async def delete(self, ref: MessageRef) -> None:
        raise AssertionError("a letter is never looked up again")


class _Page(HTMLParser):
    """The HTML of a letter: its tags as they stand, and its text."""

    def __init__(self, letter: EmailMessage) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(body(letter, "html"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(self.get_starttag_text() or "")

    def handle_data(self, data: str) -> None:
        self.text += data


def _letter(message: Json) -> EmailMessage:
    letter: EmailMessage = message["letter"]
    return letter


@asynccontextmanager
async def lettered(now: Millis, secret: str | None = None) -> AsyncIterator[EmailRig]:
    """The rig; `secret` may be a wrong password."""
    async with mail_server() as mail:
        mail.unknown.add(STRANGER)
        settings = mail.settings(password=secret or PASSWORD)
        links = Links(KeyRing(SigningKey(b"1" * 32)))
        built = email.build(settings, links, "https://approve.example.com", lambda: now, [])
        await built.start()
        try:
            yield EmailRig(mail, built.channel)
        finally:
            await built.stop()
