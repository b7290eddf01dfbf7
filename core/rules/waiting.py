"""Who is waited for: those asked at the open stage who have not voted, nor anyone for them."""

from msgspec.structs import replace

from core.request import RequestState
from core.route import Entry
from core.rules.counting import answered
from core.rules.standins import distances


def waited_for(state: RequestState) -> tuple[str, ...]:
    """The people whose answer is missing, and those who stand in for them, each once."""
    stage = state.current
    if stage is None or not state.is_open:
        return ()
    done = answered(stage)
    missing = tuple(p for p in stage.assigned if p not in done)
    if not state.delegations:
        return missing
    silent = replace(stage, entries=(Entry(ref="", people=missing),))
    return tuple(distances(state, silent, done))
