"""The closed set of reasons: each with a status, a title and a sentence."""

import pytest

from adapters.webhook.mistakes import Mistake, Mistaken
from adapters.webhook.problems import (
    HTTP_SENTENCES,
    STATUS,
    HttpReason,
    of_mistakes,
    of_refusal,
    problem,
    sentence,
)
from core.refusals import SENTENCES, Reason, Refused

NOT_CLIENT_ERRORS = {
    HttpReason.INTERNAL_ERROR,
    HttpReason.NOT_READY,
    HttpReason.STREAMS_EXHAUSTED,
    HttpReason.UNAVAILABLE,
    HttpReason.OUTCOME_UNKNOWN,
}


def test_every_reason_has_a_status_and_a_sentence_and_no_two_have_one_name() -> None:
    assert set(STATUS) == {*Reason, *HttpReason}
    assert set(HTTP_SENTENCES) == set(HttpReason)
    assert set(SENTENCES) == set(Reason)
    assert len({reason.value for reason in STATUS}) == len(STATUS)


def test_a_refusal_is_the_caller_s_and_a_failure_the_server_s() -> None:
    for reason, status in STATUS.items():
        assert (status >= 500) == (reason in NOT_CLIENT_ERRORS), reason


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.KEY_MISSING, 401),
        (Reason.KEY_REVOKED, 401),
        (Reason.SCOPE_MISSING, 403),
        (Reason.SELF_APPROVAL, 403),
        (Reason.UNKNOWN_REQUEST, 404),
        (Reason.STALE_CARD, 409),
        (Reason.WRONG_STAGE, 409),
        (Reason.FINISHED, 409),
        (Reason.IDEMPOTENCY_MISMATCH, 422),
        (Reason.INVALID_FIELD, 422),
        (HttpReason.MALFORMED_JSON, 400),
        (HttpReason.METHOD_NOT_ALLOWED, 405),
        (HttpReason.BODY_TOO_LARGE, 413),
        (HttpReason.UNSUPPORTED_MEDIA_TYPE, 415),
    ],
)
def test_the_status_of_a_reason_stays_what_it_is(reason: Reason | HttpReason, status: int) -> None:
    assert STATUS[reason] == status


def test_a_title_is_the_reason_in_words() -> None:
    assert problem(HttpReason.MALFORMED_JSON).title == "Malformed JSON"
    assert problem(Reason.NOT_AN_APPROVER).title == "Not an approver"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_refusal_of_the_core_becomes_a_problem(reason: Reason) -> None:
    found = of_refusal(Refused(reason))
    assert (found.reason, found.status) == (reason.value, STATUS[reason])
    assert found.detail
    assert "{" not in found.detail


def test_several_mistakes_are_counted_in_the_detail() -> None:
    one = Mistake("title", "is missing", "Send it.")
    assert of_mistakes(Mistaken([one])).detail == "title: is missing. Send it."
    several = of_mistakes(Mistaken([one, one, one]))
    assert several.detail == "title: is missing. Send it. (2 more in `errors`)"


@pytest.mark.parametrize("reason", list(STATUS))
def test_every_sentence_says_something_to_do_or_to_know(reason: Reason | HttpReason) -> None:
    assert len(sentence(reason).split()) >= 5
