"""Who has to do with a request, as rows derived from its state, for lists to filter on.

Says nothing about what anyone may do: the core judges that.
"""

from core.request import RequestState, asked

ASKED = "asked"
OPEN = "open"
REQUESTER = "requester"
OWNER = "owner"
PLANNED = "planned"

Rows = frozenset[tuple[str, str]]
"""(person, kind)."""

NOBODY: Rows = frozenset()


def people(state: RequestState) -> Rows:
    """Everyone who may see the request, each with why; empty for one that does not exist.

    `asked` were asked to decide, `open` are waited for now, `planned` belong to a stage that
    has not begun, `requester` and `owner` as named.
    """
    if state.version == 0:
        return NOBODY
    invited = set(asked(state))
    rows = {(person, ASKED) for person in invited}
    rows.update((person, OPEN) for person in waited_for(state))
    for stage in state.stages:
        for entry in (*stage.plan.entries, *stage.entries):
            rows.update((p, PLANNED) for p in entry.people if p not in invited)
    if state.requester is not None:
        rows.add((state.requester, REQUESTER))
    if state.owner is not None:
        rows.add((state.owner, OWNER))
    return frozenset(rows)


def waited_for(state: RequestState) -> tuple[str, ...]:
    """The people of the present stage who have not voted and for whom nobody has."""
    stage = state.current
    if stage is None or not state.is_open:
        return ()
    voted = {vote.person for vote in stage.votes}
    voted.update(vote.on_behalf_of for vote in stage.votes if vote.on_behalf_of is not None)
    return tuple(person for person in stage.assigned if person not in voted)
