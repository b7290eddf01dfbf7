"""Home pages for tests, made by hand: defaults that can be overridden one by one."""

from typing import Any

from msgspec.structs import replace

from core.chat.home_port import HomeItem, HomePage, OwnItem, RuleCount
from core.chat.port import AbsenceLine
from core.commands import Binding
from core.request import Status
from tests.adapters.slack.cards import HOUR, NOW

HOSTILE = "*b* _i_ <!channel> <@U1> <https://evil.example|Bank> :tada: `x` \u202e\u0000 & > @here"


def bound(number: int) -> Binding:
    request = f"01KB{number:022d}"
    return Binding(request=request, revision=1, commitment="4be1c0ffee4be1c0", level=1, round=1)


def item(number: int = 1, **fields: Any) -> HomeItem:
    binding = bound(number)
    given: dict[str, Any] = {
        "request": binding.request,
        "title": f"Office chairs {number}",
        "asked_by": "Alice Adams, through agent purchasing",
        "stage": "Finance",
        "amount": "1,200 EUR",
        "risk": 20,
        "rule": "office-supplies",
        "deadline": NOW + 6 * HOUR,
        "overdue": False,
        "binding": binding,
        "batch": True,
    }
    return HomeItem(**given | fields)


def own(number: int = 1, **fields: Any) -> OwnItem:
    given: dict[str, Any] = {
        "request": f"01KC{number:022d}",
        "title": f"Train to Munich {number}",
        "headline": "Waiting for Manager (stage 1 of 2)",
        "status": Status.PENDING,
        "amount": "89 EUR",
        "created_at": NOW - HOUR,
    }
    return OwnItem(**given | fields)


def away(number: int = 1, **fields: Any) -> AbsenceLine:
    given: dict[str, Any] = {
        "id": f"01KD{number:022d}",
        "giver": "Finn Fischer",
        "taker": "Eve Ende",
        "starts": NOW - HOUR,
        "ends": NOW + 48 * HOUR,
        "mine": True,
    }
    return AbsenceLine(**given | fields)


def page(*items: HomeItem, **fields: Any) -> HomePage:
    """What Finn finds at four in the morning."""
    given: dict[str, Any] = {
        "at": NOW,
        "name": "Finn Fischer",
        "timezone": "Europe/Berlin",
        "waiting": len(items),
        "total": len(items),
        "items": items,
        "rules": (RuleCount("office-supplies", len(items)),) if items else (),
    }
    return HomePage(**given | fields)


def full(text: str = HOSTILE) -> HomePage:
    """More than any page holds, every text from outside being the given one."""
    line = {"title": text, "asked_by": text, "stage": text, "amount": text}
    items = tuple(replace(item(n), rule=None if n % 2 else text, **line) for n in range(15))
    return page(
        *items,
        waiting=12_345,
        due=1_234,
        total=12_345,
        own=tuple(own(n, title=text, headline=text, amount=text) for n in range(15)),
        after=f"{NOW}.{items[-1].request}",
        rules=tuple(RuleCount(f"{n}{text}"[:80], n) for n in range(20)),
        away=tuple(away(n, taker=text, giver=text) for n in range(20)),
    )
