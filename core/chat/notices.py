"""Outbox rows into notices: what is told is made from what is true when it is sent."""

from collections.abc import Callable, Mapping

from core.alerting.telling import ALERT
from core.alerting.words import notice as alert
from core.cards import because, headline, withheld
from core.cards.changes import ended, note, which_round
from core.cards.headlines import decide_by, done, held_because, out_of_time, place
from core.cards.moments import moment
from core.cards.names import agent_name
from core.cards.texts import ERASED, text_of, title_of
from core.chat import answers
from core.chat.helping import IN_TIME, colleagues
from core.directory.people import Directory
from core.ports import Notice
from core.refusals import Reason, Refused
from core.request import RequestState, Stage, Status
from core.rows import OutboxRow, Snapshot
from core.rules.standins import live, stand_in_for
from core.rules.waiting import waited_for
from core.service.access import recipient_may_see
from core.value import Value

_DETAIL = "detail."
_TAKEN_ELSEWHERE = "It was changed, and others decide it now. Your vote no longer counts."
_SAYS_NOTHING_OF_IT = (Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_REQUEST, Reason.NOT_RECORDED)


def pack(refusal: Refused, level: int) -> dict[str, str]:
    """A refusal as facts of an outbox row."""
    details = {f"{_DETAIL}{name}": value for name, value in refusal.details.items()}
    return {"reason": refusal.reason.value, "level": str(level), **details}


def unpack(facts: dict[str, str]) -> Refused:
    """The refusal that `pack` kept."""
    details = {
        name.removeprefix(_DETAIL): value
        for name, value in facts.items()
        if name.startswith(_DETAIL)
    }
    return Refused(Reason(facts["reason"]), **details)


def notice(row: OutboxRow, found: Snapshot | None, directory: Directory) -> Notice | None:
    """The notice for a row; None when what it would say is no longer so.

    Without the request (a click on something made up) an answer has only its words.
    """
    if row.kind == "answer":
        return _answer(row, found, directory)
    if row.kind == ALERT:
        return alert(row, directory)
    assert found is not None, "a notice is queued in the request's own transaction"
    text = WORDS[row.kind](Telling(row, found), directory)
    title = title_of(found.state, found.contents)
    if text is None:
        return None
    if row.kind == "revised" and not recipient_may_see(found.state, row.to, directory):
        text, title = _TAKEN_ELSEWHERE, withheld.TITLE
    return Notice(
        kind=row.kind,
        request=row.request,
        title=title,
        text=text,
        status=found.state.status.value,
        facts=row.facts,
        key=row.id,
    )


def _answer(row: OutboxRow, found: Snapshot | None, directory: Directory) -> Notice:
    refusal = unpack(row.facts)
    hides = refusal.reason in _SAYS_NOTHING_OF_IT
    if found is None or hides:
        text, title = refusal.sentence, ""
    else:
        text = answers.refused(found.state, refusal, int(row.facts["level"]), directory)
        title = title_of(found.state, found.contents)
    return Notice(kind="answer", request=row.request, title=title, text=text, facts=row.facts)


class Telling(Value, frozen=True):
    """A row and the request as it stands when the row is sent."""

    row: OutboxRow
    found: Snapshot

    @property
    def fact(self) -> dict[str, str]:
        return self.row.facts

    @property
    def stage(self) -> Stage | None:
        """The stage that the row is about, if it is still open in the same round."""
        stage = self.found.state.current
        if stage is None or not self.found.state.is_open:
            return None
        meant = (self.fact.get("level"), self.fact.get("round"))
        return stage if meant == (str(stage.plan.level), str(stage.round)) else None

    @property
    def is_waited_for(self) -> bool:
        return self.row.to.id in waited_for(self.found.state)

    def said(self) -> str:
        """What somebody wrote with it, as a sentence of its own; "" if nothing."""
        text = text_of(self.fact.get("content"), self.found.contents)
        return "" if text is None else f" Reason: {text}"

    def by(self, directory: Directory, otherwise: str) -> str:
        """Who did it."""
        person = self.fact.get("by")
        return otherwise if person is None else directory.name(person)


# --- one for each kind ---------------------------------------------------------------------


def _result(telling: Telling, directory: Directory) -> str:
    return f"{headline(telling.found.state, directory)}.{_why_it_ended(telling)}"


def _why_it_ended(telling: Telling) -> str:
    state, contents = telling.found.state, telling.found.contents
    outcome = state.outcome
    if outcome is not None and outcome.reason is not None:
        return f" Reason: {text_of(outcome.reason, contents)}"
    rule = because(state)
    return "" if rule is None else f" {rule}"


def _reminder(telling: Telling, directory: Directory) -> str | None:
    waits, stage, reader = _waits(telling, directory), telling.stage, telling.row.to.id
    if waits is None:
        return None
    person = None if stage is None or stage.reminders else directory.person(reader)
    could = person is not None and colleagues(telling.found.state, person, directory)
    return f"Reminder: {waits} {IN_TIME}" if could else f"Reminder: {waits}"


def _nudge(telling: Telling, directory: Directory) -> str | None:
    waits = _waits(telling, directory)
    if waits is None:
        return None
    return f"{telling.by(directory, 'The agent that asked')} asks you to look at this: {waits}"


def _escalated(telling: Telling, directory: Directory) -> str | None:
    stage = telling.stage
    if stage is None:
        return None
    why = f"{telling.fact['because']}."
    if telling.fact.get("by") is not None:
        why = telling.by(directory, "") + f" escalated it: {done(telling.fact['because'])}."
    match telling.fact["as"]:
        case "new":
            waits = _waits(telling, directory)
            if waits is None:
                return None
            text = f"You are asked now, since {why} {waits[:1].upper()}{waits[1:]}"
        case "asked":
            text = f"Escalated at {stage.plan.name}: {why} You may still decide it."
        case _:
            text = f"Your request was escalated at {stage.plan.name}: {why}"
    return f"{text}{telling.said()}"


def _ended(telling: Telling, directory: Directory) -> str:
    what = headline(telling.found.state, directory)
    if telling.fact["as"] == "owner":
        return f"{what}. You own {agent_name(telling.found.state)}, which asked for it."
    return f"{what}. You need not decide it any more."


def _held(telling: Telling, directory: Directory) -> str | None:
    stage = telling.stage
    why = None if stage is None else held_because(stage)
    if stage is None or why is None:
        return None
    if telling.fact["as"] == "asked":
        waits = _waits(telling, directory)
        return None if waits is None else f"Overdue: {waits}"
    text = f"Held at {place(telling.found.state, stage)}: {why}."
    admin = telling.fact["as"] == "admin"
    if out_of_time(stage):
        text = f"{text} It may still be decided"
        if admin:
            return f"{text}; reassign it if nobody does, or withdraw the request."
        return f"{text}. The administrators were told."
    if admin:
        return f"{text} Mend the directory, reassign it, or withdraw the request."
    return f"{text} The administrators were told."


def _delegated(telling: Telling, directory: Directory) -> str | None:
    state = telling.found.state
    giver, taker = telling.fact["giver"], telling.fact["taker"]
    in_force = any((d.giver, d.taker) == (giver, taker) for d in live(state))
    waits = _waits(telling, directory)
    if not in_force or waits is None:
        return None
    return f"{directory.name(giver)} asks you to decide in their place: {waits}{telling.said()}"


def _given_back(telling: Telling, directory: Directory) -> str | None:
    if telling.found.state.current is None:
        return None
    if telling.fact["as"] == "taker":
        return f"You no longer act for {directory.name(telling.fact['giver'])} on this."
    waits = _waits(telling, directory)
    taker = directory.name(telling.fact["taker"])
    return None if waits is None else f"{taker} no longer acts for you: {waits}"


def _reassigned(telling: Telling, directory: Directory) -> str | None:
    stage = telling.stage
    if stage is None:
        return None
    by = telling.by(directory, "An administrator")
    if telling.fact["as"] == "new":
        waits = _waits(telling, directory)
        old = directory.name(telling.fact["old"])
        return None if waits is None else f"{by} put you in the place of {old}: {waits}"
    new = directory.name(telling.fact["new"])
    return f"{by} put {new} in your place at {stage.plan.name}; you need not decide this."


def _changes_requested(telling: Telling, directory: Directory) -> str | None:
    state = telling.found.state
    if state.status is not Status.CHANGES_REQUESTED:
        return None
    wish = text_of(telling.fact.get("content"), telling.found.contents) or ERASED
    by = telling.by(directory, "An approver")
    return f"{ended(f'{by} asks for changes: “{wish}”')} It waits for a new revision."


def _sent_back(telling: Telling, directory: Directory) -> str | None:
    state, stage = telling.found.state, telling.stage
    if stage is None or state.sent_back is None:
        return None
    wish = text_of(telling.fact.get("content"), telling.found.contents)
    why = "" if wish is None else f": “{wish}”"
    by, number = telling.by(directory, "an approver"), which_round(state).capitalize()
    if telling.fact["as"] == "asks":
        text = f"Your request was sent back to {stage.plan.name} by {by}{why}"
        return f"{ended(text)} {number}."
    waits = _waits(telling, directory)
    return None if waits is None else f"{ended(f'Sent back by {by}{why}')} {number}: {waits}"


def _revised(telling: Telling, directory: Directory) -> str | None:
    state = telling.found.state
    if not state.is_open or telling.fact["revision"] != str(state.revision):
        return None
    kept = "kept" in telling.fact
    votes = "The approvals so far stand." if kept else "Earlier votes no longer count."
    return f"{note(state, telling.found.contents, directory) or ''} {votes}".strip()


def _remark(telling: Telling, directory: Directory) -> str:
    text = text_of(telling.fact["content"], telling.found.contents)
    verb = "asks" if telling.row.kind == "question" else "wrote"
    return f"{telling.by(directory, 'The agent that asked')} {verb}: “{text}”"


def _break_glass(telling: Telling, directory: Directory) -> str:
    passed = "Everyone else who was to decide was passed over."
    how = headline(telling.found.state, directory)
    return f"BREAK-GLASS. {how}. {passed}{_why_it_ended(telling)}"


def _token_revoked(telling: Telling, directory: Directory) -> str:
    by = telling.by(directory, "an administrator")
    return f"The approval was taken back by {by} before it was used.{telling.said()}"


def _waits(telling: Telling, directory: Directory) -> str | None:
    """That it waits for the reader, as what and until when; None when it does not."""
    state, reader = telling.found.state, telling.row.to.id
    stage = telling.stage if "level" in telling.fact else state.current
    if stage is None or not telling.is_waited_for:
        return None
    giver = stand_in_for(state, stage, reader)
    person = directory.person(reader)
    text = f"this waits for your decision as {stage.plan.name}"
    text += f" for {directory.name(giver)}" if giver is not None else ""
    zone = "UTC" if person is None else person.timezone
    return f"{text}.{_until(state, stage, zone)}"


def _until(state: RequestState, stage: Stage, zone: str) -> str:
    """Until when to decide, and when it was due before others were asked too."""
    by, due = decide_by(state), stage.due_at
    if by is None:
        return ""
    late = out_of_time(stage) or (stage.escalated and stage.escalated_by is None)
    was = ""
    if late and due is not None and due < by:
        was = f" (it was due {moment(due, zone)})"
    return f" Decide by {moment(by, zone)}{was}."


WORDS: Mapping[str, Callable[[Telling, Directory], str | None]] = {
    "result": _result,
    "ended": _ended,
    "reminder": _reminder,
    "nudge": _nudge,
    "escalated": _escalated,
    "held": _held,
    "delegated": _delegated,
    "given_back": _given_back,
    "reassigned": _reassigned,
    "changes_requested": _changes_requested,
    "sent_back": _sent_back,
    "revised": _revised,
    "comment": _remark,
    "question": _remark,
    "break_glass": _break_glass,
    "token_revoked": _token_revoked,
}
"""What each kind of notice about one request says; `core.chat.telling` makes rows of exactly
these kinds."""
