"""`/approvals delegate`: with a request's id that one is handed on, without one all while away."""

from collections.abc import Mapping
from typing import Final

from adapters.slack import absences, listing, render
from adapters.slack.absences import person
from adapters.slack.commands import Asked, Word
from adapters.slack.identity import text
from adapters.slack.render import Message
from core.card import Verb
from core.chat import handing
from core.chat.handing import Handed, is_id
from core.chat.port import Click, Conversations

EXAMPLE: Final = "/approvals delegate ID @name and why"

NO_DAY: Final = handing.NO_DAY.format(example=absences.EXAMPLE)


def words(conversations: Conversations) -> Mapping[str, Word]:
    """`delegate` and `ooo`."""

    async def delegate(asked: Asked) -> Message:
        if any(map(is_id, asked.words)):
            return await _hand_on(conversations, asked)
        return await absences.reply(conversations, asked, lists=False)

    async def ooo(asked: Asked) -> Message:
        return await absences.reply(conversations, asked, lists=True)

    return {"delegate": delegate, "ooo": ooo}


def understood(written: tuple[str, ...]) -> Handed | str:
    """Which request, who and why; or what is not understood, as a sentence."""
    return handing.understood(written, person, EXAMPLE, absences.EXAMPLE)


async def _hand_on(conversations: Conversations, asked: Asked) -> Message:
    handed = understood(asked.words)
    if isinstance(handed, str):
        return listing.usage(handed)
    found = await conversations.status(asked.who, handed.request)
    if found.card is None:
        return listing.sentence(found.text)
    answer = await conversations.click(
        Click(
            identity=asked.who,
            binding=handing.about(found.card),
            verb=Verb.DELEGATE,
            once=asked.once,
            to=handed.to,
            reason=handed.reason,
            evidence={"team": asked.who.realm, "channel": text(asked.body, "channel_id")},
        )
    )
    if answer.card is None:
        return listing.sentence(answer.text)
    return render.message(answer.card, lead=answer.text)
