"""Log lines: nothing secret, one form, and the id of the call."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import log


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level
    log.request_id.set("")


@pytest.mark.parametrize(
    "secret",
    [
        "cs_" + "a" * 43,
        "xoxb-1234567890-abcdef",
        "xapp-1-A0-12345678",
        "sk-proj-0123456789abcdef",
        "Bearer abcdefghijkl",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
        "postgresql://user:pass@host/db",
    ],
)
def test_secrets_are_hidden_wherever_they_stand(secret: str) -> None:
    event = {"event": f"failed with {secret}!", "detail": {"inner": secret}, "n": 5}
    hidden = log.hide_secrets(None, "info", event)
    assert secret not in repr(hidden)
    assert "(hidden)" in str(hidden["event"])
    assert hidden["n"] == 5


def test_a_line_names_the_call_it_belongs_to() -> None:
    log.request_id.set("call-1")
    assert log.add_context(None, "info", {"event": "x"})["request_id"] == "call-1"
    log.request_id.set("")
    assert log.add_context(None, "info", {"event": "x"}) == {"event": "x"}


def test_a_line_names_the_request_it_is_about_as_long_as_that_is_worked_on() -> None:
    with log.about(request="r1", trace_id="t1"):
        with log.about(request="r2"):
            inner = log.add_context(None, "info", {"event": "x"})
        assert log.add_context(None, "info", {"event": "x"})["request"] == "r1"
        own = log.add_context(None, "info", {"event": "x", "request": "r3"})
    assert inner == {"event": "x", "request": "r2", "trace_id": "t1"}
    assert own["request"] == "r3", "what the line itself says counts"
    assert log.add_context(None, "info", {"event": "x"}) == {"event": "x"}


def test_lines_are_json_when_asked_and_libraries_use_the_same_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.configure("info", as_json=True)
    structlog.get_logger("http").info("answered", status=200)
    logging.getLogger("some.library").warning("token %s", "cs_" + "a" * 43)
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["level"], line["logger"]) for line in lines] == [
        ("answered", "info", "http"),
        ("token (hidden)", "warning", "some.library"),
    ]
    assert lines[0]["status"] == 200


def test_everyday_lines_of_libraries_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    logging.getLogger("apscheduler.executors.default").info("ran")
    logging.getLogger("msrest.http_logger").warning("Authorization: x")
    structlog.get_logger("x").debug("hidden at this level")
    assert capsys.readouterr().err == ""


def test_a_traceback_holds_no_values_of_variables(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    password = "hunter2"
    try:
        raise ValueError(f"bad of length {len(password)}")
    except ValueError:
        structlog.get_logger("x").exception("failed")
    text = capsys.readouterr().err
    assert "ValueError: bad of length 7" in text
    assert "hunter2" not in text.replace('password = "hunter2"', "")
