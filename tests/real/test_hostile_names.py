"""Hostile strings as names: of people, of agents, of rules and stages.

The directory and the policy either refuse such a name, with its place in the file, or it is
shown like every other text from outside.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack import notices
from adapters.teams import notices as teams_notices
from bot.files import FileMistakes, load
from bot.sample import DIRECTORY
from core.chat import notices as told
from core.directory.people import Directory
from core.policy.policy import Policy
from core.rows import OutboxRow, Recipient
from tests.adapters.slack.limits import assert_message
from tests.depth import parts
from tests.e2e.company import Company, Json, company
from tests.e2e.rulebook import ADA, ALICE, FINN, MARA, Desk
from tests.real.test_hostile_texts import (
    INJECTIONS,
    NAUGHTY,
    POLICY,
    check_lists,
    check_shown,
    check_teams,
    strings,
)

EVERY = 3
"""Of each part of the strings, so many are left out between two."""

pytestmark = pytest.mark.skipif(
    not (NAUGHTY.exists() and INJECTIONS.exists()),
    reason="the hostile strings (../shared/data) are not on this machine",
)


@pytest.fixture
async def co(tmp_path: Path) -> AsyncIterator[Company]:
    (tmp_path / "policy.yaml").write_text(POLICY)
    async with company(tmp_path, policy=tmp_path / "policy.yaml", relay=False) as running:
        yield running


def named(folder: Path, name: str, file: str) -> tuple[Policy, Directory] | None:
    """Files in which this is a name; None when they are refused for it."""
    people, policy, quoted = DIRECTORY.read_text(), POLICY, json.dumps(name)
    if file == "directory":
        for known in ("Alice Adams", "Mara Miller", "Ada Admin"):
            people = people.replace(f"name: {known}", f"name: {quoted}")
    else:
        policy = policy.replace("- name: expense", f"- name: {quoted}")
        policy = policy.replace("{name: Both,", f"{{name: {quoted},")
    (folder / "named.yaml").write_text(people)
    (folder / "rules.yaml").write_text(policy)
    try:
        return load(folder / "rules.yaml", folder / "named.yaml")
    except FileMistakes:
        return None


async def lived(co: Company, agent: str, about: str) -> Json:
    """A request with a delegation, a question and a vote of people of that name."""
    desk = Desk(co, agent)
    asked = await desk.ask(title="Pay", description=about)
    await desk.done(MARA, asked, "delegations", {"to": ADA, "reason": "Away"})
    await desk.done(ALICE, asked, "comments", {"text": "Why?", "question": True})
    await desk.done(ADA, asked, "decisions", {"decision": "approve", "comment": "Yes"})
    return asked


async def check_notices(co: Company, request: str) -> None:
    """What people are told of it, in both platforms' words."""
    found = await co.storage.store.snapshot(request)
    facts = {"giver": MARA, "taker": ADA, "by": ALICE, "level": "1", "round": "1", "event": "1"}
    facts |= {"as": "asked", "because": "x; y", "reason": "not_an_approver", "old": MARA}
    said = 0
    for kind in ("reminder", "nudge", "escalated", "delegated", "answer"):
        for person, platform in ((MARA, "slack"), (FINN, "teams")):
            to = Recipient(platform=platform, id=person)
            row = OutboxRow(id="1", dedupe="1", kind=kind, request=request, to=to, facts=facts)
            notice = told.notice(row, found, co.app.books.directory())
            if notice is not None:
                said += 1
                assert_message(notices.message(notice).blocks)
                check_teams(teams_notices.card(notice))
    assert said > 4


@pytest.mark.parametrize("file", ["directory", "policy"])
@pytest.mark.parametrize("part", parts(2))
async def test_names_in_files_are_refused_or_shown_as_they_are(
    co: Company, tmp_path: Path, part: int, file: str
) -> None:
    agent = await co.key("submit", "read")
    taken = 0
    for name in strings(part)[::EVERY]:
        books = named(tmp_path, name[:300], file)
        if books is None:
            continue
        co.app.books.use(*books)
        taken += 1
        asked = await lived(co, agent, name)
        await check_shown(co, asked["id"], name)
        await check_notices(co, asked["id"])
    assert taken > 5
    await check_lists(Desk(co, agent))


@pytest.mark.parametrize("part", parts(2))
async def test_names_of_agents_are_shown_as_they_are(co: Company, part: int) -> None:
    for name in strings(part)[::EVERY]:
        agent = await co.key("submit", "read", name=name[:200])
        asked = await lived(co, agent, name)
        assert asked["agent"] == name[:200]
        await check_shown(co, asked["id"], name)
