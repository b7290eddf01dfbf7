"""A global shortcut reaches the bot as Slack would send it: signed, and from no conversation."""

from slack_sdk.signature import SignatureVerifier

from tests.playground.conftest import Act, Bot
from tests.playground.test_slack_interactions import valid, verifier

__all__ = ["verifier"]  # a fixture


async def test_a_shortcut_belongs_to_no_conversation(
    act: Act, bot: Bot, verifier: SignatureVerifier
) -> None:
    answer = await act("U00ALICE", "shortcut", callback_id="ask")
    assert (answer["ok"], answer["status"], answer["body"]) == (True, 200, "")
    (received,) = bot.got
    assert valid(verifier, received)
    payload = received.payload
    assert len(payload.pop("trigger_id").split(".")) == 3
    # https://docs.slack.dev/reference/interaction-payloads/shortcuts-interaction-payload
    assert payload == {
        "type": "shortcut",
        "user": {"id": "U00ALICE", "username": "alice", "name": "alice", "team_id": "T0EXAMPLE"},
        "api_app_id": "A0APP",
        "token": "playground",
        "team": {"id": "T0EXAMPLE", "domain": "playground"},
        "enterprise": None,
        "is_enterprise_install": False,
        "callback_id": "ask",
        "action_ts": "1790000000.000001",
    }
