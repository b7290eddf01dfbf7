"""`/approvals link`: an address asks for a code, a code links, anything else is explained."""

from typing import Any

import pytest

from core.chat import link_words
from core.chat.linking_port import Told
from core.chat.port import Chat
from core.directory.people import Identity
from tests.adapters.slack.conftest import FINN, TEAM, Recording, Rig
from tests.adapters.slack.limits import assert_message
from tests.ports import EverybodyKnown, a_chat

Json = dict[str, Any]
ACCOUNT = Identity(platform="slack", realm=TEAM, account=FINN)
CODE = "ABCD-EFGH-JKMN-PQRS"


@pytest.fixture
def linking() -> EverybodyKnown:
    return EverybodyKnown()


@pytest.fixture
def chat(conversations: Recording, linking: EverybodyKnown) -> Chat:
    return a_chat(conversations, linking=linking)


async def ask(rig: Rig, text: str) -> str:
    answer = await rig.act(FINN, "command", command="/approvals", text=text)
    assert answer["ok"] is True, answer
    assert answer["body"]["response_type"] == "ephemeral"
    assert_message(answer["body"]["blocks"])
    return str(answer["body"]["blocks"][0]["text"]["text"])


@pytest.mark.parametrize("text", ["link", "LINK", "link me", "link my account", "connect"])
async def test_alone_it_says_whose_the_account_is(
    rig: Rig, linking: EverybodyKnown, text: str
) -> None:
    assert await ask(rig, text) == "This account is linked to Finn."
    assert linking.asked == [("about", ACCOUNT, "")]


@pytest.mark.parametrize(
    "text",
    [
        "link finn@example.com",
        "link <mailto:finn@example.com|finn@example.com>",
        "finn@example.com LINK",
        "link me as `finn@example.com`",
        "link finn@example.com,",
    ],
)
async def test_an_address_asks_for_a_code(rig: Rig, linking: EverybodyKnown, text: str) -> None:
    await ask(rig, text)
    assert linking.asked == [("start", ACCOUNT, "finn@example.com")]


@pytest.mark.parametrize(
    "text",
    [f"link {CODE}", f"link code {CODE.lower()}", "link ABCD EFGH JKMN PQRS", f"{CODE} link"],
)
async def test_a_code_links(rig: Rig, linking: EverybodyKnown, text: str) -> None:
    await ask(rig, text)
    ((what, who, code),) = linking.asked
    assert (what, who) == ("redeem", ACCOUNT)
    assert code.upper().replace("-", "") == CODE.replace("-", "")


@pytest.mark.parametrize(
    "text", ["link finn", "link a@b.c d@e.f", "link ABCD-EFGH", "link " + "x" * 3000]
)
async def test_anything_else_is_explained_and_asks_nothing(
    rig: Rig, linking: EverybodyKnown, text: str
) -> None:
    assert await ask(rig, text) == link_words.USAGE.format(command="/approvals link")
    assert linking.asked == []


async def test_what_the_service_says_is_shown_letter_by_letter(
    rig: Rig, linking: EverybodyKnown
) -> None:
    linking.told = Told(text="If <!channel>@x.y is *somebody*, look there.")
    assert await ask(rig, "link a@b.c") == "If &lt;!channel&gt;@x.y is *somebody*, look there."
