"""Slack's settings: one workspace or several, by HTTP or in Socket Mode."""

import pytest

from bot.settings import Secret, SettingsError, read_settings
from bot.slack_settings import InstallSettings

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OTHER_KEY = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY="
ONE = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s3cret"}
SEVERAL = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": "c1ient",
    "SLACK_SIGNING_SECRET": "s3cret",
    "COUNTERSIGN_PUBLIC_URL": "https://approve.example.com/",
}


def wrong(values: dict[str, str]) -> dict[str, str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(values)
    return {problem.key: problem.problem for problem in caught.value.problems}


def test_a_client_id_and_secret_stand_for_installs() -> None:
    keys = f"{KEY}, {OTHER_KEY}"
    more = {"SLACK_ALLOWED_TEAMS": "T1, E2", "COUNTERSIGN_ENCRYPTION_KEY": keys}
    slack = read_settings({**SEVERAL, **more}).slack
    assert slack is not None
    assert slack.bot_token == Secret("")
    assert slack.installs == InstallSettings(
        client_id="1.2",
        client_secret=Secret("c1ient"),
        public_url="https://approve.example.com",
        allowed=frozenset({"T1", "E2"}),
        encryption_keys=Secret(keys),
    )
    assert "c1ient" not in repr(slack)
    assert KEY not in repr(slack)


@pytest.mark.parametrize("missing", list(SEVERAL))
def test_installs_half_set_up_are_a_mistake(missing: str) -> None:
    given = {k: v for k, v in SEVERAL.items() if k != missing}
    assert list(wrong(given)) == [missing]


def test_a_token_beside_installs_is_refused() -> None:
    assert wrong({**SEVERAL, "SLACK_BOT_TOKEN": "xoxb-1"}) == {
        "SLACK_BOT_TOKEN": "stands beside SLACK_CLIENT_ID, and only one of them can count"
    }


def test_in_socket_mode_nothing_is_signed() -> None:
    slack = read_settings({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}).slack
    assert slack is not None
    assert (slack.app_token, slack.signing_secret) == (Secret("xapp-1"), Secret(""))
    assert wrong({"SLACK_APP_TOKEN": "xapp-1"}) == {
        "SLACK_BOT_TOKEN": "is missing, so Slack is only half set up"
    }
    assert wrong({**ONE, "SLACK_APP_TOKEN": "xoxb-2"}) == {
        "SLACK_APP_TOKEN": "is not an app-level token"
    }


def test_slack_leads_back_by_https_only() -> None:
    plain = "http://approve.example.com"
    assert wrong({**SEVERAL, "COUNTERSIGN_PUBLIC_URL": plain}) == {
        "COUNTERSIGN_PUBLIC_URL": "is not https, and Slack leads nowhere else"
    }
    here = {**SEVERAL, "COUNTERSIGN_PUBLIC_URL": "http://127.0.0.1:8080"}
    assert read_settings(here).slack is not None


def test_postgresql_needs_a_key_that_all_servers_share() -> None:
    database = {
        "COUNTERSIGN_DATABASE_URL": "postgresql://u@h/d",
        "COUNTERSIGN_SIGNING_KEY": "/run/key.pem",
    }
    assert wrong({**SEVERAL, **database}) == {
        "COUNTERSIGN_ENCRYPTION_KEY": "is missing, and all servers on one database need the same"
    }
    assert read_settings({**ONE, **database}).slack is not None


@pytest.mark.parametrize("key", ["short", KEY[:-1] + "!", f"{KEY},", KEY.replace("M", "ä", 1)])
def test_what_is_no_key_is_a_mistake(key: str) -> None:
    assert wrong({**SEVERAL, "COUNTERSIGN_ENCRYPTION_KEY": key}) == {
        "COUNTERSIGN_ENCRYPTION_KEY": "holds something that is no key"
    }


def test_the_list_of_workspaces_must_be_one_and_is_about_installs() -> None:
    assert wrong({**SEVERAL, "SLACK_ALLOWED_TEAMS": "T1,acme"}) == {
        "SLACK_ALLOWED_TEAMS": "names something that is no workspace"
    }
    assert wrong({**ONE, "SLACK_ALLOWED_TEAMS": "T1"}) == {
        "SLACK_ALLOWED_TEAMS": "is about installs by OAuth, which are off"
    }


def test_addresses_are_not_trusted_of_whatever_workspace_installs_the_app() -> None:
    matching = {**SEVERAL, "SLACK_MATCH_EMAIL": "yes"}
    assert list(wrong(matching)) == ["SLACK_MATCH_EMAIL"]
    slack = read_settings({**matching, "SLACK_ALLOWED_TEAMS": "T1"}).slack
    assert slack is not None
    assert slack.match_email is True
