"""Links to decide by: what was signed here reads back until it ends, and nothing else does."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.commands import Binding
from core.tokens.links import MAX_CHARS, Fault, LinkError, Links, Pass
from core.tokens.signing import KeyRing, SigningKey, from_base64url, to_base64url

NEW, OLD = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
LINKS = Links(KeyRing(NEW))
NOW = 1_800_000_000_000
ABOUT = Binding(
    request="01hf8q3v9n0e5y6x7z8a9b0c1d",
    revision=2,
    commitment="0123456789abcdef",
    level=1,
    round=3,
)
PASS = Pass(letter="ab" * 20, person="mara@example.com", binding=ABOUT, ends=NOW + 60_000)


def fault(text: str, links: Links = LINKS, now: int = NOW) -> Fault:
    with pytest.raises(LinkError) as refused:
        links.read(text, now)
    return refused.value.fault


def test_a_pass_reads_back_as_it_was_signed() -> None:
    text = LINKS.sign(PASS)
    assert LINKS.read(text, NOW) == PASS
    form = replace(PASS, form="01k")
    assert LINKS.read(LINKS.sign(form), NOW) == form
    assert len(text) < 300


def test_it_ends_at_its_moment() -> None:
    text = LINKS.sign(PASS)
    assert LINKS.read(text, PASS.ends - 1) == PASS
    assert fault(text, now=PASS.ends) is Fault.EXPIRED


def test_what_a_retired_key_signed_is_read_until_it_ends() -> None:
    text = Links(KeyRing(OLD)).sign(PASS)
    assert fault(text) is Fault.FORGED
    assert Links(KeyRing(NEW, (OLD,))).read(text, NOW) == PASS


@pytest.mark.parametrize(
    "changed",
    [
        replace(PASS, person="finn@example.com"),
        replace(PASS, ends=PASS.ends + 1000),
        replace(PASS, form="made-up"),
        replace(PASS, binding=replace(ABOUT, request="01hf8q3v9n0e5y6x7z8a9b0c1e")),
        replace(PASS, binding=replace(ABOUT, revision=3)),
        replace(PASS, binding=replace(ABOUT, commitment="f" * 16)),
        replace(PASS, binding=replace(ABOUT, level=2)),
        replace(PASS, binding=replace(ABOUT, round=4)),
    ],
)
def test_nothing_in_it_can_be_changed(changed: Pass) -> None:
    body, mac = Links(KeyRing(OLD)).sign(changed).partition(".")[0], LINKS.sign(PASS).split(".")[1]
    assert fault(f"{body}.{mac}") is Fault.FORGED


def test_every_letter_of_it_counts() -> None:
    text = LINKS.sign(PASS)
    for at, letter in enumerate(text):
        other = "A" if letter != "A" else "B"
        assert fault(f"{text[:at]}{other}{text[at + 1 :]}") is Fault.FORGED, at


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b", "\ud800.", "é.é", "x" * (MAX_CHARS + 1), "null.", "[].AAAA"]
)
def test_what_is_no_pass_is_forged(text: str) -> None:
    assert fault(text) is Fault.FORGED


@given(st.text(max_size=400))
def test_no_text_at_all_is_a_pass(text: str) -> None:
    assert fault(text) is Fault.FORGED


def test_what_the_key_signs_otherwise_is_no_pass() -> None:
    body = LINKS.sign(PASS).split(".")[0]
    for mac in (NEW.sign(body.encode()), NEW.derived("another purpose")):
        assert fault(f"{body}.{to_base64url(mac)}") is Fault.FORGED


def test_a_link_is_as_short_as_what_it_states_and_hides_nothing() -> None:
    stated = json.loads(from_base64url(LINKS.sign(PASS).split(".")[0]))
    assert stated == [
        PASS.letter,
        "mara@example.com",
        ABOUT.request,
        *(2, "0123456789abcdef", 1, 3),
        PASS.ends // 1000,
        "",
    ]


def test_keys_for_two_purposes_have_nothing_in_common() -> None:
    assert NEW.derived("a") != NEW.derived("b")
    assert NEW.derived("a") != OLD.derived("a")
    assert len(NEW.derived("a")) == 32
