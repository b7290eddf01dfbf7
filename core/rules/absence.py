"""Standing delegations: who acts for whom while somebody is out of office.

A standing delegation is one value, kept beside the requests. Each request that it touches
records it in its own trail, so that a replay needs nothing else.
"""

from core.request import RequestState
from core.submission import at_most
from core.value import Millis, Value


class Standing(Value, frozen=True):
    """`taker` acts for `giver` from `starts` until `ends` (None: until it is ended).

    `categories` limits it to these action types or rule names; `amount_cap` (a decimal as a
    string, in `currency` if one is named) to requests that have an amount up to it.
    """

    id: str
    giver: str
    taker: str
    starts: Millis
    ends: Millis | None = None
    categories: tuple[str, ...] = ()
    amount_cap: str | None = None
    currency: str | None = None
    created_at: Millis = 0

    def active(self, now: Millis) -> bool:
        return self.starts <= now and (self.ends is None or now < self.ends)

    def covers(self, state: RequestState) -> bool:
        """Whether it applies to this request. One without an amount is under no cap."""
        if self.categories:
            rule = "" if state.route is None else state.route.rule
            if state.action_type not in self.categories and rule not in self.categories:
                return False
        if self.currency is not None and state.currency != self.currency:
            return False
        if self.amount_cap is None:
            return True
        return state.amount is not None and at_most(state.amount, self.amount_cap)
