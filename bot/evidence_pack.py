"""Makes the evidence pack: one signed zip file with everything an auditor asks for of a period.

Read page by page and written at once, so that a long trail needs no memory. The same state of the
database gives the same bytes for the same moment.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import BinaryIO, Final

from bot.auditing import Auditing
from bot.evidence_access import SigningTable, access_files
from bot.evidence_readme import readme
from bot.evidence_zip import Packing
from core.audit.cells import Cell, csv_bytes, moment
from core.audit.checkpoint import Signed
from core.audit.pack import MANIFEST, TRAIL, Member, manifest_bytes
from core.audit.ports import PackTooLarge
from core.audit.summary import DECISIONS, INCIDENTS, decision, incident, is_end, looked_at
from core.directory.people import Directory
from core.tokens.signing import KeyRing
from core.value import Millis, encode
from storage.database import Storage
from storage.evidence import InForce

PAGE: Final = 200
"""Requests read at once."""

ID_BYTES: Final = 27
"""A request's id and a line end."""

POLICIES: Final = ("number", "version", "in_force_from", "in_force_until", "by", "file")


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """From `begins` (None: from the first event on) until before `ends`; the pack is made `at`.
    `most` is how many events the pack may hold, None for any number."""

    ends: Millis
    at: Millis
    begins: Millis | None = None
    most: int | None = None

    def holds(self, moment: Millis) -> bool:
        return (self.begins or 0) <= moment < self.ends


class EvidencePack:
    """Writes packs of one database."""

    def __init__(self, storage: Storage, ring: KeyRing, directory: Callable[[], Directory]) -> None:
        self._storage = storage
        self._ring = ring
        self._directory = directory

    async def write(self, file: BinaryIO, period: Period) -> Sequence[Member]:
        """Write a whole pack into a file that can be searched; what is in it. Raises PackTooLarge
        and EvidenceBusy."""
        packing = Packing(file, period.at)
        try:
            await self._fill(packing, period)
        finally:
            await asyncio.to_thread(packing.close)
        return packing.members

    async def _fill(self, packing: Packing, period: Period) -> None:
        with ExitStack() as stack:
            ended = stack.enter_context(TemporaryFile())
            odd = stack.enter_context(TemporaryFile())
            await self._trail(packing, period, Gathering(period, ended, odd))
            await self._decisions(packing, ended)
            await asyncio.to_thread(_copy, packing, "incidents.csv", INCIDENTS, odd)
        policies = await self._storage.evidence.policies(period.begins or 0, period.ends)
        for name, data in _policy_files(policies):
            packing.add(name, data)
        for name, data in await access_files(self._storage, self._directory(), period.at):
            packing.add(name, data)
        packing.add("README.txt", readme(period.begins, period.ends, period.at, packing.members))
        listed = sorted(packing.members, key=lambda member: member.name)
        signed = manifest_bytes(listed, period.begins, period.ends, period.at, self._ring)
        packing.add(MANIFEST, signed)

    async def _trail(self, packing: Packing, period: Period, gathering: "Gathering") -> None:
        """The signed export, its checkpoints, and the keys that signed them."""
        auditing = Auditing(self._storage.trail, self._ring, lambda: period.at)
        before, last = await auditing.span(period.begins or 0, period.ends)
        await self._bounded(before, last, period)
        with packing.member(TRAIL) as file:
            async for piece, records in auditing.pieces(before, last, period.at):
                await asyncio.to_thread(_both, file.write, piece, gathering.take, records)
        first = 0 if before is None else before.checkpoint.number
        used = SigningTable(self._ring)
        with packing.member("checkpoints.jsonl") as file:
            async for page in _pages(auditing):
                used.count(page)
                here = (s for s in page if first < s.checkpoint.number <= last)
                file.write(b"".join(encode(signed) + b"\n" for signed in here))
        packing.add("keys.json", encode(self._ring.jwks()) + b"\n")
        packing.add("signing_keys.csv", used.table())

    async def _bounded(self, before: Signed | None, last: int, period: Period) -> None:
        found = await self._storage.trail.checkpoints(last - 1, 1) if last else ()
        events = found[0].checkpoint.last if found else 0
        events -= 0 if before is None else before.checkpoint.last
        if period.most is not None and events > period.most:
            raise PackTooLarge(f"{events:,} events; {period.most:,} at most")

    async def _decisions(self, packing: Packing, ended: BinaryIO) -> None:
        """As the requests stand now, in the order in which they ended."""
        ended.seek(0)
        with packing.member("decisions.csv") as file:
            file.write(csv_bytes([DECISIONS]))
            while page := ended.read(PAGE * ID_BYTES):
                states = await self._storage.evidence.states(page.decode().split())
                rows = [decision(state) for state in states]
                await asyncio.to_thread(file.write, csv_bytes(rows))


class Gathering:
    """Takes out of the trail what the tables are made of, as it goes by."""

    def __init__(self, period: Period, ended: BinaryIO, odd: BinaryIO) -> None:
        self._period = period
        self._ended = ended
        self._odd = odd

    def take(self, records: Sequence[bytes]) -> None:
        """Look at these, in the trail's order."""
        rows: list[Sequence[Cell]] = []
        for seen in looked_at(records):
            if not self._period.holds(seen.at):
                continue
            if is_end(seen):
                self._ended.write(f"{seen.stream:<{ID_BYTES - 1}}\n".encode())
            if (row := incident(seen)) is not None:
                rows.append(row)
        self._odd.write(csv_bytes(rows))


def _policy_files(policies: Sequence[InForce]) -> Iterator[tuple[str, bytes]]:
    rows: list[Sequence[Cell]] = [POLICIES]
    texts: dict[str, bytes] = {}
    for each in policies:
        name = f"policies/{each.version}.yaml"
        texts[name] = each.text.encode()
        times = (moment(each.at), moment(each.until))
        rows.append((each.number, each.version, *times, each.by, name))
    yield "policies.csv", csv_bytes(rows)
    yield from sorted(texts.items())


async def _pages(auditing: Auditing) -> AsyncIterator[Sequence[Signed]]:
    """All checkpoints there are."""
    after = 0
    while page := await auditing.checkpoints(after):
        yield page
        after = page[-1].checkpoint.number


def _copy(packing: Packing, name: str, head: Sequence[str], rows: BinaryIO) -> None:
    rows.seek(0)
    with packing.member(name) as file:
        file.write(csv_bytes([head]))
        while block := rows.read(1 << 20):
            file.write(block)


def _both(
    write: Callable[[bytes], None],
    piece: bytes,
    take: Callable[[Sequence[bytes]], None],
    records: Sequence[bytes],
) -> None:
    write(piece)
    take(records)
