"""Answers in threads as comments: what is written below a card reaches the trail and whom it
concerns.

Words decide nothing, whatever they say: a decision is bound to what a card showed.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

from msgspec.structs import replace

from core.chat.notices import pack
from core.chat.strangers import no_account
from core.chat.threads_port import Reply
from core.commands import Comment
from core.content import Content
from core.directory.people import Directory, Identity, Person
from core.events import Actor
from core.ports import Messages
from core.refusals import Reason, Refused
from core.request import RequestState
from core.rows import Changes, Loaded, OutboxRow, Reads, Recipient, SeenRow
from core.rules.eligibility import asking
from core.rules.waiting import waited_for
from core.service.access import channel_may_see, person_may_see, unknown
from core.service.applying import apply
from core.service.approvals import Approvals
from core.value import Millis, encode

HELP: Final = {"slack": " Write /approvals to see what waits for you."}
"""What one writes on each platform to find one's requests."""

SAID_AGAIN: Millis = 600_000
"""Whoever writes to the app what answers nothing is told so once in this time."""

# What people type instead of pressing a button.
DECISIVE: Final = frozenset(
    """
    approve|approved|i approve|i approve this|approve this|approve it|ok|okay|k|yes|y|yep|lgtm
    looks good|looks good to me|go|go ahead|do it|ship it|sure|fine|done|agreed|confirmed|confirm
    +1|thumbsup|white_check_mark|heavy_check_mark|ok_hand|👍|✅|👌
    reject|rejected|i reject|i reject this|reject this|reject it|deny|denied|no|n|nope|decline
    declined|-1|thumbsdown|x|no_entry|👎|❌
    """.replace("\n", "|")
    .replace("  ", "")
    .strip(" |")
    .split("|")
)
_BETWEEN = re.compile(r"[\s.,!;:]+")
_SKIN = re.compile(":skin-tone-[2-6]:|[\U0001f3fb-\U0001f3ff]")


def is_question(text: str) -> bool:
    """Whether somebody asks rather than says."""
    return text.rstrip().endswith(("?", "？")) or text.lstrip().startswith("?")


def is_decisive(text: str) -> bool:
    """Whether these words, and nothing else, would decide if words did."""
    return _BETWEEN.sub(" ", _SKIN.sub("", text.casefold())).strip() in DECISIVE


class ThreadService:
    """Implements `core.chat.threads_port.Threads` over the application service."""

    def __init__(self, approvals: Approvals, messages: Messages) -> None:
        self._approvals = approvals
        self._world = approvals.world
        self._messages = messages

    async def reply(self, reply: Reply) -> bool:
        """Record it as a comment or question on the request that it is about, once."""
        request = None
        if reply.about:
            request = await self._messages.request_of(reply.identity.platform, reply.about)
        person = self._world.directory().by_identity(reply.identity)
        if request is None:
            await self._about_nothing(reply)
        elif person is None:
            refusal = Refused(Reason.NOT_RECORDED, why=no_account(reply.identity).sentence)
            await self._tell(request, told(reply, refusal, request, "stranger"))
        else:
            run = self._heard(reply, request, person)
            seen = (reply.identity.platform, reply.key)
            await self._world.store.transact(
                request, run, Reads(seen=seen, content=True, rules=True)
            )
        return request is not None

    async def _about_nothing(self, reply: Reply) -> None:
        """Whoever writes to the app is not left without an answer."""
        if not reply.to_us:
            return
        about = HELP.get(reply.identity.platform, "")
        refusal = Refused(Reason.NOT_RECORDED, case="elsewhere", help=about)
        once = self._world.clock() // SAID_AGAIN
        await self._tell("", told(reply, refusal, "", once))

    async def _tell(self, request: str, row: OutboxRow) -> None:
        await self._world.store.transact(
            request, lambda _: Changes(result=None, outbox=(row,)), Reads()
        )

    def _heard(
        self, reply: Reply, request: str, person: Person
    ) -> Callable[[Loaded], Changes[Any]]:
        text = self._text(reply)
        actor = Actor(via=reply.identity.platform, person=person.email, evidence=reply.evidence)

        def command(_state: RequestState) -> Comment:
            if isinstance(text, Refused):
                raise text
            return Comment(actor=actor, text=text, question=is_question(reply.text))

        def run(loaded: Loaded) -> Changes[Any]:
            if loaded.seen:
                return Changes(result=None)
            around = self._approvals.around()

            def allowed(state: RequestState) -> None:
                if not _may_see(state, person, reply, around.directory):
                    raise unknown(request)

            def answer(_: RequestState, refusal: Refused) -> tuple[OutboxRow, ...]:
                return (_not_recorded(reply, refusal, request),)

            found = apply(command, person.email, loaded, around, allowed, answer)
            seen = SeenRow(platform=reply.identity.platform, key=reply.key, at=around.now)
            rows = found.outbox
            if found.result.refusal is None:
                rows += _beside(reply, person, found.result.state)
            return replace(found, outbox=rows, seen=seen)

        return run

    def _text(self, reply: Reply) -> Content | Refused:
        """What was written, as a content row, or why it cannot be kept."""
        words = _named(reply, self._world.directory())
        try:
            text = self._approvals.text(words)
        except Refused as refusal:
            return Refused(Reason.NOT_RECORDED, **refusal.details | {"case": "long"})
        return text or Refused(Reason.NOT_RECORDED, case="empty")


def told(reply: Reply, refusal: Refused, request: str, once: object) -> OutboxRow:
    """What the writer alone is told, once for each `once`."""
    what = [reply.identity, request, refusal.reason, once]
    dedupe = hashlib.sha256(encode(what)).hexdigest()
    who = reply.identity
    return OutboxRow(
        id=f"answer.{dedupe[:32]}",
        dedupe=f"answer:{dedupe}",
        kind="answer",
        request=request,
        to=Recipient(platform=who.platform, id=who.account, kind="account"),
        facts=reply.answer_to | pack(refusal, 0),
    )


def _not_recorded(reply: Reply, refusal: Refused, request: str) -> OutboxRow:
    if refusal.reason is Reason.UNKNOWN_REQUEST:
        unseen = Refused(Reason.NOT_RECORDED, case="unseen")
        return told(reply, unseen, request, "unseen")
    if refusal.reason is not Reason.NOT_RECORDED:
        refusal = Refused(Reason.NOT_RECORDED, why=refusal.sentence)
    return told(reply, refusal, request, reply.key)


def _beside(reply: Reply, person: Person, state: RequestState) -> tuple[OutboxRow, ...]:
    """What the writer is told although it was recorded: what they may have meant by it is not
    what it does."""
    refusal = None
    may_mean_it = person.email in waited_for(state) or person.email not in asking(state)
    if state.is_open and may_mean_it and is_decisive(reply.text):
        refusal = Refused(Reason.ONLY_A_COMMENT)
    elif reply.files:
        refusal = Refused(Reason.ONLY_A_COMMENT, case="files")
    return () if refusal is None else (told(reply, refusal, state.id, reply.key),)


def _may_see(state: RequestState, person: Person, reply: Reply, directory: Directory) -> bool:
    if not state.version:
        return False
    return person_may_see(state, person.email, directory) or channel_may_see(
        state, reply.identity.platform, reply.place
    )


def _named(reply: Reply, directory: Directory) -> str:
    """The text with people by name, where the directory knows them."""
    text, who = reply.text, reply.identity
    for word, account in reply.mentions.items():
        person = directory.by_identity(
            Identity(platform=who.platform, realm=who.realm, account=account)
        )
        text = text.replace(word, f"@{account if person is None else person.name}")
    return text
