"""`countersign slack manifest`: what it prints, and what it says of an address it cannot use."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner, Result

from bot.cli import app

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["slack", "manifest", *arguments], env={"COLUMNS": "400"})


def test_it_prints_the_file_of_the_repository_for_its_example() -> None:
    told = run("--url", "https://countersign.example.com")
    assert told.exit_code == 0
    assert told.stdout == (ROOT / "manifest.yml").read_text()


def test_another_address_stands_wherever_slack_calls() -> None:
    made = YAML(typ="safe").load(run("--url", "https://ok.corp.example:8443/", "--oauth").stdout)
    at = "https://ok.corp.example:8443"
    assert made["settings"]["interactivity"]["request_url"] == f"{at}/slack/events"
    assert made["oauth_config"]["redirect_urls"] == [f"{at}/slack/oauth_redirect"]


def test_socket_mode_needs_no_address() -> None:
    made = YAML(typ="safe").load(run("--socket").stdout)
    assert made["settings"]["socket_mode_enabled"] is True


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "it is missing"),
        (["--socket", "--oauth"], "Slack leads back to it"),
        (["--url", "http://a.example"], "Put TLS in front"),
        (["--url", "a.example"], "Use https://your-host"),
        (["--url", "https://"], "Use https://your-host"),
        (["--url", "https://a.example:x"], "Use https://your-host"),
        (["--url", "https://a b.example"], "Use https://your-host"),
        (["--url", "https://u:p@a.example"], "without a user or password"),
        (["--url", "https://a.example/path"], "at its root only"),
        (["--url", "https://a.example/?q=1"], "at its root only"),
    ],
)
def test_a_wrong_address_is_told_with_a_remedy(arguments: list[str], said: str) -> None:
    told = run(*arguments)
    assert told.exit_code == 64
    assert said in told.stderr
    assert told.stdout == ""
