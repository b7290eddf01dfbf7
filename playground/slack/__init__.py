"""The simulated Slack workspace: its Web API, and what people do in it.

`routes(place)` serves HTTP, `state(place)` is what the page draws,
`await act(place, body)` does what a person does (BadAct: nobody could).
"""

from playground.slack.acts import act
from playground.slack.coverage import METHODS, RESPONSE_URL
from playground.slack.refusal import BadAct
from playground.slack.sockets import hang_up
from playground.slack.state import state
from playground.slack.web_api import routes

OPERATIONS = frozenset(METHODS) | {RESPONSE_URL}

__all__ = ["OPERATIONS", "BadAct", "act", "hang_up", "routes", "state"]
