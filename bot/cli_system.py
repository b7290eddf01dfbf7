"""`countersign freeze`, `unfreeze`, and the policy that a server has in force."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot import cli_policy
from bot.cli_options import AsJson, KeyFile, Url, told
from bot.cli_table import print_table
from bot.failures import explained

if TYPE_CHECKING:
    from core.policy.policy import Policy
    from storage.database import Storage

PANEL = "Administer"
app = typer.Typer()

FROZEN = (
    "Frozen: from now on nothing is approved and no approval is used, on every server of this "
    "database. Asking, rejecting and reading go on. Undo it with: countersign unfreeze"
)
UNFROZEN = (
    "Approvals go on. What was approved before the freeze can be used again, until it expires; "
    "take one back with: countersign revoke-token ID"
)


@app.command(rich_help_panel=PANEL)
def freeze() -> None:
    """Stop all approvals at once, directly on the database."""
    with explained():
        typer.echo(FROZEN if _switched(True) else f"It was frozen already. {_UNDO}")


@app.command(rich_help_panel=PANEL)
def unfreeze() -> None:
    """Let approvals go on, directly on the database."""
    with explained():
        typer.echo(UNFROZEN if _switched(False) else "Nothing was frozen, so nothing changed.")


_UNDO = "Undo it with: countersign unfreeze"


def _switched(to: bool) -> bool:
    from bot import clock
    from bot.cli_storage import require_database, with_storage
    from core.events import Actor
    from core.service.governing import Governance

    async def switch(storage: "Storage") -> bool:
        governance = Governance(
            store=storage.store, read=_reads_nothing, clock=clock.now, from_file=True
        )
        by = Actor(via="cli")
        return await (governance.freeze(by) if to else governance.unfreeze(by))

    # A new, empty database would be frozen while the real one goes on.
    require_database()
    return with_storage(switch)


def _reads_nothing(_: str) -> "Policy":
    raise AssertionError("a freeze reads no policy")


@cli_policy.app.command()
def show(
    version: Annotated[str | None, typer.Argument(help="From `policy history`.")] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Print the policy that a server has in force, or an earlier version."""
    with told(as_json):
        from adapters.webhook.answers_rules import Policy
        from bot.cli_client import decoded, pretty, server
        from bot.cli_show import say

        body = server(url, key_file).get("/v1/policy", {"version": version})
        if as_json:
            typer.echo(pretty(body))
            return
        found = decoded(body, Policy)
        say(f"Version {found.version}, from the {found.source}.", error=True)
        if sys.stdout.isatty():
            say(found.text.removesuffix("\n"))
        else:  # into a file it goes as it is
            typer.echo(found.text, nl=False)


@cli_policy.app.command("history")
def history(
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the policy versions of a server, the newest first."""
    with told(as_json):
        from adapters.webhook.answers_rules import PolicyVersionList
        from bot.cli_client import decoded, pretty, server

        body = server(url, key_file).get("/v1/policy/versions", {"limit": limit})
        if as_json:
            typer.echo(pretty(body))
            return
        rows: list[dict[str, object]] = [
            {
                "version": item.version,
                "at": item.at,
                "by": item.by,
                "in_force": "yes" if item.in_force else None,
            }
            for item in decoded(body, PolicyVersionList).items
        ]
        print_table(rows, ("version", "at", "by", "in_force"))


@cli_policy.app.command()
def put(
    file: Annotated[str, typer.Argument(help="The policy; - reads it.")],
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Bring a policy into force on a server, as an administrator; open requests keep theirs."""
    with told(as_json):
        from adapters.webhook.answers_rules import Policy
        from bot.cli_client import decoded, pretty, read_file, server
        from bot.cli_show import say

        body = server(url, key_file).put_yaml("/v1/policy", read_file(file))
        if as_json:
            typer.echo(pretty(body))
            return
        say(f"In force: version {decoded(body, Policy).version}.")
