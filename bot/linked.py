"""Bound chat accounts, taken up by this replica: at once where it bound them itself, within
seconds where another did.
"""

import asyncio
from collections.abc import Callable

import structlog

from bot.books import Books
from core.directory.accounts import Account, Accounts, How
from core.directory.people import Identity
from core.service.reaching import Reaching

log = structlog.get_logger("accounts")


class Linked:
    """Keeps the directory's accounts as the database has them.

    What was matched by address counts only on the platforms of `matching`; `wake` is told when
    there is something to send.
    """

    def __init__(
        self,
        accounts: Accounts,
        books: Books,
        reaching: Reaching,
        wake: Callable[[], None],
        matching: frozenset[str],
    ) -> None:
        self._accounts = accounts
        self._books = books
        self._reaching = reaching
        self._wake = wake
        self._matching = matching
        self._number: int | None = None
        self._by_address: frozenset[Identity] = frozenset()
        self._busy = asyncio.Lock()
        self._under_way: set[asyncio.Task[None]] = set()

    def rests_on_address(self, identity: Identity) -> bool:
        """Whether this account was bound by nothing but its address."""
        return identity in self._by_address

    async def refresh(self) -> None:
        """Take up what changed; where people can be reached now, cards are wanted soon after."""
        async with self._busy:
            # The number before the rows: what comes in between is read once more, never missed.
            number = await self._accounts.number()
            if number == self._number:
                return
            found = [a for a in await self._accounts.all() if self._counts(a)]
            changed = self._books.bind([(a.identity, a.person) for a in found])
            self._by_address = frozenset(a.identity for a in found if a.how is How.EMAIL)
            first, self._number = self._number is None, number
        self._tell_ignored(found)
        if first:  # a server that starts tries everything again by itself
            return
        for person in sorted(changed):
            log.info("accounts_changed", person=person)
            self._reach(person)

    async def gone(self, person: str, platform: str) -> None:
        """This person does not read what is sent there any more: their cards go elsewhere."""
        log.warning("account_deactivated", person=person, platform=platform)
        self._reach(person, without=platform)

    async def stop(self) -> None:
        """Let what is under way come to its end."""
        await asyncio.gather(*self._under_way)

    def _reach(self, person: str, without: str | None = None) -> None:
        """Beside whatever asked for it: somebody may have very much open."""
        task = asyncio.create_task(self._reached(person, without))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _reached(self, person: str, without: str | None) -> None:
        try:
            await self._reaching.anew(person, without=without)
        except Exception:
            log.exception("cards_not_moved", person=person)
        self._wake()

    def _counts(self, account: Account) -> bool:
        return account.how is not How.EMAIL or account.identity.platform in self._matching

    def _tell_ignored(self, found: list[Account]) -> None:
        """The directory file counts first, and it may have come to say something else."""
        directory = self._books.directory()
        for account in found:
            owner = directory.by_identity(account.identity)
            if owner is None or owner.email != account.person:
                identity = account.identity
                log.warning(
                    "linked_account_ignored",
                    person=account.person,
                    account=f"{identity.platform}:{identity.realm}/{identity.account}",
                    why="the directory file says otherwise, or does not have the person",
                )
