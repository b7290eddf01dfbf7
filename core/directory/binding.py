"""What may be bound to whom: rules over the ledger, for chat and for administrators alike."""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from core.directory.accounts import Account, Attempt, How, Ledger, LinkCode
from core.directory.codes import digest_of, is_same, name_of
from core.directory.people import Directory, Identity, Person
from core.events import Actor
from core.refusals import Reason, Refused
from core.system_events import AccountLinked, AccountUnlinked, AnySystemEvent, SystemRecorded
from core.value import Millis

HOUR: Final[Millis] = 3_600_000
MAIL_CODE_LIVES: Final[Millis] = 10 * 60_000
ADMIN_CODE_LIVES: Final[Millis] = 24 * HOUR

MOST_TRIES: Final = 5
"""Wrong tries that end a code."""

MOST_STARTS: Final = 3
"""Codes that an account may ask for, and that may be asked for to one address, in an hour."""

MOST_WRONG: Final = 20
"""Wrong tries of one account in an hour, whatever codes they were meant for."""


def bind(ledger: Ledger, directory: Directory, new: Account, actor: Actor) -> Account:
    """Bind the account to the person; the binding that is there already if it is this one.

    The directory is that of the file, without what was bound. Raises Refused for a person who
    is not in it, and where the account, or the person's place in this workspace or tenant, is
    taken.
    """
    person = require_known(directory, new.person)
    identity = new.identity
    held = ledger.holder(identity)
    if held is not None and held.person == person.email:
        return _proved(ledger, held, new, actor)
    owner = directory.by_identity(identity)
    if held is not None or owner is not None:
        whose = held.person if held is not None else person_of(owner)
        case = "" if held is not None else "file"
        raise Refused(Reason.ACCOUNT_LINKED, **_words(identity), person=whose, case=case)
    _require_free(ledger, person, identity)
    made = replace(new, person=person.email)
    ledger.keep(made)
    _record(ledger, linked(made), actor, new.bound_at)
    return made


def _proved(ledger: Ledger, held: Account, new: Account, actor: Actor) -> Account:
    """A link that rested on an address alone rests on what was shown now."""
    if held.how is not How.EMAIL or new.how is How.EMAIL:
        return held
    better = replace(held, how=new.how)
    ledger.keep(better)
    _record(ledger, linked(better), actor, new.bound_at)
    return better


def require_known(directory: Directory, email: str) -> Person:
    """The person with this address. Raises Refused."""
    person = directory.person(email)
    if person is None:
        raise Refused(Reason.UNKNOWN_PERSON, person=email[:254])
    return person


def unbind(ledger: Ledger, account: Account, because: str, actor: Actor, now: Millis) -> Account:
    """End a binding; `because` as in `AccountUnlinked`. One that an administrator ends is not
    made again with a code that is about already."""
    ended_by = "admin" if because == "admin" else "system"
    over = replace(account, ended_at=now, ended_by=ended_by)
    ledger.keep(over)
    if because == "admin":
        end_codes(ledger, account.person, now)
    identity = account.identity
    event = AccountUnlinked(
        person=account.person,
        platform=identity.platform,
        realm=identity.realm,
        account=identity.account,
        because=because,
    )
    _record(ledger, event, actor, now)
    return over


def end_codes(ledger: Ledger, person: str, now: Millis) -> int:
    """End the codes that were made for this person and not used yet; how many there were."""
    live = [code for code in ledger.codes_of(person) if is_live(code, now)]
    for code in live:
        ledger.keep_code(replace(code, expires_at=now))
    return len(live)


def may_match(ledger: Ledger, identity: Identity) -> bool:
    """Whether an address may decide whose an account is: not against an administrator who
    ended a link of it."""
    if ledger.holder(identity) is not None:
        return False
    return all(account.ended_by != "admin" for account in ledger.ended(identity))


def redeemed(ledger: Ledger, code: str, identity: Identity, now: Millis) -> LinkCode | None:
    """The live code that was given, for this account; a wrong one is counted and gives None."""
    found = None
    digest = digest_of(code)
    live = [c for c in ledger.codes(name_of(code)) if is_live(c, now)]
    for each in live:
        may = each.identity is None or each.identity == identity
        if is_same(each.hash, digest) and may:
            found = each
    if found is None:
        for each in live:
            ledger.keep_code(replace(each, tries=each.tries + 1))
    return found


def is_live(code: LinkCode, now: Millis) -> bool:
    """Whether a code can still be used."""
    return code.used_at is None and now < code.expires_at and code.tries < MOST_TRIES


def require_seldom(
    ledger: Ledger, what: Attempt, by: Sequence[str], most: int, now: Millis
) -> None:
    """Raises Refused when any of these attempted it too often within the hour."""
    for each in by:
        moments = ledger.attempts(what, each, now - HOUR)
        if len(moments) >= most:
            minutes = max(1, -(-(moments[-most] + HOUR - now) // 60_000))
            wait = "1 minute" if minutes == 1 else f"{minutes} minutes"
            raise Refused(Reason.LINK_TOO_OFTEN, wait=wait)


def linked(account: Account) -> AccountLinked:
    """What the trail says of a new binding."""
    identity = account.identity
    return AccountLinked(
        person=account.person,
        platform=identity.platform,
        realm=identity.realm,
        account=identity.account,
        how=account.how.value,
    )


def person_of(person: Person | None) -> str:
    """Their address, "" for nobody."""
    return "" if person is None else person.email


def _require_free(ledger: Ledger, person: Person, identity: Identity) -> None:
    """A person has one account in each realm; the directory file counts first."""
    bound = {account.identity for account in ledger.accounts_of(person.email)}
    theirs = [*person.identities, *bound]
    place = (identity.platform, identity.realm)
    taken = next((i for i in theirs if (i.platform, i.realm) == place), None)
    if taken is not None:
        case = "" if taken in bound else "file"
        raise Refused(Reason.PERSON_LINKED, **_words(identity), person=person.email, case=case)


def _words(identity: Identity) -> dict[str, str]:
    return {"platform": identity.platform.capitalize()}


def _record(ledger: Ledger, event: AnySystemEvent, actor: Actor, now: Millis) -> None:
    person = event.person if isinstance(event, AccountLinked | AccountUnlinked) else None
    ledger.record(f"person:{person}", SystemRecorded(event, actor, now))
