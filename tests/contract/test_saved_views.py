"""Saved views, and whom a request concerns, in every database."""

from msgspec.structs import replace

from core.web.inbox_port import MOST_VIEWS, SavedView
from storage import Storage
from tests.storage.purchase import AT, BOB, DAN, rid, submit

MARA, FINN = "mara@example.com", "finn@example.com"
DESKS = SavedView(name="Desks", query="q=desk")


async def test_views_are_their_owners_and_a_name_is_used_once(storage: Storage) -> None:
    views = storage.saved_views
    for number, each in enumerate((DESKS, SavedView(name="Büro 🪑", query="q=b"), DESKS)):
        assert await views.keep(MARA, each, AT + number)
    changed = replace(DESKS, query="q=table")
    assert await views.keep(MARA, changed, AT + 9)
    assert [v.name for v in await views.views(MARA)] == ["Desks", "Büro 🪑"]
    assert (await views.views(MARA))[0] == changed
    assert list(await views.views(FINN)) == []
    assert await views.forget(FINN, "Desks") is False
    assert await views.forget(MARA, "Desks") is True
    assert [v.name for v in await views.views(MARA)] == ["Büro 🪑"]


async def test_there_are_so_many_views_and_what_cannot_be_stored_is_none(storage: Storage) -> None:
    views = storage.saved_views
    for number in range(MOST_VIEWS):
        assert await views.keep(MARA, SavedView(name=f"V{number}", query="q=a"), AT)
    assert await views.keep(MARA, DESKS, AT) is False
    assert await views.keep(MARA, SavedView(name="V1", query="q=b"), AT), "it is there already"
    assert await views.keep(FINN, replace(DESKS, name="\x00"), AT) is False
    assert list(await views.views("\ud800")) == []


async def test_whom_requests_concern_is_read_for_many_at_once(storage: Storage) -> None:
    await storage.store.transact(rid(1), submit(rid(1)))
    await storage.store.transact(rid(2), submit(rid(2), requester=DAN))
    found = await storage.concerned.people([rid(1), rid(2), rid(9), "\x00"])
    assert set(found) == {rid(1), rid(2)}
    assert BOB in found[rid(1)]
    assert DAN in found[rid(2)]
    assert DAN not in found[rid(1)]
    assert await storage.concerned.people([]) == {}
