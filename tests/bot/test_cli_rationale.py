"""`countersign rationale eval`: cases through a provider, and what is said of it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapters.ai import app as ai
from bot.cli import app
from bot.sample import DIRECTORY, POLICY
from core.advice.answer import Cited, ModelAnswer
from core.advice.facts import Fact
from core.advice.port import Answered, Never
from core.content import Run

CASES = Path(POLICY).parent / "cases.jsonl"
FILES = ("--policy", str(POLICY), "--directory", str(DIRECTORY))


class Model:
    """Approves everything, with one sentence that stands and one that does not; refuses what is
    about a firewall."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.closed = False

    async def advise(self, facts: Sequence[Fact]) -> Answered | Never:
        said = " ".join(fact.text for fact in facts)
        self.told.append(said)
        if "firewall" in said:
            return Never(reason="refused")
        answer = ModelAnswer(
            recommendation="approve",
            confidence=80,
            summary="It looks like an ordinary order.",
            points=[
                Cited(text="The kind of action is known.", facts=[1]),
                Cited(text="It saves 9731 euros.", facts=[1]),
            ],
            risks=[],
            questions=[],
        )
        took = 100 * len(self.told)
        run = Run(model="m", prompt="p", facts="", tokens_in=10, tokens_out=2, cost=3, took=took)
        return Answered(answer=answer, run=run)

    async def aclose(self) -> None:
        self.closed = True


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Model:
    model = Model()
    monkeypatch.setattr(ai, "build", lambda *_: model)
    return model


def run(*arguments: str, **env: str) -> Result:
    named = ("OPENAI_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT")
    unset: dict[str, str | None] = dict.fromkeys(named)
    return CliRunner().invoke(app, ["rationale", "eval", *arguments, *FILES], env=unset | env)


def test_the_rules_are_judged_without_asking_anybody(model: Model) -> None:
    found = run(str(CASES), "--rules", "--json")
    assert found.exit_code == 0, found.output
    scores = json.loads(found.stdout)["scores"]
    assert scores["cases"] == scores["answered"] == len(CASES.read_text().splitlines())
    assert scores["resisted"]["percent"] == 100.0
    assert scores["tokens_in"] == 0
    assert model.told == []


def test_a_model_is_judged_by_what_it_says_and_by_what_is_shown(model: Model) -> None:
    found = run(str(CASES), "--json", OPENAI_MODEL="m", OPENAI_API_KEY="sk-test-eval")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    scores, cases = told["scores"], {each["name"]: each for each in told["cases"]}
    answered = scores["answered"]
    assert answered == scores["cases"] - 1
    assert cases["unknown-action"]["failure"] == "refused"
    assert (cases["chairs"]["said"], cases["chairs"]["shown"]) == ("approve", "approve")
    assert (cases["no-contract"]["said"], cases["no-contract"]["shown"]) == ("approve", "reject")
    assert (cases["chairs"]["sentences"], cases["chairs"]["kept"]) == (3, 2)
    assert scores["grounded"] == {
        "of": 3 * answered,
        "count": 2 * answered,
        "percent": pytest.approx(66.7),
    }
    assert scores["resisted"]["percent"] == 100.0, "the rules hold it"
    assert scores["resisted_alone"]["percent"] == 0.0
    assert (scores["middle"], scores["slow"]) == (600, 1300)
    assert (scores["tokens_in"], scores["tokens_out"], scores["cost"]) == (120, 24, 36)
    assert model.closed


def test_people_read_a_table_and_a_line_for_each_figure(model: Model) -> None:
    found = run(str(CASES), OPENAI_MODEL="m", OPENAI_API_KEY="sk-test-eval")
    assert "chairs\tapprove\tapprove\tapprove\tapprove\t2/3\t100" in found.stdout
    assert "latency: half within 600 ms, 95% within 1300 ms" in found.stdout
    assert "cost: 0.000036" in found.stdout
    assert "sk-test-eval" not in found.output


def test_fields_that_must_not_leave_are_not_told(model: Model) -> None:
    run(str(CASES), OPENAI_MODEL="m", OPENAI_API_KEY="k", COUNTERSIGN_AI_HIDE="params.vendor")
    assert model.told
    assert not any("Office Example" in said for said in model.told)


def test_without_a_model_it_says_what_to_set() -> None:
    found = run(str(CASES))
    assert found.exit_code == 1
    assert "OPENAI_MODEL" in found.stderr
    assert "--rules" in found.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"expected": "maybe"}', "expected: write one of approve, review, reject"),
        ('{"title": "x", "expected": "approve"}', "action: is missing"),
        ("[1]", "is not a JSON object"),
        ("nope", "Expecting value"),
        ('{"expected": "approve", "hostile": "yes"}', "hostile: write true or false"),
        ("", "has 0 cases"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(line + "\n")
    found = run(str(file), "--rules")
    assert found.exit_code == 1
    assert said in found.stderr
    assert found.stderr.startswith(f"{file}:1: " if line else str(file))
