"""Everything about whose an account is, wired: the service, the mailbox, what a server takes up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.books import Books
from bot.linked import Linked
from bot.postbox import Postbox
from bot.scheduler import Job
from bot.settings import Settings
from core.chat.finding import EVERY_SECONDS, Finding, FindingWorld
from core.chat.finding_port import Finder
from core.chat.linking import LinkingService, LinkingWorld
from core.service.reaching import Reaching
from core.value import Millis
from core.web.signing_in import SigningIn, SigningWorld
from storage.database import Storage

if TYPE_CHECKING:
    from bot.app import Sources

log = structlog.get_logger("accounts")


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounted:
    """The parts; without mail there is no `postbox`."""

    linking: LinkingService
    signing: SigningIn
    linked: Linked
    postbox: Postbox | None

    async def stop(self) -> None:
        """Let what is under way come to its end; letters within a few seconds."""
        await self.linked.stop()
        if self.postbox is not None:
            await self.postbox.stop()


def accounted(
    settings: Settings,
    books: Books,
    storage: Storage,
    sources: "Sources",
    platforms: frozenset[str],
    wake: Callable[[], None],
) -> Accounted:
    """Wire the parts; `wake` is told when there is something to send."""
    matching, postbox = _matching(settings), _postbox(settings, sources)
    reaching = Reaching(
        storage.store, storage.deliveries, books.directory, platforms, sources.clock
    )
    linked = Linked(storage.accounts, books, reaching, wake, matching)
    world = LinkingWorld(
        accounts=storage.accounts,
        directory=books.directory,
        file=books.file,
        rests_on_address=linked.rests_on_address,
        refresh=linked.refresh,
        gone=linked.gone,
        clock=sources.clock,
        new_id=sources.new_id,
        new_code=sources.new_code,
        post=None if postbox is None else postbox.post,
        matching=matching,
    )
    signing = SigningIn(signing_world(settings, books, storage, sources, postbox))
    return Accounted(linking=LinkingService(world), signing=signing, linked=linked, postbox=postbox)


def signing_world(
    settings: Settings,
    books: Books,
    storage: Storage,
    sources: "Sources",
    postbox: Postbox | None = None,
) -> SigningWorld:
    """What signing in in a browser stands on."""
    return SigningWorld(
        sessions=storage.sessions,
        directory=books.directory,
        clock=sources.clock,
        new_id=sources.new_id,
        new_salt=sources.new_salt,
        url=None if settings.web is None else settings.web.public_url,
        post=None if postbox is None else postbox.post,
    )


def finding(
    settings: Settings,
    books: Books,
    storage: Storage,
    linking: LinkingService,
    finders: Mapping[str, Finder | None],
    clock: Callable[[], Millis],
) -> list[tuple[Job, float]]:
    """The jobs that look up who has no account yet; none where addresses do not count."""

    async def waiting() -> set[str]:
        cards, _ = await storage.deliveries.undelivered()
        return {card.to.id for card in cards if card.to.kind == "person"}

    world = FindingWorld(
        directory=books.directory,
        file=books.file,
        waiting=waiting,
        match=linking.match,
        tell=lambda said: log.warning("accounts_not_found", why=said),
        clock=clock,
    )
    matching = _matching(settings)
    asked = {name: finder for name, finder in finders.items() if name in matching}
    return [
        (Finding(name, finder, world).look, EVERY_SECONDS)
        for name, finder in asked.items()
        if finder is not None
    ]


def _postbox(settings: Settings, sources: "Sources") -> Postbox | None:
    if settings.mail is None:
        return None
    # Loads the mail library only where mail is switched on.
    from adapters.email.mail import Mail

    return Postbox(Mail(settings.mail), sources.clock, sources.new_id)


def _matching(settings: Settings) -> frozenset[str]:
    """The platforms on which a confirmed address says whose an account is."""
    slack = settings.slack
    return frozenset({"slack"} if slack is not None and slack.match_email else ())
