"""Several approvals at once: first every one of them is named, then each is approved by itself,
on exactly what the list showed of it.
"""

from typing import Final

from aiohttp import web

from adapters.web.inbox import bound, rows
from adapters.web.inbox.desk import Desk, evidence, once
from adapters.web.inbox.rows import INBOX
from adapters.web.visit import Visit
from core.chat.home_port import MOST_TOGETHER, Approved
from core.commands import Binding
from core.value import Value

BATCH: Final = "batch"
"""The surface of these approvals, as the trail keeps it."""

NOTHING: Final = "Tick what you want to approve, then press “Approve together”."
TOO_MANY: Final = (
    f"At most {MOST_TOGETHER} can be approved together: the first {MOST_TOGETHER} are."
)
CHANGED: Final = "It has changed since the list was shown, or is not yours to approve any more."


class LeftOut(Value, frozen=True):
    """A request that was ticked and is not among those to confirm."""

    href: str
    why: str


class Done(Value, frozen=True):
    """What became of one of the approvals."""

    href: str
    title: str
    text: str
    counted: bool


class Together:
    """The handlers."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def review(self, visit: Visit) -> web.Response:
        """POST: name all that was ticked, and ask once more. Changes nothing."""
        chosen = _chosen(visit)
        if not chosen:
            return self._desk.pages.see_other(INBOX, NOTHING)
        who, person = visit.visitor.identity, visit.visitor.person
        found = await self._desk.chat.home.items(who, list(chosen)[:MOST_TOGETHER])
        same = [each for each in found if each.batch and each.binding == chosen[each.request]]
        at, known = self._desk.clock(), {each.request for each in same}
        left = [each for each in list(chosen)[:MOST_TOGETHER] if each not in known]
        return self._desk.shown(
            visit,
            "together",
            409 if not same else 200,
            rows=[rows.row(each, at, person.timezone) for each in same],
            left=[LeftOut(href=f"{INBOX}/{each}", why=CHANGED) for each in left],
            too_many=TOO_MANY if len(chosen) > MOST_TOGETHER else "",
        )

    async def approve(self, visit: Visit) -> web.Response:
        """POST: approve those that were confirmed, and say of each what became of it."""
        chosen = _chosen(visit)
        if not chosen:
            return self._desk.pages.see_other(INBOX, NOTHING)
        done = await self._desk.chat.home.approve_many(
            visit.visitor.identity,
            list(chosen.values()),
            evidence(visit, BATCH),
            once(visit, BATCH),
        )
        counted = sum(each.refused is None for each in done)
        return self._desk.shown(
            visit, "approved", done=[_done(each) for each in done], counted=counted
        )


def _chosen(visit: Visit) -> dict[str, Binding]:
    """What the boxes stand for, by request, in their order."""
    read = (bound.read(text) for text in visit.all("bound"))
    return {each.request: each for each in read if each is not None}


def _done(each: Approved) -> Done:
    return Done(
        href=f"{INBOX}/{each.request}" if each.title is not None else "",
        title=each.title or each.request,
        text=each.text,
        counted=each.refused is None,
    )
