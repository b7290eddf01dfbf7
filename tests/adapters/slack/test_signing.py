"""`/approvals web`: the link is for the asker alone, or it is said why there is none."""

from typing import Any

import pytest

from adapters.slack.signing import OPEN
from core.chat.port import Chat
from core.chat.signing_in_port import Way
from core.directory.people import Identity
from tests.adapters.slack.conftest import FINN, TEAM, Recording, Rig
from tests.adapters.slack.limits import assert_message
from tests.ports import NoSigning, a_chat

Json = dict[str, Any]
URL = f"https://approvals.example.com/signin/link?t={'0f' * 32}"


@pytest.fixture
def signing() -> NoSigning:
    return NoSigning()


@pytest.fixture
def chat(conversations: Recording, signing: NoSigning) -> Chat:
    return a_chat(conversations, signing=signing)


async def ask(rig: Rig, text: str) -> list[Json]:
    answer = await rig.act(FINN, "command", command="/approvals", text=text)
    assert answer["body"]["response_type"] == "ephemeral"
    blocks: list[Json] = answer["body"]["blocks"]
    return blocks


@pytest.mark.parametrize("text", ["web", "WEB", "open the web"])
async def test_the_link_stands_behind_words_and_only_the_asker_sees_it(
    rig: Rig, signing: NoSigning, text: str
) -> None:
    signing.way = Way(text="It works <once>.", url=URL)
    link, told = await ask(rig, text)
    assert link["text"] == {"type": "mrkdwn", "text": f"*<{URL}|{OPEN}>*", "verbatim": True}
    assert_message([told])
    assert told["text"] == {
        "type": "plain_text",
        "text": "It works &lt;once&gt;.",
        "emoji": False,
    }
    assert signing.asked == [Identity(platform="slack", realm=TEAM, account=FINN)]


async def test_without_pages_it_says_so(rig: Rig) -> None:
    (told,) = await ask(rig, "web")
    assert told["text"]["text"] == "There are no web pages here."
