"""An account in wrong hands, end to end: what it saw it sees no more, and whose it is gets all."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.directory import binding
from core.directory.accounts import Account, How, Ledger
from core.directory.people import Identity
from core.events import Actor
from storage.database import open_storage
from tests.e2e.company import ERP, Company, company, slack_labels
from tests.e2e.test_linking import MARA, STRANGER, TEAM, TITLE, directory

pytestmark = pytest.mark.usefixtures("often")

Json = dict[str, Any]

MALLORY = "mallory@example.com"
WRONG: Json = {
    "name": "Mallory",
    "email": MALLORY,
    "slack_user": "U0WRONG",
    "teams_oid": "99999999-9999-9999-9999-999999999998",
    "teams_mri": "29:wrong",
}
BY = Actor(via="cli")

__all__ = ["directory"]


async def on_the_ledger(co: Company, fn: Callable[[Ledger], object]) -> None:
    """As `countersign people` does it: another process on the same database."""
    other = open_storage(co.database)
    await other.accounts.transact(fn)
    await other.close()


async def link(co: Company, id: str, user: str) -> None:
    identity = Identity(platform="slack", realm=TEAM, account=user)
    new = Account(id=id, identity=identity, person=MARA, how=How.ADMIN, bound_at=1)
    await on_the_ledger(co, lambda ledger: binding.bind(ledger, co.app.books.file(), new, BY))


async def unlink(co: Company) -> None:
    def end(ledger: Ledger) -> None:
        for account in ledger.accounts_of(MARA):
            binding.unbind(ledger, account, "admin", BY, 2)

    await on_the_ledger(co, end)


async def is_emptied(co: Company) -> bool:
    """Whether no message of the wrong account says anything of the request any more."""
    return TITLE not in json.dumps(await co.slack_messages(MALLORY))


async def test_a_card_leaves_the_wrong_account_and_comes_to_the_right_one(
    tmp_path: Path, directory: Path
) -> None:
    async with company(tmp_path, directory=directory, strangers=[WRONG, STRANGER]) as co:
        co.people[MALLORY], co.people[MARA] = WRONG, STRANGER
        request = await co.submit(await co.key("submit", "read"), ERP)
        await link(co, "a1", "U0WRONG")
        old = await co.slack_card(MALLORY, TITLE)
        assert "Approve" in slack_labels(old)
        await unlink(co)
        await co.until(lambda: is_emptied(co))
        await co.slack_click(MALLORY, old, "Approve")
        await link(co, "a2", "U0NEW")
        card = await co.slack_card(MARA, TITLE)
        await co.slack_click(MARA, card, "Approve")
        assert await is_emptied(co)
        found = await co.get(await co.key("read_all"), request["id"])
        (vote,) = found["stages"][0]["votes"]
        assert (vote["person"], vote["via"]) == (MARA, "slack")
