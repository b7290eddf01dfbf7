"""What a model is told of why the like was refused before, and where it is not told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.documents import read_document
from core.policy.text import read_policy
from core.request import Decision
from storage import open_storage
from tests.bot.advised import Advised, Scripted
from tests.contract.office import POLICY
from tests.core.builders import DIRECTORY, HOUR, MARA
from tests.storage.fresh import migrate


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Advised]:
    url = f"sqlite:///{tmp_path / 'advised.db'}"
    migrate(url)
    storage = open_storage(url)
    office = Advised(storage)
    await office.open()
    yield office
    await storage.close()


async def test_why_it_was_refused_before_is_told_where_all_who_read_it_may_open_that_request(
    office: Advised,
) -> None:
    before = await office.asked()
    await office.says(MARA, Decision.REJECT, before)
    told = []
    for approvers in (MARA, f"{MARA}, dana@example.com"):
        text = POLICY.replace(f"[{MARA}]", f"[{approvers}]", 1)
        office.policy = read_policy(read_document(text), text, DIRECTORY)
        adviser = Scripted()
        office.now += HOUR
        await office.asked(101)
        await office.works(office.worker(adviser))
        told.append([fact.text for fact in adviser.asked[-1] if fact.source == "history.rejection"])
    beginning = "The newest rejection of this requester's requests of this type was 0 days ago"
    assert told == [[f"{beginning}. Its reason: Cheaper, please"], [f"{beginning}."]]
