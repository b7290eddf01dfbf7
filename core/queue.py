"""One line of somebody's queue."""

from core.cards import asked_by
from core.chat import QueueItem
from core.content import read_revision
from core.directory import Directory
from core.ports import Snapshot
from core.text import cut, grouped, one_line, visible


def queue_item(found: Snapshot, directory: Directory) -> QueueItem:
    """The line for a request that waits for somebody."""
    state = found.state
    body = found.contents.get(state.content)
    title = "(erased)" if body is None else read_revision(body).title
    stage = state.current
    deadline = state.expires_at
    if stage is not None and stage.sla_deadline is not None:
        deadline = min(deadline, stage.sla_deadline)
    amount = None
    if state.amount is not None:
        amount = f"{grouped(state.amount)} {state.currency or ''}".rstrip()
    return QueueItem(
        request=state.id,
        title=cut(visible(one_line(title)), 150),
        asked_by=asked_by(state, directory),
        stage="" if stage is None else stage.plan.name,
        amount=amount,
        deadline=deadline,
    )
