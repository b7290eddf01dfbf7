"""Who has to do with a request, as rows derived from its state, for lists to filter on.

Says nothing about what anyone may do: the core judges that.
"""

from core.request import RequestState, asked, involved
from core.rules.waiting import waited_for

ASKED = "asked"
OPEN = "open"
REQUESTER = "requester"
SUBMITTER = "submitter"
OWNER = "owner"
PLANNED = "planned"

Rows = frozenset[tuple[str, str]]
"""(person, kind)."""

NOBODY: Rows = frozenset()


def people(state: RequestState) -> Rows:
    """Everyone who may see the request, each with why; empty for one that does not exist.

    `asked` were asked to decide, or stand in for who was; `open` are waited for now, `planned`
    belong to a stage that has not begun, had a place that somebody else was put in, or stand in
    for who does or did; `requester`, `submitter` and `owner` as named.
    """
    if state.version == 0:
        return NOBODY
    invited = set(asked(state))
    rows = {(person, ASKED) for person in invited}
    rows.update((person, OPEN) for person in waited_for(state))
    rows.update((person, PLANNED) for person in involved(state) if person not in invited)
    named = ((state.requester, REQUESTER), (state.submitter, SUBMITTER), (state.owner, OWNER))
    rows.update((person, kind) for person, kind in named if person is not None)
    return frozenset(rows)
