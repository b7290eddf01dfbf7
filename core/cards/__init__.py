"""State into card: what one viewer sees of one request, now.

Pure: the same state, content, viewer, directory and moment give the same card. Text from
outside has its hidden characters made visible here; platforms escape their own markup.
"""

from core.cards.facts import whole_action
from core.cards.headlines import because, headline
from core.cards.texts import ERASED, Contents
from core.cards.view import asked_by, binding, card

__all__ = [
    "ERASED",
    "Contents",
    "asked_by",
    "because",
    "binding",
    "card",
    "headline",
    "whole_action",
]
