"""Seats, votes and who may have them, counted by trying everything: for the oracle."""

from collections.abc import Iterable, Sequence
from typing import Any

Json = dict[str, Any]


def seat(vote: Json) -> str:
    return str(vote.get("on_behalf_of") or vote["person"])


def voices(vote: Json) -> list[str]:
    giver = [vote["on_behalf_of"]] if vote.get("on_behalf_of") else []
    return [vote["person"], *vote.get("through", ()), *giver]


def seats_wanted(plan: Json) -> int:
    quorum = plan.get("quorum", 1)
    return sum(e.get("seats", 1) for e in plan["entries"]) if quorum == "all" else int(quorum)


def may(person: Json, entry: Json, plan: Json, *, named: bool) -> bool:
    """Whether somebody has what a place asks for; `named` is whether it must name them too."""
    if not entry.get("exempt"):
        role, department = plan.get("required_role"), plan.get("required_department")
        if role is not None and role not in person.get("roles", ()):
            return False
        if department is not None and person.get("department") != department:
            return False
    if not named:
        return True
    groups = {f"group:{g}" for g in person.get("groups", ())}
    means = [
        ref == person["email"] or ref in groups or ref.startswith(("manager_of:", "on_call:"))
        for ref, people in named_by(entry)
        if person["email"] in people
    ]
    return person["email"] in entry["people"] and any(means)


def named_by(entry: Json) -> list[tuple[str, list[str]]]:
    """The references of a place, each with those whom it named: joined ones are kept apart."""
    parts = entry.get("parts") or [entry]
    return [(part["ref"], part["people"]) for part in parts]


def reachable(seats: Sequence[int], rights: Sequence[frozenset[int]], wanted: int) -> bool:
    """Whether so many seats can be filled, one person each, by trying everything."""
    if wanted <= 0:
        return True
    if len(rights) < wanted:
        return False
    right, rest = rights[0], rights[1:]
    for index, place in enumerate(seats):
        left = [*seats[:index], *seats[index + 1 :]]
        new = place in right and index == seats.index(place)
        if new and reachable(left, rest, wanted - 1):
            return True
    return reachable(seats, rest, wanted)


def different(votes: Iterable[Json]) -> int:
    """The most votes of which no two rest on the same person's authority."""
    left = [frozenset(voices(v)) for v in votes]
    if not left:
        return 0

    def best(rest: list[frozenset[str]]) -> int:
        if not rest:
            return 0
        apart = [other for other in rest[1:] if not other & rest[0]]
        return max(1 + best(apart), best(rest[1:]))

    return best(left)
