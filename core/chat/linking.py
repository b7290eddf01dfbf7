"""Linking a chat account to a person: by a code, or by the address that the platform confirms.

Nobody learns whether an address is in the directory: the answer, and what is done before it,
are the same; the letter goes out beside them.
"""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from core.chat.letters import MINUTES, code_letter
from core.chat.linking_port import Letter, Member, Told
from core.chat.strangers import LINK_WORDS
from core.directory import binding
from core.directory.accounts import Account, Accounts, Attempt, How, Ledger, LinkCode
from core.directory.codes import digest_of, name_of, read_code
from core.directory.people import Directory, Identity, Person, is_same_mailbox
from core.events import SYSTEM, Actor
from core.refusals import Reason, Refused
from core.text import one_line, visible
from core.value import Millis

ASKED_AGAIN: Final[Millis] = 10 * 60_000
"""How long an account that matched nobody is not looked up again."""

CHECKED_AGAIN: Final[Millis] = 24 * 3_600_000
"""How long an address that made a link is taken to be so: an event may have been missed."""

MOST_REMEMBERED: Final = 10_000
ADDRESS_SHOWN: Final = 254

_NO_MAIL: Final = (
    "Countersign sends no mail here. Ask an administrator for a code, which "
    "'countersign people link' makes, and write {command} CODE."
)
_HOW: Final = (
    "This account is nobody's yet. Write {command} you@company, with your own address: a code "
    "goes to your mailbox. Or write {command} CODE with a code from an administrator."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkingWorld:
    """What linking stands on.

    `directory` is the present one, `file` the same without what was bound, `rests_on_address`
    says of a bound account that nothing but its address was ever shown; `refresh` takes up
    changed bindings at once; `gone` finds another place for the cards of somebody who is not
    reached on a platform any more. `post` sends a letter some time soon, None without mail.
    `matching` names the platforms whose confirmed addresses count.
    """

    accounts: Accounts
    directory: Callable[[], Directory]
    file: Callable[[], Directory]
    rests_on_address: Callable[[Identity], bool]
    refresh: Callable[[], Awaitable[None]]
    gone: Callable[[str, str], Awaitable[None]]
    clock: Callable[[], Millis]
    new_id: Callable[[], str]
    new_code: Callable[[], str]
    post: Callable[[Letter], None] | None = None
    matching: frozenset[str] = frozenset()


class LinkingService:
    """Implements `core.chat.linking_port.Linking`."""

    def __init__(self, world: LinkingWorld) -> None:
        self._world = world
        self._asked: dict[Identity, Millis] = {}

    def knows(self, identity: Identity) -> bool:
        """Whether this account is somebody's."""
        return self._holder(identity) is not None

    async def about(self, identity: Identity) -> Told:
        """Whose this account is, and how it becomes somebody's."""
        person = self._holder(identity)
        if person is not None:
            return Told(text=_yours(person))
        words = _HOW if self._world.post is not None else _NO_MAIL
        return Told(text=words.format(command=_command(identity)))

    async def start(self, identity: Identity, email: str) -> Told:
        """Send a code, if the address is somebody's; the answer is the same if it is not."""
        world, command = self._world, _command(identity)
        holder = self._holder(identity)
        if holder is not None:
            return Told(text=_yours(holder))
        if world.post is None:
            return Told(text=_NO_MAIL.format(command=command))
        shown = visible(one_line(email))[:ADDRESS_SHOWN]
        code, person = world.new_code(), world.file().person(email.strip())
        refusal = await world.accounts.transact(
            lambda ledger: self._started(ledger, identity, email, code, person)
        )
        if refusal is not None:
            return _refused(refusal)
        if person is not None:
            world.post(code_letter(person, identity, command, code))
        return Told(
            text=f"If {shown} is the address of a person in the directory, a code is on its way "
            f"there. Write {command} CODE here within {MINUTES} minutes."
        )

    async def redeem(self, identity: Identity, code: str) -> Told:
        """Link the account to the person for whom this code was made."""
        given = read_code(code)
        if given is None:
            return _refused(Refused(Reason.WRONG_CODE))
        new_id = self._world.new_id()
        found = await self._world.accounts.transact(
            lambda ledger: self._redeemed(ledger, identity, given, new_id)
        )
        if isinstance(found, Refused):
            return _refused(found)
        await self._world.refresh()
        person = self._world.directory().person(found.person)
        return Told(text=_yours(person) if person is not None else f"Linked to {found.person}.")

    def may_match(self, identity: Identity) -> bool:
        """Whether to ask the platform for this account's address, anew or once more."""
        world = self._world
        if identity.platform not in world.matching or not identity.account:
            return False
        if self.knows(identity) and not world.rests_on_address(identity):
            return False
        return world.clock() >= self._asked.get(identity, 0)

    async def match(self, member: Member) -> None:
        """Link a full, active member to the one person with their confirmed address; end such
        a link that is so no longer."""
        world, identity = self._world, member.identity
        self._remember(identity)
        if identity.platform not in world.matching:
            return
        new_id = world.new_id()
        changed = await world.accounts.transact(
            lambda ledger: self._matched(ledger, member, new_id)
        )
        if changed:
            await world.refresh()
        if self.knows(identity):
            self._remember(identity, CHECKED_AGAIN)

    async def changed(self, member: Member) -> None:
        """End what rests on an address that is no longer so; find another way to a person
        whose account was deactivated."""
        holder = self._holder(member.identity)
        if holder is None:
            return
        ended = await self._world.accounts.transact(lambda ledger: self._ended(ledger, member))
        if ended:
            # What it is now may be somebody's: the next click asks, and does not wait a day.
            self._asked.pop(member.identity, None)
            await self._world.refresh()
        elif not member.active:
            await self._world.gone(holder.email, member.identity.platform)

    # --- inside a transaction ----------------------------------------------------------

    def _started(
        self, ledger: Ledger, identity: Identity, email: str, code: str, person: Person | None
    ) -> Refused | None:
        now = self._world.clock()
        by = (_hashed("account", _key(identity)), _hashed("address", email.strip().lower()))
        try:
            binding.require_seldom(ledger, Attempt.START, by, binding.MOST_STARTS, now)
        except Refused as refusal:
            return refusal
        for each in by:
            ledger.attempted(Attempt.START, each, now)
        if person is not None:
            ledger.keep_code(_code(code, person.email, identity, now))
        return None

    def _redeemed(
        self, ledger: Ledger, identity: Identity, code: str, new_id: str
    ) -> Account | Refused:
        now, by = self._world.clock(), _hashed("account", _key(identity))
        try:
            binding.require_seldom(ledger, Attempt.WRONG, (by,), binding.MOST_WRONG, now)
            found = binding.redeemed(ledger, code, identity, now)
            if found is None:
                ledger.attempted(Attempt.WRONG, by, now)
                return _already(ledger, identity) or Refused(Reason.WRONG_CODE)
            # Only a code that went to a mailbox is for one account.
            how = How.ADMIN if found.identity is None else How.CODE
            new = Account(id=new_id, identity=identity, person=found.person, how=how, bound_at=now)
            actor = Actor(via=identity.platform, person=found.person)
            bound = binding.bind(ledger, self._world.file(), new, actor)
            ledger.keep_code(replace(found, used_at=now))
        except Refused as refusal:
            return refusal
        return bound

    def _matched(self, ledger: Ledger, member: Member, new_id: str) -> bool:
        """End what is so no longer, then bind what is; whether anything changed."""
        ended, identity, file = self._ended(ledger, member), member.identity, self._world.file()
        person = _named_by(member, file)
        if not member.is_sure or person is None or not binding.may_match(ledger, identity):
            return ended
        new = Account(
            id=new_id,
            identity=identity,
            person=person.email,
            how=How.EMAIL,
            bound_at=self._world.clock(),
        )
        try:
            binding.bind(ledger, file, new, SYSTEM)
        except Refused:
            return ended  # another account of theirs is linked: only a person can say which
        return True

    def _ended(self, ledger: Ledger, member: Member) -> bool:
        held = ledger.holder(member.identity)
        if held is None or held.how is not How.EMAIL:
            return False
        because = _no_longer(held, member)
        if because is None:
            return False
        binding.unbind(ledger, held, because, SYSTEM, self._world.clock())
        return True

    def _remember(self, identity: Identity, while_: Millis = ASKED_AGAIN) -> None:
        """This account was looked up just now."""
        if len(self._asked) >= MOST_REMEMBERED:
            self._asked.clear()
        self._asked[identity] = self._world.clock() + while_

    def _holder(self, identity: Identity) -> Person | None:
        return self._world.directory().by_identity(identity)


def _named_by(member: Member, file: Directory) -> Person | None:
    """The person whose address the platform gives for this account."""
    email = (member.email or "").strip()
    person = file.person(email)
    return person if person is not None and is_same_mailbox(email, person.email) else None


def _no_longer(held: Account, member: Member) -> str | None:
    """Why the address does not speak for this account any more."""
    if not member.active:
        return "deactivated"
    if not member.full:
        return "not_a_member"
    if member.email is not None and not is_same_mailbox(member.email, held.person):
        return "address"
    return None


def _already(ledger: Ledger, identity: Identity) -> Refused | None:
    """A code that was used by this very account is no wrong one."""
    held = ledger.holder(identity)
    if held is None:
        return None
    platform = identity.platform.capitalize()
    return Refused(Reason.ACCOUNT_LINKED, platform=platform, person=held.person)


def _code(code: str, person: str, identity: Identity, now: Millis) -> LinkCode:
    return LinkCode(
        hash=digest_of(code),
        name=name_of(code),
        person=person,
        made_by=identity.platform,
        made_at=now,
        expires_at=now + binding.MAIL_CODE_LIVES,
        identity=identity,
    )


def _yours(person: Person) -> str:
    return f"This account is linked to {person.name} ({person.email})."


def _refused(refusal: Refused) -> Told:
    return Told(text=refusal.sentence, refused=refusal.reason)


def _command(identity: Identity) -> str:
    return LINK_WORDS.get(identity.platform, "link")


def _key(identity: Identity) -> str:
    return f"{identity.platform}/{identity.realm}/{identity.account}"


def _hashed(kind: str, text: str) -> str:
    """An account or address as it is counted: addresses that nobody has are not kept."""
    return hashlib.sha256(f"{kind}:{text}".encode("utf-8", "replace")).hexdigest()
