"""`countersign hold`: keeps content from being erased, as long as somebody may have to see it."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli_storage import require_database, with_storage
from bot.cli_table import print_table, shown_time
from bot.failures import Failure, explained

if TYPE_CHECKING:
    from core.audit.holding import Holding
    from storage.database import Storage

app = typer.Typer(no_args_is_help=True, help="Legal holds: content that is not erased.")

Request = Annotated[str | None, typer.Option(help="A request's id.")]
Rule = Annotated[str | None, typer.Option(help="A rule of the policy: all it ever routed.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept with the trail.")]

COLUMNS = ("held", "name", "since", "by")


@app.command()
def add(reason: Why, request: Request = None, rule: Rule = None) -> None:
    """Hold a request, or all of a rule: nothing of it is erased until the hold is removed."""
    scope, name = _which(request, rule)
    with explained():
        require_database()
        holding = _holding(reason)
        if not with_storage(lambda storage: storage.holds.add(scope, name, holding)):
            raise Failure(
                f"The {scope} {name} is held already, or is not there. See: countersign hold list"
            )
        typer.echo(f"Held: nothing of the {scope} {name} is erased until countersign hold remove.")
        if rule is not None and not with_storage(lambda storage: _is_known(storage, rule)):
            typer.echo(
                f"The policy in force has no rule {rule}, so this holds only what such a rule "
                "routed before. Was it written otherwise? See: countersign hold list",
                err=True,
            )


@app.command()
def remove(reason: Why, request: Request = None, rule: Rule = None) -> None:
    """End a hold: what was due meanwhile is erased within minutes."""
    scope, name = _which(request, rule)
    with explained():
        require_database()
        holding = _holding(reason)
        if not with_storage(lambda storage: storage.holds.remove(scope, name, holding)):
            raise Failure(f"The {scope} {name} is not held. See: countersign hold list")
        typer.echo(f"The {scope} {name} is not held any more.")


@app.command("list")
def list_holds(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what is held."""
    with explained():
        require_database()

        async def read(storage: "Storage") -> list[dict[str, object]]:
            return [
                {"held": h.scope, "name": h.name, "since": shown_time(h.at), "by": h.by}
                for h in await storage.holds.all()
            ]

        rows = with_storage(read)
        if as_json:
            typer.echo(json.dumps({"items": rows}, indent=2, ensure_ascii=False))
        else:
            print_table(rows, COLUMNS)


async def _is_known(storage: "Storage", rule: str) -> bool:
    """Whether the policy in force has such a rule; so it is said where none was ever stored."""
    from bot.documents import read_document
    from core.policy.own import BY_ADMINISTRATORS
    from core.policy.text import read_policy

    newest = await storage.store.policies(1)
    if not newest:
        return True
    policy = read_policy(read_document(newest[0].text), newest[0].text, None)
    rules = (*policy.rules, policy.fallback, BY_ADMINISTRATORS)
    return rule in [each.name for each in rules]


def _which(request: str | None, rule: str | None) -> tuple[str, str]:
    from core.audit.holding import REQUEST, RULE

    if (request is None) == (rule is None):
        raise typer.BadParameter("give either --request ID or --rule NAME")
    return (REQUEST, request) if request is not None else (RULE, rule or "")


def _holding(reason: str) -> "Holding":
    if not reason.strip() or len(reason) > 1000:
        raise typer.BadParameter("use 1 to 1000 characters", param_hint="--reason")
    from bot import clock, ids
    from bot.cli_audit import account
    from core.audit.holding import Holding
    from core.content import Text, row
    from core.events import Actor

    by = account()
    return Holding(
        actor=Actor(via="cli", evidence={"account": by}),
        at=clock.now(),
        by=by,
        reason=row(ids.new_id(), ids.new_salt(), Text(text=reason.strip())),
    )
