"""`inbox`: a link to the web pages, in the asker's own chat wherever it was asked for."""

import pytest

from adapters.teams.signing import TITLE
from core.chat.port import Chat
from core.chat.signing_in_port import Way
from tests.adapters.teams.conftest import FINANCE, FINN, Rig, content, person
from tests.adapters.teams.fakes import Recording
from tests.ports import NoSigning, a_chat

URL = f"https://approvals.example.com/signin/link?t={'0f' * 32}"


@pytest.fixture
def signing() -> NoSigning:
    made = NoSigning()
    made.way = Way(text="It works once.", url=URL)
    return made


@pytest.fixture
def ports(conversations: Recording, signing: NoSigning) -> Chat:
    return a_chat(conversations, signing=signing)


@pytest.mark.parametrize("text", ["inbox", "my inbox", "web"])
async def test_the_link_stands_behind_a_button(rig: Rig, signing: NoSigning, text: str) -> None:
    await rig.act(FINN, "message", text=text)
    card = content((await rig.replies(rig.chat(FINN), 1))[-1])
    assert card["body"][0]["text"] == TITLE
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": URL}]
    assert signing.asked == [person(FINN)]


async def test_a_channel_never_sees_it(rig: Rig) -> None:
    await rig.act(FINN, "message", text="@Countersign inbox", conversation=FINANCE)
    card = content((await rig.replies(rig.chat(FINN), 1))[-1])
    assert card["actions"][0]["url"] == URL
    (told,) = await rig.replies(FINANCE, 1)
    assert URL not in str(told)


async def test_without_pages_it_says_so(rig: Rig, signing: NoSigning) -> None:
    signing.way = Way(text="There are no web pages here.")
    await rig.act(FINN, "message", text="inbox")
    assert (await rig.replies(rig.chat(FINN), 1))[-1]["text"] == "There are no web pages here."
