"""The policy and the directory in force, and the earlier versions of the policy.

The directory is that of the file and, beside it, whoever is kept in the database.

With COUNTERSIGN_POLICY (or a `policy.yaml` in the working directory) the file is the source:
read at start and on SIGHUP, each content a version. Without a file the newest version in the
database is the source. A request keeps the version that routed it.
"""

from collections.abc import Sequence
from pathlib import Path

import structlog

from bot.documents import read_document
from bot.failures import Failure
from bot.files import FileMistakes, load, load_directory, load_form
from bot.settings import Settings
from core.directory.kept import NOBODY, Kept, Newer
from core.directory.merging import ever_known, merged
from core.directory.people import Directory, Identity
from core.policy.policy import Policy
from core.policy.text import read_policy
from core.ports import Store
from core.refusals import Reason, Refused
from core.source import Mistakes

FIRST_POLICY = """\
version: 1
rules: []
fallback:
  category: review
  stages:
    - {name: Review, approvers: ["group:admins"]}
last_resort: group:admins
"""
"""In force until somebody stores a policy: everything waits for the administrators."""

Bound = Sequence[tuple[Identity, str]]
"""Accounts and the people to whom they were bound, the oldest first."""

KEPT = 50
"""Compiled policy versions in memory."""

log = structlog.get_logger("policy")


class Books:
    """Hands out the present policy and directory, and policies by version."""

    def __init__(
        self, policy: Policy, directory: Directory, *, from_file: bool, kept: Kept = NOBODY
    ) -> None:
        self._policy = policy
        self._alone = directory
        self._file = self._directory = merged(directory, kept)
        self._bound: Bound = ()
        self._kept = kept
        self._versions = {policy.version: policy}
        self.from_file = from_file

    def policy(self) -> Policy:
        return self._policy

    def directory(self) -> Directory:
        """Everybody, with the accounts that were bound to them."""
        return self._directory

    def file(self) -> Directory:
        """Everybody as the file, or what is kept, has them: without what was bound to them."""
        return self._file

    def alone(self) -> Directory:
        """The people of the file alone, without those who are kept."""
        return self._alone

    @property
    def kept(self) -> Kept:
        """Who is kept, as far as this server knows."""
        return self._kept

    def take(self, newer: Newer) -> bool:
        """Take up what changed of who is kept; false where that was known already."""
        kept = self._kept.with_newer(newer)
        if kept is self._kept:
            return False
        self._merge(self._alone, kept)
        # Last, and after what it numbers: the writer's thread compares it (see `guarding`).
        self._kept = kept
        return True

    def bind(self, bound: Bound) -> frozenset[str]:
        """These accounts are the people's from now on; whose accounts are others than before."""
        before, self._bound = self._directory.people, tuple(bound)
        self._directory = self._file.with_accounts(self._bound)
        return frozenset(
            email
            for email, person in self._directory.people.items()
            if email in before and before[email].identities != person.identities
        )

    def read(self, text: str) -> Policy:
        """The policy of a text, checked against whoever is or was there. Raises Mistakes."""
        return read_policy(read_document(text), text, ever_known(self._alone, self._kept))

    def use(self, policy: Policy, directory: Directory | None = None) -> None:
        """Bring a policy, and a directory if one is given, into force."""
        self._policy = policy
        self._merge(self._alone if directory is None else directory, self._kept)
        self._keep(policy)

    def _merge(self, alone: Directory, kept: Kept) -> None:
        self._alone = alone
        self._file = merged(alone, kept)
        self._directory = self._file.with_accounts(self._bound)

    async def version(self, store: Store, version: str) -> Policy:
        """A policy that was in force. Raises Refused when no such version was ever stored."""
        known = self._versions.get(version)
        if known is not None:
            return known
        row = await store.policy_text(version)
        if row is None:
            raise Refused(Reason.UNKNOWN_POLICY, version=version)
        # People may have left since: who is still there is judged when it is applied.
        try:
            policy = read_policy(read_document(row.text), row.text, None)
        except Mistakes as error:
            log.error("stored_policy_has_mistakes", version=version, said=str(error))
            raise Refused(Reason.UNKNOWN_POLICY, version=version) from error
        self._keep(policy)
        return policy

    async def follow(self, store: Store) -> bool:
        """Take up what another replica stored; true when the policy is another now."""
        if self.from_file:
            return False
        newest = await store.policies(1)
        if not newest or newest[0].version == self._policy.version:
            return False
        try:
            self.use(self.read(newest[0].text))
        except Mistakes as error:
            log.error("stored_policy_has_mistakes", version=newest[0].version, said=str(error))
            return False
        log.info("policy_changed", version=self._policy.version)
        return True

    def _keep(self, policy: Policy) -> None:
        self._versions.pop(policy.version, None)
        self._versions[policy.version] = policy
        while len(self._versions) > KEPT:
            self._versions.pop(next(iter(self._versions)))


def read_files(settings: Settings, kept: Kept = NOBODY) -> tuple[Policy, Directory] | None:
    """The policy and directory of the files; None when no policy file is the source.

    The policy may name whoever is or was `kept`. Raises FileMistakes with everything that is
    wrong in either.
    """
    path = settings.policy or default_policy_file()
    return None if path is None else load(path, settings.directory, kept)


def check_files(settings: Settings) -> None:
    """Raises FileMistakes for whatever is wrong with the files, before anything is changed; but
    where people are kept in the database, whom the policy may name, it is for `open_books`."""
    from bot.kept import kept_in

    try:
        read_files(settings)
    except FileMistakes:
        if not kept_in(settings.database_url.reveal()).people:
            raise


async def open_books(settings: Settings, store: Store, kept: Kept = NOBODY) -> Books:
    """What is in force when the server starts. Raises FileMistakes or Failure."""
    try:
        files = read_files(settings, kept)
    except FileMistakes as error:
        files = await _as_it_was(settings, store, kept, error)
    if files is not None:
        return Books(*files, from_file=True, kept=kept)
    directory = load_directory(settings.directory)
    newest = await store.policies(1)
    text = newest[0].text if newest else FIRST_POLICY
    try:
        # Whoever is kept may have left since; without them it is the file that has changed.
        known = None if newest and kept.people else directory
        policy = read_policy(read_document(text), text, known)
    except Mistakes as error:
        said = "; ".join(str(mistake) for mistake in error.mistakes)
        raise Failure(
            f"The policy in the database does not fit the directory: {said}. Mend the "
            "directory, or set COUNTERSIGN_POLICY to a policy file."
        ) from error
    if not newest:
        remedy = "store one with: countersign policy put FILE"
        log.warning("no_policy_yet", meaning="group admins reviews everything", remedy=remedy)
    return Books(policy, directory, from_file=False, kept=kept)


async def _as_it_was(
    settings: Settings, store: Store, kept: Kept, mistakes: FileMistakes
) -> tuple[Policy, Directory] | None:
    """The files with a policy that was in force before, though it now names a group or a role that
    nobody has any more: whoever is taken away in the identity provider must not keep a server from
    starting. Raises the mistakes for any other policy."""
    path = settings.policy or default_policy_file()
    if path is None or not kept.people:
        raise mistakes
    policy, directory = load_form(path, settings.directory)
    if await store.policy_text(policy.version) is None:
        raise mistakes
    log.warning("policy_names_nobody", version=policy.version, said=str(mistakes))
    return policy, directory


def _reread(settings: Settings, books: Books) -> tuple[Policy, Directory] | None:
    """The files; with the policy that is in force, whoever has left since. Raises FileMistakes."""
    try:
        return read_files(settings, books.kept)
    except FileMistakes:
        path = settings.policy or default_policy_file()
        if path is None or not books.kept.people:
            raise
        policy, directory = load_form(path, settings.directory)
        if policy.version != books.policy().version:
            raise
        return books.policy(), directory


def reload(settings: Settings, books: Books) -> bool:
    """Read the files again; with mistakes what is in force stays. True when something changed."""
    try:
        files = _reread(settings, books)
        directory = load_directory(settings.directory) if files is None else files[1]
    except FileMistakes as error:
        log.error("files_have_mistakes", kept=books.policy().version, said=str(error))
        return False
    policy = books.policy() if files is None else files[0]
    same_people = dict(directory.people) == dict(books.alone().people)
    if policy.version == books.policy().version and same_people:
        log.info("files_unchanged")
        return False
    books.use(policy, directory)
    log.info("files_reloaded", version=policy.version, people=len(directory))
    return True


def default_policy_file() -> str | None:
    """The policy file of the working directory, if there is one."""
    return "policy.yaml" if Path("policy.yaml").exists() else None
