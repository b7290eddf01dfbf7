"""Where approvals are held up, in a few sentences: which stage, which queue, which person. Pure.

What a few cases say is left out: a stage that was slow once is no bottleneck.
"""

from collections.abc import Iterator

from adapters.web.charts.table import named
from adapters.web.dashboard.stages import age, name_of
from adapters.web.dashboard.words import FEW, briefly, counted, share, took
from core.directory.people import Directory
from core.insight.figures import Figures
from core.value import Millis


def sentences(found: Figures, directory: Directory, now: Millis) -> tuple[str, ...]:
    """The slowest stage, the one that misses most deadlines, the longest queue, and whom most
    waits for; those of which nothing can be said are left out."""
    return (*_slowest(found), *_latest(found), *_queue(found, now), *_person(found, directory, now))


def _slowest(found: Figures) -> Iterator[str]:
    enough = [(key, s.took) for key, s in found.stages.items() if s.took.count >= FEW]
    key, its = max(enough, key=lambda each: each[1].slow or 0, default=(None, None))
    if key is not None and its is not None:
        yield (
            f"Slowest stage: {name_of(key)}. Half were done within {took(its.median)}, nine of "
            f"ten within {took(its.slow)}, of {counted(its.count, 'case', 'cases')}."
        )


def _latest(found: Figures) -> Iterator[str]:
    enough = [(key, s) for key, s in found.stages.items() if s.kept + s.breached >= FEW]
    key, its = max(
        enough, key=lambda each: each[1].breached / (each[1].kept + each[1].breached), default=_NO
    )
    if key is not None and its is not None and its.breached:
        missed = share(its.breached, its.kept + its.breached)
        yield f"Most deadlines missed: {name_of(key)}, {missed}."


def _queue(found: Figures, now: Millis) -> Iterator[str]:
    key, its = max(found.open_stages.items(), key=lambda each: each[1].open, default=_NO)
    if key is not None and its is not None and its.open:
        yield (
            f"Longest queue now: {name_of(key)} with "
            f"{counted(its.open, 'request', 'requests')}, {its.overdue:,} overdue; the oldest "
            f"was submitted {briefly(age(its.oldest, now))} ago."
        )


def _person(found: Figures, directory: Directory, now: Millis) -> Iterator[str]:
    email, its = max(found.people.items(), key=lambda each: each[1].open, default=_NO)
    if email is not None and its is not None and its.open:
        yield (
            f"Most waits now for {named(directory.name(email))}: "
            f"{counted(its.open, 'request', 'requests')}, {its.overdue:,} overdue; the oldest was "
            f"asked {briefly(age(its.oldest, now))} ago."
        )


_NO = (None, None)
