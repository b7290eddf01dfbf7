"""Which buttons a viewer has: only those whose click would count as things stand.

The rules themselves are asked, with the directory of today; whether a click counts is judged
again when it is made. A channel's audience gets what anybody asked might do.
"""

from collections.abc import Callable

from core.card import Button, Confirm, Verb, Viewer
from core.cards.facts import money
from core.commands import Facts
from core.directory.people import Directory
from core.refusals import Refused
from core.request import Decision, RequestState, Stage
from core.route import OnTimeout, Route
from core.rules.eligibility import Bars, asking
from core.rules.speaking import speaking
from core.rules.standins import chains
from core.service.access import ADMINS, person_may_see
from core.value import Millis

LABELS = {
    Verb.APPROVE: "Approve",
    Verb.REJECT: "Reject",
    Verb.EDIT: "Edit and approve",
    Verb.REQUEST_CHANGES: "Request changes",
    Verb.DELEGATE: "Delegate",
    Verb.ASK: "Ask a question",
    Verb.COMMENT: "Comment",
    Verb.NUDGE: "Nudge",
    Verb.ESCALATE: "Escalate",
    Verb.WITHDRAW: "Take my vote back",
    Verb.CANCEL: "Withdraw the request",
    Verb.BREAK_GLASS: "Break glass",
    Verb.HISTORY: "History",
    Verb.VIEW: "View full action",
}
"""What the buttons say, in the order in which they are listed."""

SEEN_BY_ALL = frozenset({Verb.APPROVE, Verb.REJECT})
"""What stands on the card itself; everything else is in the menu beside it."""

ONLY_SHOWS = frozenset({Verb.HISTORY, Verb.VIEW})


def buttons(
    state: RequestState, viewer: Viewer, directory: Directory, now: Millis
) -> tuple[tuple[Button, ...], tuple[Button, ...]]:
    """The buttons for all to see, and those of the menu; none at all once it is over."""
    if not state.is_open or now >= state.expires_at:
        return (), ()
    verbs = ONLY_SHOWS | _acts(state, viewer, directory)
    made = [_button(state, verb) for verb in LABELS if verb in verbs]
    return (
        tuple(b for b in made if b.verb in SEEN_BY_ALL),
        tuple(b for b in made if b.verb not in SEEN_BY_ALL),
    )


def _acts(state: RequestState, viewer: Viewer, directory: Directory) -> frozenset[Verb]:
    stage, route, email = state.current, state.route, viewer.person
    if route is None:
        return frozenset()
    here = route.decide_in in (None, viewer.place)
    if email is None:
        return SEEN_BY_ALL if here and stage is not None and stage.assigned else frozenset()
    facts = Facts(person=directory.person(email), people=directory.people)
    found: set[Verb] = set()
    if stage is not None and (email in stage.assigned or chains(state, stage, email)):
        found |= _asked(stage, email) if here else _asked(stage, email) - {Verb.WITHDRAW}
        found |= _deciding(state, stage, email, route, facts) if here else set()
    if email in asking(state) or email in directory.group(ADMINS):
        found |= {Verb.CANCEL}
        found |= set() if stage is None else {Verb.NUDGE, Verb.ESCALATE}
    if stage is not None and stage.plan.on_timeout is not OnTimeout.ESCALATE:
        found -= set() if email in directory.group(ADMINS) else {Verb.ESCALATE}
    if person_may_see(state, email, directory):
        found.add(Verb.COMMENT)
    if here and stage is not None and _may_break_glass(state, email, route, facts):
        found.add(Verb.BREAK_GLASS)
    return frozenset(found)


def _asked(stage: Stage, email: str) -> set[Verb]:
    """What somebody who is asked may do beside deciding."""
    found = {Verb.ASK, Verb.ESCALATE}
    if any(vote.person == email for vote in stage.votes):
        found.add(Verb.WITHDRAW)
    elif not any(email in vote.voices for vote in stage.votes):
        found.add(Verb.DELEGATE)
    return found


def _deciding(
    state: RequestState, stage: Stage, email: str, route: Route, facts: Facts
) -> set[Verb]:
    """A vote can be changed while its stage is open, not cast again."""
    found: set[Verb] = set()
    mine = [vote.decision for vote in stage.votes if vote.person == email]
    if _would_pass(lambda: speaking(state, stage, email, Decision.APPROVE, facts)):
        found |= set() if Decision.APPROVE in mine else {Verb.APPROVE}
        found |= {Verb.EDIT} if route.editable else set()
    if _would_pass(lambda: speaking(state, stage, email, Decision.REJECT, facts)):
        found |= set() if Decision.REJECT in mine else {Verb.REJECT}
        found |= {Verb.REQUEST_CHANGES} if state.attempt < route.max_attempts else set()
    return found


def _may_break_glass(state: RequestState, email: str, route: Route, facts: Facts) -> bool:
    person = facts.person
    if route.glass is None or person is None or route.glass.role not in person.roles:
        return False
    return email not in asking(state) and not Bars(state, facts).in_conflict(email)


def _would_pass(rule: Callable[[], object]) -> bool:
    try:
        rule()
    except Refused:
        return False
    return True


def _button(state: RequestState, verb: Verb) -> Button:
    confirm = None
    if verb is Verb.APPROVE and state.route is not None and state.route.confirm:
        confirm = _confirm(state)
    return Button(verb=verb, label=LABELS[verb], confirm=confirm)


def _confirm(state: RequestState) -> Confirm:
    known = []
    if state.amount is not None:
        known.append(f"Amount {money(state)}.")
    if state.risk_score is not None:
        known.append(f"Risk score {state.risk_score} of 100.")
    text = " ".join([*known, "Your approval is recorded under your name."])
    return Confirm(title="Approve this request?", text=text, yes="Approve", no="Back")
