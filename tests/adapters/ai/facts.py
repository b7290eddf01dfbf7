"""What the tests ask about."""

from core.advice.facts import Fact

KEY = "sk-a-key-that-nobody-sees-0123456789"
NOW = 1_790_000_000_000

FACTS = (
    Fact(1, "The title: Chairs for the office", "request.title", outside=True),
    Fact(2, "The amount is 840 EUR.", "request.amount"),
    Fact(3, "Of 20 earlier requests 19 were approved (95%) and 0 rejected.", "history.requester"),
)
