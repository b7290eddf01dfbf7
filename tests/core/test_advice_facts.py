"""The facts that a model is told: given a request and its past, what is said, and by whom."""

from typing import Any

import pytest
from msgspec.structs import replace

from core.advice.facts import MOST_PARAMS, MOST_TEXT, Fact, Known, facts
from core.advice.history import History, Tally, Twin, about
from core.content import Action
from core.text import has_hidden
from tests.core.advised import ROUTE, STATE
from tests.core.builders import DAY, MARA, NOW, a_revision, a_route
from tests.core.spec import submitted


def told(history: History | None = None, **fields: Any) -> tuple[Fact, ...]:
    given: dict[str, Any] = {
        "revision": fields.pop("revision", None) or a_revision(**fields.pop("asked", {})),
        "state": STATE,
        "route": ROUTE,
        "history": history or History(),
    }
    return facts(Known(**given | fields), NOW)


def texts(found: tuple[Fact, ...], source: str) -> list[str]:
    return [fact.text for fact in found if fact.source == source]


def test_facts_are_numbered_from_one_and_each_names_its_source() -> None:
    found = told()
    assert [fact.number for fact in found] == list(range(1, len(found) + 1))
    assert all(fact.source and fact.text for fact in found)


def test_what_somebody_wrote_is_from_outside_and_what_we_know_is_not() -> None:
    asked = {
        "description": "Old one broke",
        "labels": ("it",),
        "context": {"reasoning": "needed", "confidence": 0.9, "validation": {"score": 1}},
    }
    found = told(asked=asked)
    outside = {fact.source for fact in found if fact.outside}
    assert outside == {
        *("request.action.type", "request.title", "request.description", "request.labels"),
        *("request.params.purpose", "request.params.amount", "request.context.reasoning"),
        *("request.context.confidence", "request.context.validation"),
    }


def test_nothing_in_a_text_from_outside_is_hidden_and_none_is_endless() -> None:
    found = told(asked={"title": "a\u202eb", "description": "x" * 100_000})
    assert not any(has_hidden(fact.text) for fact in found)
    assert all(len(fact.text) < MOST_TEXT + 200 for fact in found)


def test_only_so_many_parameters_are_told_and_that_there_are_more_is_said() -> None:
    params = {f"p{n}": n for n in range(MOST_PARAMS + 5)}
    found = told(asked={"action": Action(type="buy", params=params)})
    assert len([f for f in found if f.source.startswith("request.params.")]) == MOST_PARAMS
    assert texts(found, "request.action.params") == [
        f"There are more than {MOST_PARAMS} parameters."
    ]


@pytest.mark.parametrize("hidden", ["params.purpose", "context.reasoning"])
def test_a_field_that_must_not_leave_is_not_told(hidden: str) -> None:
    asked = {
        "title": "Something",
        "action": Action(type="buy", params={"purpose": "secret", "amount": 5}),
        "context": {"reasoning": "secret"},
    }
    open_ones = [f for f in told(asked=asked) if "secret" in f.text]
    kept = [f for f in told(asked=asked, hidden=frozenset({hidden})) if "secret" in f.text]
    assert (len(open_ones), len(kept)) == (2, 1)


def test_the_past_is_told_in_counts() -> None:
    past = History(
        requester=Tally(count=4, approved=3, rejected=1),
        action=Tally(count=500, approved=400, rejected=100),
        labels=(Tally(count=2, approved=1, rejected=1),),
        rejected_at=NOW - 3 * DAY,
        twins=(Twin(request="R0", status="approved", at=NOW - DAY, exact=True),),
    )
    found = told(past)
    assert texts(found, "history.requester") == [
        "Of 4 earlier requests of this type by this requester 3 were approved (75%) and 1 rejected."
    ]
    assert "Of 500 or more earlier" in texts(found, "history.action")[0]
    assert texts(found, "history.party") == ["There were no earlier requests about the same party."]
    assert texts(found, "history.labels.1") == [
        "Of 2 earlier requests with the label that is no. 1 of this one's 1 were approved (50%) "
        "and 1 rejected."
    ]
    # When, and never why: that stands in a request which not every reader may open.
    quoted = told(past, rejection="Too\nexpensive")
    assert texts(quoted, "history.rejection")[0].endswith("3 days ago. Its reason: Too expensive")
    assert [f.outside for f in quoted if f.source == "history.rejection"] == [True]
    assert texts(found, "history.rejection") == [
        "The newest rejection of this requester's requests of this type was 3 days ago."
    ]
    assert "Request R0 of " in texts(found, "history.duplicates")[0]


def test_an_amount_far_from_the_usual_is_called_unusual_and_a_usual_one_is_not() -> None:
    usual = tuple(str(1_000 + 10 * n) for n in range(10))
    high = told(History(amounts=usual))
    assert texts(high, "history.amounts")[1] == "The amount is unusual: much higher than before."
    fine = told(History(amounts=tuple(str(118_000 + 500 * n) for n in range(10))))
    assert len(texts(fine, "history.amounts")) == 1
    assert texts(told(History(amounts=usual[:7])), "history.amounts") == []


def test_votes_and_stages_are_facts_of_ours() -> None:
    state = submitted().approves(MARA).state
    found = told(state=state, route=a_route())
    assert texts(found, "votes.1") == [f"{MARA} said approve in stage 1."]
    assert texts(found, "policy.stages.1")
    assert not any(f.outside for f in found if f.source.startswith(("votes.", "policy.")))


def test_outside_working_hours_is_a_fact_and_within_is_none() -> None:
    assert texts(told(is_working=False), "request.created_at")
    assert texts(told(is_working=True), "request.created_at") == []


BANK = {"iban": "DE02 secret", "name": "ACME", "notes": [{"pin": "secret"}, "open"]}


@pytest.mark.parametrize(
    ("hidden", "kept"),
    [
        ({"params.bank.iban", "params.bank.notes.pin"}, '{"name":"ACME","notes":[{},"open"]}'),
        ({"params.BANK.Iban", "params.bank.notes"}, '{"name":"ACME"}'),
    ],
)
def test_a_field_inside_a_parameter_that_must_not_leave_is_not_told(
    hidden: set[str], kept: str
) -> None:
    asked = {"action": Action(type="buy", params={"bank": BANK, "Bank.IBAN": "secret too"})}
    found = told(asked=asked, hidden=frozenset({*hidden, "params.bank.iban"}))
    assert texts(found, "request.params.bank") == [f"The parameter bank: {kept}"]
    assert not any("secret" in fact.text for fact in found)


@pytest.mark.parametrize("place", ["salary", "pay.salary"])
def test_the_amount_of_a_parameter_that_must_not_leave_is_not_told_either(place: str) -> None:
    outer, _, inner = place.partition(".")
    params = {outer: {inner: 88_000} if inner else 88_000}
    asked = {"action": Action(type="pay", params=params), "amount": "88000"}
    past = History(amounts=tuple(str(80_000 + n) for n in range(9)))
    for name, is_told in ((place, False), (outer, False), ("amount", True)):
        route = replace(ROUTE, amount_from=place)
        found = told(past, asked=asked, route=route, hidden=frozenset({f"params.{name}"}))
        assert bool(texts(found, "request.amount")) is is_told
        assert bool(texts(found, "history.amounts")) is is_told


def test_an_amount_beyond_all_others_has_a_score_that_can_be_told() -> None:
    found = told(History(amounts=("0.000000000000001",) * 8), asked={"amount": "999999999999999"})
    assert "robust z-score of 1000000.0." in texts(found, "history.amounts")[0]


@pytest.mark.parametrize(
    "name", ["ACME\u200b Ltd", "Acme\u00a0 LTD", "ＡＣＭＥ Ltd", "\u2066ACME Ltd"]
)
def test_a_party_that_looks_the_same_is_the_same(name: str) -> None:
    usual, disguised = (
        about("R1", a_revision(action=Action(type="buy", params={"vendor": each})), NOW)
        for each in ("ACME Ltd", name)
    )
    assert (disguised.party, disguised.likeness) == ("acme ltd", usual.likeness)
