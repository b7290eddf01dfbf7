"""What people write in the form: read without guessing, and the same when nobody touches it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.chat.asking_port import Entries, Part
from core.chat.wishes import read_amount, read_fields, submission, unshown, written
from core.content import Action, Revision
from core.refusals import Refused
from core.submission import Submission, amount_of
from tests.core.builders import ALICE, DAY, HOUR, person

NOW = 1_795_233_600_000
"""2026-11-21 04:00 UTC."""
ASKER = person(ALICE, timezone="Europe/Berlin")
ENTRIES = Entries(kind="purchase_order", title="New chairs")


def asked(base: Revision | None = None, place: str | None = None, **entries: str) -> Submission:
    return submission(replace(ENTRIES, **entries), "purchase_order", place, ASKER, base, NOW)


def refused(**entries: str) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        asked(None, None, **entries)
    details = caught.value.details
    return details["field"], f"{details['problem']}. {details['remedy']}"


def a_revision(params: dict[str, Any], **fields: Any) -> Revision:
    action = Action(type="purchase_order", params=params)
    given: dict[str, Any] = {"action": action, "title": "New chairs", "requester": ALICE}
    return Revision(**given | fields)


# --- amounts -------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "read"), [("", None), (" 1200 ", "1200"), ("12.50", "12.50")])
def test_a_plain_amount_is_read(text: str, read: str | None) -> None:
    assert read_amount(text) == read


@pytest.mark.parametrize(
    "text", ["1.234,50", "1,234.50", "1,234", "12,50", "1.234", "1.234.567", ",5"]
)
def test_what_can_be_read_in_two_ways_is_not_guessed(text: str) -> None:
    said = f"“{text}” can be read in two ways. Write only digits, with a point before cents"
    assert refused(amount=text)[0] == Part.AMOUNT
    assert refused(amount=text)[1].startswith(said)


@pytest.mark.parametrize("text", ["1200 EUR", "a lot", "-5", "1e3", "١٢", "1 200", "1_000", "$5"])
def test_what_is_no_amount_is_said_to_be_none(text: str) -> None:
    assert refused(amount=text)[1].startswith(f"“{text}” is no amount. Write only digits")


def test_an_amount_stands_in_the_params_so_that_the_approval_covers_it() -> None:
    assert asked(amount="1200").params == {"amount": 1200}
    assert asked(amount="12.50").params == {"amount": "12.50"}
    assert asked(amount="7", place="total.gross").params == {"total": {"gross": 7}}
    assert amount_of(asked(amount="7", place="total.gross"), "total.gross") == "7"


# --- fields --------------------------------------------------------------------------------


def test_lines_become_params() -> None:
    text = "Vendor: Acme: the shop\n\n Cost center : 42\ncostCenter: x\nversion: 1.10\nrate: 1.5\n"
    assert read_fields(text + 'code: "007"\nid: 007\nbig: 12345678901234567890', {}) == {
        "vendor": "Acme: the shop",
        "cost_center": 42,
        "costCenter": "x",
        "version": "1.10",
        "rate": 1.5,
        "code": "007",
        "id": "007",
        "big": "12345678901234567890",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("just words", "“just words” is no name with a value. Write it as name: value."),
        ("vendor:", "“vendor:” is no name with a value."),
        (": Acme", "“: Acme” is no name with a value."),
        ("a: 1\nA: 2", "“a” stands there twice."),
        ("amount: 5", "“amount” has a place of its own."),
        ("1st: x", "“1st” is no name."),
        ("a/b: x", "“a/b” is no name."),
        ("a\u202eb: x", "“a\u202eb” is no name."),
        (f"{'x' * 61}: y", "“" + "x" * 60 + "” is no name."),
        ("\n".join(f"f{n}: 1" for n in range(51)), "There are 51 lines. Write at most 50."),
    ],
)
def test_a_line_that_is_none_is_named(text: str, said: str) -> None:
    where, sentence = refused(fields=text)
    assert where == Part.FIELDS
    assert sentence.startswith(said)


OLD: dict[str, Any] = {
    "amount": 1200,
    "vendor": "Acme",
    "code": "007",
    "lines": "a\nb",
    "seats": 4,
    "urgent": True,
    "tags": ["x", {"y": None}],
    "Odd name:": 1,
    "hid\u200bden": 2,
}


def test_a_revision_stands_in_the_form_with_a_line_for_each_value() -> None:
    shown = written(
        a_revision(OLD, amount="1200", currency="EUR", context={"links": ["https://u"]}), None
    )
    assert shown == Entries(
        kind="purchase_order",
        title="New chairs",
        amount="1200",
        currency="EUR",
        link="https://u",
        fields='vendor: Acme\ncode: 007\nlines: "a\\nb"\nseats: 4\nurgent: true\n'
        'tags: ["x", {"y": null}]',
    )
    assert unshown(a_revision(OLD), None) == 2


def test_what_nobody_touches_stays_and_what_is_removed_goes() -> None:
    base = a_revision(OLD, amount="1200")
    same = written(base, None)
    assert asked(base, amount=same.amount, fields=same.fields).params == OLD
    fewer = asked(base, amount="900", fields="vendor: Beta\nseats: 5\nurgent: false\ncode: 008")
    kept = {name: OLD[name] for name in ("Odd name:", "hid\u200bden")}
    assert fewer.params == kept | {
        "amount": 900,
        "vendor": "Beta",
        "seats": 5,
        "urgent": False,
        "code": "008",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("seats: many", "“seats” was a number and is none now."),
        ("urgent: maybe", "“urgent” is neither true nor false."),
        ("tags: x", "“tags” is a list or an object, which a line cannot change."),
    ],
)
def test_a_value_keeps_its_type(line: str, said: str) -> None:
    with pytest.raises(Refused) as caught:
        asked(a_revision(OLD), fields=line)
    assert caught.value.details["problem"] == said.rstrip(".")


def test_an_amount_outside_the_params_stays_outside() -> None:
    base = a_revision({"vendor": "Acme"}, amount="10")
    made = asked(base, amount="12", fields="vendor: Acme")
    assert (made.params, made.amount) == ({"vendor": "Acme"}, "12")


def test_an_amount_deep_inside_is_changed_where_it_lies() -> None:
    base = a_revision({"total": {"gross": "10", "net": 8}}, amount="10")
    place = "total.gross"
    assert written(base, place).fields == ""
    assert asked(base, place, amount="12").params == {"total": {"gross": "12", "net": 8}}
    assert asked(base, place).params == {"total": {"net": 8}}, "no amount is none"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(min_size=1, max_size=12), json_values, max_size=8))
def test_any_params_survive_a_form_that_nobody_touches(params: dict[str, Any]) -> None:
    params.pop("amount", None)
    assert read_fields(written(a_revision(params), None).fields, params) == params


# --- the rest ------------------------------------------------------------------------------


def test_everything_else_is_what_was_written() -> None:
    made = asked(
        title="  New \n chairs ",
        currency="eur",
        details=" For the office. ",
        link="https://shop.example.com/chairs?x=1",
        needed_by="2026-11-23",
    )
    assert made == Submission(
        action_type="purchase_order",
        params={},
        title="New chairs",
        description="For the office.",
        requester=ALICE,
        currency="EUR",
        context={"links": ["https://shop.example.com/chairs?x=1"]},
        expires_in=2 * DAY + 19 * HOUR,
    ), "the day ends at midnight in Berlin, which is 23:00 UTC"


@pytest.mark.parametrize(
    ("entries", "where", "said"),
    [
        ({"title": "  "}, Part.TITLE, "It is empty."),
        ({"title": "\u200b"}, Part.TITLE, "It is empty."),
        ({"title": "x" * 151}, Part.TITLE, "It has 151 characters."),
        ({"details": "x" * 3001}, Part.DETAILS, "It has 3,001 characters."),
        ({"currency": "euros"}, Part.CURRENCY, "“euros” is no currency."),
        ({"link": "shop.example.com"}, Part.LINK, "This is no web address."),
        ({"link": "javascript:alert(1)"}, Part.LINK, "This is no web address."),
        ({"link": "https://a b"}, Part.LINK, "This is no web address."),
        ({"link": "https://a/\u202e"}, Part.LINK, "This is no web address."),
        ({"needed_by": "tomorrow"}, Part.NEEDED_BY, "This is no date."),
        ({"needed_by": "9999-12-31"}, Part.NEEDED_BY, "This is no date."),
        ({"needed_by": "2026-11-20"}, Part.NEEDED_BY, "This day is over."),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(
    entries: dict[str, str], where: Part, said: str
) -> None:
    found = refused(**entries)
    assert found[0] == where
    assert found[1].startswith(said)


def test_today_is_not_over_yet() -> None:
    assert asked(needed_by="2026-11-21").expires_in == 19 * HOUR


@pytest.mark.parametrize("odd", ["PO-4711", "ftp://old", "https://a/\u202e", "", 7])
def test_a_link_that_no_form_can_show_stays_where_it_is(odd: Any) -> None:
    base = a_revision({}, context={"links": [odd, "https://b"]})
    assert written(base, None).link == ""
    assert asked(base).context == {"links": [odd, "https://b"]}
    assert asked(base, link="https://c").context == {"links": ["https://c", odd, "https://b"]}


def test_what_has_no_place_in_the_form_stays() -> None:
    base = a_revision(
        {}, labels=("big",), risk_score=70, context={"reasoning": "r", "links": ["https://a", "b"]}
    )
    made = asked(base, link="https://c")
    assert (made.labels, made.risk_score) == (("big",), 70)
    assert made.context == {"reasoning": "r", "links": ["https://c", "b"]}
