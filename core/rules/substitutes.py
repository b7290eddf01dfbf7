"""Whom an administrator put in somebody's place: there, and for as long as the stage lasts.

The new person has the place itself and no seat beside it, so that what the policy wants stays
the same. The one who was replaced does not come back by the directory's changing, by an
escalation or by a rejection that opens the stage again.
"""

from msgspec.structs import replace

from core.request import Stage
from core.route import Entry, Part, StagePlan
from core.rules.eligibility import OR


def entries_with(stage: Stage, old: str, new: str) -> tuple[Entry, ...]:
    """The stage's entries with one person in the place of another, now or when its turn comes."""
    turns = stage.turns
    entries, apart = list(stage.entries), False
    for place, entry in enumerate(stage.entries):
        meant = place < len(turns) and old in turns[place].people
        if old not in entry.people and not meant:
            continue
        if len(entry.people) > 1 and (entry.exempt or entry.silent):
            # What is made easier for the others there was not said of this person.
            entries[place], apart = _without(entry, old), True
        else:
            entries[place] = _in_place(entry, old, new)
    if apart:
        entries.append(Entry(ref=new, people=(new,)))
    return tuple(entries)


def plan_with(plan: StagePlan, old: str, new: str) -> StagePlan:
    """The stage's plan with one person in the place of another."""
    entries = tuple(_in_place(e, old, new) if old in e.people else e for e in plan.entries)
    return replace(plan, entries=entries)


def replaced_with(stage: Stage, old: str, new: str) -> tuple[str, ...]:
    """Who is replaced at a stage: one more, and no longer whom an administrator put back."""
    return tuple(p for p in dict.fromkeys((*stage.replaced, old)) if p != new)


def _without(entry: Entry, old: str) -> Entry:
    parts = tuple(replace(p, people=_less(p.people, old)) for p in entry.parts)
    return replace(entry, people=_less(entry.people, old), parts=parts)


def _in_place(entry: Entry, old: str, new: str) -> Entry:
    """The entry with one for the other: by name, or in the turns of whoever was on call."""
    if entry.rotation is not None:
        turns = replace(entry.rotation, people=_swapped(entry.rotation.people, old, new))
        return replace(entry, people=_swapped(entry.people, old, new), rotation=turns)
    left = _without(entry, old)
    if not left.people:
        return Entry(ref=new, people=(new,), seats=entry.seats)
    parts = left.parts or (Part(left.ref, left.people),)
    return replace(
        left,
        ref=f"{left.ref}{OR}{new}",
        people=tuple(dict.fromkeys((*left.people, new))),
        parts=(*parts, Part(new, (new,))),
    )


def _less(people: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(p for p in people if p != gone)


def _swapped(people: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if p == old else p for p in people)
