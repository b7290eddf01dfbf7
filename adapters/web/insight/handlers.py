"""`/insight`: what the numbers say, for administrators, with the changes that they may propose."""

from collections.abc import Callable
from typing import Final

from aiohttp import web

from adapters.web.insight.shown import groups, proposals
from adapters.web.pages import Message, Pages, TurnedAway
from adapters.web.visit import Door, Visit
from core.cards.moments import moment
from core.directory.people import WEB, Directory
from core.events import Actor
from core.insight.proposals import Found
from core.refusals import Refused
from core.service.access import ADMINS
from core.service.proposing import Proposing
from core.value import Millis

PATH: Final = "/insight"
SHOWN: Final = 50
"""Proposals on the page: the newest."""

NOT_YOURS: Final = Message(
    403,
    "This page is for administrators",
    "It says how people decide, so only members of the group admins see it.",
)


class Insight:
    """Handlers of pages."""

    def __init__(
        self,
        pages: Pages,
        proposing: Proposing,
        directory: Callable[[], Directory],
        version: Callable[[], str],
        clock: Callable[[], Millis],
        *,
        from_file: bool,
    ) -> None:
        self._pages = pages
        self._proposing = proposing
        self._directory = directory
        self._version = version
        self._clock = clock
        self._from_file = from_file

    def routes(self, door: Door) -> list[web.RouteDef]:
        """The page, its form, and the texts that wait for a file."""
        return [
            door.get(PATH, self.look),
            door.post(f"{PATH}/propose", self.propose),
            door.get(f"{PATH}/accepted/{{id}}", self.accepted),
        ]

    async def look(self, visit: Visit) -> web.StreamResponse:
        """GET of the page."""
        self._require_admin(visit)
        ledger, person = self._proposing.ledger, visit.visitor.person
        found = await ledger.found() or Found(at=0, policy=self._version())
        proposed = await ledger.proposed(SHOWN)
        stale = found.policy != self._version()
        shown = proposals(proposed, self._directory(), person.timezone, from_file=self._from_file)
        return self._pages.shown(
            visit,
            "insight/page",
            groups=groups(found.items, proposed, self._clock(), stale=stale),
            proposals=shown,
            found=found,
            at=moment(found.at, person.timezone) if found.at else "",
            from_file=self._from_file,
        )

    async def propose(self, visit: Visit) -> web.StreamResponse:
        """POST of the button: asks for the change, as the visitor."""
        self._require_admin(visit)
        person = visit.visitor.person.email
        actor = Actor(via=WEB, person=person, evidence={"session": visit.visitor.session})
        try:
            request = await self._proposing.propose(visit.one("finding"), person, actor)
        except Refused as refused:
            return self._pages.see_other(PATH, refused.sentence)
        told = f"Proposed, with request {request}. Another administrator decides it."
        return self._pages.see_other(PATH, told)

    async def accepted(self, visit: Visit) -> web.StreamResponse:
        """GET of a text that was approved, as a file."""
        self._require_admin(visit)
        try:
            text = await self._proposing.accepted(visit.request.match_info["id"])
        except Refused as refused:
            raise TurnedAway(Message(404, "There is no such text", refused.sentence)) from refused
        headers = {"Content-Disposition": 'attachment; filename="policy.yaml"'}
        return web.Response(text=text, content_type="application/yaml", headers=headers)

    def _require_admin(self, visit: Visit) -> None:
        if visit.visitor.person.email not in self._directory().group(ADMINS):
            raise TurnedAway(NOT_YOURS)
