"""A PostgreSQL of the test's own, which can be stopped in two ways and started again."""

import asyncio
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.contract.postgres import _INIT, SETTINGS, _answers, _as, _free_port, _user, binaries

# https://www.postgresql.org/docs/current/server-shutdown.html
FAST = signal.SIGINT
"""Open connections are cut and their transactions rolled back."""
IMMEDIATE = signal.SIGQUIT
"""As in a crash: nothing is written out, the log is replayed at the start."""


class Cluster:
    """One server on one port; its data is as safe from a crash as anybody's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = binaries()
        self._as_user = _user(folder)
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        init: list[str | Path] = [
            self._programs / "initdb",
            "-D",
            folder / "data",
            "-U",
            "tests",
            *_INIT,
        ]
        _as(self._as_user, init)

    @property
    def url(self) -> str:
        return f"postgresql://tests@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self._folder / "data"),
                    *("-p", str(self._port), *options),
                ],
                user=self._as_user,
                cwd="/",
                stdout=log,
                stderr=log,
            )
        assert _answers(self._process, self.url), (self._folder / "log").read_text()

    def stop(self, how: signal.Signals) -> None:
        """Stop in this way, and wait until it is gone."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(20)


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    """A running cluster; raises NoServer where there is no PostgreSQL."""
    folder = Path(tempfile.mkdtemp(prefix="countersign-pg-"))
    try:
        made = await asyncio.to_thread(Cluster, folder)
        await asyncio.to_thread(made.start)
        try:
            yield made
        finally:
            await asyncio.to_thread(made.stop, FAST)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
