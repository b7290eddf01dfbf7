"""State into card: what one viewer sees of one request, now.

Pure: the same state, content, viewer, directory and moment give the same card. Text from
outside has its hidden characters made visible here; platforms escape their own markup.
"""

from core.cards.headlines import because, headline
from core.cards.view import asked_by, binding, card

__all__ = ["asked_by", "because", "binding", "card", "headline"]
