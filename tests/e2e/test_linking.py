"""Whose an account is, end to end: a code through a real mailbox, addresses that count,
administrators beside the server, people who leave.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP

from adapters.email.settings import read_mail
from bot.sample import DIRECTORY
from bot.settings import Settings
from core.directory import binding
from core.directory.accounts import Account, How, Ledger
from core.directory.people import Identity
from core.events import Actor
from storage.database import open_storage
from tests.e2e.company import ERP, Company, Town, company, slack_labels
from tests.e2e.served import served

pytestmark = pytest.mark.usefixtures("often")

Json = dict[str, Any]

MARA, FAYE = "mara@example.com", "faye@example.com"
TEAM, NEW = "T0EXAMPLE", "U0NEW"
TITLE = "New ERP system"
MARAS = "    identities:\n      slack: {team: T0EXAMPLE, user: U0MARA}\n"
STRANGER: Json = {
    "name": "Mara Miller",
    "email": MARA,
    "slack_user": NEW,
    "teams_oid": "99999999-9999-9999-9999-999999999999",
    "teams_mri": "29:new",
}


class Mailbox:
    """Takes every letter."""

    def __init__(self) -> None:
        self.letters: list[tuple[str, str]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the server's name for it
        letter = message_from_bytes(envelope.content, policy=policy.default)
        self.letters.append((envelope.rcpt_tos[0], str(letter.get_content())))
        return "250 taken"


@asynccontextmanager
async def post_office() -> AsyncIterator[tuple[Mailbox, Callable[[Settings], Settings]]]:
    """A mail server, and settings that use it."""
    box, loop = Mailbox(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(box, loop=loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mail = read_mail(f"smtp://127.0.0.1:{port}", "approvals@example.com")
    yield box, lambda settings: replace(settings, mail=mail)
    server.close()
    await server.wait_closed()


def matching(settings: Settings) -> Settings:
    assert settings.slack is not None
    return replace(settings, slack=replace(settings.slack, match_email=True))


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The sample company, with a manager who has no account yet."""
    text = DIRECTORY.read_text()
    assert MARAS in text
    path = tmp_path / "directory.yaml"
    path.write_text(text.replace(MARAS, ""))
    return path


async def command(co: Company, text: str) -> str:
    """What Mara's account is told after `/approvals ...`."""
    answer = await co.slack(MARA, "command", command="/approvals", text=text)
    return str(answer["body"]["blocks"][0]["text"]["text"])


async def asked(co: Town) -> Json:
    """A request that waits for Mara."""
    return await co.submit(await co.key("submit", "read"), ERP)


async def deliveries(co: Town, request: Json) -> dict[str, str]:
    """Where a request's cards are wanted, and how that stands."""
    found = await co.get(await co.key("read_all"), request["id"])
    return {f"{d['platform']}:{d['recipient']}": d["state"] for d in found["deliveries"]}


async def was_looked_for(co: Town, email: str) -> bool:
    calls = co.calls("slack", "users.lookupByEmail")
    return email in [call["args"]["email"] for call in calls]


async def is_told_as_undeliverable(co: Town, request: Json) -> bool:
    return (await deliveries(co, request)).get(f"none:{MARA}") == "dead"


async def test_a_code_from_the_mailbox_links_and_brings_the_card(
    tmp_path: Path, directory: Path
) -> None:
    async with (
        post_office() as (box, with_mail),
        company(tmp_path, directory=directory, strangers=[STRANGER], change=with_mail) as co,
    ):
        request = await asked(co)
        assert "Write /approvals link you@company" in await command(co, "queue")
        assert "a code is on its way" in await command(co, f"link {MARA}")
        (letter,) = await co.until(lambda: _same(box.letters))
        assert letter[0] == MARA
        line = next(x for x in letter[1].splitlines() if x.startswith("    /approvals link"))
        said = await command(co, line.split(maxsplit=1)[1])
        assert said == "This account is linked to Mara Miller (mara@example.com)."
        card = await co.slack_card(MARA, TITLE)
        assert "Approve" in slack_labels(card)
        await co.slack_click(MARA, card, "Approve")
        found = await co.get(await co.key("read_all"), request["id"])
        (vote,) = found["stages"][0]["votes"]
        assert (vote["person"], vote["via"]) == (MARA, "slack")


async def test_an_unknown_address_gets_the_same_answer_and_no_letter(
    tmp_path: Path, directory: Path
) -> None:
    async with (
        post_office() as (box, with_mail),
        company(tmp_path, directory=directory, strangers=[STRANGER], change=with_mail) as co,
    ):
        unknown = await command(co, "link nobody@example.com")
        known = await command(co, f"link {MARA}")
        assert unknown.replace("nobody@example.com", MARA) == known
        await co.until(lambda: _same(box.letters))
        assert [to for to, _ in box.letters] == [MARA]


async def test_an_address_counts_from_the_first_click_until_it_is_no_longer_theirs(
    tmp_path: Path, directory: Path
) -> None:
    newcomer = STRANGER | {"email": "not-yet@example.com"}
    async with company(tmp_path, directory=directory, strangers=[newcomer], change=matching) as co:
        co.people[MARA] = newcomer
        request = await asked(co)
        await co.until(lambda: was_looked_for(co, MARA))
        await co.slack(MARA, "member", email=MARA)
        await command(co, "queue")
        await co.slack_card(MARA, TITLE)
        assert len(co.calls("slack", "users.info")) == 1
        await co.slack(MARA, "member", name="mm", real_name="Mara M. Miller")
        assert "linked to Mara Miller" in await command(co, "link")
        await co.slack(MARA, "member", email="somebody@example.com")
        assert "sends no mail here" in await command(co, "link")
        assert "is not linked to anyone" in await command(co, "queue")
        assert await co.until(lambda: is_told_as_undeliverable(co, request))


@pytest.mark.parametrize(
    "member",
    [{"is_restricted": True}, {"is_ultra_restricted": True}, {"is_email_confirmed": False}],
)
async def test_guests_and_the_unconfirmed_are_not_linked_by_an_address(
    tmp_path: Path, directory: Path, member: Json
) -> None:
    async with company(tmp_path, directory=directory, strangers=[STRANGER]) as co:
        await co.slack(MARA, "member", **member)
    async with company(tmp_path, directory=directory, strangers=[STRANGER], change=matching) as co:
        await co.until(lambda: was_looked_for(co, MARA))
        assert "is not linked to anyone" in await command(co, "queue")
        assert await co.storage.accounts.all() == []


async def test_who_was_deactivated_is_not_linked_by_an_address(
    tmp_path: Path, directory: Path
) -> None:
    async with company(tmp_path, directory=directory, strangers=[STRANGER]) as co:
        await co.slack(MARA, "member", deleted=True)
    async with company(tmp_path, directory=directory, strangers=[STRANGER], change=matching) as co:
        request = await asked(co)
        await co.until(lambda: was_looked_for(co, MARA))
        assert await co.until(lambda: is_told_as_undeliverable(co, request))
        assert await co.storage.accounts.all() == []


async def test_once_it_is_switched_on_cards_arrive_also_when_slack_wants_quiet_first(
    tmp_path: Path, directory: Path
) -> None:
    async with served(tmp_path, env={"COUNTERSIGN_DIRECTORY": str(directory)}) as co:
        request = await asked(co)
        await co.until(lambda: is_told_as_undeliverable(co, request))
        await co.stop()
        assert co.calls("slack", "users.lookupByEmail") == []
        limited = {"do": "429", "retry_after": 1}
        await co.faults(slack={"users.lookupByEmail": [limited]})
        co.env = {**co.env, "SLACK_MATCH_EMAIL": "yes"}
        await co.start()
        card = await co.slack_card(MARA, TITLE)
        statuses = [call["status"] for call in co.calls("slack", "users.lookupByEmail")]
        assert statuses[:2] == [429, 200]
        await co.slack_click(MARA, card, "Approve")
        found = await co.get(await co.key("read_all"), request["id"])
        (vote,) = found["stages"][0]["votes"]
        assert (vote["person"], vote["via"]) == (MARA, "slack")
        (account,) = await co.storage.accounts.all()
        assert (account.person, account.how) == (MARA, How.EMAIL)


async def test_a_guest_whom_an_administrator_links_elsewhere_may_decide_here(
    tmp_path: Path, directory: Path
) -> None:
    async with company(tmp_path, directory=directory, strangers=[STRANGER]) as co:
        await asked(co)
        await co.slack(MARA, "member", is_restricted=True)
        await by_admin(co)
        card = await co.slack_card(MARA, TITLE)
        assert "Approve" in slack_labels(card)


async def test_the_cards_of_who_was_deactivated_go_to_the_next_platform(tmp_path: Path) -> None:
    async with company(tmp_path) as co:
        request = await co.submit(await co.key("submit", "read"), ERP)
        await co.slack_click(MARA, await co.slack_card(MARA, TITLE), "Approve")
        await co.slack_card(FAYE, TITLE)
        await co.slack(FAYE, "member", deleted=True)
        card = await co.teams_card(FAYE, TITLE)
        assert card is not None
        assert f"teams:{FAYE}" in await deliveries(co, request)


async def by_admin(co: Company) -> None:
    """As `countersign people link` does it: another process on the same database."""
    other = open_storage(co.database)
    identity = Identity(platform="slack", realm=TEAM, account=NEW)
    new = Account(id="a1", identity=identity, person=MARA, how=How.ADMIN, bound_at=1)

    def bind(ledger: Ledger) -> Account:
        return binding.bind(ledger, co.app.books.file(), new, Actor(via="cli"))

    await other.accounts.transact(bind)
    await other.close()


async def _same(found: list[Any]) -> list[Any]:
    return list(found)
