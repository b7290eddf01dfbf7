"""Edits keep the JSON type of what they change, and guess at nothing."""

from typing import Any

import pytest

from core.content import Action, read_revision
from core.policy.policy import Policy
from core.refusals import Reason, Refused
from core.request import RequestState
from core.route import Category
from core.service.drafting import Drafting, edited, value_of
from tests.core.builders import (
    DIRECTORY,
    NOW,
    a_policy,
    a_revision,
    a_route,
    a_rule,
    a_submit,
    content,
)
from tests.core.spec import Story

EDITABLE = ("amount", "title", "description", "purpose", "urgent", "count", "lines", "vendor.iban")
RULE = a_rule(editable=EDITABLE)
PARAMS = {"purpose": "ERP", "amount": 120000, "urgent": False, "count": 2, "lines": [1]}


def asked(**fields: object) -> tuple[RequestState, dict[str, bytes]]:
    action = Action(type="purchase_order", params=PARAMS | fields)
    row = content("R1.r1", a_revision(action=action))
    story = Story().when(a_submit(a_route(editable=EDITABLE), content=row))
    return story.state, {row.id: row.body}


def drafting(policy: Policy | None = None, **fields: Any) -> Drafting:
    given: dict[str, Any] = {"directory": DIRECTORY, "salts": ("00" * 16, "11" * 16), "now": NOW}
    return Drafting(policy=policy or a_policy(RULE), **given | fields)


def after(name: str, value: object, **fields: object) -> object:
    """What an edit makes of a field; None when it changes nothing."""
    state, contents = asked(**fields)
    draft = edited(state, contents, {name: value}, drafting())
    if draft is None:
        return None
    assert draft.edited == (name,)
    return value_of(state, read_revision(draft.content.body), name)


@pytest.mark.parametrize(
    ("name", "written", "kept"),
    [
        ("amount", "90000", 90000),
        ("amount", 90000, 90000),
        ("amount", "90000.50", 90000.5),
        ("count", "3", 3),
        ("urgent", "true", True),
        ("purpose", " CRM ", "CRM"),
        ("title", "CRM", "CRM"),
        ("description", "Why", "Why"),
    ],
)
def test_a_value_keeps_its_type(name: str, written: object, kept: object) -> None:
    found = after(name, written)
    assert (found, type(found)) == (kept, type(kept))


def test_an_amount_that_was_text_stays_text() -> None:
    assert after("amount", "90000.50", amount="120000.00") == "90000.50"


def test_what_stands_already_is_no_edit() -> None:
    assert after("amount", "120000") is None
    assert after("purpose", "ERP") is None


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("amount", "12,50"),
        ("amount", "1_0"),
        ("amount", "1e400000"),
        ("amount", "１２"),
        ("amount", "NaN"),
        ("amount", True),
        ("count", "two"),
        ("urgent", "perhaps"),
        ("purpose", 7),
        ("lines", "1"),
        ("title", " "),
        ("title", "x" * 151),
        ("description", "x" * 10_001),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(name: str, written: object) -> None:
    with pytest.raises(Refused) as refused:
        after(name, written)
    assert refused.value.reason is Reason.INVALID_FIELD
    assert name in refused.value.details["field"]


@pytest.mark.parametrize("written", ["0.12345678901234567891", "12345678901234.123456"])
def test_a_number_with_more_digits_than_it_can_hold_is_refused(written: str) -> None:
    with pytest.raises(Refused, match="more digits"):
        after("count", written)


def test_only_the_fields_of_the_rule_can_be_changed() -> None:
    with pytest.raises(Refused) as refused:
        after("vendor", "Other")
    assert refused.value.reason is Reason.NOT_EDITABLE


@pytest.mark.parametrize("written", ["1_0", "１２", "12,5", "0x10", "1e9999", ""])
def test_an_amount_of_text_is_ascii_digits(written: str) -> None:
    with pytest.raises(Refused):
        after("amount", written, amount="120000")


@pytest.mark.parametrize("vendor", ["ACME", None, ["ACME"], 7])
def test_what_stands_around_a_value_is_not_wiped_out(vendor: object) -> None:
    with pytest.raises(Refused, match=r"edits\.vendor\.iban: lies in vendor, which is no object"):
        after("vendor.iban", "DE00", vendor=vendor)


def test_an_inner_value_joins_those_beside_it() -> None:
    state, contents = asked(vendor={"name": "ACME"})
    draft = edited(state, contents, {"vendor.iban": "DE00"}, drafting())
    assert draft is not None
    params = read_revision(draft.content.body).action.params
    assert params["vendor"] == {"name": "ACME", "iban": "DE00"}
    assert after("vendor.iban", "DE00") == "DE00", "where there was nothing at all it is made"


def test_an_edit_that_was_prepared_for_an_earlier_revision_is_refused() -> None:
    state, contents = asked()
    with pytest.raises(Refused) as refused:
        edited(state, contents, {"amount": 1}, drafting(base=2))
    assert refused.value.reason is Reason.STALE_REVISION
    assert edited(state, contents, {"amount": 1}, drafting(base=1)) is not None


def test_what_is_prohibited_today_is_prohibited_in_an_edit_too() -> None:
    state, contents = asked()
    banned = a_rule("banned", category=Category.PROHIBITED, when=CheapOnly(), stages=())
    today = a_policy(banned, a_rule(category=Category.AUTO_APPROVE), version="v2")
    for amount, rule in ((5, "banned"), (50, RULE.name)):
        draft = edited(state, contents, {"amount": amount}, drafting(today=today))
        assert draft is not None
        assert draft.route.rule == rule


def test_a_draft_says_how_long_its_rule_lets_it_live() -> None:
    state, contents = asked()
    work = drafting(a_policy(a_rule(editable=EDITABLE, expires_in=600_000)))
    draft = edited(state, contents, {"amount": 1}, work)
    assert draft is not None
    assert draft.lifetime == 600_000


class CheapOnly:
    """A condition: the amount is below ten."""

    text = "request.amount < 10"

    def holds(self, fields: Any) -> bool:
        return bool(fields["request.amount"] < 10)
