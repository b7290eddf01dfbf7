"""A PostgreSQL server for the tests: the one that is named, or one started for the session.

PostgreSQL refuses to run as root, so as root it is started as another user.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg

NAMED = "COUNTERSIGN_TEST_DATABASE_URL"
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "fsync=off",  # this data need not survive the machine
    "full_page_writes=off",
    "shared_buffers=32MB",
    "max_connections=60",
)


class NoServer(Exception):
    """There is no PostgreSQL here; the message says how to get one."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of a server on which databases can be made."""
    named = os.environ.get(NAMED)
    if named:
        yield named
        return
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="countersign-pg-"))
    user = _user(folder)
    try:
        _as(user, [programs / "initdb", "-D", folder / "data", "-U", "tests", *_INIT])
        with _started(programs, folder, user) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_INIT = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")


def make_database(url: str, template: str | None = None) -> str:
    """A new database, empty or a copy; its URL."""
    name = f"t_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        like = "" if template is None else f' TEMPLATE "{template}"'
        connection.execute(f'CREATE DATABASE "{name}"{like}')
    return f"{url.rsplit('/', 1)[0]}/{name}"


def drop_database(url: str, made: str) -> None:
    """Drop what `make_database` made, whoever is still connected."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{made.rsplit("/", 1)[1]}" WITH (FORCE)')


def binaries() -> Path:
    """The folder of the server's own programs. Raises NoServer."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=_version)
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoServer(
            f"no PostgreSQL server binaries found; install postgresql, or set {NAMED} "
            "to a server's URL whose user may create databases"
        )
    return Path(on_path).resolve().parent


def _version(path: Path) -> float:
    return float(path.parents[1].name)


def _user(folder: Path) -> str | None:
    """The user to run as, who gets the folder; None for the one who runs the tests."""
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
        raise RuntimeError(done.stderr.decode())


@contextmanager
def _started(programs: Path, folder: Path, user: str | None) -> Iterator[str]:
    # Between finding a free port and using it another process may take it: try again then.
    for _ in range(5):
        port = _free_port()
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", folder / "data", "-p", str(port), *options],
                user=user,
                cwd="/",
                stdout=log,
                stderr=log,
            )
        try:
            url = f"postgresql://tests@127.0.0.1:{port}/postgres"
            if _answers(process, url):
                yield url
                return
        finally:
            # SIGINT is the fast shutdown, which waits for no client:
            # https://www.postgresql.org/docs/current/server-shutdown.html
            process.send_signal(signal.SIGINT)
            process.wait(20)
    raise RuntimeError((folder / "log").read_text())


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    for _ in range(400):
        if process.poll() is not None:
            return False
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.025)
        else:
            return True
    return False
