"""What `countersign audit erase` is about to take away, told before it does."""

from typing import TYPE_CHECKING

from bot.cli_storage import with_storage
from bot.cli_table import counted

if TYPE_CHECKING:
    from core.rows import Snapshot
    from storage.database import Storage

PAGE = 200


def what_goes(request: str | None, person: str | None) -> str:
    """How many requests lose their content, and how many are open and keep it for now."""
    if request is not None:
        found = with_storage(lambda storage: _one(storage, request))
    else:
        found = with_storage(lambda storage: _made_for(storage, person or ""))
    there = [each for each in found if each.contents]
    kept = sum(each.state.is_open for each in there)
    going = counted(len(there) - kept, "request")
    written = "" if person is None else f" made for {person}, and what they wrote in others"
    waits = f" {counted(kept, 'request')} still open would keep theirs." if kept else ""
    return f"This erases all content of {going}{written}. Nobody can bring it back.{waits}"


async def _one(storage: "Storage", id: str) -> "list[Snapshot]":
    found = await storage.store.snapshot(id)
    return [] if found is None else [found]


async def _made_for(storage: "Storage", person: str) -> "list[Snapshot]":
    from core.rows import ListFilter

    found: list[Snapshot] = []
    cursor: str | None = None
    while True:
        wanted = ListFilter(requester=person, limit=PAGE, cursor=cursor)
        page = await storage.store.listed(wanted)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            return found
