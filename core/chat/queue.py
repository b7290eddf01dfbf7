"""One line of somebody's queue."""

from core.cards import asked_by
from core.cards.facts import money
from core.cards.headlines import decide_by
from core.cards.texts import title_of
from core.chat.port import QueueItem
from core.directory.people import Directory
from core.rows import Snapshot
from core.value import Millis


def queue_item(
    found: Snapshot, directory: Directory, reader: str = "", since: Millis = 0, until: Millis = 0
) -> QueueItem:
    """The line for a request that waits for somebody, with how many comments others than the
    reader wrote after `since` and until `until`."""
    state = found.state
    stage = state.current
    return QueueItem(
        request=state.id,
        title=title_of(state, found.contents),
        asked_by=asked_by(state, directory),
        stage="" if stage is None else stage.plan.name,
        amount=money(state) or None,
        deadline=decide_by(state),
        comments=sum(since < r.at <= until and r.person != reader for r in state.remarks),
    )
