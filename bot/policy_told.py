"""What `policy explain` and `policy backtest` found, in lines for people."""

from collections.abc import Iterable, Iterator
from typing import Any

from msgspec import to_builtins

from bot.cli_table import counted, shown_time
from core.directory.people import Directory
from core.policy.backtest import Asked, Change, Compared, Report
from core.policy.explain import Explanation, Moment, StageExplained
from core.route import Category

_WORDS = {
    Category.AUTO_APPROVE: "It is approved at once",
    Category.PROHIBITED: "It is refused for good",
    Category.REVIEW: "It is reviewed",
}
_CHANGES = {
    Change.SAME: "the same",
    Change.OTHER_PEOPLE: "asked of other people",
    Change.REVIEWED_MORE: "reviewed more",
    Change.REVIEWED_LESS: "reviewed less",
    Change.AUTO_APPROVED: "approved without people",
    Change.PROHIBITED: "prohibited",
    Change.REFUSED: "refused when sent",
    Change.NOT_COMPARABLE: "not comparable",
}
_TIMES = frozenset({"at", "deadline", "expires_at"})


def explanation_told(found: Explanation, directory: Directory) -> Iterator[str]:
    """The explanation for a person, with times in UTC."""
    yield "Rules, in the order in which they are judged:"
    for tried in found.tried:
        answer = {True: "yes", False: "no", None: "cannot be answered"}[tried.holds]
        condition = f": {' '.join(tried.condition.split())}" if tried.condition else ""
        yield f"  {answer:<4} {tried.rule}{condition}"
    if found.refused is not None or found.category is None:
        yield f"Refused: {found.refused}"
        return
    yield f"{_WORDS[found.category]}: {found.why.rstrip('.')}."
    if found.amount is not None:
        yield f"Amount: {found.amount}"
    for place, stage in enumerate(found.stages):
        yield from _stage(stage, directory, first=place == 0)
    if found.left_out:
        yield f"Not wanted for this request: {', '.join(found.left_out)}"
    if found.expires_at is not None:
        yield f"It ends undecided at {shown_time(found.expires_at)}."
        yield f"People told: {len(found.told)}, and {len(found.told_later)} more if nobody answers."
    for bypass in found.bypasses:
        yield f"May also be passed by {bypass}."
    yield from _besides(found)
    for warning in found.warnings:
        yield f"Note: {warning}"


def _besides(found: Explanation) -> Iterator[str]:
    """How its cards are shown, to whom, and whose advice they hold."""
    if found.batch:
        yield "It may be approved together with others in one click."
    if found.digest:
        yield "Its cards wait for each approver's daily digest, as far as that comes in time."
    if found.by_rules:
        yield "Its advice comes from rules alone: no model is told of it."
    if found.channels:
        yield f"A copy of the card goes to {', '.join(found.channels)}."


def explanation_json(found: Explanation) -> Any:
    """The explanation for a program, with times as RFC 3339."""
    return _timed(to_builtins(found))


def report_told(report: Report) -> Iterator[str]:
    """The counts, then each request that would have gone another way."""
    compared = counted(len(report.requests), "request")
    yield f"{compared} under policy version {report.policy_version}:"
    for change in Change:
        yield f"  {report.counts[change]:>6} {_CHANGES[change]}"
    for each in report.requests:
        if each.change is not Change.SAME:
            yield from _compared(each)


def _compared(compared: Compared) -> Iterator[str]:
    now = f"{compared.request} ({compared.status}) {_CHANGES[compared.change]}"
    if compared.after is None:
        yield f"{now}: {compared.problem}"
        return
    before, after = compared.before, compared.after
    yield f"{now}: {before.rule} ({_asked(before.stages)}) -> {after.rule} ({_asked(after.stages)})"
    if compared.would_need:
        yield f"  was approved; would have needed {_asked(compared.would_need)}"


def _asked(stages: Iterable[Asked]) -> str:
    told = (f"{s.stage}: {s.quorum} of {', '.join(s.people) or 'nobody'}" for s in stages)
    return "; ".join(told) or "nobody"


def _stage(stage: StageExplained, directory: Directory, *, first: bool) -> Iterator[str]:
    if stage.auto is not None:
        yield f"Stage {stage.level}, {stage.name}: {stage.auto}s by itself"
        return
    people = ", ".join(map(directory.name, stage.asked)) or "nobody"
    yield f"Stage {stage.level}, {stage.name}: {stage.quorum} of {people}"
    if stage.silent:
        yield f"  may decide, not told: {', '.join(map(directory.name, stage.silent))}"
    if stage.in_order:
        yield f"  one after the other: {', '.join(stage.in_order)}"
    if not first and (stage.deadline is not None or stage.moments):
        yield "  counted as if it opened now:"
    if stage.deadline is not None:
        yield f"  due {shown_time(stage.deadline)}"
    for moment in stage.moments:
        yield f"  {_moment(moment, directory)}"


def _moment(moment: Moment, directory: Directory) -> str:
    because = f" ({moment.because})" if moment.because else ""
    people = f": {', '.join(map(directory.name, moment.people))}" if moment.people else ""
    return f"{shown_time(moment.at)} {moment.what}{because}{people}"


def _timed(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_timed(item) for item in value]
    if isinstance(value, dict):
        return {
            key: shown_time(inner) if key in _TIMES and isinstance(inner, int) else _timed(inner)
            for key, inner in value.items()
        }
    return value
