"""How fast Slack takes what we send, so that it need not refuse.

https://docs.slack.dev/apis/web-api/rate-limits: posts, about one a second into each
conversation, with short bursts, and a limit of the whole workspace that is not published;
edits (tier 3), 50 a minute; messages for one person alone (tier 4), 100 a minute. Tiers count
each method in each workspace.
"""

from typing import Final

from core.pace import Lane, Sending

POSTS_EVERY: Final = 1_000
POSTS_AT_ONCE: Final = 3
# "Several hundred messages per minute" is all that Slack says of a workspace.
WORKSPACE_EVERY: Final = 200
WORKSPACE_AT_ONCE: Final = 50
EDITS_EVERY: Final = 1_200
EDITS_AT_ONCE: Final = 20
ANSWERS_EVERY: Final = 600
ANSWERS_AT_ONCE: Final = 20


def lanes(what: Sending, team: str, place: str) -> tuple[Lane, ...]:
    """The limits that count such a send into a conversation, in a workspace ("": the one)."""
    match what:
        case Sending.EDIT:
            return (Lane(name=f"{team} edits", every=EDITS_EVERY, burst=EDITS_AT_ONCE),)
        case Sending.ANSWER:
            return (Lane(name=f"{team} answers", every=ANSWERS_EVERY, burst=ANSWERS_AT_ONCE),)
    here = Lane(name=f"{team} posts to {place}", every=POSTS_EVERY, burst=POSTS_AT_ONCE)
    everywhere = Lane(name=f"{team} posts", every=WORKSPACE_EVERY, burst=WORKSPACE_AT_ONCE)
    return (here, everywhere)
