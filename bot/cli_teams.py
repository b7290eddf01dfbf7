"""`countersign teams`: making the app that people install in Teams."""

from pathlib import Path
from typing import Annotated

import typer

from bot.environment import environment

app = typer.Typer(no_args_is_help=True, help="The Teams app.")

NEXT = (
    "Upload it at https://admin.teams.microsoft.com (Teams apps, Manage apps, Upload new app), "
    "or in Teams under Apps, Manage your apps."
)


@app.callback()
def root() -> None:
    """What all commands share."""


@app.command()
def package(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where it is written.")] = Path(
        "countersign-teams.zip"
    ),
    url: Annotated[
        str, typer.Option(metavar="URL", help="About the app; else COUNTERSIGN_PUBLIC_URL.")
    ] = "",
    app_id: Annotated[
        str, typer.Option(metavar="ID", help="The bot's app id; else MICROSOFT_APP_ID.")
    ] = "",
    name: Annotated[str, typer.Option(help="What people see, at most 30 characters.")] = "",
    developer: Annotated[str, typer.Option(help="Who runs it, at most 32 characters.")] = "",
    privacy: Annotated[
        str, typer.Option("--privacy-url", metavar="URL", help="About privacy; else --url.")
    ] = "",
    terms: Annotated[
        str, typer.Option("--terms-url", metavar="URL", help="Terms of use; else --url.")
    ] = "",
    version: Annotated[
        str, typer.Option("--app-version", help="Higher than what was uploaded before.")
    ] = "",
) -> None:
    """Write the app package that Teams takes: the manifest and two icons, in a zip file."""
    from importlib.metadata import version as installed

    from adapters.teams.manifest import TeamsApp, mistakes
    from adapters.teams.manifest import package as packed

    settings = environment()
    named = {"name": name, "developer": developer}
    described = TeamsApp(
        bot=(app_id or settings.get("MICROSOFT_APP_ID", "")).strip(),
        url=(url or settings.get("COUNTERSIGN_PUBLIC_URL", "")).strip(),
        version=version or installed("countersign"),
        privacy=privacy,
        terms=terms,
        **{field: given for field, given in named.items() if given},
    )
    if wrong := mistakes(described):
        raise typer.BadParameter("\n".join(map(str, wrong)))
    _write(out, packed(described))
    typer.echo(f"Wrote {out}. {NEXT}")


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        wrong = f"it cannot be written ({error.strerror}). Name a file in a folder of yours"
        raise typer.BadParameter(wrong, param_hint="--out") from None
