"""What happened to a request, for people: one sentence an event, oldest first.

Names stand where events have addresses, and each moment in the reader's own zone. The trail
to verify is the events themselves (`core.audit.chain`); this only tells what they say.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.cards.changes import ended
from core.cards.headlines import done, headline
from core.cards.moments import moment
from core.cards.names import acting, listed
from core.cards.stages import DONE
from core.cards.texts import Contents, text_of
from core.cards.view import asked_by
from core.directory.people import Directory
from core.events import (
    AnyEvent,
    ChangesRequested,
    Commented,
    Delegated,
    DelegationEnded,
    Escalated,
    ExecutionReported,
    Finished,
    Held,
    IncidentReported,
    Nudged,
    RationaleRecorded,
    Reassigned,
    Recorded,
    Reminded,
    Restaffed,
    Restored,
    Revised,
    RolledBack,
    StageApproved,
    StageOpened,
    StageRejected,
    Submitted,
    TokenMinted,
    TokenRedeemed,
    TokenRevoked,
    Voted,
    VoteWithdrawn,
)
from core.evolve import evolve, stage_at
from core.request import RequestState
from core.text import one_line, visible
from core.value import Millis


def history(
    request: str,
    events: Iterable[Recorded],
    contents: Contents,
    directory: Directory,
    timezone: str,
) -> str:
    """One line an event. Text that was erased is said to be."""
    state, lines = RequestState(id=request), []
    for recorded in events:
        state = evolve(state, recorded)
        teller = Teller(state, recorded, contents, directory, timezone)
        said = one_line(SENTENCES[type(recorded.event)](teller, recorded.event))
        lines.append(f"{moment(recorded.at, timezone)}: {ended(said.removesuffix('.'))}")
    return "\n".join(lines)


class Teller:
    """The request right after an event, with the means to say what it was."""

    def __init__(
        self,
        state: RequestState,
        recorded: Recorded,
        contents: Contents,
        directory: Directory,
        timezone: str,
    ) -> None:
        self.state = state
        self.actor = recorded.actor
        self.directory = directory
        self._contents = contents
        self._timezone = timezone

    @property
    def who(self) -> str:
        """Who did it, fit to begin a sentence."""
        name = acting(self.actor, self.state, self.directory)
        return name[:1].upper() + name[1:]

    def names(self, people: Iterable[str]) -> str:
        return listed(people, self.directory) or "nobody"

    def stage(self, level: int, word: str = "stage") -> str:
        return f"{word} {stage_at(self.state, level).plan.name}"

    def when(self, at: Millis) -> str:
        return moment(at, self._timezone)

    def text(self, content: str | None) -> str:
        """What somebody wrote, after a colon; "" where nothing was."""
        text = text_of(content, self._contents)
        return "" if text is None else f": “{text}”"


def _submitted(tell: Teller, event: Submitted) -> str:
    again = ""
    if event.previous is not None:
        again = f", attempt {event.attempt} after request {visible(event.previous)}"
    who = asked_by(tell.state, tell.directory)
    return f"{who}, asked for this under policy rule {event.route.rule}{again}."


def _revised(tell: Teller, event: Revised) -> str:
    kept = "" if event.kept is None else " The approvals so far were carried over."
    if event.edited:
        fields = visible(", ".join(event.edited))
        return f"{tell.who} changed {fields}: revision {event.revision}.{kept}"
    return f"{tell.who} sent revision {event.revision}.{kept}"


def _advised(_tell: Teller, event: RationaleRecorded) -> str:
    sure = "" if event.confidence is None else f" ({event.confidence}% sure)"
    source = "rules" if event.source == "rules" else f"model {event.source}"
    return visible(f"Advice from the {source}: {event.recommendation}{sure}.")


def _opened(tell: Teller, event: StageOpened) -> str:
    people = tell.names(p for entry in event.entries for p in entry.people)
    again = f" again (round {event.round})" if event.round > 1 else ""
    why = "" if event.escalated_because is None else f"; {event.escalated_because}"
    due = "" if event.due_at is None else f", due {tell.when(event.due_at)}"
    return f"Asked{again} at {tell.stage(event.level)}: {people}{due}{why}."


def _voted(tell: Teller, event: Voted) -> str:
    behalf = "" if event.on_behalf_of is None else f" for {tell.names((event.on_behalf_of,))}"
    through = f" through {tell.names(event.through)}" if event.through else ""
    what = f"{DONE[event.decision]} at {tell.stage(event.level)}{behalf}{through}"
    return f"{tell.names((event.person,))} {what} ({tell.actor.via}){tell.text(event.comment)}."


def _withdrawn(tell: Teller, event: VoteWithdrawn) -> str:
    return f"{tell.names((event.person,))} took their vote back at {tell.stage(event.level)}."


def _stage_approved(tell: Teller, event: StageApproved) -> str:
    how = "was approved" if event.bypass is None else f"passed by itself ({event.bypass})"
    return f"{tell.stage(event.level, 'Stage')} {how}."


def _stage_rejected(tell: Teller, event: StageRejected) -> str:
    why = "" if event.cause is None else f" ({event.cause})"
    return f"{tell.stage(event.level, 'Stage')} was rejected{why}."


def _rolled_back(tell: Teller, event: RolledBack) -> str:
    back = tell.state.sent_back
    who = "" if back is None else f" by {tell.names((back.by,))}"
    return f"Sent back{who} to {tell.stage(event.to)}{tell.text(event.reason)}."


def _changes(tell: Teller, event: ChangesRequested) -> str:
    who = tell.names((event.by,))
    return f"Waiting for a new revision, as {who} asked{tell.text(event.reason)}."


def _delegated(tell: Teller, event: Delegated) -> str:
    giver, taker = tell.names((event.giver,)), tell.names((event.taker,))
    until = "" if event.until is None else f" until {tell.when(event.until)}"
    if event.standing is not None:
        return f"{giver} is out of office, so {taker} may act for them{until}."
    return f"{giver} delegated this to {taker}{until}{tell.text(event.reason)}."


def _given_back(tell: Teller, event: DelegationEnded) -> str:
    return f"{tell.names((event.taker,))} no longer acts for {tell.names((event.giver,))}."


def _reassigned(tell: Teller, event: Reassigned) -> str:
    new, old = tell.names((event.new,)), tell.names((event.old,))
    where = tell.stage(event.level)
    return f"{tell.who} put {new} in the place of {old} at {where}{tell.text(event.reason)}."


def _escalated(tell: Teller, event: Escalated) -> str:
    person = tell.actor.person
    who, why = ("", event.because) if person is None else (f" by {tell.who}", done(event.because))
    asked = f"asked too: {tell.names(event.told)}"
    what = f"Escalated{who} at {tell.stage(event.level)} ({why}); {asked}"
    return f"{what}{tell.text(event.reason)}."


def _restaffed(tell: Teller, event: Restaffed) -> str:
    people = tell.names(p for entry in event.entries for p in entry.people)
    because = "Somebody else is on call" if event.turn else "The directory changed"
    return f"{because}; asked at {tell.stage(event.level)} now: {people}."


def _held(tell: Teller, event: Held) -> str:
    return f"Held at {tell.stage(event.level)}: {event.because}."


def _reminded(tell: Teller, event: Reminded) -> str:
    return f"Reminded: {tell.names(event.people)}."


def _nudged(tell: Teller, event: Nudged) -> str:
    return f"{tell.who} nudged {tell.names(event.people)}."


def _commented(tell: Teller, event: Commented) -> str:
    return f"{tell.who} {'asked' if event.question else 'wrote'}{tell.text(event.content)}."


def _finished(tell: Teller, event: Finished) -> str:
    return f"{headline(tell.state, tell.directory)}{tell.text(event.reason)}."


def _minted(tell: Teller, event: TokenMinted) -> str:
    return f"The approval may be used once, until {tell.when(event.exp)}."


def _redeemed(_tell: Teller, event: TokenRedeemed) -> str:
    return f"The approval was used, with key {visible(event.key)}."


def _revoked(tell: Teller, event: TokenRevoked) -> str:
    return f"{tell.who} took the approval back before it was used{tell.text(event.reason)}."


def _executed(tell: Teller, event: ExecutionReported) -> str:
    return f"{tell.who} reported that the action {event.outcome}{tell.text(event.detail)}."


def _incident(tell: Teller, event: IncidentReported) -> str:
    what = f"an incident ({event.kind}, {event.severity})"
    return f"{tell.who} reported {what}{tell.text(event.content)}."


def _restored(tell: Teller, event: Restored) -> str:
    then = tell.when(event.as_of)
    return f"The database was restored from a backup: what happened here after {then} is lost."


SENTENCES: Mapping[type[AnyEvent], Callable[[Teller, Any], str]] = {
    Submitted: _submitted,
    Revised: _revised,
    RationaleRecorded: _advised,
    StageOpened: _opened,
    Voted: _voted,
    VoteWithdrawn: _withdrawn,
    StageApproved: _stage_approved,
    StageRejected: _stage_rejected,
    RolledBack: _rolled_back,
    ChangesRequested: _changes,
    Delegated: _delegated,
    DelegationEnded: _given_back,
    Reassigned: _reassigned,
    Escalated: _escalated,
    Restaffed: _restaffed,
    Held: _held,
    Reminded: _reminded,
    Nudged: _nudged,
    Commented: _commented,
    Finished: _finished,
    TokenMinted: _minted,
    TokenRedeemed: _redeemed,
    TokenRevoked: _revoked,
    ExecutionReported: _executed,
    IncidentReported: _incident,
    Restored: _restored,
}
"""What is said of each kind of event; a test holds that none is missing."""
