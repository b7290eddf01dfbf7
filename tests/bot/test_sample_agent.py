"""The demo's agent against a real server: it takes up what people say, once."""

import asyncio
import json
from typing import Any

import pytest

from bot.sample import agent
from tests.bot.cli_office import ERP, MANAGER, REQUESTER, Office


@pytest.fixture(autouse=True)
def _short_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent, "PAUSE", 0.01)


def told(desk: Office, monkeypatch: pytest.MonkeyPatch, *acts: tuple[str, list[str]]) -> list[str]:
    """What the agent says while people act: each act follows the line with its words."""
    action = {**ERP["action"], "params": {**ERP["action"]["params"], "for": str(acts)}}
    monkeypatch.setattr(agent, "REQUESTS", ({**ERP, "action": action},))
    lines: list[str] = []
    left = list(acts)
    mara, alice, asking = desk.of(MANAGER), desk.of(REQUESTER), desk.key("submit", "read")

    def say(line: str) -> None:
        lines.append(line.removeprefix("agent: New ERP system: "))
        if left and left[0][0] in line:
            _, (command, *rest) = left.pop(0)
            done = desk.run(
                alice if command == "cancel" else mara, command, request_in(lines[0]), *rest
            )
            assert done.exit_code == 0, done.output

    asyncio.run(asyncio.wait_for(agent.run(desk.url, asking, say), 30))
    assert left == []
    return lines


def request_in(line: str) -> str:
    return line.rpartition("(")[2].rstrip(")")


CHANGES = ["request-changes", "--reason", "Too dear"]
REJECT = ["reject", "--yes", "--reason", "Still too dear"]


def test_the_agent_takes_up_what_people_ask_for_and_goes_on(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = told(desk, monkeypatch, ("pending (", CHANGES), ("revised", REJECT))
    assert lines[1:] == [
        f"changes requested by {MANAGER}: Too dear",
        "revised: 120000 is now 108000; pending",
        f"rejected by {MANAGER}: Still too dear",
    ]
    seen = desk.run(desk.of(MANAGER), "status", request_in(lines[0]), "--json").stdout
    params: dict[str, Any] = json.loads(seen)["action"]["params"]
    assert (params["purpose"], params["amount"]) == ("New ERP system", 108000)
    assert params["justification"] == agent.JUSTIFIED


def test_the_agent_sends_one_revision_and_then_says_who_can_send_another(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = ["request-changes", "--reason", "Half of it"]
    by_hand = ("no other offer", ["cancel", "--reason", "No"])
    lines = told(desk, monkeypatch, ("pending (", CHANGES), ("revised", again), by_hand)
    assert lines[3:] == [
        f"changes requested by {MANAGER}: Half of it",
        "I have no other offer; a person can send one: "
        f"countersign revise {request_in(lines[0])} FILE.json",
        f"cancelled by {REQUESTER}: No",
    ]


@pytest.mark.parametrize(
    ("status", "decision", "said"),
    [
        ("approved", {"by": []}, "approved by the policy"),
        ("approved", {"by": [], "bypass": "model_grant"}, "approved by the model"),
        ("expired", {"by": []}, "expired"),
        ("cancelled", {"by": [MANAGER], "reason": "No"}, f"cancelled by {MANAGER}: No"),
    ],
)
def test_only_what_a_rule_decided_is_by_the_policy(
    status: str, decision: dict[str, Any], said: str
) -> None:
    assert agent._ended({"status": status, "decision": decision}) == said
