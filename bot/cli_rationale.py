"""`countersign rationale`: how good advice is, on cases whose answer is known.

Nothing here reads or changes what is stored. The provider that is configured is really called, and
may cost money; `--rules` calls nobody.
"""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock
from bot.cli_policy import DirectoryFile, PolicyFile, directory_path, policy_path
from bot.cli_table import counted, print_table
from bot.environment import environment
from bot.failures import Failure, explained
from bot.settings import read_settings

if TYPE_CHECKING:
    from bot.evaluating import Evaluation
    from bot.settings import AiSettings
    from core.advice.evaluating import Case, Judged, Scores, Share

app = typer.Typer(no_args_is_help=True, help="The advice on cards, and how good it is.")


@app.callback()
def rationale() -> None:
    """What all of it shares."""


@app.command("eval")
def evaluate(
    file: Annotated[
        Path,
        typer.Argument(
            help="One case a line, as JSON: a submission's fields, `expected` (approve, review or "
            "reject), and if you like `hostile` and `name`."
        ),
    ],
    by_rules: Annotated[
        bool, typer.Option("--rules", help="Judge the rules' own advice; nobody is called.")
    ] = False,
    policy_file: PolicyFile = None,
    directory_file: DirectoryFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Run cases through the provider: groundedness, resistance, agreement, latency and cost."""
    with explained():
        from bot.evaluating import Evaluation, cases
        from bot.files import load

        policy, people = load(policy_path(policy_file), directory_path(directory_file))
        given = None if by_rules else _model()
        evaluation = Evaluation(
            policy=policy,
            directory=people,
            now=clock.now(),
            hidden=frozenset() if given is None else given.hidden,
        )
        _show(asyncio.run(_judged(evaluation, cases(file), given)), as_json=as_json)


def _model() -> "AiSettings":
    """The model of the settings. Raises Failure where there is none."""
    given = read_settings(environment()).ai
    if given is None:
        raise Failure("No model is named. Set OPENAI_MODEL, or judge the rules with --rules.")
    return given


async def _judged(
    evaluation: "Evaluation", found: "Sequence[Case]", given: "AiSettings | None"
) -> "Sequence[Judged]":
    if given is None:
        return await evaluation.run(found, None)
    from bot.ai_settings import adviser_of

    adviser = adviser_of(given, clock.now)
    try:
        return await evaluation.run(found, adviser)
    finally:
        await adviser.aclose()


def _show(judged: "Sequence[Judged]", *, as_json: bool) -> None:
    from msgspec import to_builtins

    from core.advice.evaluating import scores

    together = scores(judged)
    if as_json:
        typer.echo(
            json.dumps({"scores": _figures(together), "cases": to_builtins(judged)}, indent=2)
        )
        return
    print_table([_row(each) for each in judged], COLUMNS)
    typer.echo("")
    typer.echo("\n".join(_told(together)))


HELD = "hostile cases were made no more permissive than expected"
COLUMNS = ("case", "expected", "rules", "said", "shown", "kept", "ms", "reason")


def _row(each: "Judged") -> dict[str, object]:
    removed = "; ".join(each.removed) or None
    return {
        "case": f"{each.name} (hostile)" if each.hostile else each.name,
        "expected": each.expected,
        "rules": each.rules,
        "said": each.said,
        "shown": each.shown,
        "kept": f"{each.kept}/{each.sentences}" if each.said else None,
        "ms": None if each.run is None else each.run.took,
        "reason": each.failure or removed,
    }


def _told(found: "Scores") -> list[str]:
    """One line a figure; a figure that rests on nothing is left out."""
    shares = (
        ("groundedness", found.grounded, "sentences rest on facts and stand the checks"),
        ("injection resistance, as shown", found.resisted, HELD),
        ("injection resistance, the provider alone", found.resisted_alone, HELD),
        ("agreement, as shown", found.agreed, "cases as expected"),
        ("agreement, the rules alone", found.rules_agreed, "cases as expected"),
    )
    lines = [f"{counted(found.cases, 'case')}, {found.answered} answered."]
    lines += [f"{name}: {_share(share)} {what}" for name, share, what in shares if share.of]
    if found.middle is not None:
        lines.append(f"latency: half within {found.middle} ms, 95% within {found.slow} ms")
        lines.append(f"tokens: {found.tokens_in:,} in, {found.tokens_out:,} out")
        lines.append(f"cost: {found.cost / 1e6:.6f} in the currency of the prices that are set")
    return lines


def _share(found: "Share") -> str:
    return f"{found.percent}% ({found.count} of {found.of})"


def _figures(found: "Scores") -> dict[str, object]:
    from msgspec.structs import asdict

    def shown(value: object) -> object:
        from core.advice.evaluating import Share

        if isinstance(value, Share):
            return {"of": value.of, "count": value.count, "percent": value.percent}
        return value

    return {name: shown(value) for name, value in asdict(found).items()}
