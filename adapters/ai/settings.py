"""Which model is asked, how long it may take, and what a day may cost."""

from decimal import ROUND_CEILING, Decimal
from typing import Final
from urllib.parse import urlsplit

from core.value import Value

MILLION: Final = 1_000_000
TIMEOUT: Final = 30
LONGEST_TIMEOUT: Final = 120
"""Seconds: well below the lease under which a question is asked."""
CONCURRENCY: Final = 4
ANSWER_TOKENS: Final = 4_000
"""Of an answer; what a model thinks before it writes counts as well."""
DAY_TOKENS: Final = 2_000_000
LEAST_DAY_TOKENS: Final = 100_000
"""Less than that may be too little for one long request."""


class Azure(Value, frozen=True):
    """A deployment at Azure OpenAI; `version` is the API's, as in `2024-10-21`."""

    endpoint: str
    deployment: str
    version: str


class ModelSettings(Value, frozen=True, gc=True):
    """`key` is a secret and does not show; empty where the server asks for none.

    `base_url` is None for OpenAI itself. `timeout` is in seconds; `day_tokens` and `day_money`
    (millionths) bound what one UTC day may use, None for no bound. Prices are decimals, per
    million tokens, empty where they are not known. `record` and `replay` are files.
    """

    model: str
    key: str = ""
    base_url: str | None = None
    azure: Azure | None = None
    timeout: float = TIMEOUT
    concurrency: int = CONCURRENCY
    answer_tokens: int = ANSWER_TOKENS
    day_tokens: int | None = DAY_TOKENS
    day_money: int | None = None
    price_in: str = ""
    price_out: str = ""
    record: str | None = None
    replay: str | None = None

    def __repr__(self) -> str:
        return f"ModelSettings({self.model} at {self.where})"

    @property
    def where(self) -> str:
        """Who answers, for people; never with a password that stands in the address."""
        if self.replay is not None:
            return self.replay
        url = self.azure.endpoint if self.azure else self.base_url or "OpenAI"
        parts = urlsplit(url)
        return url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1)

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """Millionths of the prices' currency, rounded up; 0 where prices are not known."""
        price_in, price_out = Decimal(self.price_in or 0), Decimal(self.price_out or 0)
        whole = price_in * tokens_in + price_out * tokens_out
        return int(whole.to_integral_value(ROUND_CEILING))
