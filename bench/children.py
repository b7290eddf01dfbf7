"""Child processes of the bench: started, waited for, and always stopped again.

Whatever they print goes into a log in the bench's temporary folder.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

READY_WITHIN = 60.0
STOP_WITHIN = 15.0
ROOT = Path(__file__).parents[1]
# A proxy from the environment has no business between two processes of this machine.
open_local = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
_SETTINGS = ("COUNTERSIGN_", "SLACK_", "MICROSOFT_", "TEAMS_", "OPENAI_", "SMTP_")


class NotMeasured(Exception):
    """Something could not be measured; the text says what and where to look."""


@contextmanager
def child(
    folder: Path,
    name: str,
    arguments: list[str],
    environment: Mapping[str, str] | None = None,
    python: str | Path = sys.executable,
) -> Iterator[subprocess.Popen[str]]:
    """A Python process with these arguments, ended at the end; standard output is a pipe."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_SETTINGS)}
    with (folder / f"{name}.log").open("a") as log:
        process = subprocess.Popen(
            [str(python), *arguments],
            cwd=folder,
            env={**inherited, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C reaches the bench alone, which then ends these
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def first_line(process: subprocess.Popen[str], folder: Path, name: str) -> str:
    """What a child says once it is ready."""
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise NotMeasured(f"{name} did not start:\n{log_end(folder, name)}")
    return line.strip()


def until_ready(url: str, process: subprocess.Popen[str], folder: Path, name: str) -> None:
    """Ask every 10 ms until the address answers 200."""
    end = time.perf_counter() + READY_WITHIN
    while time.perf_counter() < end and process.poll() is None:
        try:
            with open_local(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:  # refused, or an HTTP error: not ready yet
            pass
        time.sleep(0.01)
    raise NotMeasured(f"{name} did not become ready:\n{log_end(folder, name)}")


def log_end(folder: Path, name: str) -> str:
    """The last lines a child wrote."""
    lines = (folder / f"{name}.log").read_text(errors="replace").splitlines()
    return "\n".join(lines[-15:]) or "(it wrote nothing)"


def counted(place: Path, query: str) -> int:
    """The one number that a query of an SQLite file gives, read while the server writes; for a
    folder, of the server's database in it."""
    path = place / "countersign.db" if place.is_dir() else place
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    try:
        (found,) = connection.execute(query).fetchone()
        return int(found)
    finally:
        connection.close()


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
