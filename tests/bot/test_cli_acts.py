"""All other acts on the command line: each does over HTTP what its words say."""

import json
from pathlib import Path

from tests.bot.cli_office import (
    ADMIN,
    FINANCE,
    MANAGER,
    OTHER_FINANCE,
    REQUESTER,
    Office,
)


def approved(desk: Office) -> tuple[str, dict[str, object]]:
    """A small request that needed nobody, as its agent sees it."""
    request = desk.submit(action={"type": "purchase_order", "params": {"amount": 20}})
    return request, desk.read(request)


def test_a_request_is_handed_on_and_put_into_other_hands(desk: Office) -> None:
    request = desk.submit()
    handed = desk.run(
        desk.of(MANAGER), "delegate", request, "--to", FINANCE, "--reason", "On leave"
    )
    assert handed.stdout.startswith(f"{FINANCE} may act for {MANAGER}. Request {request}: ")
    found = desk.read(request)["delegations"][0]
    assert (found["from"], found["to"], found["reason"]) == (MANAGER, FINANCE, "On leave")
    circle = desk.run(desk.of(FINANCE), "delegate", request, "--to", MANAGER)
    assert circle.exit_code == 7
    arguments = ("reassign", request, "--from", MANAGER, "--to", OTHER_FINANCE)
    refused = desk.run(desk.of(MANAGER), *arguments)
    assert refused.stderr == "Only an administrator may do that.\n"
    moved = desk.run(desk.of(ADMIN), *arguments, "--reason", "Left")
    assert moved.stdout.endswith(f"Waiting for Manager (stage 1 of 3): {OTHER_FINANCE}.\n")


def test_people_write_and_ask(desk: Office) -> None:
    request, mara = desk.submit(), desk.of(MANAGER)
    assert desk.run(mara, "comment", request, "I know this vendor").exit_code == 0
    assert desk.run(mara, "ask", request, "Since when?").exit_code == 0
    written = [(c["text"], c["question"]) for c in desk.read(request)["comments"]]
    assert written == [("I know this vendor", False), ("Since when?", True)]
    assert desk.run(mara, "comment", request, "").exit_code == 7


def test_those_who_ask_nudge_escalate_and_cancel(desk: Office) -> None:
    request, alice = desk.submit(), desk.of(REQUESTER)
    assert desk.run(alice, "nudge", request).exit_code == 0
    again = desk.run(alice, "nudge", request)
    assert again.exit_code == 7
    assert "less than four hours ago" in again.stderr
    assert desk.run(alice, "escalate", request, "--reason", "It is urgent").exit_code == 0
    assert desk.read(request)["stages"][0]["escalated"] is True
    withdrawn = desk.run(alice, "cancel", request, "--reason", "Not needed")
    assert withdrawn.stdout.endswith(f"Withdrawn by {REQUESTER}: Not needed.\n")
    late = desk.run(alice, "nudge", request)
    assert late.exit_code == 7
    assert "already cancelled" in late.stderr


def test_a_revision_changes_what_its_file_names(desk: Office) -> None:
    request = desk.submit()
    body = {"title": "Half an ERP", "revision": 1}
    sent = desk.run(desk.agent, "revise", request, "-", "--json", typed=json.dumps(body))
    found = json.loads(sent.stdout)
    assert (found["title"], found["revision"]["number"]) == ("Half an ERP", 2)
    assert found["description"] == "Replaces three old ones."
    stale = desk.run(desk.agent, "revise", request, "-", typed=json.dumps(body))
    assert stale.exit_code == 7
    assert "made from revision 1" in stale.stderr
    broken = desk.run(desk.agent, "revise", request, "-", typed="{")
    assert broken.stderr.startswith("Standard input: ")


def test_an_approval_is_used_once_for_exactly_its_action(desk: Office) -> None:
    request, seen = approved(desk)
    token, action = str(seen["token"]), json.dumps(seen["action"])
    other = action.replace("20", "2000")
    refused = desk.run(desk.agent, "redeem", token, "--action", "-", typed=other)
    assert refused.exit_code == 7
    assert "not the one that was approved" in refused.stderr
    use = ("redeem", token, "--action", "-", "--idempotency-key", f"use-{request}")
    for _ in range(2):  # an answer that was lost can be asked for again
        used = desk.run(desk.agent, *use, typed=action)
        assert used.exit_code == 0
        assert used.stdout.startswith("The approval is used. ")
    shown = desk.run(desk.agent, "status", request).stdout
    assert "The approval was used: " in shown
    assert token not in shown
    twice = desk.run(desk.agent, *use[:4], typed=action)
    assert twice.exit_code == 7
    assert "used already" in twice.stderr
    assert desk.run(desk.agent, *use[:4], typed='{} , "x": {}').exit_code == 64


def test_the_token_need_not_stand_in_the_list_of_processes(desk: Office) -> None:
    _, seen = approved(desk)
    Path("action.json").write_text(json.dumps(seen["action"]))
    used = desk.run(
        desk.agent, "redeem", "-", "--action", "action.json", typed=f"{seen['token']}\n"
    )
    assert used.exit_code == 0, used.output


def test_the_agent_reports_how_it_went_once(desk: Office) -> None:
    request, _ = approved(desk)
    reported = desk.run(desk.agent, "execution", request, "failed", "--detail", "No stock")
    assert reported.exit_code == 0
    assert desk.read(request)["execution"] == "failed"
    shown = desk.run(desk.agent, "status", request).stdout
    assert shown.count("No stock") == 1
    assert shown.count("failed") == 1
    assert desk.run(desk.agent, "execution", request, "succeeded").exit_code == 7
    assert desk.run(desk.agent, "execution", request, "perhaps").exit_code == 64


def test_what_turned_out_wrong_is_reported_by_the_agent_and_by_people(desk: Office) -> None:
    request, _ = approved(desk)
    words = ("incident", request, "It came twice", "--kind", "wrong", "--severity", "high")
    assert desk.run(desk.agent, *words).exit_code == 0
    late = desk.run(desk.of(ADMIN), "incident", request, "And late")
    assert late.exit_code == 0, late.output
    assert "Incidents reported since: 2." in late.stdout
    told = desk.run(desk.agent, "history", request).stdout
    assert "reported an incident (wrong, high): “It came twice”" in told
    assert desk.run(desk.agent, "incident", request, "x", "--kind", "fine").exit_code == 64


def test_an_administrator_takes_an_approval_back(desk: Office) -> None:
    request, seen = approved(desk)
    assert desk.run(desk.of(MANAGER), "revoke-token", request).exit_code == 7
    assert desk.run(desk.of(ADMIN), "revoke-token", request, "--reason", "Fraud").exit_code == 0
    arguments = ("redeem", str(seen["token"]), "--action", "-")
    used = desk.run(desk.agent, *arguments, typed=json.dumps(seen["action"]))
    assert used.exit_code == 7
    assert "revoked by an administrator" in used.stderr
