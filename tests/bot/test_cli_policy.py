"""`countersign policy`: what is printed, and the exit code."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.sample import DIRECTORY, POLICY
from core.commands import Facts
from core.content import Action, Revision, row, seal
from core.decide import decide
from core.request import RequestState
from core.rows import Changes, Loaded
from storage.database import open_storage
from tests.core.builders import NOW, a_submit

REQUEST = {
    "title": "New ERP system",
    "requester": "alice@example.com",
    "action": {"type": "purchase_order", "params": {"amount": 120000}},
}


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory and an environment without settings of any other Countersign."""
    ours = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_")
    for name in [n for n in os.environ if n.startswith(ours)]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY.read_text())
    (tmp_path / "directory.yaml").write_text(DIRECTORY.read_text())
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["policy", *arguments])


def test_warnings_are_told_and_keep_nothing_from_working(tmp_path: Path) -> None:
    text = POLICY.read_text().replace('["group:finance"]', "[faye@example.com]")
    (tmp_path / "other.yaml").write_text(text)
    checked = run("check", "--policy", "other.yaml")
    assert checked.exit_code == 0
    first, second = checked.stdout.splitlines()
    assert first.startswith("No mistakes: 4 rules (version ")
    line = next(n for n, said in enumerate(text.splitlines(), 1) if "[faye@" in said)
    assert second == (
        f"warning: other.yaml:{line}:20: only one person can decide stage 'Finance' - "
        "Name a deputy, a group or 'escalate_to'"
    )


def test_one_rule_is_one_rule(tmp_path: Path) -> None:
    text = (
        "version: 1\nrules:\n  - {name: one, when: request.amount > 1, category: prohibited}\n"
        "fallback: {category: review, stages: [{name: R, sla: 1h, approvers: [group:admins]}]}\n"
        "last_resort: group:admins\n"
    )
    (tmp_path / "one.yaml").write_text(text)
    assert run("check", "--policy", "one.yaml").stdout.startswith("No mistakes: 1 rule (version ")


def test_findings_are_told_to_programs(tmp_path: Path) -> None:
    assert json.loads(run("check", "--json").stdout) == {"items": []}
    text = POLICY.read_text().replace('["group:finance"]', "[faye@example.com]")
    (tmp_path / "policy.yaml").write_text(text)
    [item] = json.loads(run("check", "--json").stdout)["items"]
    assert (item["severity"], item["column"]) == ("warning", 20)


def test_who_has_no_account_yet_is_told_of_with_the_directory_file(tmp_path: Path) -> None:
    maras = "      slack: {team: T0EXAMPLE, user: U0MARA}\n"
    text = DIRECTORY.read_text().replace(f"    identities:\n{maras}", "    notify: [slack]\n")
    (tmp_path / "directory.yaml").write_text(text)
    line = next(n for n, said in enumerate(text.splitlines(), 1) if "notify: [slack]" in said)
    checked = run("check")
    assert checked.exit_code == 0
    assert checked.stdout.splitlines()[-1].startswith(
        f"warning: directory.yaml:{line}:14: no Slack account yet - Unless it is linked already, "
    )
    items = json.loads(run("check", "--json").stdout)["items"]
    assert [item["file"] for item in items] == ["policy.yaml", "directory.yaml"]
    assert items[1]["line"] == line


def test_mistakes_are_told_on_standard_error(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("version: 2\n")
    refused = run("check")
    assert refused.exit_code == 1
    assert "policy.yaml:1:10: 'version' is 2 - Write version: 1" in refused.stderr


def test_the_schema_is_printed() -> None:
    shown = json.loads(run("schema").stdout)
    assert shown["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_a_request_is_explained_to_a_person() -> None:
    told = run("explain", "request.json")
    assert told.exit_code == 0, told.output
    assert '  yes  purchase-order: request.action.type == "purchase_order"' in told.stdout
    assert "\nStage 1, Manager: 1 of Mara Miller\n" in told.stdout
    assert "\nStage 2, Finance: 1 of Finn Fischer, Faye Foster\n" in told.stdout
    assert "\n  counted as if it opened now:\n  due " in told.stdout
    assert told.stdout.count("counted as if it opened now") == 2
    assert "\nPeople told: 5, and 2 more if nobody answers.\n" in told.stdout


def test_a_request_is_explained_to_a_program() -> None:
    told = json.loads(run("explain", "request.json", "--json").stdout)
    assert (told["rule"], told["category"], told["amount"]) == (
        "purchase-order",
        "review",
        "120000",
    )
    assert told["stages"][0]["deadline"].endswith("Z")
    assert told["stages"][0]["moments"][0]["at"] == told["stages"][0]["deadline"]


def test_a_request_may_come_on_standard_input() -> None:
    arguments = ["policy", "explain", "-"]
    told = CliRunner().invoke(app, arguments, input=json.dumps(REQUEST))
    assert "It is reviewed: " in told.stdout


def test_a_prohibited_request_is_explained(tmp_path: Path) -> None:
    action = {"type": "delete_customer", "params": {}}
    (tmp_path / "request.json").write_text(json.dumps(REQUEST | {"action": action}))
    told = run("explain", "request.json")
    assert told.stdout.splitlines()[-1] == (
        "It is refused for good: the condition of rule 'never-delete-customers' holds; "
        "Only a person may delete a customer account."
    )


def test_a_request_that_a_condition_refuses_is_explained(tmp_path: Path) -> None:
    action = {"type": "purchase_order", "params": {}}
    (tmp_path / "request.json").write_text(json.dumps(REQUEST | {"action": action}))
    told = run("explain", "request.json")
    assert "request.amount is missing" in told.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "request.json: "),
        ("{}", "request.json: action: is missing"),
        (json.dumps(REQUEST | {"titel": "x"}), "request.json: titel: is not a known field"),
        (json.dumps(REQUEST | {"requester": "x@example.com"}), "x@example.com is not in the dir"),
    ],
)
def test_a_file_that_is_no_request_is_refused_with_what_is_wrong(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "request.json").write_text(text)
    refused = run("explain", "request.json")
    assert refused.exit_code == 1
    assert said in refused.stderr


def test_a_file_that_is_not_there_is_refused() -> None:
    refused = run("explain", "nothing.json")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("nothing.json: No such file")


def store(path: Path, amounts: tuple[int, ...]) -> list[str]:
    """Purchases of these amounts, as the test's usual route has them; gives their ids."""
    made: list[str] = []

    async def fill() -> None:
        storage = open_storage(f"sqlite:///{path}/countersign.db")
        try:
            for amount in amounts:
                # Rising, as ids are; two that are made within a millisecond need not be.
                made.append(f"01kb{len(made):022}")
                revision = Revision(
                    action=Action(type="purchase_order", params={"amount": amount}),
                    title="t",
                    requester="alice@example.com",
                    amount=str(amount),
                )
                content = row(f"{made[-1]}.r1", "00" * 16, seal(revision))
                advice = row(f"{made[-1]}.a1", "00" * 16, seal(revision))

                def submit(loaded: Loaded) -> Changes[None]:
                    command = a_submit(content=content, rationale=advice, amount=str(amount))  # noqa: B023 - it runs at once
                    own = decide(RequestState(id=made[-1]), command, Facts(), NOW)
                    return Changes(
                        result=None,
                        state=own.state,
                        events=own.events,
                        content=(content, advice),  # noqa: B023 - it runs at once
                    )

                await storage.store.transact(made[-1], submit)
        finally:
            await storage.close()

    assert CliRunner().invoke(app, ["db", "upgrade"]).exit_code == 0
    asyncio.run(fill())
    return made


def test_past_requests_are_compared_newest_first(tmp_path: Path) -> None:
    small, large = store(tmp_path, (20, 500))
    told = run("backtest", "policy.yaml")
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    assert lines[0].startswith("2 requests under policy version ")
    assert [line.split()[0] for line in lines[9:]] == [large, small]
    assert "approved without people" in lines[10]
    report = json.loads(run("backtest", "policy.yaml", "--json").stdout)
    assert (report["counts"]["auto_approved"], report["counts"]["reviewed_less"]) == (1, 1)


def test_only_the_last_ones_may_be_compared(tmp_path: Path) -> None:
    *_, newest = store(tmp_path, (20, 500, 600))
    report = json.loads(run("backtest", "policy.yaml", "--last", "1", "--json").stdout)
    assert [found["request"] for found in report["requests"]] == [newest]


def test_a_policy_with_mistakes_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("version: 2\n")
    refused = run("backtest", "other.yaml")
    assert refused.exit_code == 1
    assert "other.yaml:1:10" in refused.stderr
