"""The machine that measures, in a line."""

import os
import platform
import tempfile
import time


def machine() -> str:
    """Python, system, cores, load and how long a sync takes."""
    with tempfile.NamedTemporaryFile(buffering=0) as file:
        begun = time.perf_counter()
        for _ in range(50):
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
        synced = (time.perf_counter() - begun) / 50
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"fsync in the temporary folder {synced * 1e3:.2f} ms"
    )
