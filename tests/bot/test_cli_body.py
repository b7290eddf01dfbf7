"""What is sent for a file and for flags: exactly what somebody wrote, or nothing."""

import json
from pathlib import Path

import pytest
import typer

from bot.cli_body import merged, params_of, read_body
from bot.failures import Failure

ORDER = """\
title: New laptops   # a comment
labels: [it, 'no']
action:
  type: purchase_order
  params:
    amount: 120000.10
    rate: 1e3
    country: no
    wanted: 2026-12-01
    at: 12:30
    urgent: true
    note: |
      Two lines
      of text
    budget: ~
"""


def written(tmp_path: Path, text: str, name: str = "order.yaml") -> str:
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_yaml_means_what_it_shows_and_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    body = read_body(written(tmp_path, ORDER))
    assert b'"amount":120000.10,' in body
    assert b'"rate":1e3,' in body
    assert json.loads(body) == {
        "title": "New laptops",
        "labels": ["it", "no"],
        "action": {
            "type": "purchase_order",
            "params": {
                "amount": 120000.1,
                "rate": 1000,
                "country": "no",
                "wanted": "2026-12-01",
                "at": "12:30",
                "urgent": True,
                "note": "Two lines\nof text\n",
                "budget": None,
            },
        },
    }


@pytest.mark.parametrize("number", ["010", "0o17", "0x1F", "1_000", "+5", ".5", "5.", ".inf"])
def test_what_versions_of_yaml_read_differently_is_refused_unless_quoted(
    tmp_path: Path, number: str
) -> None:
    with pytest.raises(Failure) as refused:
        read_body(written(tmp_path, f"title: x\namount: {number}\n"))
    assert ":2:9: " in str(refused.value)
    assert f'Write "{number}" in quotes if it is a text' in str(refused.value)
    quoted = read_body(written(tmp_path, f'amount: "{number}"\n'))
    assert json.loads(quoted) == {"amount": number}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("title: a\ntitle: b\n", "order.yaml:2:1: 'title' stands there twice"),
        ("a: &x 1\nb: *x\n", "aliases are refused"),
        ("b: 1\n<<: {a: 1}\n", "2:1: a merge"),
        ("a: !!python/object:os.system x\n", "tags are refused"),
        ("a: 1\n---\nb: 2\n", "a second document"),
        ("- a\n", "is no mapping"),
        ("2026: x\n", "Write a text, in quotes"),
        ("[" * 40 + "]" * 40, "levels"),
        ("a: [\n", "cannot be read"),
        ("", "the file is empty"),
    ],
)
def test_every_other_trap_of_yaml_is_refused_with_its_place(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(Failure, match=r"order\.yaml:") as refused:
        read_body(written(tmp_path, text))
    assert told in str(refused.value)


def test_json_without_flags_is_sent_byte_by_byte(tmp_path: Path) -> None:
    text = '{"amount": 1.10,  "amount": 2}'
    assert read_body(written(tmp_path, text, "order.json")) == text.encode()


@pytest.mark.parametrize("name", ["order.yaml", "order.json"])
def test_flags_win_over_the_file_param_by_param(tmp_path: Path, name: str) -> None:
    text = '{"title": "A", "labels": ["old"], "amount": 1.10, "action": {"type": "t", "params": '
    file = written(tmp_path, text + '{"vendor": "Acme", "qty": 3.0}}}', name)
    action = {"params": params_of(["vendor=Other", 'deep:={"n": 0.10}'])}
    body = merged(file, {"title": "B", "labels": ["new"]}, action)
    assert json.loads(body) == {
        "title": "B",
        "labels": ["new"],
        "amount": 1.1,
        "action": {"type": "t", "params": {"vendor": "Other", "qty": 3, "deep": {"n": 0.1}}},
    }
    for number in (b'"amount":1.10,', b'"qty":3.0,', b'"n":0.10}'):
        assert number in body


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "'a' stands there twice"),
        ("[]", "is no JSON object"),
        ('{"action": 5}', "action is no object"),
        ('{"action": {"params": []}}', "action.params is no object"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": "\\ud800"}', "half a character"),
        ("[" * 100_000, "too many levels"),
        ('{"a"', "order.json: "),
    ],
)
def test_a_file_that_flags_cannot_be_joined_with_is_named(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(Failure, match=r"order\.json: ") as refused:
        merged(written(tmp_path, text, "order.json"), {}, {"type": "t", "params": {}})
    assert told in str(refused.value)


def test_params_are_texts_unless_they_say_json() -> None:
    found = params_of(["a=1", "b:=1.50", "url=http://x/?q:=1", "empty=", 'list:=[1, "x"]'])
    assert (found["a"], found["url"], found["empty"]) == ("1", "http://x/?q:=1", "")
    assert bytes(found["b"]) == b"1.50"
    assert found["list"][1] == "x"


@pytest.mark.parametrize("text", ["a", "=1", ":=1", "a:=", "a:={", "a:=NaN", 'a:={"b":1,"b":2}'])
def test_a_param_that_cannot_be_meant_so_is_wrong_usage(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        params_of([text])
    with pytest.raises(typer.BadParameter, match="twice"):
        params_of(["a=1", "a:=1"])
