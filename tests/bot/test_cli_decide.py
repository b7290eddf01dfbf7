"""Deciding at a terminal and in a script: what is shown, asked, sent and refused."""

import json

import pytest

from tests.bot.cli_office import ADMIN, DIRECTOR, FINANCE, MANAGER, REQUESTER, Office

ASKED = "Approve this? [y]es / [n]o / [d]etails: "


def test_a_person_sees_the_request_and_is_asked_before_it_is_approved(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()
    done = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed="y\n")
    assert done.exit_code == 0
    card, _, said = done.stdout.partition(ASKED)
    for shown in (
        "New ERP system\nWaiting for Manager (stage 1 of 3).\n",
        f"Asked by {REQUESTER}, through agent purchasing.",
        "  Amount   120,000\n",
        "  | Replaces three old ones.",
        f"  1. Manager: pending; waiting for {MANAGER}\n  2. Finance: waiting\n",
        "Why: Stage Manager of policy rule purchase-order.",
        "Deadline: ",
        "Advice (rules): review.",
        f"Request {request}, revision 1.",
    ):
        assert shown in card
    assert said.startswith(f"Done. Request {request}: Waiting for Finance (stage 2 of 3): ")
    vote = desk.read(request)["stages"][0]["votes"][0]
    assert (vote["person"], vote["decision"], vote["comment"]) == (MANAGER, "approve", None)


@pytest.mark.parametrize("typed", ["n\n", "no\n", "maybe\nn\n", "", "d\n"])
def test_nothing_is_decided_without_a_yes(
    desk: Office, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    request = desk.submit()
    left = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed=typed)
    assert left.exit_code == 8
    assert left.stdout.endswith("Nothing was changed.\n")
    assert desk.read(request)["stages"][0]["votes"] == []


def test_control_c_decides_nothing(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    request = desk.submit()

    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    left = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed="")
    assert (left.exit_code, left.stdout.endswith("Nothing was changed.\n")) == (130, True)
    assert desk.read(request)["stages"][0]["votes"] == []


def test_the_details_are_everything_with_hidden_characters_to_be_seen(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = {"amount": 120000, "iban": "DE\u200b12"}
    request = desk.submit(
        action={"type": "purchase_order", "params": params},
        labels=["urgent"],
        context={"reasoning": "Because\u202e of it"},
    )
    seen = desk.at_terminal(
        monkeypatch, desk.of(MANAGER), "approve", request, typed="d\nn\n"
    ).stdout
    details = seen.split(ASKED)[1]
    for shown in ("labels: urgent", "Because⟦U+202E⟧ of it", '"iban": "DE⟦U+200B⟧12"'):
        assert shown in details
    assert desk.read(request)["revision"]["digest"] in details


def test_a_rejection_asks_for_its_reason_until_there_is_one(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()
    done = desk.at_terminal(
        monkeypatch, desk.of(MANAGER), "reject", request, typed="y\n\n  \nToo dear\n"
    )
    assert done.exit_code == 0
    assert done.stdout.count("Why? Everyone concerned will read it: ") == 3
    assert desk.read(request)["decision"]["reason"] == "Too dear"


def test_what_changed_since_it_was_shown_is_not_approved_and_shown_as_it_is_now(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()

    def revised_meanwhile(_: str) -> str:
        body = json.dumps({"title": "A yacht"})
        assert desk.run(desk.agent, "revise", request, "-", typed=body).exit_code == 0
        return "y"

    monkeypatch.setattr("builtins.input", revised_meanwhile)
    stale = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed="")
    assert stale.exit_code == 7
    assert "Nothing was changed." in stale.stderr
    assert "This is how it stands now:" in stale.stderr
    assert stale.stdout.count("New ERP system\nWaiting") == 1
    assert "\nA yacht\nWaiting for Manager" in stale.stdout
    assert desk.read(request)["stages"][0]["votes"] == []


def test_a_stage_that_moved_on_is_not_decided_by_who_saw_the_one_before(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()

    def approved_meanwhile(_: str) -> str:
        assert desk.run(desk.of(MANAGER), "approve", request, "--yes").exit_code == 0
        return "y"

    monkeypatch.setattr("builtins.input", approved_meanwhile)
    late = desk.at_terminal(monkeypatch, desk.of(FINANCE), "approve", request, typed="")
    assert late.exit_code == 7
    assert "Stage Manager cannot be decided now" in late.stderr
    assert desk.read(request)["current_stage"] == 2


def sent_back(desk: Office, request: str) -> None:
    """The manager approves and Finance rejects: the manager's stage is open once more."""
    assert desk.run(desk.of(MANAGER), "approve", request, "--yes").exit_code == 0
    body = {"decision": "reject", "comment": "Wrong cost centre"}
    desk.decide(FINANCE, request, **body)
    assert desk.read(request)["stages"][0]["round"] == 2


def test_a_stage_that_was_opened_again_is_not_decided_by_who_saw_its_round_before(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()

    def sent_back_meanwhile(_: str) -> str:
        sent_back(desk, request)
        return "y"

    monkeypatch.setattr("builtins.input", sent_back_meanwhile)
    late = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed="")
    assert late.exit_code == 7
    assert "This is how it stands now:" in late.stderr
    assert desk.read(request)["stages"][0]["votes"] == []


def test_the_round_that_was_shown_is_decided(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    request = desk.submit()
    sent_back(desk, request)
    done = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed="y\n")
    assert done.exit_code == 0, done.output
    assert desk.read(request)["current_stage"] == 2


def test_a_script_names_the_round_it_saw_of_a_stage_that_was_opened_again(desk: Office) -> None:
    request, mara = desk.submit(), desk.of(MANAGER)
    sent_back(desk, request)
    unseen = desk.run(mara, "approve", request, "--yes")
    assert (unseen.exit_code, "say which round you saw" in unseen.stderr) == (7, True)
    assert desk.run(mara, "approve", request, "--yes", "--round", "1").exit_code == 7
    assert desk.read(request)["stages"][0]["votes"] == []
    assert desk.run(mara, "approve", request, "--yes", "--round", "2").exit_code == 0
    assert desk.read(request)["current_stage"] == 2


def test_what_is_over_is_shown_and_not_asked(desk: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    request = desk.submit()
    desk.run(desk.agent, "cancel", request)
    over = desk.at_terminal(monkeypatch, desk.of(MANAGER), "approve", request, typed="y\n")
    assert over.exit_code == 7
    assert "Withdrawn by agent purchasing." in over.stdout
    assert ASKED not in over.stdout


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (["approve"], "needs --yes."),
        (["reject"], "needs --yes and --reason TEXT."),
        (["reject", "--yes"], "needs --reason TEXT."),
        (["reject", "--reason", "No"], "needs --yes."),
        (["break-glass", "--reason", "Fire"], "needs --yes."),
    ],
)
def test_without_a_terminal_it_is_said_what_is_missing(
    desk: Office, arguments: list[str], missing: str
) -> None:
    request = desk.submit()
    left = desk.run(desk.of(MANAGER), arguments[0], request, *arguments[1:], typed="y\ny\n")
    assert left.exit_code == 64
    told = " ".join(left.stderr.replace("│", " ").split())
    assert f"without a terminal, so this {missing}" in told
    assert desk.read(request)["stages"][0]["votes"] == []


def test_a_script_may_name_the_revision_it_saw(desk: Office) -> None:
    request, mara = desk.submit(), desk.of(MANAGER)
    assert desk.run(mara, "approve", request, "--yes", "--revision", "2").exit_code == 7
    assert desk.run(mara, "approve", request, "--yes", "--stage", "Finance").exit_code == 7
    done = desk.run(
        mara,
        "approve",
        request,
        "--yes",
        "--revision",
        "1",
        "--stage",
        "Manager",
        "--reason",
        "Fine",
    )
    assert done.exit_code == 0
    assert desk.read(request)["stages"][0]["votes"][0]["comment"] == "Fine"


def test_the_rules_are_those_of_everywhere_else(desk: Office) -> None:
    request = desk.submit()
    for person, why in [(FINANCE, "not one of the people asked"), (ADMIN, "not one of the people")]:
        refused = desk.run(desk.of(person), "approve", request, "--yes")
        assert refused.exit_code == 7
        assert why in refused.stderr
    mine = desk.run(desk.agent, "approve", request, "--yes")
    assert mine.exit_code == 7
    assert "scope 'decide'" in mine.stderr
    assert desk.read(request)["stages"][0]["votes"] == []


def test_an_edit_is_shown_and_approved_with_it(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()
    arguments = ("approve", request, "--edit", "purpose=Half an ERP=system")
    done = desk.at_terminal(monkeypatch, desk.of(MANAGER), *arguments, typed="y\n")
    assert done.exit_code == 0, done.output
    assert (
        "With these changes:\n  purpose becomes Half an ERP=system (it is New ERP system)\n"
        in done.stdout
    )
    found = desk.read(request)
    assert found["action"]["params"]["purpose"] == "Half an ERP=system"
    assert found["revision"]["edited_by"] == MANAGER
    assert (
        desk.run(desk.of(MANAGER), "approve", request, "--yes", "--edit", "purpose").exit_code == 64
    )
    unseen = desk.run(desk.of(FINANCE), "approve", request, "--yes")
    assert unseen.exit_code == 7
    assert "Say which revision you saw" in unseen.stderr
    other = desk.run(
        desk.of(FINANCE), "approve", request, "--yes", "--revision", "2", "--edit", "title=Mine"
    )
    assert other.exit_code == 7
    assert "does not let approvers change title" in other.stderr


def test_changes_are_requested_and_votes_taken_back(desk: Office) -> None:
    request, mara = desk.submit(), desk.of(MANAGER)
    sent = desk.run(mara, "request-changes", request, "--reason", "Cheaper")
    assert sent.stdout.endswith(f"Changes requested by {MANAGER}: Cheaper.\n")
    assert desk.run(mara, "request-changes", request).exit_code == 64
    none = desk.run(mara, "withdraw-vote", request)
    assert none.exit_code == 7
    assert "waits for a new revision" in none.stderr
    other = desk.submit()
    assert "You have no vote" in desk.run(mara, "withdraw-vote", other).stderr


def test_break_glass_passes_it_alone_after_asking(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.submit()
    arguments = ("break-glass", request, "--reason", "The office is on fire")
    refused = desk.run(desk.of(MANAGER), *arguments, "--yes")
    assert refused.exit_code == 7
    done = desk.at_terminal(monkeypatch, desk.of(DIRECTOR), *arguments, typed="y\n")
    assert done.exit_code == 0, done.output
    assert "Break glass and approve this? [y]es" in done.stdout
    found = desk.read(request)
    assert (found["status"], found["decision"]["bypass"]) == ("approved", "break_glass")
