"""`countersign doctor`: looks at everything an installation needs, and says what to mend."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated

import typer

from bot import clock
from bot.environment import environment

if TYPE_CHECKING:
    from bot.doctor.stored import Stored
    from bot.settings import Settings
    from core.checkup import Found
    from core.directory.people import Directory

app = typer.Typer()

SIGNS = {"ok": "ok", "warning": "warning", "problem": "PROBLEM"}
SKIPPED = "Nothing else was looked at: mend the settings first."


@app.command(rich_help_panel="Administer")
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Check all that an installation needs, from settings to mail server; change nothing."""
    found = _looked_at()
    if as_json:
        from msgspec import structs

        items = [structs.asdict(one) for one in found]
        typer.echo(json.dumps({"items": items}, indent=2, ensure_ascii=False))
    else:
        _print(found)
    if any(one.level == "problem" for one in found):
        raise typer.Exit(1)


def _looked_at() -> "list[Found]":
    from bot.doctor import own, platforms
    from bot.doctor.keys import keys
    from bot.doctor.stored import NOTHING, stored
    from bot.settings import SettingsError, read_settings

    try:
        settings = read_settings(environment())
    except SettingsError as error:
        return own.mistaken(error)
    readable, database = own.database(settings.database_url)
    kept = asyncio.run(stored(settings.database_url)) if readable else NOTHING
    people, books = own.books(settings, kept.policy)
    here = [*own.settings(settings), *books, *database, *own.signing_key(settings)]
    if people is not None:
        people = people.with_accounts([(each.identity, each.person) for each in kept.accounts])
    here += keys(kept.keys, clock.now())
    here += [*platforms.none(settings), *platforms.anybody(settings)]
    return here + asyncio.run(_far(settings, people, kept))


async def _far(settings: "Settings", people: "Directory | None", kept: "Stored") -> "list[Found]":
    """What others must be asked for, all at once."""
    from bot.doctor import platforms, reach
    from bot.doctor.mail import mail
    from bot.doctor.siem import siem

    asked = []
    if settings.slack is not None:
        asked.append(platforms.slack(settings, people, kept.installations))
    if settings.teams is not None:
        asked.append(platforms.teams(settings, people))
    if settings.ai is not None:
        from adapters.ai import checks

        asked.append(checks.everything(settings.ai.for_adapter(), clock.now))
    asked.append(mail(settings))
    asked.append(siem(settings, kept.streamed, clock.now()))
    asked.append(reach.public(settings.public_url, platforms.doors(settings)))
    return [one for some in await asyncio.gather(*asked) for one in some]


def _print(found: "list[Found]") -> None:
    from bot.cli_show import line, say
    from bot.cli_table import counted

    name = max(len(one.check) for one in found)
    for one in found:
        sign = SIGNS[one.level.value]
        say(f"{sign.ljust(8)} {one.check.ljust(name)}  {line(f'{one.said} {one.remedy}'.strip())}")
    problems = sum(one.level == "problem" for one in found)
    warnings = sum(one.level == "warning" for one in found)
    if problems == warnings == 0:
        say("", "Nothing to mend.")
        return
    say("", f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}.")
    if {one.check for one in found} == {"settings"}:
        say(SKIPPED)
