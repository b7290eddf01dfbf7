"""Names in a command reach the app as ids, as Slack sends them with `should_escape`."""

import pytest

from tests.playground.conftest import Act, Bot


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("delegate @bob until 2026-12-24", "delegate <@U00BOB|bob> until 2026-12-24"),
        ("delegate @Bob Reed", "delegate <@U00BOB|bob>"),
        ("@BOB, please", "<@U00BOB|bob>, please"),
        ("ask in #finance", "ask in <#C0FINANCE|finance>"),
        ("to bob@example.com.", "to <mailto:bob@example.com|bob@example.com>."),
        ("@bobby @nobody @Tess Only-Teams", "@bobby @nobody @Tess Only-Teams"),
        ("<@U00BOB|bob>", "<@U00BOB|bob>"),
        ("status req_1", "status req_1"),
    ],
)
async def test_names_are_sent_as_ids(act: Act, bot: Bot, written: str, sent: str) -> None:
    await act("U00ALICE", "command", command="/approvals", text=written)
    (received,) = bot.got
    assert received.form["text"] == sent


async def test_an_app_without_should_escape_gets_what_was_written(act: Act, bot: Bot) -> None:
    text = "delegate @bob to bob@example.com"
    await act("U00ALICE", "command", command="/approvals", text=text, escape=False)
    (received,) = bot.got
    assert received.form["text"] == text
