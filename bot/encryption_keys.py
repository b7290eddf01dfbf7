"""The keys that seal chat tokens in the database: from the setting, or made beside it."""

import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

import structlog

from bot.key_files import make_once
from bot.secret import Secret
from bot.settings import Problem, SettingsError
from bot.slack_settings import ENCRYPTION, is_key, split_keys

log = structlog.get_logger("encryption_keys")


def load_keys(given: Secret | None, database_url: Secret) -> tuple[str, ...]:
    """The keys, the newest first: as set, or from the file beside the SQLite database.

    That file is made when it is not there yet. Raises SettingsError.
    """
    if given is not None:
        return split_keys(given.reveal())
    scheme, _, rest = database_url.reveal().partition(":///")
    if scheme != "sqlite":
        raise _problem("is missing", "Set it to a key.")
    database = Path(rest.partition("?")[0])
    path = database.with_name(f"{database.stem}.encryption-key")
    try:
        if not path.exists() and make_once(path, f"{_new()}\n"):
            log.info("encryption_key_made", path=str(path))
        text = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it holds no text"
        raise _problem(
            f"is not set, and {path} cannot be used: {reason}",
            "Let the server write beside its database, or set it to a key.",
        ) from None
    keys = split_keys(text)
    if not all(map(is_key, keys)):
        raise _problem(f"is not set, and {path} holds no key", "Restore it from a backup.")
    return keys


def _new() -> str:
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _problem(problem: str, remedy: str) -> SettingsError:
    return SettingsError((Problem(ENCRYPTION, problem, remedy),))
