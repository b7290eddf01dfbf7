"""The simulated mailboxes: letters come in by SMTP, lie in their box, and open as they look."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import aiosmtplib
import pytest

from playground.app import Running, start
from playground.world import World
from tests.playground.conftest import Clock

HTML = '<p style="color:red">Please <a href="https://example.com/x">decide</a></p>'


@pytest.fixture
async def office(world: World, tmp_path: Path, clock: Clock) -> AsyncIterator[Running]:
    running = await start(world, tmp_path, mail_port=0)
    running.place.now = clock
    yield running
    await running.aclose()


async def post(office: Running, *to: str, html: str | None = HTML, text: str = "Decide") -> None:
    letter = EmailMessage()
    letter["From"] = "Countersign <approvals@example.com>"
    letter["To"] = ", ".join(to)
    letter["Subject"] = "New ERP – 120,000"
    letter.set_content(text)
    if html is not None:
        letter.add_alternative(html, subtype="html")
    await aiosmtplib.send(letter, hostname="127.0.0.1", port=office.mail_port)


async def get(office: Running, path: str) -> tuple[int, str, Any]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{office.base_url}{path}") as answer,
    ):
        return answer.status, await answer.text(), answer.headers


async def boxes(office: Running) -> list[dict[str, str]]:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{office.base_url}/_play/state") as answer,
    ):
        found: list[dict[str, str]] = (await answer.json())["mail"]["letters"]
        return found


async def test_a_letter_lies_in_the_box_of_everyone_it_is_for(office: Running) -> None:
    before = office.place.store.revision
    await post(office, "bob@example.com", "Tess@example.com")
    assert await boxes(office) == [
        {
            "id": number,
            "to": to,
            "from": "Countersign <approvals@example.com>",
            "subject": "New ERP – 120,000",
            "at": "2026-09-21T14:13:20+00:00",
        }
        for number, to in (("1", "bob@example.com"), ("2", "tess@example.com"))
    ]
    assert office.place.store.revision > before


async def test_a_letter_opens_with_its_own_look_and_can_do_nothing(office: Running) -> None:
    await post(office, "bob@example.com")
    status, page, headers = await get(office, "/_play/mail/1")
    assert status == 200
    assert HTML in page
    assert '<base target="_blank">' in page
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "sandbox allow-popups" in policy
    assert "allow-scripts" not in policy
    assert (await get(office, "/_play/mail/9"))[0] == 404


async def test_a_letter_of_plain_text_opens_as_text(office: Running) -> None:
    await post(office, "bob@example.com", html=None, text="1 < 2 <script>")
    _, page, _ = await get(office, "/_play/mail/1")
    assert "1 &lt; 2 &lt;script&gt;" in page


async def test_letters_are_kept_over_a_restart_and_forgotten_with_the_chats(
    office: Running, world: World, tmp_path: Path
) -> None:
    await post(office, "bob@example.com")
    await office.aclose()
    again = await start(world, tmp_path, mail_port=0)
    assert [one["id"] for one in await boxes(again)] == ["1"]
    again.place.store.reset()
    assert await boxes(again) == []
    await again.aclose()


async def test_a_playground_without_a_mail_server_takes_no_letters(
    world: World, tmp_path: Path
) -> None:
    running = await start(world, tmp_path)
    assert running.letters is None
    assert await boxes(running) == []
    await running.aclose()
