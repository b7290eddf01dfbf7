"""Other processes for the contract tests: `python -m tests.contract.child WHAT DSN`.

`submit` writes requests as fast as it can and prints the id of each that was acknowledged;
`keys` adds API keys one by one, as a command line beside a running server would, and prints
how many it added in the seconds given.
"""

import asyncio
import sys
import time

from core.ports import ApiKey
from storage import open_storage
from tests.storage.purchase import rid, submit


async def submit_for_ever(dsn: str) -> None:
    storage = open_storage(dsn)
    number = 0

    async def caller() -> None:
        nonlocal number
        while True:
            number += 1
            print(await storage.store.transact(rid(number), submit(rid(number))), flush=True)

    await asyncio.gather(*[caller() for _ in range(32)])


async def add_keys(dsn: str, seconds: float) -> None:
    storage = open_storage(dsn)
    count = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        count += 1
        await storage.keys.add_key(ApiKey(id=f"k{count}", name="k", scopes=(), hash=f"{count}"))
    print(count, flush=True)
    await storage.close()


if __name__ == "__main__":
    what, dsn, *more = sys.argv[1:]
    asyncio.run(submit_for_ever(dsn) if what == "submit" else add_keys(dsn, float(more[0])))
