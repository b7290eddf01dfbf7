"""What people write in a form, as a submission: read without guessing, and written back.

Pure. What could be read in two ways is refused with a sentence that says how to write it. A
value keeps the JSON type that it has: where nobody touched its line, exactly as it stands.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from core.calendars.localtime import MIDNIGHT, first_reached
from core.chat.asking_port import LONGEST, Entries, Part
from core.content import Revision
from core.directory.people import Person
from core.refusals import Refused, invalid
from core.submission import Submission, check_currency
from core.text import has_hidden, is_blank, one_line
from core.value import Millis

P = ParamSpec("P")
T = TypeVar("T")

MOST_FIELDS = 50
NAME_CHARS = 60

_AMOUNT = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")
_TWO_WAYS = re.compile(r"[0-9]{1,3}(\.[0-9]{3})+|[0-9.]*,[0-9.,]*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,14})?")
_NAME = re.compile(r"[^\W\d][\w.-]*")
_LINK = re.compile(r"https?://[^\s<>\"\\^`{|}]+")


def submission(
    entries: Entries,
    kind: str,
    amount_from: str | None,
    person: Person,
    base: Revision | None,
    now: Millis,
) -> Submission:
    """The submission that the form asks for; what of `base` has no place in the form stays.

    Raises Unfit, with every part of the form that cannot be read.
    """
    old = {} if base is None else base.action.params
    inside = base is None or base.amount is None or _at(old, amount_from) is not None
    reading = _Reading()
    # In the order of the form: what is wrong first is told first.
    title = reading.part(_title, entries.title)
    amount = reading.part(read_amount, entries.amount)
    currency = reading.part(_currency, entries.currency)
    description = reading.part(_details, entries.details)
    context = reading.part(_context, entries.link, {} if base is None else base.context)
    expires_in = reading.part(_until, entries.needed_by, person, now)
    inner = amount if inside else None
    params = reading.part(_params, entries.fields, old, amount_from, inner, bare=amount is None)
    if reading.wrong or title is None or params is None or context is None:
        raise Unfit(reading.wrong)
    given = {} if base is None else {"risk_score": base.risk_score, "labels": base.labels}
    return Submission(
        action_type=kind,
        params=params,
        title=title,
        description=description,
        requester=person.email,
        amount=None if inside else amount,
        currency=currency,
        context=context,
        expires_in=expires_in,
        **given,  # type: ignore[arg-type]  # two fields of their own types
    )


class Unfit(Refused):
    """A form with mistakes; `wrong` are all of them, at least one. As a refusal it is the first.
    The `field` of each is the part of the form."""

    def __init__(self, wrong: Sequence[Refused]) -> None:
        super().__init__(wrong[0].reason, **wrong[0].details)
        self.wrong = tuple(wrong)


class _Reading:
    """Reads one part after the other, and keeps what cannot be read."""

    def __init__(self) -> None:
        self.wrong: list[Refused] = []

    def part(self, read: Callable[P, T], *given: P.args, **more: P.kwargs) -> T | None:
        try:
            return read(*given, **more)
        except Refused as refused:
            self.wrong.append(refused)
            return None


def written(revision: Revision, amount_from: str | None) -> Entries:
    """A revision as it stands in the form."""
    params = revision.action.params
    lines = (f"{name}: {text}" for name, text in _shown(params, amount_from).items())
    return Entries(
        kind=revision.action.type,
        title=revision.title,
        amount=revision.amount or "",
        currency=revision.currency or "",
        details=revision.description or "",
        link=_links(revision.context)[0],
        fields="\n".join(lines),
    )


def unshown(revision: Revision, amount_from: str | None) -> int:
    """How many values have no line in the form and stay as they are."""
    own = _top(amount_from)
    shown = _shown(revision.action.params, amount_from)
    return sum(name not in shown and name != own for name in revision.action.params)


def fits(revision: Revision) -> bool:
    """Whether the texts come back as they stand when nobody touches them."""
    texts = {Part.TITLE: revision.title, Part.DETAILS: revision.description or ""}
    return not any(len(t) > LONGEST[p] or has_hidden(t) for p, t in texts.items())


# --- the parts -----------------------------------------------------------------------------


def read_amount(text: str) -> str | None:
    """An amount as it was written: digits, with a point before any fraction. Raises Refused."""
    found = text.strip()
    if not found:
        return None
    remedy = "Write only digits, with a point before cents if there are any: 1234 or 1234.50."
    if _TWO_WAYS.fullmatch(found):
        raise invalid(Part.AMOUNT, f"“{found}” can be read in two ways", remedy)
    if not _AMOUNT.fullmatch(found):
        raise invalid(Part.AMOUNT, f"“{found[:40]}” is no amount", remedy)
    return found


def read_fields(
    text: str, old: Mapping[str, Any], amount_from: str | None = None
) -> dict[str, Any]:
    """The params that these lines say, over what of the old ones has no line. Raises Refused."""
    shown, own = _shown(old, amount_from), _top(amount_from)
    found: dict[str, Any] = {}
    for name, value in _lines(text, old):
        if name in found:
            raise _wrong(f"“{name}” stands there twice", "Remove one of the two lines.")
        if name == own and "." not in (amount_from or ""):
            raise _wrong(f"“{name}” has a place of its own", "Write it there, not as a line.")
        found[name] = old[name] if shown.get(name) == value else _like(name, old.get(name), value)
    # The amount has its own place, but what lies around it in an object is kept.
    kept = {n: v for n, v in old.items() if n not in shown and (n != own or isinstance(v, dict))}
    return kept | found


def _lines(text: str, old: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if len(lines) > MOST_FIELDS:
        raise _wrong(f"There are {len(lines)} lines", f"Write at most {MOST_FIELDS}.")
    for line in lines:
        before, colon, value = line.partition(":")
        if not colon or not value.strip() or not before.strip():
            raise _wrong(f"“{line[:60]}” is no name with a value", "Write it as name: value.")
        yield _name(before.strip(), old), value.strip()


def _params(
    text: str, old: Mapping[str, Any], amount_from: str | None, amount: str | None, *, bare: bool
) -> dict[str, Any]:
    """The params with the amount that has its place in them; `bare` where there is none at all."""
    params, path = read_fields(text, old, amount_from), (amount_from or "amount").split(".")
    if amount is not None:
        params = _put(params, path, _typed_amount(amount, _at(old, amount_from)))
    return _without(params, path) if bare else params


def _name(written_: str, old: Mapping[str, Any]) -> str:
    """The name as policies spell it: "Cost center" is cost_center, "costCenter" stays."""
    if written_ in old:
        return written_
    words = written_.split()
    name = written_
    if len(words) > 1 or (written_[:1].isupper() and written_[1:] == written_[1:].lower()):
        name = "_".join(words).lower()
    if name in old:
        return name
    if len(name) > NAME_CHARS or not _NAME.fullmatch(name) or has_hidden(name):
        remedy = f"Use letters, digits, - and _, at most {NAME_CHARS} of them, before the colon."
        raise _wrong(f"“{written_[:60]}” is no name", remedy)
    return name


def _like(name: str, old: Any, text: str) -> Any:
    """The value in the JSON type of the old one; of a new one as it is written."""
    if isinstance(old, dict | list):
        remedy = "Leave its line as it is, or remove it."
        raise _wrong(f"“{name}” is a list or an object, which a line cannot change", remedy)
    value = _value(text)
    if isinstance(old, bool):
        if text not in ("true", "false"):
            raise _wrong(f"“{name}” is neither true nor false", "Write true or false.")
        return text == "true"
    if isinstance(old, int | float) and isinstance(value, str):
        remedy = "Write digits, with a point before any fraction."
        raise _wrong(f"“{name}” was a number and is none now", remedy)
    if isinstance(old, str) and not isinstance(value, str):
        return text
    return value


def _value(text: str) -> Any:
    """A plain number as a number, a text in quotes as what stands between them, else the text.

    "1.10" may be a version: what a number would not give back as it was written stays text.
    """
    if _NUMBER.fullmatch(text) and json.dumps(number := json.loads(text)) == text:
        return number
    if text.startswith('"') and text.endswith('"') and len(text) > 1:
        try:
            unquoted = json.loads(text)
        except ValueError:
            return text
        return unquoted if isinstance(unquoted, str) else text
    return text


def _shown(params: Mapping[str, Any], amount_from: str | None) -> dict[str, str]:
    """The values that have a line, as many as the form can take."""
    room, own = LONGEST[Part.FIELDS], _top(amount_from)
    found: dict[str, str] = {}
    for name, value in params.items():
        text = _as_line(value)
        room -= len(name) + len(text) + len(": \n")
        plain = name == one_line(name) and ":" not in name and not has_hidden(name + text)
        if room < 0 or len(found) == MOST_FIELDS:
            break
        if plain and name and text and name != own:
            found[name] = text
    return found


def _as_line(value: Any) -> str:
    if isinstance(value, str) and value and value == one_line(value) and _value(value) == value:
        return value
    return json.dumps(value, ensure_ascii=False)


def _title(text: str) -> str:
    title = one_line(text)
    if is_blank(title):
        raise invalid(Part.TITLE, "It is empty", "Say in one line what you ask for.")
    if len(title) > LONGEST[Part.TITLE]:
        raise invalid(Part.TITLE, f"It has {len(title)} characters", "Write at most 150.")
    return title


def _details(text: str) -> str | None:
    if len(text) > LONGEST[Part.DETAILS]:
        raise invalid(Part.DETAILS, f"It has {len(text):,} characters", "Write at most 3,000.")
    return None if is_blank(text) else text.strip()


def _currency(text: str) -> str | None:
    code = text.strip().upper() or None
    try:
        check_currency(code)
    except Refused:
        remedy = "Write three letters, such as EUR or USD."
        raise invalid(Part.CURRENCY, f"“{text.strip()[:10]}” is no currency", remedy) from None
    return code


def _context(text: str, old: Mapping[str, Any]) -> dict[str, Any]:
    """What is said about the request, with this link in the first place."""
    link, rest = text.strip(), _links(old)[1]
    if link and not _is_link(link):
        remedy = "Copy it whole, from https:// on."
        raise invalid(Part.LINK, "This is no web address", remedy)
    others = {name: value for name, value in old.items() if name != "links"}
    all_links = [*([link] if link else []), *rest]
    return others | ({"links": all_links} if all_links else {})


def _links(context: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The link that stands in the form, and those that have no place there: an agent may send
    anything as one."""
    links = context.get("links")
    found = links if isinstance(links, list) else []
    shown = bool(found) and isinstance(found[0], str) and _is_link(found[0])
    return (found[0], found[1:]) if shown else ("", found)


def _is_link(text: str) -> bool:
    fits = _LINK.fullmatch(text) and len(text) <= LONGEST[Part.LINK]
    return bool(fits) and not has_hidden(text)


def _until(text: str, person: Person, now: Millis) -> Millis | None:
    """How long it may stay open: until the end of this day, where the person is."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
        ends = first_reached(ZoneInfo(person.timezone), day, MIDNIGHT)
    except (ValueError, OverflowError):
        raise invalid(Part.NEEDED_BY, "This is no date", "Choose a day.") from None
    if ends <= now:
        raise invalid(Part.NEEDED_BY, "This day is over", "Choose today or a later day.")
    return ends - now


# --- amounts inside the params ---------------------------------------------------------------


def _top(amount_from: str | None) -> str:
    return (amount_from or "amount").partition(".")[0]


def _at(params: Mapping[str, Any], path: str | None) -> Any:
    value: Any = params
    for name in (path or "amount").split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _typed_amount(amount: str, old: Any) -> Any:
    """A number where it is one exactly, or was one; else the digits as they were written."""
    if isinstance(old, str):
        return amount
    if "." not in amount:
        return int(amount)
    return float(amount) if isinstance(old, int | float) else amount


def _put(params: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return params | {first: value}
    inner = params.get(first, {})
    if not isinstance(inner, dict):
        raise invalid(Part.FIELDS, f"“{first}” holds the amount", "Remove its line.")
    return params | {first: _put(inner, rest, value)}


def _without(params: dict[str, Any], path: list[str]) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {name: value for name, value in params.items() if name != first}
    inner = params.get(first)
    return params | {first: _without(inner, rest)} if isinstance(inner, dict) else params


def _wrong(problem: str, remedy: str) -> Refused:
    return invalid(Part.FIELDS, problem, remedy)
