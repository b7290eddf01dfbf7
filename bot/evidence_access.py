"""Who may do what, as tables of an evidence pack: people, keys, accounts. Never a secret."""

from collections.abc import Iterable, Sequence

from core.audit.cells import Cell, csv_bytes, moment
from core.audit.checkpoint import Signed
from core.directory.accounts import Account
from core.directory.people import Directory
from core.rows import ApiKey
from core.rules.absence import Standing
from core.service.access import ADMINS
from core.tokens.signing import KeyRing
from core.value import Millis
from storage.database import Storage

Files = list[tuple[str, bytes]]
Rows = Iterable[Sequence[Cell]]

PEOPLE = (
    *("person", "name", "administrator", "department", "manager", "roles", "groups"),
    "chat_accounts",
)
KEYS = (
    *("key", "name", "scopes", "person", "owner", "may_ask_for", "created_at", "expires_at"),
    *("revoked_at", "rotated_at", "last_used_at", "state"),
)
ACCOUNTS = ("person", "platform", "realm", "account", "linked_by", "linked_at")
STANDING = (
    *("id", "giver", "taker", "from", "until", "categories", "amount_cap", "currency"),
    "created_at",
)
SIGNING = ("kid", "state", "checkpoints", "first_signed_at", "last_signed_at")


async def access_files(storage: Storage, directory: Directory, at: Millis) -> Files:
    """The access list as of now, by file name."""
    accounts = await storage.accounts.all()
    bound = directory.with_accounts([(each.identity, each.person) for each in accounts])
    return [
        ("people.csv", csv_bytes([PEOPLE, *_people(bound)])),
        ("api_keys.csv", csv_bytes([KEYS, *_keys(await storage.keys.all_keys(), at)])),
        ("accounts.csv", csv_bytes([ACCOUNTS, *_accounts(accounts)])),
        ("delegations.csv", csv_bytes([STANDING, *_standing(await storage.evidence.standing())])),
    ]


class SigningTable:
    """From when until when each key signed, as the checkpoints show."""

    def __init__(self, ring: KeyRing) -> None:
        self._states = {k: "active" if k == ring.active.kid else "retired" for k in ring.keys}
        self._times: dict[str, tuple[int, Millis, Millis]] = {}

    def count(self, signed: Iterable[Signed]) -> None:
        """These were signed, in their order."""
        for checkpoint in (each.checkpoint for each in signed):
            count, first, _ = self._times.get(checkpoint.kid, (0, checkpoint.at, 0))
            self._times[checkpoint.kid] = (count + 1, first, checkpoint.at)

    def table(self) -> bytes:
        """A row a key, also of those that are not in the ring any more."""
        kids = dict.fromkeys((*self._states, *self._times))
        rows: list[Sequence[Cell]] = [SIGNING]
        for kid in kids:
            state = self._states.get(kid, "not published any more")
            count, first, last = self._times.get(kid, (0, None, None))
            rows.append((kid, state, count, moment(first), moment(last)))
        return csv_bytes(rows)


def _people(directory: Directory) -> Rows:
    admins = frozenset(directory.group(ADMINS))
    for email, person in sorted(directory.people.items()):
        accounts = " ".join(f"{i.platform}:{i.realm}/{i.account}" for i in person.identities)
        yield (
            email,
            person.name,
            "yes" if email in admins else "no",
            person.department,
            person.manager,
            " ".join(person.roles),
            " ".join(person.groups),
            accounts,
        )


def _keys(keys: Sequence[ApiKey], at: Millis) -> Rows:
    for key in keys:
        yield (
            key.id,
            key.name,
            " ".join(key.scopes),
            key.person,
            key.owner,
            " ".join(key.requesters) or "anybody",
            moment(key.created_at),
            moment(key.expires_at),
            moment(key.revoked_at),
            moment(key.rotated_at),
            moment(key.used_at),
            _state(key, at),
        )


def _state(key: ApiKey, at: Millis) -> str:
    if key.revoked_at is not None and key.revoked_at <= at:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= at else "valid"


def _accounts(accounts: Sequence[Account]) -> Rows:
    for each in accounts:
        place = each.identity
        row = (each.person, place.platform, place.realm, place.account)
        yield (*row, each.how.value, moment(each.bound_at))


def _standing(found: Sequence[Standing]) -> Rows:
    for each in found:
        times = (moment(each.starts), moment(each.ends), " ".join(each.categories))
        bounds = (each.amount_cap, each.currency, moment(each.created_at))
        yield (each.id, each.giver, each.taker, *times, *bounds)
