"""`/approvals delegate`: with a request's id that one is handed on, without one all while away."""

import re
from collections.abc import Mapping
from typing import Final

from adapters.slack import absences, listing, render
from adapters.slack.absences import EMPTY, UNTIL, person
from adapters.slack.commands import Asked, Word
from adapters.slack.identity import text
from adapters.slack.looking import bare
from adapters.slack.render import Message
from core.card import Card, Verb
from core.chat.port import Click, Conversations
from core.commands import Binding
from core.value import Value

EXAMPLE: Final = "/approvals delegate ID @name and why"

NO_DAY: Final = (
    "One request is handed on until it is decided, so a day means nothing here. Leave out the "
    f"day; or leave out the id to let somebody act for you while you are away: {absences.EXAMPLE}"
)

# No day that is written with letters and digits is as long: 24december stands apart.
_ID: Final = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9_.-]{12,100}")


class Handed(Value, frozen=True):
    """What somebody hands on, to whom (an account or an address) and why."""

    request: str
    to: str
    reason: str | None = None


def words(conversations: Conversations) -> Mapping[str, Word]:
    """`delegate` and `ooo`."""

    async def delegate(asked: Asked) -> Message:
        if any(map(is_id, asked.words)):
            return await _hand_on(conversations, asked)
        return await absences.reply(conversations, asked.who, asked.words, lists=False)

    async def ooo(asked: Asked) -> Message:
        return await absences.reply(conversations, asked.who, asked.words, lists=True)

    return {"delegate": delegate, "ooo": ooo}


def is_id(word: str) -> bool:
    """Whether a word can be a request's id, which is no word, no day and no address."""
    return _ID.fullmatch(bare(word)) is not None


def understood(written: tuple[str, ...]) -> Handed | str:
    """Which request, who and why; or what is not understood, as a sentence."""
    ids = [word for word in written if is_id(word)]
    people = {w: found for w in written if (found := person(w.strip(",.;"))) is not None}
    if len(set(people.values())) != 1:
        return f"Who is to decide it? Name one person: {EXAMPLE}"
    reason = [word for word in written if word != ids[0] and word not in people]
    if any(word.lower() in UNTIL for word in reason[:1]):
        return NO_DAY
    while reason and reason[0].lower() in EMPTY:
        reason = reason[1:]
    (to,) = set(people.values())
    return Handed(request=bare(ids[0]), to=to, reason=" ".join(reason) or None)


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
            binding=found.card.binding or _nothing(found.card),
            verb=Verb.DELEGATE,
            to=handed.to,
            reason=handed.reason,
            evidence={"team": asked.who.realm, "channel": text(asked.body, "channel_id")},
        )
    )
    if answer.card is None:
        return listing.sentence(answer.text)
    return render.message(answer.card, lead=answer.text)


def _nothing(card: Card) -> Binding:
    """What an act is about that is no decision: the request as it stands."""
    revision = card.revision
    return Binding(request=card.request, revision=revision, commitment="", level=0, round=0)
