"""The chain shows any change; the digests follow the published canonical form."""

import hashlib
import json
from pathlib import Path

import msgspec
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from core.audit.chain import GENESIS, Link, broken_at, chain
from core.content import (
    Action,
    Point,
    Rationale,
    Revision,
    Text,
    canonical,
    is_plain,
    row,
    seal,
    sealed_row,
)
from core.rationale import rationale
from core.submission import check_numbers
from core.value import Value, encode
from tests.core.builders import DANA, FAYE, MARA, NOW, a_revision, a_route
from tests.core.spec import submitted

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "vectors" / "rfc8785"


def links() -> list[Link]:
    story = submitted().approves(MARA).approves(FAYE).approves(DANA)
    return chain("R1", 0, GENESIS, story.history)


def stored(found: list[Link]) -> list[tuple[bytes, str]]:
    return [(link.body, link.hash) for link in found]


def test_an_untouched_chain_verifies() -> None:
    assert broken_at("R1", stored(links())) is None


def test_a_chain_may_be_continued_from_where_it_stands() -> None:
    story = submitted().approves(MARA)
    first = chain("R1", 0, GENESIS, story.history[:2])
    rest = chain("R1", first[-1].seq, first[-1].hash, story.history[2:])
    assert stored(first + rest) == stored(chain("R1", 0, GENESIS, story.history))


def test_a_changed_byte_is_found_at_its_place() -> None:
    records = stored(links())
    body, hash_ = records[2]
    records[2] = (body.replace(b"mara", b"maya"), hash_)
    assert records[2][0] != body
    assert broken_at("R1", records) == 3


def test_a_changed_record_with_a_fitting_hash_breaks_the_next() -> None:
    found = links()
    story = submitted().approves(MARA).approves(FAYE).approves(DANA)
    forged = chain("R1", 2, found[1].hash, story.history[3:4])
    records = stored(found)
    records[2] = (forged[0].body, forged[0].hash)
    assert broken_at("R1", records) == 4


@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_removed_record_is_found(at: int) -> None:
    records = stored(links())
    del records[at]
    assert broken_at("R1", records) == at + 1


def test_swapped_records_are_found() -> None:
    records = stored(links())
    records[1], records[2] = records[2], records[1]
    assert broken_at("R1", records) == 2


def test_another_streams_records_do_not_fit() -> None:
    assert broken_at("R2", stored(links())) == 1


def test_events_are_canonical_json_as_rfc_8785_says() -> None:
    story = submitted().approves(MARA).rejects(FAYE)
    for recorded in story.history:
        body = encode(recorded)
        assert rfc8785.dumps(json.loads(body)) == body


def test_content_is_bound_by_salt_and_bytes() -> None:
    one = row("c", "00" * 16, Text(text="yes"))
    assert one.commitment != row("c", "01" * 16, Text(text="yes")).commitment
    assert one.commitment != row("c", "00" * 16, Text(text="no")).commitment


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another"},
        {"description": "More"},
        {"requester": MARA},
        {"amount": "1"},
        {"currency": "EUR"},
        {"risk_score": 1},
        {"labels": ("x",)},
        {"context": {"reasoning": "x"}},
    ],
)
def test_the_revision_digest_covers_everything_that_is_shown_or_routed_on(
    change: dict[str, object],
) -> None:
    assert a_revision(**change).digest != a_revision().digest


def test_the_action_digest_is_the_same_whatever_the_order_of_the_params() -> None:
    assert canonical({"b": 1, "a": 2}) == canonical({"a": 2, "b": 1})


texts = st.text(max_size=8)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(anything)
def test_canonical_json_is_that_of_rfc_8785_for_whatever_json_can_hold(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)  # type: ignore[arg-type] # any JSON value


names = st.none() | texts
revisions = st.builds(
    Revision,
    action=st.builds(Action, type=texts, params=st.dictionaries(texts, anything, max_size=3)),
    title=texts,
    description=names,
    requester=names,
    amount=names,
    currency=names,
    risk_score=st.none() | st.integers(0, 100),
    labels=st.lists(texts, max_size=2).map(tuple),
    context=st.dictionaries(texts, anything, max_size=3),
)
points = st.lists(st.builds(Point, text=texts, sources=st.lists(texts).map(tuple)), max_size=2)
advice = st.builds(Rationale, recommendation=texts, summary=texts, points=points.map(tuple))


@given(revisions | advice)
def test_a_row_holds_the_rfc_8785_form_of_a_value_as_json(value: Value) -> None:
    assert row("C1", "00", value).body == rfc8785.dumps(msgspec.to_builtins(value))


@given(revisions, anything, st.none() | st.just("120000.5"))
def test_what_the_rules_advise_is_canonical_as_it_is_encoded(
    revision: Revision, score: object, amount: str | None
) -> None:
    said = revision.context | {"validation": {"score": score, "issues": [score]}}
    asked = msgspec.structs.replace(revision, context=said, amount=amount)
    advised = rationale(asked, a_route(), NOW)
    assert encode(advised) == rfc8785.dumps(msgspec.to_builtins(advised))


@given(revisions)
def test_a_sealed_row_is_the_row_of_the_sealed_revision(revision: Revision) -> None:
    plain = is_plain(revision.action.params) and is_plain(revision.context)
    shown = msgspec.to_builtins(revision)
    shown |= {"action": {"type": revision.action.type, "params": revision.action.params}}
    everything = dict.fromkeys(("description", "requester", "amount", "currency", "risk_score"))
    everything |= {"labels": [], "context": {}} | shown
    sealed = seal(revision)
    assert sealed.digest == hashlib.sha256(rfc8785.dumps(everything)).hexdigest()
    assert sealed.action_digest == hashlib.sha256(rfc8785.dumps(shown["action"])).hexdigest()
    assert sealed_row("C1", "00", revision, plain) == row("C1", "00", sealed)


@given(st.dictionaries(texts, st.lists(anything | st.integers(), max_size=3), max_size=3))
def test_what_is_plain_holds_safe_numbers_only(value: object) -> None:
    if is_plain(value):
        check_numbers(value, "params")


@pytest.mark.parametrize("number", [2**53, -(2**53), 1e20, 1e-7, 2.0, float("nan"), float("inf")])
def test_a_number_that_json_writes_otherwise_is_plain_nowhere(number: float) -> None:
    revision = Revision(action=Action(type="x", params={}), title="t", context={"a": [number]})
    for value in (number, {"a": number}, [[number]], (1, {"b": [number]}), revision):
        assert not is_plain(value)


@pytest.mark.parametrize("name", ["ä", "\U0001f600", 1])
def test_a_name_that_is_not_ascii_is_plain_nowhere(name: object) -> None:
    assert is_plain({"a": [{"b": "ä"}]})
    assert not is_plain({"a": [{name: 1}]})


@given(st.floats(min_value=1e-7, max_value=1e17) | st.floats(-1e17, -1e-7))
def test_canonical_floats_are_those_of_rfc_8785(value: float) -> None:
    assert canonical([value]) == rfc8785.dumps([value])


@pytest.mark.parametrize("value", [2**53, {"a": [-(2**53)]}, float("nan"), float("inf"), "\ud800"])
def test_what_json_cannot_hold_exactly_has_no_canonical_form(value: object) -> None:
    with pytest.raises(ValueError):
        canonical(value)


@pytest.mark.skipif(not VECTORS.is_dir(), reason="the RFC 8785 vectors are not on this machine")
@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_published_vectors_of_rfc_8785(name: str) -> None:
    given = json.loads((VECTORS / "input" / f"{name}.json").read_bytes())
    expected = bytes.fromhex("".join((VECTORS / "outhex" / f"{name}.txt").read_text().split()))
    assert canonical(given) == expected
