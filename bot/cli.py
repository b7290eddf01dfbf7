"""The `countersign` command. Each command imports what it needs when it runs, so that
`--help` and mistakes in usage answer at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from bot import (
    cli_absences,
    cli_acts,
    cli_alerts,
    cli_audit,
    cli_callbacks,
    cli_database,
    cli_decide,
    cli_doctor,
    cli_evidence,
    cli_holds,
    cli_insight,
    cli_keys,
    cli_mcp,
    cli_outbox,
    cli_people,
    cli_policy,
    cli_rationale,
    cli_requests,
    cli_siem,
    cli_signing,
    cli_slack,
    cli_submit,
    cli_system,
    cli_teams,
    cli_web,
)
from bot.cli_exit import Commands
from bot.environment import environment
from bot.failures import explained
from bot.settings import DEFAULT_HOST, DEFAULT_PORT, read_settings

app = typer.Typer(
    name="countersign",
    cls=Commands,
    help="Approvals for AI agents: people decide in Slack and Microsoft Teams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(cli_submit.app)
app.add_typer(cli_requests.app)
app.add_typer(cli_decide.app)
app.add_typer(cli_acts.app)
app.add_typer(cli_absences.app, name="away")
app.add_typer(cli_mcp.app)
app.add_typer(cli_system.app)
app.add_typer(cli_alerts.app)
app.add_typer(cli_keys.app, name="keys")
app.add_typer(cli_outbox.app, name="outbox")
app.add_typer(cli_callbacks.app, name="callbacks")
app.add_typer(cli_people.app, name="people")
app.add_typer(cli_signing.app, name="signing-keys")
app.add_typer(cli_policy.app, name="policy")
app.add_typer(cli_rationale.app, name="rationale")
cli_audit.app.add_typer(cli_evidence.app)
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_holds.app, name="hold")
app.add_typer(cli_siem.app, name="siem")
app.add_typer(cli_doctor.app)
app.add_typer(cli_slack.app, name="slack")
app.add_typer(cli_teams.app, name="teams")
app.add_typer(cli_web.app, name="web")
app.add_typer(cli_insight.app, name="insight")
app.add_typer(cli_database.app, name="db")

Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")]


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("countersign"))
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """What all commands share."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
    log_json: Annotated[bool, typer.Option("--log-json", help="Log lines as JSON.")] = False,
) -> None:
    """Run the server until Ctrl-C."""
    if log_level not in ("debug", "info", "warning", "error"):
        raise typer.BadParameter("use debug, info, warning or error", param_hint="--log-level")
    with explained():
        settings = read_settings(environment(), host=host)
        from bot import log
        from bot.serve import run

        log.configure(log_level, as_json=log_json)
        run(settings, host, port)


@app.command()
def demo(
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last demo's data.")] = False,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="The port of the demo's page.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(".demo"),
    history: Annotated[
        bool, typer.Option("--history", help="Make six weeks of past requests first.")
    ] = False,
) -> None:
    """Run a sample company with simulated Slack and Teams, and an agent that asks."""
    with explained():
        from bot.demo import run_demo

        run_demo(folder, fresh=fresh, port=port, history=history)
