"""One line of somebody's queue."""

from core.cards import asked_by
from core.cards.facts import money
from core.cards.headlines import decide_by
from core.cards.texts import title_of
from core.chat.port import QueueItem
from core.directory.people import Directory
from core.rows import Snapshot


def queue_item(found: Snapshot, directory: Directory) -> QueueItem:
    """The line for a request that waits for somebody."""
    state = found.state
    stage = state.current
    return QueueItem(
        request=state.id,
        title=title_of(state, found.contents),
        asked_by=asked_by(state, directory),
        stage="" if stage is None else stage.plan.name,
        amount=money(state) or None,
        deadline=decide_by(state),
    )
