"""The people who are kept beside the directory file, wired: taking up what changes, whoever changed
it; and SCIM where it is switched on."""

from aiohttp import web

from bot.parts import Ground, Part
from bot.scheduler import REFRESH_SECONDS
from bot.settling import Settling
from core.directory.changes import Guarded
from core.directory.kept import SCIM
from core.service.people import PeopleService, PeopleWorld, guarded_by


def directory_part(ground: Ground) -> Part:
    """Following the people who are kept; and SCIM."""
    books, people = ground.books, ground.storage.people
    settling = Settling(books, people, ground.approvals)
    routes: list[web.RouteDef] = []
    if ground.settings.scim is not None:
        # Loads the SCIM library, and what it stands on, only where it is used.
        from adapters.scim.app import build
        from bot.scim_door import entering

        service = PeopleService(_world(ground, settling), SCIM)
        enter = entering(ground.storage.keys, ground.world.clock, ground.watch)
        routes = build(service, enter, ground.settings.public_url)
    return Part(
        routes=routes,
        jobs=((settling.look, REFRESH_SECONDS),),
        start=settling.start,
        stop=settling.stop,
    )


def _world(ground: Ground, settling: Settling) -> PeopleWorld:
    books, world = ground.books, ground.world
    return PeopleWorld(
        people=ground.storage.people,
        file=books.alone,
        kept=lambda: books.kept,
        catch_up=settling.catch_up,
        changed=settling.changed,
        guarded=lambda: _guarded(ground),
        clock=world.clock,
        new_id=world.new_id,
    )


def _guarded(ground: Ground) -> Guarded:
    scim = ground.settings.scim
    return Guarded() if scim is not None and scim.admins else guarded_by(ground.books.policy())
