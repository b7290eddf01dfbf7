"""The page behind a letter's link: it shows what is true now, and asks once more.

GET and HEAD change nothing, since mail scanners follow links. Only the form of such a page
decides, as the person to whom the letter was sent; the core judges whether that counts.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog
from aiohttp import web
from msgspec.structs import replace

from adapters.web.incoming import origin_of, read_form
from adapters.web.pages import Message, Pages, TurnedAway
from core.card import Card, Verb
from core.cards.outline import outline
from core.chat.form import Field
from core.chat.forms import has_form
from core.chat.port import Answer, Click, Conversations
from core.directory.people import EMAIL, Identity
from core.reasons import Reason
from core.request import OPEN
from core.tokens.links import Fault, LinkError, Links, Pass
from core.value import Millis, Value

LOOK: Final = "look"
SURFACE: Final = "decide"
"""The kind of page, as the trail keeps it beside what was decided there."""
DECIDING: Final = (Verb.APPROVE, Verb.REJECT, Verb.REQUEST_CHANGES)

_STATUS: Final = {
    Reason.REASON_REQUIRED: 422,
    Reason.TEXT_TOO_LONG: 422,
    Reason.INVALID_FIELD: 422,
}
"""What can be mended in the form; everything else is a matter of how things stand: 409."""

_AGAIN: Final = "Open the link in your newest letter, or ask an administrator."
FORGED: Final = Message(
    400, "This link is not complete", f"It may have been cut on its way. {_AGAIN}"
)
EXPIRED: Final = Message(410, "This link has expired", f"Nothing was changed. {_AGAIN}")
UNKNOWN_PAGE: Final = Message(404, "There is no such page", _AGAIN)
GONE: Final = Message(
    403,
    "This link decides nothing any more",
    "It was sent to somebody who is not in the directory today. Nothing was changed.",
)
NOT_YOURS: Final = Message(
    404,
    "There is nothing to see here",
    "The request is not there, or is with others now. Nothing was changed.",
)

BROKEN: Final = Message(
    503,
    "This did not work",
    "It is not known whether anything was changed. Open the link in your letter again in a moment: "
    "the page says what is true.",
)

MOVED_ON: Final = (
    "The request has moved on since this letter was sent, so nothing can be decided from it. "
    "If you are asked again, a newer letter says so."
)
OVER: Final = "Nothing is asked of you any more."
NOTHING: Final = "There is nothing for you to decide here now."
ON_THE_PAGES: Final = (
    "A letter is not enough to decide this. It is decided on the web pages, by who signed in there "
    "with the company account."
)
VOTED: Final = "You have decided already. What you choose here replaces that."


log = structlog.get_logger("pages")


class Choice(Value, frozen=True):
    """One act on the page; `field` is what it asks for, `hint` what to know before."""

    verb: str
    label: str
    hint: str = ""
    field: Field | None = None


class Deciding:
    """The handlers; `new_id` tells the forms of two pages from one another."""

    def __init__(
        self,
        conversations: Conversations,
        links: Links,
        public_url: str,
        clock: Callable[[], Millis],
        new_id: Callable[[], str],
        pages: Pages,
    ) -> None:
        self._conversations = conversations
        self._links = links
        self._origin = origin_of(public_url)
        self._clock = clock
        self._new_id = new_id
        self._pages = pages

    async def look(self, request: web.Request) -> web.Response:
        """GET: what is true now, with the buttons of whoever may press them."""
        return await self._answered(self._look(request))

    async def decide(self, request: web.Request) -> web.Response:
        """POST: what was pressed on the page."""
        return await self._answered(self._decide(request))

    async def _answered(self, page: Awaitable[web.Response]) -> web.Response:
        """The page, or the one that says why there is none."""
        try:
            return await page
        except TurnedAway as turned:
            return self._pages.message(turned.message)
        except Exception:
            # A person in a browser is told what to do; the operator finds the reason in the log.
            log.exception("page_failed")
            return self._pages.message(BROKEN)

    async def _look(self, request: web.Request) -> web.Response:
        act = _act(request, LOOK)
        given = self._read(request.query.get("t", ""))
        answer = await self._conversations.status(_who(given), given.binding.request)
        return await self._shown(given, _seen(answer), act)

    async def _decide(self, request: web.Request) -> web.Response:
        act = _act(request)
        form = await read_form(request, self._origin)
        given = self._read(form.get("t", ""))
        if not given.form:
            raise TurnedAway(FORGED)
        return await self._pressed(given, Verb(act), form.get("reason", ""))

    async def _pressed(self, given: Pass, verb: Verb, words: str) -> web.Response:
        click = Click(
            identity=_who(given),
            binding=given.binding,
            verb=verb,
            # Browsers end the lines of a form as mail does.
            reason=words.replace("\r\n", "\n") if has_form(verb) else None,
            evidence={"letter": given.letter, "surface": SURFACE},
            once=f"{given.form}.{verb.value}",
        )
        answer = await self._conversations.click(click)
        card = _seen(answer)
        status = 200 if answer.refused is None else _STATUS.get(answer.refused, 409)
        if status == 422:
            return await self._shown(given, card, verb.value, wrong=answer.text, words=words)
        done = answer.refused is None
        return self._page(status, card, told=answer.text, done=done)

    async def _shown(
        self, given: Pass, card: Card, act: str, wrong: str = "", words: str = ""
    ) -> web.Response:
        """The card, with the forms of what can be done if the letter was about exactly this."""
        if given.binding.revision == 0 and card.binding is not None:
            given = replace(given, binding=card.binding)
        same = card.binding == given.binding
        choices = await self._choices(given, card) if same else []
        if not choices:
            return self._page(200, card, told=_untold(card, same=same))
        choices.sort(key=lambda choice: choice.verb != act)
        voted = any(button.verb is Verb.WITHDRAW for button in card.more)
        return self._page(
            422 if wrong else 200,
            card,
            told=VOTED if voted else "",
            choices=choices,
            chosen=act,
            wrong=wrong,
            words=words,
            token=self._links.sign(replace(given, form=self._new_id())),
        )

    async def _choices(self, given: Pass, card: Card) -> list[Choice]:
        """What this person may do here, each with what it asks for."""
        found = []
        for button in (*card.buttons, *card.more):
            if button.verb not in DECIDING:
                continue
            if not has_form(button.verb):
                hint = "" if button.confirm is None else button.confirm.text
                found.append(Choice(button.verb.value, button.label, hint))
                continue
            who = _who(given)
            asked = (await self._conversations.form(who, given.binding, button.verb)).form
            if asked is not None:
                field = asked.fields[-1]
                found.append(Choice(button.verb.value, button.label, asked.intro or "", field))
        return found

    def _page(
        self,
        status: int,
        card: Card,
        *,
        told: str,
        done: bool = False,
        choices: Sequence[Choice] = (),
        **form: str,
    ) -> web.Response:
        values = {"chosen": "", "wrong": "", "words": "", "token": ""} | form
        shown = outline(card)
        return self._pages.page(
            "decide", status, card=shown, told=told, done=done, choices=choices, **values
        )

    def _read(self, text: str) -> Pass:
        try:
            return self._links.read(text, self._clock())
        except LinkError as error:
            raise TurnedAway(EXPIRED if error.fault is Fault.EXPIRED else FORGED) from None


def _untold(card: Card, *, same: bool) -> str:
    """Why there is nothing to press; `same` where the letter was about what is asked now."""
    if card.status not in OPEN:
        return OVER
    if not same:
        return MOVED_ON
    return ON_THE_PAGES if card.elsewhere else NOTHING


def _act(request: web.Request, *also: str) -> str:
    act = request.match_info["act"]
    if act not in (*DECIDING, *also):
        raise TurnedAway(UNKNOWN_PAGE)
    return act


def _who(given: Pass) -> Identity:
    """A mailbox is the account: whoever has the letter acts as its person."""
    return Identity(platform=EMAIL, realm="", account=given.person)


def _seen(answer: Answer) -> Card:
    """The request as this person may see it. Raises TurnedAway."""
    if answer.refused is Reason.UNKNOWN_ACCOUNT:
        raise TurnedAway(GONE)
    if answer.card is None:
        raise TurnedAway(NOT_YOURS)
    return answer.card
