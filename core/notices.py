"""Outbox rows into notices: what is told is made from what is true when it is sent."""

from core import answers
from core.cards import because, headline
from core.content import read_revision, read_text
from core.directory import Directory
from core.ports import Notice, OutboxRow, Snapshot
from core.refusals import Reason, Refused
from core.text import cut, one_line, visible

_DETAIL = "detail."


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


def notice(row: OutboxRow, found: Snapshot | None, directory: Directory) -> Notice:
    """The notice for a row. Without the request (a click on something made up) only its words."""
    if row.kind == "answer":
        return _answer(row, found, directory)
    assert found is not None, "a result is queued in the request's own transaction"
    return Notice(
        kind=row.kind,
        request=row.request,
        title=_title(found),
        text=_result(found, directory),
        status=found.state.status.value,
        facts=row.facts,
    )


def _answer(row: OutboxRow, found: Snapshot | None, directory: Directory) -> Notice:
    refusal = unpack(row.facts)
    hides = refusal.reason in (Reason.UNKNOWN_ACCOUNT, Reason.UNKNOWN_REQUEST)
    if found is None or hides:
        text, title = refusal.sentence, ""
    else:
        text = answers.refused(found.state, refusal, int(row.facts["level"]), directory)
        title = _title(found)
    return Notice(kind="answer", request=row.request, title=title, text=text, facts=row.facts)


def _result(found: Snapshot, directory: Directory) -> str:
    text = f"{headline(found.state, directory)}."
    outcome = found.state.outcome
    if outcome is not None and outcome.reason is not None:
        body = found.contents.get(outcome.reason)
        if body is not None:
            text += f" Reason: {visible(read_text(body))}"
    elif (rule := because(found.state)) is not None:
        text += f" {rule}"
    return text


def _title(found: Snapshot) -> str:
    body = found.contents.get(found.state.content)
    return "(erased)" if body is None else cut(visible(one_line(read_revision(body).title)), 150)
