"""What a model may use in one UTC day: tokens and money, reserved before a call, settled after.

Pure: the moment comes in with each call. A reservation is the most that a call can use, so the
day's bound holds whatever is under way at once.
"""

from typing import Final

from core.value import Millis, Value

DAY: Final[Millis] = 86_400_000


class Use(Value, frozen=True):
    """Tokens, and money in millionths."""

    tokens: int = 0
    cost: int = 0

    def __add__(self, other: "Use") -> "Use":
        return Use(self.tokens + other.tokens, self.cost + other.cost)


class Reserved(Value, frozen=True):
    """What a call may use of a day, counted in days since 1970."""

    day: int
    use: Use


class Budget:
    """Counts one day at a time; None bounds nothing."""

    def __init__(self, tokens: int | None, money: int | None) -> None:
        self._tokens = tokens
        self._money = money
        self._day = 0
        self._spent = Use()
        self._pending = Use()

    def spent(self, now: Millis) -> Use:
        """What was used today, without what is under way."""
        self._turn(now)
        return self._spent

    def heard(self, now: Millis, use: Use) -> None:
        """What the records say of today, which may know of other servers and of earlier starts.
        Only ever raises the count: records know nothing of calls that failed."""
        self._turn(now)
        spent = self._spent
        self._spent = Use(max(spent.tokens, use.tokens), max(spent.cost, use.cost))

    def reserve(self, now: Millis, most: Use) -> Reserved | Millis:
        """Put `most` aside, or how long until there is a new day."""
        self._turn(now)
        after = self._spent + self._pending + most
        over = self._tokens is not None and after.tokens > self._tokens
        if over or (self._money is not None and after.cost > self._money):
            return DAY - now % DAY
        self._pending += most
        return Reserved(self._day, most)

    def settle(self, reserved: Reserved, used: Use) -> None:
        """What was really used of it. What began on a day that is over counts to that day."""
        if reserved.day == self._day:
            most = reserved.use
            self._pending += Use(-most.tokens, -most.cost)
            self._spent += used

    def _turn(self, now: Millis) -> None:
        # A clock that is set back gives no day twice.
        if now // DAY > self._day:
            self._day, self._spent, self._pending = now // DAY, Use(), Use()
