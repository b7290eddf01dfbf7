"""manifest.yml registers exactly what the code uses."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from adapters import slack
from adapters.slack.calls import SCOPES, Method
from adapters.slack.manifest import REGISTERED

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT.parent / "shared" / "data" / "schemas"
URL = "https://countersign.example.com"


@pytest.fixture
def manifest() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((ROOT / "manifest.yml").read_text("utf-8"))
    return found


def test_the_commands_are_those_of_the_code(manifest: dict[str, Any]) -> None:
    commands = manifest["features"]["slash_commands"]
    assert tuple(c["command"] for c in commands) == REGISTERED.commands == ("/approvals",)


def test_the_scopes_are_those_of_the_methods_that_the_code_calls(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]
    assert scopes == {"bot": ["chat:write", "commands", "im:history", "im:write"]}
    assert tuple(scopes["bot"]) == REGISTERED.scopes


def test_every_request_goes_to_the_one_route(manifest: dict[str, Any]) -> None:
    settings = manifest["settings"]
    urls = {c["url"] for c in manifest["features"]["slash_commands"]}
    urls.add(settings["interactivity"]["request_url"])
    assert urls == {f"{URL}{REGISTERED.path}"} == {f"{URL}/slack/events"}
    assert settings["interactivity"]["is_enabled"] is True
    assert settings["socket_mode_enabled"] is False
    assert "event_subscriptions" not in settings


def test_people_can_get_direct_messages_from_the_app(manifest: dict[str, Any]) -> None:
    home = manifest["features"]["app_home"]
    assert (home["messages_tab_enabled"], home["home_tab_enabled"]) == (True, False)


def test_every_method_has_its_scope_and_is_called_somewhere() -> None:
    assert set(SCOPES) == set(Method)
    folder = Path(str(slack.__file__)).parent
    source = "".join(f.read_text("utf-8") for f in folder.glob("*.py") if f.name != "calls.py")
    assert [m.name for m in Method if f"Method.{m.name}" not in source] == []


@pytest.mark.skipif(not SCHEMAS.exists(), reason="../shared/data is not on this machine")
@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_slacks_own_schema_accepts_it(manifest: dict[str, Any], version: str) -> None:
    schema = json.loads((SCHEMAS / f"manifest.schema.{version}.json").read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(manifest)
