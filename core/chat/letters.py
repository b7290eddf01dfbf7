"""The letter with a code: plain text, everything in it from the directory or from us."""

from typing import Final

from core.chat.linking_port import Letter
from core.directory.binding import MAIL_CODE_LIVES
from core.directory.codes import written_code
from core.directory.people import Identity, Person

MINUTES: Final = MAIL_CODE_LIVES // 60_000


def code_letter(person: Person, identity: Identity, command: str, code: str) -> Letter:
    """The code for an account that says it is this person's, and what to do if it is not."""
    platform = identity.platform.capitalize()
    text = f"""\
Hello {person.name},

somebody asked Countersign to let a {platform} account decide as you ({person.email}):
account {identity.account} of {identity.realm}.

If it was you, write this in {platform} within {MINUTES} minutes:

    {command} {written_code(code)}

If it was not you, do nothing, and give the code to nobody: without it nothing is changed.
If this goes on, tell whoever runs Countersign in your company.
"""
    subject = f"Your code to link {platform} to Countersign"
    return Letter(to=person.email, subject=subject, text=text)
