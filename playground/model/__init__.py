"""The simulated model: OpenAI's chat completions, and Azure's, with answers by script.

It really reads the prompt. How it behaves is the name of the model that is asked, unless it is
told otherwise: `control(place)` and `set_control(place, body)`. `routes(place)` serves HTTP.
"""

from playground.model.behaviours import BEHAVIOURS
from playground.model.server import BadControl, control, forget, hang_up, routes, set_control, state

__all__ = [
    "BEHAVIOURS",
    "BadControl",
    "control",
    "forget",
    "hang_up",
    "routes",
    "set_control",
    "state",
]
