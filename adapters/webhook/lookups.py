"""Looks names up in threads of its own: a name server that does not answer keeps busy none of those
that the rest of the server needs.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult


class Lookups(AbstractResolver):
    """The system's own resolver, so many names at a time."""

    def __init__(self, most: int) -> None:
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises OSError."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, socket.getaddrinfo, host, port, family, socket.SOCK_STREAM
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=its_family,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for its_family, _, proto, _, address in found
        ]

    async def close(self) -> None:
        """Wait for nothing: what is looked up now helps nobody any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
