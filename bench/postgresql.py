"""A PostgreSQL server for the bench, durable as in production: the one that is named, or one
started for the run.

PostgreSQL refuses to run as root, so as root it is started as another user.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bench.children import NotMeasured, free_port

NAMED = "COUNTERSIGN_BENCH_DATABASE_URL"
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=on",
    "synchronous_commit=on",
    "shared_buffers=512MB",
    "max_wal_size=4GB",  # few checkpoints fall into a run
    "max_connections=100",
)
SAID = "fsync and synchronous_commit on, shared_buffers 512 MB"
READY_WITHIN = 20.0


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server on which databases can be made; raises NotMeasured without one."""
    named = os.environ.get(NAMED)
    if named:
        yield named
        return
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="countersign-bench-pg-"))
    user = _user(folder)
    try:
        _as(user, [binaries / "initdb", "-D", folder / "data", "-U", "bench", *_INIT])
        with _started(binaries, folder, user) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_INIT = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")


@contextmanager
def database(url: str) -> Iterator[str]:
    """A new database on the server, dropped at the end; its URL."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    try:
        yield f"{url.rsplit('/', 1)[0]}/{name}"
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def asked(url: str, query: str) -> int:
    """The one number that a query gives."""
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def version(url: str) -> str:
    """The server's, for the report."""
    with psycopg.connect(url) as connection:
        return (connection.info.parameter_status("server_version") or "?").split()[0]


def parts(url: str) -> dict[str, str]:
    """Host, port, user and so on, for a program that wants them one by one."""
    return {name: str(value) for name, value in conninfo_to_dict(url).items()}


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_major)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NotMeasured(
            f"no PostgreSQL server binaries found; install postgresql, or set {NAMED} "
            "to a server's URL whose user may create databases"
        )
    return Path(on_path).resolve().parent


def _major(path: Path) -> float:
    return float(path.parents[1].name)


def _user(folder: Path) -> str | None:
    """The user to run as, who gets the folder; None for the one who runs the bench."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = "postgres" if "postgres" in names else "nobody"
    shutil.chown(folder, user)
    return user


def _as(user: str | None, command: Sequence[str | Path]) -> None:
    done = subprocess.run(
        [str(part) for part in command], user=user, cwd="/", capture_output=True, check=False
    )
    if done.returncode:
        raise NotMeasured(done.stderr.decode())


@contextmanager
def _started(binaries: Path, folder: Path, user: str | None) -> Iterator[str]:
    port = free_port()
    options = [part for setting in SETTINGS for part in ("-c", setting)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-p", str(port), *options],
            user=user,
            cwd="/",
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        url = f"postgresql://bench@127.0.0.1:{port}/postgres"
        _until_ready(process, url, folder)
        yield url
    finally:
        # SIGINT is the fast shutdown, which waits for no client:
        # https://www.postgresql.org/docs/current/server-shutdown.html
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _until_ready(process: subprocess.Popen[bytes], url: str, folder: Path) -> None:
    end = time.perf_counter() + READY_WITHIN
    while time.perf_counter() < end and process.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise NotMeasured(f"PostgreSQL did not start:\n{(folder / 'log').read_text()[-2000:]}")
