"""The coverage list against what is really served and really tested, both ways."""

import re
from pathlib import Path

import pytest
from aiohttp import web

from playground.app import build
from playground.slack import OPERATIONS
from playground.slack.coverage import GENERAL_ERRORS, METHODS, reference
from playground.slack.methods import HANDLERS
from playground.world import World

HERE = Path(__file__).parent
PACKAGE = Path(build.__code__.co_filename).parent / "slack"
TESTS = {
    name: path.read_text("utf-8")
    for path in HERE.glob("test_slack_*.py")
    for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text("utf-8"), re.MULTILINE)
}


def test_list_names_exactly_the_methods_that_are_served() -> None:
    assert set(METHODS) == set(HANDLERS)
    assert frozenset(HANDLERS) | {"response_url"} == OPERATIONS


async def test_slack_is_served_where_the_sdk_calls(world: World, tmp_path: Path) -> None:
    app = build(world, tmp_path)
    served = {
        (route.method, route.resource.canonical)
        for route in app.router.routes()
        if route.resource and route.resource.canonical.startswith("/slack/")
    }
    assert served == {
        ("GET", "/slack/api/{method}"),
        ("POST", "/slack/api/{method}"),
        ("POST", "/slack/response/{token}"),
        ("GET", "/slack/archives/{channel}/p{ts}"),
        ("GET", "/slack/oauth/v2/authorize"),
        ("GET", "/slack/oauth/v2/authorize/agreed"),
        ("GET", "/slack/oauth/v2/authorize/refused"),
        ("GET", "/slack/socket"),
    }
    runner = web.AppRunner(app)
    await runner.setup()
    await runner.cleanup()


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_names_its_tests_and_each_error_is_tested(method: str) -> None:
    covered = METHODS[method]
    assert covered.tested_by
    missing = [name for name in covered.tested_by if name not in TESTS]
    assert missing == []
    sources = "".join(TESTS[name] for name in covered.tested_by)
    assert [error for error in covered.errors if f'"{error}"' not in sources] == []
    assert reference(method).startswith("https://docs.slack.dev/reference/methods/")


def test_every_error_the_code_can_answer_stands_in_the_list() -> None:
    code = "".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    answered = set(re.findall(r'Refusal\(\s*"(\w+)"', code))
    listed = {error for covered in METHODS.values() for error in covered.errors}
    # Bodies that are no arguments, and what only response_url or a form's answer can be told.
    elsewhere = {"json_not_object", "invalid_post_type", "invalid_response_action"}
    elsewhere |= {"invalid_url", "expired_url", "used_url"}
    assert answered - listed - set(GENERAL_ERRORS) - elsewhere == set()
