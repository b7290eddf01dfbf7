"""Settings: what is read, what is off, and every mistake at once."""

import pytest

from bot.settings import (
    CallbackSettings,
    Secret,
    SettingsError,
    SlackSettings,
    TeamsSettings,
    is_loopback,
    merged,
    read_database_url,
    read_settings,
)
from tests.bot.test_slack_settings import KEY

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s3cret"}
TEAMS = {
    "MICROSOFT_APP_ID": "app",
    "MICROSOFT_APP_PASSWORD": "pass",
    "MICROSOFT_APP_TENANT_ID": "tenant",
}


def wrong(values: dict[str, str], host: str | None = None) -> dict[str, str]:
    """What is wrong, by key."""
    with pytest.raises(SettingsError) as caught:
        read_settings(values, host=host)
    return {p.key: p.problem for p in caught.value.problems}


def test_nothing_set_is_sqlite_here_and_no_platform() -> None:
    found = read_settings({})
    assert found.database_url.reveal() == "sqlite:///countersign.db"
    assert (found.policy, found.directory) == (None, "directory.yaml")
    assert (found.slack, found.teams, found.notes) == (None, None, ())


def test_everything_set_is_taken() -> None:
    found = read_settings(
        {
            "COUNTERSIGN_DATABASE_URL": "postgresql://u:p@db/countersign",
            "COUNTERSIGN_POLICY": "/etc/p.yaml",
            "COUNTERSIGN_DIRECTORY": "/etc/d.yaml",
            "COUNTERSIGN_SIGNING_KEY": "/run/secrets/key.pem",
            "COUNTERSIGN_PUBLIC_URL": "https://approve.example.com/",
            **SLACK,
            "SLACK_API_URL": "http://127.0.0.1:8090/slack/api/",
            **TEAMS,
            "MICROSOFT_OPENID_METADATA_URL": "http://127.0.0.1:8090/teams/openid",
            "MICROSOFT_LOGIN_URL": "http://127.0.0.1:8090/teams/login",
        }
    )
    assert found.database_url == Secret("postgresql://u:p@db/countersign")
    assert (found.policy, found.directory) == ("/etc/p.yaml", "/etc/d.yaml")
    assert found.signing_key == Secret("/run/secrets/key.pem")
    assert found.slack == SlackSettings(
        bot_token=Secret("xoxb-1"),
        signing_secret=Secret("s3cret"),
        api_url="http://127.0.0.1:8090/slack/api/",
    )
    assert found.teams == TeamsSettings(
        app_id="app",
        app_password=Secret("pass"),
        app_type="SingleTenant",
        tenant_id="tenant",
        openid_metadata_url="http://127.0.0.1:8090/teams/openid",
        login_url="http://127.0.0.1:8090/teams/login",
        allow_anonymous=False,
    )


def test_all_mistakes_are_told_at_once_each_with_a_remedy() -> None:
    values = {
        "COUNTERSIGN_DATABASE_URL": "mysql://db",
        "COUNTERSIGN_PUBLIC_URL": "approve.example.com",
        "COUNTERSIGN_POLCY": "p.yaml",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "MICROSOFT_APP_ID": "app",
    }
    assert wrong(values) == {
        "COUNTERSIGN_POLCY": "is not a setting",
        "COUNTERSIGN_DATABASE_URL": "is not an address of a database that can be used",
        "COUNTERSIGN_PUBLIC_URL": "is not a web address",
        "SLACK_SIGNING_SECRET": "is missing, so Slack is only half set up",
        "MICROSOFT_APP_PASSWORD": "is missing",
        "MICROSOFT_APP_TENANT_ID": "is missing",
    }
    with pytest.raises(SettingsError) as caught:
        read_settings(values)
    assert all(problem.remedy.endswith((".", "?")) for problem in caught.value.problems)
    assert len(str(caught.value).splitlines()) == 6


def test_a_misspelt_name_is_told_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match=r"Did you mean COUNTERSIGN_POLICY\?"):
        read_settings({"COUNTERSIGN_POLCY": "x"})
    with pytest.raises(SettingsError, match="Known are COUNTERSIGN_DATABASE_URL"):
        read_settings({"COUNTERSIGN_XYZZY": "x"})


def test_what_the_tests_read_and_what_is_not_ours_is_left_alone() -> None:
    others = {"COUNTERSIGN_TEST_DATABASE_URL": "x", "PATH": "/bin", "SLACK_CHANNEL": "c"}
    assert read_settings(others) == read_settings({})


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://x.db", "x.db", "mysql://x/y"]
)
def test_a_database_that_cannot_be_used_is_refused(url: str) -> None:
    assert list(wrong({"COUNTERSIGN_DATABASE_URL": url})) == ["COUNTERSIGN_DATABASE_URL"]


@pytest.mark.parametrize("url", ["sqlite:///a.db", "sqlite:////srv/a.db", "postgresql://h/d"])
def test_a_database_that_can_be_used_is_taken(url: str) -> None:
    assert read_database_url({"COUNTERSIGN_DATABASE_URL": url}).reveal() == url


def test_commands_that_need_only_the_database_are_not_stopped_by_other_mistakes() -> None:
    assert read_database_url({"SLACK_BOT_TOKEN": "x", "COUNTERSIGN_POLCY": "x"}) == Secret(
        "sqlite:///countersign.db"
    )


@pytest.mark.parametrize("missing", list(SLACK))
def test_slack_half_set_up_is_a_mistake(missing: str) -> None:
    given = {k: v for k, v in SLACK.items() if k != missing}
    assert wrong(given) == {missing: "is missing, so Slack is only half set up"}


def test_an_api_url_alone_does_not_switch_slack_on() -> None:
    assert read_settings({"SLACK_API_URL": "http://127.0.0.1:1/"}).slack is None


def test_a_user_token_is_not_taken_for_a_bot_token() -> None:
    assert wrong({**SLACK, "SLACK_BOT_TOKEN": "xoxp-1"}) == {
        "SLACK_BOT_TOKEN": "is not a bot token"
    }


@pytest.mark.parametrize("missing", list(TEAMS))
def test_teams_half_set_up_is_a_mistake(missing: str) -> None:
    given = {k: v for k, v in TEAMS.items() if k != missing}
    assert list(wrong(given)) == [missing]
    assert wrong({**TEAMS, missing: "  "}) == wrong(given)


@pytest.mark.parametrize("app_type", ["SingleTenant", "MultiTenant", "UserAssignedMSI"])
def test_every_type_of_app_needs_its_tenant(app_type: str) -> None:
    without = {k: v for k, v in TEAMS.items() if k != "MICROSOFT_APP_TENANT_ID"}
    assert wrong({**without, "MICROSOFT_APP_TYPE": app_type}) == {
        "MICROSOFT_APP_TENANT_ID": "is missing"
    }
    teams = read_settings({**TEAMS, "MICROSOFT_APP_TYPE": app_type}).teams
    assert teams is not None
    assert (teams.app_type, teams.tenant_id) == (app_type, "tenant")


def test_unsigned_calls_need_a_tenant_too() -> None:
    assert wrong({"TEAMS_ALLOW_ANONYMOUS": "1"}, host="127.0.0.1") == {
        "MICROSOFT_APP_TENANT_ID": "is missing"
    }


def test_a_managed_identity_needs_no_password() -> None:
    without = {k: v for k, v in TEAMS.items() if k != "MICROSOFT_APP_PASSWORD"}
    teams = read_settings({**without, "MICROSOFT_APP_TYPE": "UserAssignedMSI"}).teams
    assert teams is not None
    assert teams.app_password == Secret("")
    assert list(wrong(without)) == ["MICROSOFT_APP_PASSWORD"]


def test_an_unknown_type_of_app_is_a_mistake() -> None:
    assert wrong({**TEAMS, "MICROSOFT_APP_TYPE": "Singletenant"}) == {
        "MICROSOFT_APP_TYPE": "is unknown"
    }


@pytest.mark.parametrize("key", ["MICROSOFT_LOGIN_URL", "MICROSOFT_OPENID_METADATA_URL"])
@pytest.mark.parametrize("url", ["http://example.com", "login", "https://", "https://h:99999"])
def test_an_address_that_teams_will_not_call_is_a_mistake(key: str, url: str) -> None:
    assert wrong({**TEAMS, key: url}) == {key: "is not an address that can be called"}


TYPES = ["", "SingleTenant", "MultiTenant", "UserAssignedMSI", "Other"]


@pytest.mark.parametrize("app_type", TYPES)
@pytest.mark.parametrize("left_out", [(), *((key,) for key in TEAMS), tuple(TEAMS)])
@pytest.mark.parametrize("anonymous", ["", "1"])
def test_whatever_is_read_without_a_mistake_is_taken_by_the_adapter(
    app_type: str, left_out: tuple[str, ...], anonymous: str
) -> None:
    values = {k: v for k, v in TEAMS.items() if k not in left_out}
    values |= {"MICROSOFT_APP_TYPE": app_type, "TEAMS_ALLOW_ANONYMOUS": anonymous}
    try:
        teams = read_settings(values, host="127.0.0.1").teams
    except SettingsError:
        return
    assert teams is None or teams.for_adapter().mistakes() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_unsigned_calls_may_be_allowed_on_loopback(host: str) -> None:
    values = {"TEAMS_ALLOW_ANONYMOUS": "1", "MICROSOFT_APP_TENANT_ID": "tenant"}
    teams = read_settings(values, host=host).teams
    assert teams is not None
    assert teams.allow_anonymous


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "10.0.0.1", "example.com", "", "127.0.0.1.nip.io"]
)
def test_unsigned_calls_are_never_allowed_from_the_network(host: str) -> None:
    assert not is_loopback(host)
    assert wrong({**TEAMS, "TEAMS_ALLOW_ANONYMOUS": "yes"}, host=host) == {
        "TEAMS_ALLOW_ANONYMOUS": "would let anyone on the network decide"
    }


def test_a_switch_must_say_yes_or_no() -> None:
    assert wrong({"TEAMS_ALLOW_ANONYMOUS": "maybe"}) == {
        "TEAMS_ALLOW_ANONYMOUS": "is neither yes nor no"
    }
    assert read_settings({"TEAMS_ALLOW_ANONYMOUS": "0"}, host="0.0.0.0").teams is None


@pytest.mark.parametrize(("given", "matches"), [("yes", True), ("1", True), ("no", False)])
def test_addresses_count_only_when_switched_on(given: str, matches: bool) -> None:
    found = read_settings({**SLACK, "SLACK_MATCH_EMAIL": given}).slack
    assert found is not None
    assert found.match_email is matches
    assert wrong({**SLACK, "SLACK_MATCH_EMAIL": "maybe"}) == {
        "SLACK_MATCH_EMAIL": "is neither yes nor no"
    }


def test_mail_is_sent_where_a_server_and_a_sender_are_named() -> None:
    given = {"SMTP_URL": "smtp://u:p4ss@mail.example.com", "COUNTERSIGN_MAIL_FROM": "a@example.com"}
    found = read_settings(given)
    assert found.mail is not None
    assert (found.mail.host, found.mail.sender) == ("mail.example.com", "a@example.com")
    assert "p4ss" not in repr(found)
    assert read_settings({"COUNTERSIGN_MAIL_FROM": "a@example.com"}).mail is None
    assert wrong({"SMTP_URL": "smtp://mail.example.com"}) == {"COUNTERSIGN_MAIL_FROM": "is missing"}
    assert wrong(given | {"SMTP_URL": "mail"}) == {"SMTP_URL": "is not an address of a mail server"}


def test_settings_without_effect_are_said() -> None:
    found = read_settings({"OPENAI_API_KEY": "sk-1"})
    (note,) = found.notes
    assert note.startswith("OPENAI_API_KEY has no effect: ")


def test_webhooks_are_sent_where_hosts_and_a_secret_are_named() -> None:
    hosts, secret = "COUNTERSIGN_CALLBACK_HOSTS", "COUNTERSIGN_WEBHOOK_SECRET"
    given = {hosts: "hooks.example.com, 10.1.0.0/16", secret: f"whsec_{'A' * 32}"}
    found = read_settings(given)
    assert found.webhook is not None
    assert found.webhook.hosts.names == {"hooks.example.com"}
    assert "AAAA" not in repr(found)
    assert read_settings({}).webhook is None
    assert read_settings({hosts: "a.example"}).webhook is None
    assert wrong({secret: given[secret]}) == {hosts: "is missing"}
    assert wrong(given | {hosts: "*"}) == {hosts: "'*' names no host"}
    for bad in ("A" * 32, "whsec_AAAA", "whsec_ä", f"whsec_{'A' * 200}"):
        assert wrong(given | {secret: bad}) == {
            secret: "is not whsec_ and 24 to 64 bytes in base64"
        }


def test_agents_are_called_back_where_hosts_are_named() -> None:
    hosts, sealed = "COUNTERSIGN_CALLBACK_HOSTS", "COUNTERSIGN_ENCRYPTION_KEY"
    assert read_settings({}).callbacks == f"{hosts} is not set"
    found = read_settings({hosts: "a.example"}).callbacks
    assert isinstance(found, CallbackSettings)
    assert found.encryption_keys is None  # it lies beside the database
    postgres = {
        "COUNTERSIGN_DATABASE_URL": "postgresql://u:p@h/d",
        "COUNTERSIGN_SIGNING_KEY": "key.pem",
        hosts: "a.example",
    }
    assert wrong(postgres) == {sealed: "is missing: secrets of callbacks are sealed with it"}
    # Hosts that are there for people's webhooks: callbacks are off, and the server starts.
    people = postgres | {"COUNTERSIGN_WEBHOOK_SECRET": f"whsec_{'A' * 32}"}
    assert read_settings(people).callbacks == f"{sealed} is not set"
    both = read_settings(people | {sealed: KEY})
    assert isinstance(both.callbacks, CallbackSettings)
    assert both.callbacks.encryption_keys == Secret(KEY)
    assert both.webhook is not None
    assert wrong(people | {sealed: "x"}) == {sealed: "holds something that is no key"}


def test_secrets_do_not_show() -> None:
    database = {
        "COUNTERSIGN_DATABASE_URL": "postgresql://u:pw@h/d",
        "COUNTERSIGN_SIGNING_KEY": "-----BEGIN k3y",
    }
    found = read_settings({**SLACK, **TEAMS, **database})
    text = f"{found!r} {found} {found.slack} {found.teams!s}"
    assert "Secret(hidden)" in text
    for secret in ("xoxb-1", "s3cret", "'pass'", ":pw@", "k3y"):
        assert secret not in text


def test_errors_never_hold_a_value() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {**SLACK, "SLACK_BOT_TOKEN": "hunter2", "COUNTERSIGN_DATABASE_URL": "hunter2"}
        )
    assert "hunter2" not in str(caught.value)


def test_a_secret_is_equal_by_its_value_and_never_to_plain_text() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") != "a"


def test_the_environment_wins_over_the_file() -> None:
    assert merged({"A": "1"}, {"A": "2", "B": "3", "C": None}) == {"A": "1", "B": "3"}


@pytest.mark.parametrize("given", [{}, {"SLACK_PACE": "1"}])
def test_slack_is_sent_to_at_its_own_pace(given: dict[str, str]) -> None:
    found = read_settings(SLACK | given).slack
    assert found is not None
    assert found.pace


def test_a_simulated_slack_may_be_sent_to_as_fast_as_it_goes() -> None:
    found = read_settings(SLACK | {"SLACK_PACE": "0"}).slack
    assert found is not None
    assert not found.pace
    assert wrong(SLACK | {"SLACK_PACE": "fast"}) == {"SLACK_PACE": "is neither yes nor no"}


def test_how_long_a_stop_may_take_is_a_number_of_seconds() -> None:
    assert read_settings({}).stop_seconds == 20
    assert read_settings({"COUNTERSIGN_STOP_SECONDS": " 45 "}).stop_seconds == 45
    for given in ("0", "-1", "1.5", "601", "soon", "1" * 5000, "²"):
        told = wrong({"COUNTERSIGN_STOP_SECONDS": given})
        assert told == {"COUNTERSIGN_STOP_SECONDS": "is no number of seconds"}
