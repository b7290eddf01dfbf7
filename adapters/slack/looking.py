"""The words of `/approvals` that show what is there: the queue, one request, the list of words."""

from collections.abc import Mapping

from adapters.slack import listing, render
from adapters.slack.actions import COMMAND
from adapters.slack.commands import Asked, Word
from adapters.slack.render import Message
from core.chat.port import Conversations
from core.chat.words import bare


def words(conversations: Conversations) -> Mapping[str, Word]:
    """`queue`, `status` and `help`."""

    async def queue(asked: Asked) -> Message:
        return listing.queue(await conversations.queue(asked.who))

    async def status(asked: Asked) -> Message:
        if len(asked.words) != 1:
            return listing.usage(f"Which request? Write {COMMAND} status and its id.")
        answer = await conversations.status(asked.who, bare(asked.words[0]))
        if answer.card is None:
            return listing.sentence(answer.text)
        return render.message(answer.card)

    async def help_(_asked: Asked) -> Message:
        return listing.usage()

    return {"queue": queue, "status": status, "help": help_}
