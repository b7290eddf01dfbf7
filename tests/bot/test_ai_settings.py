"""The settings of the model that is asked for advice."""

import pytest

from adapters.ai.settings import Azure
from bot.ai_settings import adviser_of
from bot.failures import Failure
from bot.settings import AiSettings, SettingsError, read_settings

KEY = "sk-nobody-sees-this"
MODEL = {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-5-mini"}
AZURE = {
    "AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com/",
    "AZURE_OPENAI_API_KEY": KEY,
    "AZURE_OPENAI_DEPLOYMENT": "advice",
    "AZURE_OPENAI_API_VERSION": "2024-10-21",
}
PRICES = {"COUNTERSIGN_AI_PRICE_IN": "0.25", "COUNTERSIGN_AI_PRICE_OUT": "2"}


def read(values: dict[str, str]) -> AiSettings:
    found = read_settings(values).ai
    assert found is not None
    return found


def wrong(values: dict[str, str]) -> dict[str, str]:
    """What is wrong, by setting; nothing of it shows a value that is secret."""
    with pytest.raises(SettingsError) as refused:
        read_settings(values)
    assert KEY not in str(refused.value)
    assert all(problem.remedy.endswith(".") for problem in refused.value.problems)
    return {problem.key: problem.problem for problem in refused.value.problems}


def test_a_key_and_a_model_switch_it_on() -> None:
    found = read(MODEL)
    assert (found.model.model, found.model.base_url, found.model.azure) == (
        "gpt-5-mini",
        None,
        None,
    )
    assert (found.model.key, found.for_adapter().key) == ("", KEY)
    assert (found.model.timeout, found.model.day_tokens, found.model.day_money) == (
        30,
        2_000_000,
        None,
    )
    assert found.hidden == frozenset()
    assert KEY not in repr(found)
    assert KEY not in repr(found.for_adapter())


def test_a_key_alone_sends_nothing_anywhere() -> None:
    """It may lie in the environment for another program."""
    alone = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": "https://api.example/v1"}
    found = read_settings(alone | {"COUNTERSIGN_AI_TIMEOUT": "5"})
    assert found.ai is None
    assert [note.partition(" ")[0] for note in found.notes] == [
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "COUNTERSIGN_AI_TIMEOUT",
    ]
    assert all("has no effect: name the model in OPENAI_MODEL" in note for note in found.notes)


def test_a_server_of_ones_own_needs_no_key_and_openai_does() -> None:
    own = {"OPENAI_MODEL": "m", "OPENAI_BASE_URL": "http://127.0.0.1:8000/v1/"}
    assert read(own).model.base_url == "http://127.0.0.1:8000/v1"
    assert wrong({"OPENAI_MODEL": "m"}) == {"OPENAI_API_KEY": "is missing"}
    for bad in ("sk 1", "sk-ä", "sk\n1"):
        assert wrong(MODEL | {"OPENAI_API_KEY": bad}) == {"OPENAI_API_KEY": "is no key"}


def test_azure_needs_a_deployment_and_a_version() -> None:
    found = read(AZURE)
    assert found.model.azure == Azure("https://acme.openai.azure.com", "advice", "2024-10-21")
    assert (found.model.model, found.for_adapter().key) == ("advice", KEY)
    endpoint = {"AZURE_OPENAI_ENDPOINT": "https://acme.openai.azure.com"}
    assert wrong(endpoint) == {
        "AZURE_OPENAI_DEPLOYMENT": "is missing",
        "AZURE_OPENAI_API_VERSION": "is missing",
        "AZURE_OPENAI_API_KEY": "is missing",
    }
    assert wrong(AZURE | {"AZURE_OPENAI_API_VERSION": "newest"}) == {
        "AZURE_OPENAI_API_VERSION": "is no version of the API"
    }
    assert wrong(AZURE | {"OPENAI_BASE_URL": "https://a.example"}) == {
        "OPENAI_BASE_URL": "stands beside AZURE_OPENAI_ENDPOINT"
    }
    assert wrong(AZURE | {"AZURE_OPENAI_ENDPOINT": "acme"}) == {
        "AZURE_OPENAI_ENDPOINT": "is not a web address"
    }


def test_a_day_is_bounded_in_money_where_prices_are_known() -> None:
    money = {"COUNTERSIGN_AI_MONEY_PER_DAY": "1.50"}
    found = read(MODEL | PRICES | money)
    assert (found.model.day_money, found.model.price_in, found.model.price_out) == (
        1_500_000,
        "0.25",
        "2",
    )
    unpriced = "is missing, and COUNTERSIGN_AI_MONEY_PER_DAY bounds nothing without it"
    assert wrong(MODEL | money) == dict.fromkeys(PRICES, unpriced)
    assert wrong(MODEL | PRICES | {"COUNTERSIGN_AI_MONEY_PER_DAY": "0"}) == {
        "COUNTERSIGN_AI_MONEY_PER_DAY": "leaves nothing to ask with"
    }
    assert read(MODEL | {"COUNTERSIGN_AI_TOKENS_PER_DAY": "none"}).model.day_tokens is None


@pytest.mark.parametrize(
    ("key", "bad", "problem"),
    [
        ("COUNTERSIGN_AI_TIMEOUT", "121", "is no number that can be used"),
        ("COUNTERSIGN_AI_CONCURRENCY", "0", "is no number that can be used"),
        ("COUNTERSIGN_AI_ANSWER_TOKENS", "many", "is no number that can be used"),
        ("COUNTERSIGN_AI_TOKENS_PER_DAY", "1000", "is no number that can be used"),
        ("COUNTERSIGN_AI_PRICE_IN", "NaN", "is no amount"),
        ("COUNTERSIGN_AI_PRICE_OUT", "-1", "is no amount"),
        ("COUNTERSIGN_AI_HIDE", "title", "names 'title', which is no field that is told"),
    ],
)
def test_what_cannot_be_used_is_told(key: str, bad: str, problem: str) -> None:
    assert wrong(MODEL | {key: bad}) == {key: problem}


def test_fields_that_must_not_leave_are_listed() -> None:
    given = {"COUNTERSIGN_AI_HIDE": "params.iban, context.reasoning,,params.home address"}
    assert read(MODEL | given).hidden == {"params.iban", "context.reasoning", "params.home address"}
    # A list that is misspelt is told whether or not a model is asked today.
    assert list(wrong({"COUNTERSIGN_AI_HIDE": "iban"})) == ["COUNTERSIGN_AI_HIDE"]


def test_answers_are_recorded_or_replayed() -> None:
    replay = {"OPENAI_MODEL": "m", "COUNTERSIGN_AI_REPLAY": "answers.jsonl"}
    assert read(replay).model.replay == "answers.jsonl"
    assert wrong(replay | {"COUNTERSIGN_AI_RECORD": "a"}) == {
        "COUNTERSIGN_AI_RECORD": "stands beside COUNTERSIGN_AI_REPLAY"
    }


def test_a_file_of_answers_that_is_not_there_is_told_in_words() -> None:
    given = read({"OPENAI_MODEL": "m", "COUNTERSIGN_AI_REPLAY": "/not/there"})
    with pytest.raises(Failure, match=r"^COUNTERSIGN_AI_REPLAY: it cannot be read\. Name a file"):
        adviser_of(given, lambda: 0)
