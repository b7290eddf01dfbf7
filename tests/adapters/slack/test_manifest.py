"""The manifest registers exactly what the code uses, and manifest.yml is what it prints."""

import json
from pathlib import Path

import jsonschema
import pytest
from ruamel.yaml import YAML

from adapters import slack
from adapters.slack.calls import SCOPES, Method
from adapters.slack.manifest import EVENTS, EXAMPLE, MATCH_SCOPE, REGISTERED, manifest, written

ROOT = Path(__file__).parents[3]
SCHEMAS = ROOT.parent / "shared" / "data" / "schemas"
URL = "https://countersign.example.com"
VARIANTS = [(socket, oauth) for socket in (False, True) for oauth in (False, True)]


def source() -> str:
    """The adapter's code, but for the lists that the manifest is made of."""
    folder = Path(str(slack.__file__)).parent
    lists = {"calls.py", "manifest.py"}
    return "".join(f.read_text("utf-8") for f in folder.rglob("*.py") if f.name not in lists)


def test_the_file_is_what_the_command_prints_for_the_example() -> None:
    told = f"run: countersign slack manifest --url {EXAMPLE} > manifest.yml"
    assert (ROOT / "manifest.yml").read_text("utf-8") == written(EXAMPLE), told


@pytest.mark.parametrize(("socket", "oauth"), VARIANTS)
def test_what_is_written_reads_as_what_was_meant(socket: bool, oauth: bool) -> None:
    text = written(URL, socket=socket, oauth=oauth)
    assert YAML(typ="safe").load(text) == manifest(URL, socket=socket, oauth=oauth)
    assert not any(line.endswith(" ") or len(line) > 100 for line in text.split("\n"))


def test_the_scopes_are_those_of_the_methods_and_events_in_use() -> None:
    needed = {scope for scope in (*SCOPES.values(), *EVENTS.values()) if scope}
    scopes = manifest(URL)["oauth_config"]["scopes"]
    assert scopes == {"bot": sorted(needed | {"commands"})}
    assert tuple(scopes["bot"]) == REGISTERED.scopes


def test_every_request_goes_to_the_one_route() -> None:
    made = manifest(URL)
    urls = {c["url"] for c in made["features"]["slash_commands"]}
    urls.add(made["settings"]["interactivity"]["request_url"])
    if EVENTS:
        urls.add(made["settings"]["event_subscriptions"]["request_url"])
    assert urls == {f"{URL}{REGISTERED.path}"} == {f"{URL}/slack/events"}
    assert [c["command"] for c in made["features"]["slash_commands"]] == ["/approvals"]


def test_in_socket_mode_no_address_is_named() -> None:
    made = manifest("", socket=True)
    assert made["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(made)


def test_installs_by_others_need_a_way_back_and_tokens_that_are_exchanged() -> None:
    made = manifest(URL, oauth=True)
    assert made["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert made["settings"]["token_rotation_enabled"] is True
    assert "redirect_urls" not in manifest(URL)["oauth_config"]


def test_addresses_are_read_only_where_people_are_found_by_them() -> None:
    assert MATCH_SCOPE not in manifest(URL)["oauth_config"]["scopes"]["bot"]
    assert MATCH_SCOPE in manifest(URL, matching=True)["oauth_config"]["scopes"]["bot"]


def test_people_get_direct_messages_from_the_app_and_write_where_they_are_read() -> None:
    home = manifest(URL)["features"]["app_home"]
    assert home["messages_tab_enabled"] is True
    assert home["messages_tab_read_only_enabled"] is ("message.im" not in EVENTS)


def test_every_method_has_its_scope_and_is_called_somewhere() -> None:
    assert set(SCOPES) == set(Method)
    assert [m.name for m in Method if f"Method.{m.name}" not in source()] == []


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_every_event_is_listened_to(event: str) -> None:
    # Slack names a message by its kind of conversation only where it is subscribed to.
    name = event.partition(".")[0]
    assert f'"{name}"' in source()


@pytest.mark.skipif(not SCHEMAS.exists(), reason="../shared/data is not on this machine")
@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
@pytest.mark.parametrize(("socket", "oauth"), VARIANTS)
def test_slacks_own_schema_accepts_it(version: str, socket: bool, oauth: bool) -> None:
    schema = json.loads((SCHEMAS / f"manifest.schema.{version}.json").read_text("utf-8"))
    judge = jsonschema.Draft7Validator(schema)
    assert list(judge.iter_errors(manifest(URL, socket=socket, oauth=oauth))) == []
