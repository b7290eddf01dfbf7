"""A command at a terminal of its own: a pseudo-terminal, with keys to press."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

WITHIN = 20.0
"""Seconds for what must come."""


class Terminal:
    """What a command wrote so far, and keys to press."""

    def __init__(self, master: int, process: "subprocess.Popen[bytes]") -> None:
        self._master, self._process = master, process
        self.seen = b""

    def until(self, wanted: bytes) -> bytes:
        """What was written up to this, which must come."""
        while wanted not in self.seen:
            more = self._read()
            assert more, self.seen.decode()
            self.seen += more
        before, _, self.seen = self.seen.partition(wanted)
        return before

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def end(self) -> tuple[int, bytes]:
        """The exit code, and what was still written."""
        while more := self._read():
            self.seen += more
        return self._process.wait(WITHIN), self.seen

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._master], [], [], WITHIN)
        try:
            return os.read(self._master, 65_536) if ready else b""
        except OSError:  # the other side has closed: Linux says EIO
            return b""


@contextmanager
def terminal(
    env: Mapping[str, str], *arguments: str, columns: int = 80, typed_before: bytes = b""
) -> Iterator[Terminal]:
    """`countersign ARGUMENTS` where a person sits, whose Ctrl-C reaches it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.write(master, typed_before)
    here = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-c", _IN_FRONT, *arguments],
        env=here | {"PYTHONPATH": str(Path(__file__).parents[2]), "TERM": "xterm", **env},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)


# Ctrl-C goes to whose terminal it is, also where the tests themselves run in the background,
# which is told to ignore it.
_IN_FRONT = """
import fcntl, signal, termios
signal.signal(signal.SIGINT, signal.default_int_handler)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from bot.__main__ import main
main()
"""
