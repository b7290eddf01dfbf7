"""Each error of Slack's leads to what can be done about it."""

import pytest

from adapters.slack import errors
from adapters.slack.calls import Failure
from core.ports import Dead, RetryAt


def test_a_rate_limit_waits_as_long_as_slack_says_for_the_whole_channel() -> None:
    failure = Failure(error="ratelimited", status=429, retry_after=30_000)
    assert errors.outcome(failure) == RetryAt(
        reason="Slack limits our rate (429)", after=30_000, whole_channel=True
    )


def test_a_rate_limit_without_a_time_leaves_it_to_our_backoff() -> None:
    outcome = errors.outcome(Failure(error="rate_limited", status=200))
    assert outcome == RetryAt(reason="Slack limits our rate (429)", after=None, whole_channel=True)


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (
            Failure(error="http", status=503, maybe_done=True),
            RetryAt(reason="Slack answered HTTP 503", uncertain=True),
        ),
        (
            Failure(error="timeout", maybe_done=True),
            RetryAt(reason="Slack did not answer in time", uncertain=True),
        ),
        (Failure(error="unreachable"), RetryAt(reason="Slack could not be reached")),
        (
            Failure(error="internal_error", status=200),
            RetryAt(reason="Slack answered internal_error", uncertain=True),
        ),
        (
            Failure(error="fatal_error", status=200),
            RetryAt(reason="Slack answered fatal_error", uncertain=True),
        ),
        (
            Failure(error="service_unavailable", status=200),
            RetryAt(reason="Slack answered service_unavailable"),
        ),
    ],
)
def test_what_passes_by_itself_is_tried_again(failure: Failure, expected: RetryAt) -> None:
    assert errors.outcome(failure) == expected


@pytest.mark.parametrize("code", sorted(errors.RETRY))
def test_no_passing_error_is_final(code: str) -> None:
    assert isinstance(errors.outcome(Failure(error=code, status=200)), RetryAt)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("invalid_auth", "set SLACK_BOT_TOKEN"),
        ("not_authed", "set SLACK_BOT_TOKEN"),
        ("token_revoked", "set SLACK_BOT_TOKEN"),
        ("account_inactive", "install it again"),
        ("missing_scope", "add the scope to the app"),
        ("no_permission", "invite the app to the channel"),
        ("not_in_channel", "invite the app to the channel"),
    ],
)
def test_what_the_operator_must_mend_is_final_and_says_how(code: str, remedy: str) -> None:
    outcome = errors.outcome(Failure(error=code, status=200), uncertain=True)
    assert isinstance(outcome, Dead)
    assert remedy in outcome.reason


def test_a_workspace_that_is_moving_is_waited_for() -> None:
    outcome = errors.outcome(Failure(error="org_login_required", status=200))
    assert outcome == RetryAt(reason="Slack answered org_login_required")


@pytest.mark.parametrize("code", sorted(errors.REMEDIES))
def test_every_final_error_names_its_code_and_its_remedy(code: str) -> None:
    outcome = errors.outcome(Failure(error=code, status=200))
    assert outcome == Dead(reason=f"Slack answered {code}: {errors.REMEDIES[code]}")
    assert len(errors.REMEDIES[code]) > 20


def test_no_error_is_both_passing_and_final() -> None:
    assert not set(errors.RETRY) & set(errors.REMEDIES)


def test_a_missing_scope_is_named() -> None:
    outcome = errors.outcome(Failure(error="missing_scope", status=200, needed="im:write"))
    assert outcome == Dead(
        reason="Slack answered missing_scope (needs im:write): add the scope to the app "
        "(see manifest.yml) and install it again"
    )


def test_an_error_nobody_knows_is_final_and_says_where_to_look() -> None:
    outcome = errors.outcome(Failure(error="brand_new_error", status=200))
    assert outcome == Dead(
        reason="Slack answered brand_new_error: "
        "look the code up at https://docs.slack.dev/reference/methods"
    )


@pytest.mark.parametrize(
    "failure",
    [
        Failure(error="ratelimited", status=429, retry_after=1000),
        Failure(error="unreachable"),
        Failure(error="service_unavailable", status=200),
    ],
)
def test_an_earlier_doubt_stays_until_it_is_found_out(failure: Failure) -> None:
    outcome = errors.outcome(failure, uncertain=True)
    assert isinstance(outcome, RetryAt)
    assert outcome.uncertain is True
