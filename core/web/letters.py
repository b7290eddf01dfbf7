"""The letter with a link to sign in: plain text, everything in it from the directory or from us."""

from typing import Final

from core.chat.linking_port import Letter
from core.directory.people import Person
from core.web.sessions import LINK_LIVES

MINUTES: Final = LINK_LIVES // 60_000


def sign_in_letter(person: Person, url: str) -> Letter:
    """The link for the person with this mailbox, and what to do if they did not ask for it."""
    text = f"""\
Hello {person.name},

somebody asked for a link to sign in to Countersign as you ({person.email}).

If it was you, open this within {MINUTES} minutes. It works once:

    {url}

If it was not you, do nothing, and give the link to nobody: without it nothing happens.
If this goes on, tell whoever runs Countersign in your company.
"""
    return Letter(to=person.email, subject="Your link to sign in to Countersign", text=text)
