"""One letter with a code through the mail server: what became of it comes back as a value.

Sends plain text only, holds no connection and never tries again by itself.
"""

from email.errors import MessageError

from adapters.email.errors import UNWRITABLE
from adapters.email.letters import blank
from adapters.email.settings import MailSettings
from adapters.email.wire import Wire
from core.chat.linking_port import Letter
from core.ports import Dead, Outcome
from core.value import Millis


class Mail:
    """Sends letters as the settings say."""

    def __init__(self, settings: MailSettings) -> None:
        self._sender = settings.sender
        self._wire = Wire(settings, keeps=False)

    async def send(self, letter: Letter, id: str, at: Millis) -> Outcome:
        """Hand the letter to the mail server. `id` stays the same when it is sent again, so that
        a mailbox can tell; raises nothing for what the server answers."""
        try:
            message = blank(self._sender, letter.to, letter.subject, id, at)
        except (ValueError, IndexError, MessageError):
            return Dead(reason=UNWRITABLE)
        message.set_content(letter.text)
        return await self._wire.send(message, letter.to)
