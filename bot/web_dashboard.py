"""The dashboard and the review of a quarter, wired."""

from collections.abc import Sequence

from adapters.web.app import Site
from adapters.web.dashboard.handlers import Dashboard
from adapters.web.dashboard.review import ReviewPage
from adapters.web.pages import Nav
from bot.parts import Ground, Part
from core.audit.chain import Link
from core.insight.governance import Trail
from core.rows import ApiKey, PolicyRow
from core.rules.absence import Standing
from core.value import Millis
from storage.database import Storage

DASHBOARD = Nav(order=40, label="Dashboard", href="/dashboard")


class Governance:
    """Implements `core.insight.governance.Records`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def recorded(
        self, stream: str, kinds: Sequence[str], since: Millis, until: Millis, limit: int
    ) -> Sequence[Link]:
        return await self._storage.store.recorded(stream, kinds, since, until, limit)

    async def policies(self, limit: int) -> Sequence[PolicyRow]:
        return await self._storage.store.policies(limit)

    async def keys(self) -> Sequence[ApiKey]:
        return await self._storage.keys.all_keys()

    async def absences(self, since: Millis) -> Sequence[Standing]:
        return await self._storage.store.standing_since(since)

    async def trail(self) -> Trail:
        standing = await self._storage.trail.standing()
        newest = standing.checkpoint
        return Trail(
            events=standing.position, checkpoint=None if newest is None else newest.checkpoint
        )


def dashboard_part(ground: Ground, site: Site) -> Part:
    """The pages of figures."""
    world, storage, books = ground.world, ground.storage, ground.books

    def rules() -> Sequence[str]:
        return [rule.name for rule in books.policy().rules]

    dashboard = Dashboard(
        site.pages,
        storage.figures,
        storage.history,
        ground.chat.figures,
        world.directory,
        rules,
        world.clock,
    )
    review = ReviewPage(
        site.pages, storage.figures, Governance(storage), world.directory, world.clock
    )
    site.pages.add(DASHBOARD)
    return Part(routes=[*dashboard.routes(site.door), *review.routes(site.door)])
