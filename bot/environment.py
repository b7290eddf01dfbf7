"""The process's environment with `.env` of the working directory below it, read when asked."""

import os

from bot.settings import merged


def environment() -> dict[str, str]:
    """What settings are read from: the environment wins over `.env`."""
    from dotenv import dotenv_values

    # A `$` in a secret is a `$`: nothing is expanded.
    return merged(os.environ, dotenv_values(".env", interpolate=False))
