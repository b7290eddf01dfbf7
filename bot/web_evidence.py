"""The download of evidence packs, wired."""

from typing import BinaryIO, Final

from adapters.web.app import Site
from adapters.web.evidence.download import Download
from bot.evidence_pack import EvidencePack, Period
from bot.parts import Ground, Part
from core.value import Millis

MOST: Final = 1_000_000
"""Events in a pack that a server makes; the command has no such bound."""


class ServersPacks:
    """Implements `core.audit.ports.Packs`."""

    def __init__(self, packs: EvidencePack) -> None:
        self._packs = packs

    async def pack(self, file: BinaryIO, begins: Millis | None, ends: Millis, at: Millis) -> None:
        """Write a pack, if it is not too large."""
        await self._packs.write(file, Period(begins=begins, ends=ends, at=at, most=MOST))


def evidence_part(ground: Ground, site: Site) -> Part:
    """The download; none without keys to sign with."""
    world = ground.world
    if world.ring is None:
        return Part()
    packs = ServersPacks(EvidencePack(ground.storage, world.ring, world.directory))
    download = Download(packs, world.directory, world.clock)
    return Part(routes=download.routes(site.door))
