"""Bodies that are not JSON, or JSON that not everybody reads alike: 400 or 422, never a 500."""

import base64
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.webhook.mistakes import Mistaken
from adapters.webhook.strict_json import Malformed, _looked_at_closely, parse
from tests.adapters.webhook.conftest import Api, a_body

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
SUITE = DATA / "json-test-suite.jsonl"
NAUGHTY = DATA / "naughty-strings.json"


HIDDEN_NAME = "Expecting property name enclosed in double quotes at line 1, column 2."


def in_params(text: str) -> bytes:
    """A submission whose params hold this JSON text as `x`."""
    return b'{"title":"t","action":{"type":"a","params":{"x":%s}}}' % text.encode()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "The body is empty; a JSON object is expected."),
        (b"{", "Expecting property name enclosed in double quotes at line 1, column 2."),
        (b'{"a": 1,\n "b" 2}', "Expecting ':' delimiter at line 2, column 6."),
        (b"{'a': 1}", "Expecting property name enclosed in double quotes at line 1, column 2."),
        (b"{} {}", "Extra data at line 1, column 4."),
        (b'{"a": "x\ny"}', "Invalid control character at line 1, column 9."),
        (b'{"a": \xff}', "The body is not valid UTF-8 at byte 7."),
        (b"\xef\xbb\xbf{}", "The body starts with a byte order mark, which JSON does not have."),
        (b'{"a": NaN}', "NaN at a is not JSON. Send a number or null."),
        (b'{"a": [0, -Infinity]}', "-Infinity at a[1] is not JSON. Send a number or null."),
        (b"nul", "Expecting value at line 1, column 1."),
        (b'{"a": "caf\xe9"}', "The body is not valid UTF-8 at byte 11."),  # Latin-1
        ("{}".encode("utf-16"), "The body is not valid UTF-8 at byte 1."),
        ('{"a": 1}'.encode("utf-16-le"), HIDDEN_NAME),
        ('{"a": 1}'.encode("utf-16-be"), "Expecting value at line 1, column 1."),
        ("{}".encode("utf-32"), "The body is not valid UTF-8 at byte 1."),
        ("{}".encode("utf-32-le"), HIDDEN_NAME),
    ],
)
async def test_malformed_json_is_400_with_its_place(api: Api, body: bytes, detail: str) -> None:
    reply = await api.send(body)
    assert (reply.status, reply.reason) == (400, "malformed_json")
    assert reply.json["detail"] == detail
    assert api.service.calls == []


@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"text"', b"true"])
async def test_json_that_is_no_object_is_422(api: Api, body: bytes) -> None:
    reply = await api.send(body)
    assert (reply.status, list(reply.fields)) == (422, [""])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("9007199254740992", "is an integer beyond 2^53-1"),
        ("-9007199254740992", "is an integer beyond 2^53-1"),
        ("1" + "0" * 5000, "is an integer beyond 2^53-1"),
        ("1e999", "is a number beyond 2^53-1"),
        ("1e20", "is a number beyond 2^53-1"),
        ("9007199254740993.0", "is a number beyond 2^53-1"),
        ("0.1000000000000000055", "is not a number that a double holds exactly"),
        ("1e-400", "is not a number that a double holds exactly"),
        ("1e-99999999999999999999", "is not a number that a double holds exactly"),
        ("0." + "1" * 100_000, "is not a number that a double holds exactly"),
        ('"\\ud800"', "holds half of a surrogate pair"),
        ('"\\uDC00\\uD800"', "holds half of a surrogate pair"),
    ],
)
async def test_a_value_that_readers_disagree_about_is_422_with_its_path(
    api: Api, text: str, problem: str
) -> None:
    reply = await api.send(in_params(text))
    assert (reply.status, reply.reason) == (422, "invalid_input")
    assert reply.fields == {"action.params.x": problem}
    assert api.service.calls == []


SCALARS = st.one_of(
    st.sampled_from(
        [
            *(
                "0",
                "-0",
                "-0.0",
                "5.0",
                "1E2",
                "1e-7",
                "0.10",
                "1e5",
                "1e400",
                "1e-400",
                "01",
                "1.",
            ),
            *("9007199254740991", "-9007199254740991", "9007199254740992", "-9007199254740992"),
            *("18446744073709551616", "0.1000000000000000055", "9" * 5000, "NaN", "-Infinity"),
            *("true", "false", "null", "nul"),
            *(
                r'"\ud83d\ude00"',
                r'"\ud800"',
                r'"\uDC00\uD800"',
                r'"\""',
                r'"\\"',
                r'"\\\""',
                r'"\/\n"',
            ),
            *('"\x00"', '"\t"', '"\x7f"', '"\u2028"', r'"\x"', r'"\u0022"', '"a:b{[{["'),
        ]
    ),
    st.text(max_size=4).map(json.dumps),
    st.text(max_size=4).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.integers().map(str),
    st.floats(allow_nan=False).map(repr),
)
NAMES = st.sampled_from(['"a"', r'"\u0061"', r'"\""', r'"\\"', "5", '"b"'])


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(NAMES, inner), max_size=4)
    return st.one_of(
        st.lists(inner, max_size=4).map(lambda each: f"[{', '.join(each)}]"),
        members.map(lambda each: "{" + " ,".join(f"{a}: {b}" for a, b in each) + "}"),
        st.tuples(st.integers(28, 33), inner).map(lambda n: "[" * n[0] + n[1] + "]" * n[0]),
    )


@given(
    st.recursive(SCALARS, _nested, max_leaves=12),
    st.integers(1, 40),
    st.sampled_from(["", "", "", '"', "\\", ",", " ", "{", "]", "\x0b", "\ufeff"]),
)
def test_what_is_read_at_once_is_what_a_close_look_finds(text: str, at: int, more: str) -> None:
    text = text[:at] + more + text[at:]
    found = [_outcome(read, text) for read in (parse, _looked_at_closely)]
    assert found[0] == found[1]


def _outcome(read: Any, text: str) -> str:
    """What comes of it, the types of numbers included."""
    try:
        return repr(read(text.encode() if read is parse else text))
    except (Malformed, Mistaken) as error:
        return repr(getattr(error, "mistakes", str(error)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9007199254740991", 9007199254740991),
        ("-9007199254740991", -9007199254740991),
        ("0.1", 0.1),
        ("0.10", 0.1),
        ("1E2", 100),
        ("5.0", 5),
        ("[5.0,9007199254740991]", [5, 9007199254740991]),
        ("-0.0", 0),
        ("-0", 0),
        ("1e-7", 1e-7),
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\u0000"', "\x00"),
        ('"1234567890123456789"', "1234567890123456789"),
        ('"a:b{[{["', "a:b{[{["),
    ],
)
async def test_what_everybody_reads_alike_reaches_the_service(
    api: Api, text: str, value: object
) -> None:
    assert (await api.send(in_params(text))).status == 201
    taken = api.service.last[0].params["x"]
    assert (taken, type(taken)) == (value, type(value))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"title":"a","title":"b","action":{"type":"a"}}', "title"),
        (b'{"title":"a","action":{"type":"a","type":"b"}}', "action.type"),
        (in_params('{"amount":1,"amount":2}'), "action.params.x.amount"),
        (in_params('[{"a":1},{"a":1,"\\u0061":2}]'), "action.params.x[1].a"),
        (in_params(r'{"b":"\\","c":"\\","a":1,"a":2}'), "action.params.x.a"),
        (in_params(r'{"b":"\"","\"":"\\\"","a":1,"a":2}'), "action.params.x.a"),
    ],
)
async def test_a_name_that_stands_twice_is_refused(api: Api, body: bytes, field: str) -> None:
    reply = await api.send(body)
    assert (reply.status, reply.fields) == (422, {field: "stands twice in the same object"})
    assert api.service.calls == []


async def test_a_name_that_holds_half_a_pair_is_refused(api: Api) -> None:
    reply = await api.send(in_params('{"\\ud800":1}'))
    assert (reply.status, reply.fields) == (
        422,
        {"action.params.x": "holds half of a surrogate pair"},
    )


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 50_000,
        b"[" * 50_000 + b"]" * 50_000,
        in_params("[" * 40 + "]" * 40),
        in_params('{"a":' * 40 + "1" + "}" * 40),
    ],
)
async def test_deep_json_is_422_and_the_server_goes_on(api: Api, body: bytes) -> None:
    reply = await api.send(body)
    assert (reply.status, reply.reason) == (422, "invalid_input")
    assert "is nested deeper than 32 levels" in reply.json["detail"]
    assert (await api.post("/v1/requests", a_body())).status == 201


async def test_many_brackets_that_are_not_deep_are_taken(api: Api) -> None:
    reply = await api.send(in_params("[" + ",".join(["[]"] * 1000) + "]"))
    assert reply.status == 201


async def test_nesting_of_32_is_taken(api: Api) -> None:
    inner = 32 - 3  # the body, the action and its params are three
    assert (await api.send(in_params("[" * inner + "]" * inner))).status == 201
    reply = await api.send(in_params("[" * (inner + 1) + "]" * (inner + 1)))
    assert reply.status == 422


async def test_thousands_of_unknown_fields_cost_little_and_a_few_are_named(api: Api) -> None:
    body = {f"f{i}": i for i in range(10_000)}
    reply = await api.post("/v1/requests", body)
    assert reply.status == 422
    assert len(reply.json["errors"]) == 20


def _suite() -> list[tuple[str, bytes]]:
    if not SUITE.exists():
        return []
    lines = map(json.loads, SUITE.read_text().splitlines())
    return [(line["name"], base64.b64decode(line["base64"])) for line in lines]


@pytest.mark.skipif(not SUITE.exists(), reason="the JSON test suite is not on this machine")
def test_every_text_of_the_json_test_suite_is_read_or_refused() -> None:
    wrong: list[str] = []
    read = 0
    for name, body in _suite():
        try:
            value = parse(body)
        except (Malformed, Mistaken) as error:
            if name.startswith("y") and isinstance(error, Malformed):
                wrong.append(f"{name} must parse: {error}")
        else:
            read += 1
            if name.startswith("n"):
                wrong.append(f"{name} must not parse")
            json.dumps(value, allow_nan=False).encode()
    assert wrong == []
    assert read > 80


@pytest.mark.skipif(not SUITE.exists(), reason="the JSON test suite is not on this machine")
async def test_every_text_of_the_json_test_suite_is_a_problem_over_http(api: Api) -> None:
    """Those that are JSON are so for being no submission, and the others for what they are."""
    for name, body in _suite():
        reply = await api.send(body)
        assert (reply.status, reply.reason) in {(400, "malformed_json"), (422, "invalid_input")}
        assert name[0] != "y" or reply.reason == "invalid_input", name
    assert api.service.calls == []
    inside = [in_params("1").replace(b"1", body) for name, body in _suite() if name[0] == "y"]
    for body in inside:
        assert (await api.send(body)).status in (201, 422)


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the naughty strings are not on this machine")
async def test_naughty_strings_in_any_field_are_stored_exactly_or_refused(api: Api) -> None:
    for text in dict.fromkeys(json.loads(NAUGHTY.read_text())):
        body: dict[str, Any] = a_body(
            title=text, description=text, labels=[text], context={"reasoning": text}
        )
        body["action"]["params"] = {"x": text, text: 1}
        reply = await api.post("/v1/requests", body)
        assert reply.status in (201, 422), (text, reply.text)
        if reply.status == 201:
            assert api.service.last[0].title == text
            assert api.service.last[0].params["x"] == text
        fields = dict.fromkeys(("requester", "currency", "expires_in", "amount"), text)
        assert (await api.post("/v1/requests", a_body(**fields))).status == 422


@pytest.mark.skipif(not NAUGHTY.exists(), reason="the naughty strings are not on this machine")
async def test_naughty_strings_in_addresses_are_answered(api: Api) -> None:
    for text in json.loads(NAUGHTY.read_text()):
        if not text or any(ord(c) < 32 or ord(c) == 127 for c in text):
            continue  # the client itself would not send these
        found = await api.call("GET", "/v1/requests", params={"status": text})
        assert (found.status, found.reason) == (422, "invalid_input")
        found = await api.call("GET", "/v1/requests", params={"limit": text})
        assert found.status == (
            200 if re.fullmatch("[1-9][0-9]?|1[0-9][0-9]|200", text) else 422
        ), text
        found = await api.call("GET", "/v1/requests", params={"cursor": text})
        assert found.status in (200, 422)


async def test_hostile_bodies_leave_no_memory_behind(api: Api) -> None:
    """Coarsely: what 40 of them take together is far more than what may be left of them."""
    size = 255 * 1024
    bodies = [
        b"[" * size,
        b"[" + b"[]," * (size // 3),
        b'{"a":' * (size // 5),
        b'{"' + b"\\u0041" * (size // 6) + b'":1}',
        b"{" + b",".join(b'"%d":0' % n for n in range(size // 10)) + b"}",
        b"9" * size,
        b"[" + b"1e400," * (size // 6) + b"1]",
        b'"' + b"\\ud800" * (size // 6) + b'"',
    ]
    for body in bodies:
        assert (await api.send(body)).status in (400, 422)
    before = resident()
    for body in bodies * 5:
        assert (await api.send(body)).status in (400, 422)
    assert resident() - before < 24 * 1024 * 1024


def resident() -> int:
    """Bytes of this process that are in memory (https://man7.org/linux/man-pages/man5/proc.5.html)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
