"""Other processes for the contract tests: `python -m tests.contract.child WHAT DSN`.

`submit` writes requests as fast as it can and prints the id of each that was acknowledged;
`keys` adds as many API keys as asked, one by one, as a command line beside a running server
would.
"""

import asyncio
import sys

from core.rows import ApiKey
from storage import open_storage
from tests.storage.purchase import rid, submit


async def submit_for_ever(dsn: str) -> None:
    storage = open_storage(dsn)
    number = 0

    async def caller() -> None:
        nonlocal number
        while True:
            number += 1
            made = await storage.store.transact(rid(number), submit(rid(number)))
            sys.stdout.write(f"{made}\n")
            sys.stdout.flush()

    await asyncio.gather(*[caller() for _ in range(32)])


async def add_keys(dsn: str, count: int) -> None:
    storage = open_storage(dsn)
    for number in range(count):
        await storage.keys.add_key(ApiKey(id=f"k{number}", name="k", scopes=(), hash=f"{number}"))
    await storage.close()


if __name__ == "__main__":
    what, dsn, *more = sys.argv[1:]
    asyncio.run(submit_for_ever(dsn) if what == "submit" else add_keys(dsn, int(more[0])))
