"""`countersign policy`: find mistakes in the policy, ask what it would do, compare another.

Nothing here changes anything.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock
from bot.cli_table import counted
from bot.environment import environment
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.directory.people import Directory
    from core.policy.check import Finding
    from core.policy.policy import Policy
    from core.submission import Submission

app = typer.Typer(no_args_is_help=True, help="The policy and directory files.")

LARGEST = 1_000_000

PolicyFile = Annotated[str | None, typer.Option("--policy", help="Instead of COUNTERSIGN_POLICY.")]
DirectoryFile = Annotated[
    str | None, typer.Option("--directory", help="Instead of COUNTERSIGN_DIRECTORY.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command()
def check(
    policy_file: PolicyFile = None,
    directory_file: DirectoryFile = None,
    as_json: AsJson = False,
) -> None:
    """Tell every mistake in both files, and what in the policy is unwise."""
    with explained():
        path, people_path = policy_path(policy_file), directory_path(directory_file)
        rules, people = _load(path, people_path)
        findings = _findings(path, rules, people, people_path)
        if as_json:
            from msgspec import to_builtins

            items = [{"file": file, **to_builtins(finding)} for file, finding in findings]
            typer.echo(json.dumps({"items": items}, indent=2))
            return
        typer.echo(
            f"No mistakes: {counted(len(rules.rules), 'rule')} (version {rules.version}), "
            f"{counted(len(people), 'person', 'people')}."
        )
        for file, finding in findings:
            typer.echo(f"{finding.severity}: {file}:{finding}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a policy file, for editors."""
    from core.policy.schema import schema

    typer.echo(json.dumps(schema(), indent=2))


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="A request as for POST /v1/requests; - reads it.")],
    policy_file: PolicyFile = None,
    directory_file: DirectoryFile = None,
    agent: Annotated[str, typer.Option(help="The agent's name, as its key has it.")] = "agent",
    as_json: AsJson = False,
) -> None:
    """Say who would be asked for a request, and what happens if nobody answers."""
    with explained():
        rules, people = _load(policy_path(policy_file), directory_path(directory_file))
        submission = _submission(file)
        from core.policy.explain import explain

        email = submission.requester
        requester = None if email is None else people.person(email)
        if email is not None and requester is None:
            raise Failure(f"requester: {email} is not in the directory. Name somebody who is.")
        found = explain(rules, people, submission, requester, agent, clock.now())
        if as_json:
            from bot.policy_told import explanation_json

            typer.echo(json.dumps(explanation_json(found), indent=2))
            return
        from bot.policy_told import explanation_told

        typer.echo("\n".join(explanation_told(found, people)))


@app.command()
def backtest(
    file: Annotated[str, typer.Argument(help="The other policy file.")],
    directory_file: DirectoryFile = None,
    last: Annotated[int, typer.Option(min=1, max=100_000, help="How many requests.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Compare what another policy would have made of past requests."""
    with explained():
        rules, people = _load(file, directory_path(directory_file))
        from bot.cli_storage import with_storage
        from core.policy.backtest import backtest
        from core.service.governing import past_requests

        past = with_storage(lambda storage: past_requests(storage.store.past, last))
        report = backtest(rules, people, past, clock.now())
        from bot.policy_told import report_told

        if as_json:
            from msgspec import to_builtins

            typer.echo(json.dumps(to_builtins(report), indent=2))
        else:
            typer.echo("\n".join(report_told(report)))


def _findings(
    path: str, rules: "Policy", people: "Directory", people_path: str
) -> "list[tuple[str, Finding]]":
    """What there is to think about, each with the file in which it stands."""
    from bot.documents import read_document
    from bot.files import directory_warnings
    from core.policy.check import check, warning

    found = [*check(read_document(rules.text), rules.text, people), *_undecidable(rules)]
    beside = map(warning, directory_warnings(people_path))
    return [*((path, each) for each in found), *((people_path, each) for each in beside)]


def _undecidable(rules: "Policy") -> "list[Finding]":
    """What nobody could decide by the settings of this environment."""
    from bot.settings import read_web_settings
    from bot.web_settings import CANNOT_DECIDE, undecidable
    from core.policy.check import Finding, Severity
    from core.source import place_in

    said = undecidable(rules, read_web_settings(environment()))
    if said is None:
        return []
    line, column = place_in(rules.text, max(0, rules.text.find("decide_in")))
    return [Finding(Severity.WARNING, line, column, said, CANNOT_DECIDE)]


def policy_path(given: str | None) -> str:
    """The policy file in use, or the one that was named."""
    return given or environment().get("COUNTERSIGN_POLICY") or "policy.yaml"


def directory_path(given: str | None) -> str:
    """The directory file in use, or the one that was named."""
    return given or environment().get("COUNTERSIGN_DIRECTORY") or "directory.yaml"


def _load(policy_path: str, directory_path: str) -> "tuple[Policy, Directory]":
    """With whoever is kept in the database here: the policy may name them while they count."""
    from bot.files import load
    from bot.kept import kept_here

    return load(policy_path, directory_path, kept_here(), present=True)


def _submission(file: Path) -> "Submission":
    """The request of a JSON file, read as the API reads a body. Raises Failure."""
    from adapters.webhook.incoming import submission
    from adapters.webhook.mistakes import Mistaken
    from adapters.webhook.schema import SubmitBody
    from adapters.webhook.strict_json import Malformed, parse
    from adapters.webhook.validate import body_of

    try:
        body = sys.stdin.buffer.read(LARGEST) if str(file) == "-" else file.read_bytes()[:LARGEST]
        return submission(body_of(parse(body), SubmitBody))
    except OSError as error:
        raise Failure(f"{file}: {error.strerror}. Name a JSON file.") from error
    except Malformed as error:
        raise Failure(f"{file}: {error}") from error
    except Mistaken as error:
        said = "\n".join(f"{file}: {mistake.sentence}" for mistake in error.mistakes)
        raise Failure(said) from error
