"""After the database was restored from a backup, which has forgotten what came after it."""

from core.commands import Facts, Restore
from core.events import Reminded, Restored, TokenRevoked
from core.rules.course import Course
from core.rules.recording import written
from core.rules.waiting import waited_for
from core.value import Millis


def restore(course: Course, command: Restore, _facts: Facts, now: Millis) -> None:
    """Nothing that may have happened since is taken as not having happened.

    An approval that could still be used is taken back: whether it was used is not known, and
    twice is worse than once more asked. An open request says on its trail and its cards that
    it stands as it did then, and those who are waited for are reminded: they may have decided.
    """
    state = course.state
    if state.is_open:
        course.add(Restored(as_of=command.as_of), command.actor, now)
        if state.current is not None:
            left = tuple(moment for moment in state.current.reminders if moment > now)
            level, people = state.current.plan.level, waited_for(state)
            course.add(Reminded(level=level, people=people, left=left), command.actor, now)
        return
    token = state.token
    if token is None or token.redeemed_at is not None or token.revoked_at is not None:
        return
    if now < token.exp:
        reason, commitment = written(command.reason)
        course.add(TokenRevoked(token.jti, reason, commitment), command.actor, now)
