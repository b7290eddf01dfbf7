"""Which server the command line talks to, and with which key."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import typer

from bot.settings import DEFAULT_HOST, DEFAULT_PORT, Secret

DEFAULT_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
NO_KEY = (
    "there is no key. Set COUNTERSIGN_KEY, or name a file with --key-file. A key for a person: "
    "countersign keys create --name NAME --scope decide --scope read --person EMAIL"
)
ELSEWHERE = (
    "COUNTERSIGN_URL stands in .env, but the key does not. A key goes only to an address that "
    "was named with it: put both there, or name the server in the environment or with --url."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Access:
    """A server's address, taken apart, and a key. `prefix` is the path before `/v1`."""

    url: str
    secure: bool
    host: str
    port: int | None
    prefix: str
    key: Secret


def read_access(url: str | None, key_file: Path | None) -> Access:
    """From options, the environment and `.env`, in this order. Raises typer.BadParameter.

    A `.env` lies in whatever folder one works in, so its address is used only with its own key.
    """
    from dotenv import dotenv_values

    file = dotenv_values(".env", interpolate=False)
    key = _from_file(key_file) if key_file else os.environ.get("COUNTERSIGN_KEY", "").strip()
    named = url or os.environ.get("COUNTERSIGN_URL", "").strip()
    beside = (file.get("COUNTERSIGN_URL") or "").strip()
    if not key:
        key = (file.get("COUNTERSIGN_KEY") or "").strip()
        named = named or beside
    elif beside and not named:
        raise typer.BadParameter(ELSEWHERE, param_hint="--url")
    if not key:
        raise typer.BadParameter(NO_KEY, param_hint="--key-file")
    if len(key) > 256 or not key.isascii() or not key.isprintable() or " " in key:
        raise typer.BadParameter("this is not a key: keys begin with cs_", param_hint="--key-file")
    return _taken_apart(named or DEFAULT_URL, Secret(key))


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(4096).decode("ascii", "replace").strip()
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--key-file") from None


def _taken_apart(url: str, key: Secret) -> Access:
    good = url.isascii() and url.isprintable() and not set(url) & set(" \"'<>\\")
    try:
        parts = urlsplit(url)
        good = good and parts.scheme in ("http", "https") and bool(parts.hostname)
        good = good and not parts.query and not parts.fragment and parts.port != 0
    except ValueError:
        good = False
    if not good or "@" in parts.netloc:
        raise typer.BadParameter("use https://host or http://host:port", param_hint="--url")
    return Access(
        url=url.rstrip("/"),
        secure=parts.scheme == "https",
        host=parts.hostname or "",
        port=parts.port,
        prefix=parts.path.rstrip("/"),
        key=key,
    )
