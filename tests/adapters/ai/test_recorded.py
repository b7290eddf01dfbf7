"""Answers that are kept and given again, and what `doctor` says of the provider."""

import json
from pathlib import Path

import pytest

from adapters.ai.app import build
from adapters.ai.checks import everything
from adapters.ai.settings import Azure, ModelSettings
from core.advice.port import Answered, Never
from core.checkup import Found
from playground import model
from tests.adapters.ai.conftest import Models
from tests.adapters.ai.facts import FACTS, KEY, NOW


async def test_recorded_answers_are_given_again_without_the_network(
    models: Models, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    recording = models("good", record=str(file))
    first = await recording.advise(FACTS)
    assert isinstance(await recording.advise(FACTS[1:]), Answered)
    replaying = build(ModelSettings(model="good", replay=str(file)), lambda: NOW)
    again = await replaying.advise(FACTS)
    assert isinstance(first, Answered)
    assert again == first
    never = await replaying.advise(FACTS[:1])
    assert never == Never("the recorded answers hold none for this")
    await replaying.aclose()


async def test_what_is_recorded_holds_neither_key_nor_what_was_asked(
    models: Models, tmp_path: Path
) -> None:
    file = tmp_path / "answers.jsonl"
    await models("good", record=str(file)).advise(FACTS)
    (line,) = file.read_text().splitlines()
    kept = json.loads(line)
    assert list(kept) == ["request", "answer"]
    assert len(kept["request"]) == 64
    assert "Chairs" not in line
    assert KEY not in line
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["{", '{"request": 1}', "[]"])
def test_a_file_of_no_answers_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_text(text)
    with pytest.raises(ValueError):
        build(ModelSettings(model="good", replay=str(file)), lambda: NOW)


async def checked(settings: ModelSettings) -> Found:
    """The last thing that is found."""
    return (await everything(settings, lambda: NOW))[-1]


async def test_doctor_asks_for_the_list_of_models_and_no_model(models: Models) -> None:
    url = models.running.model_url
    good = ModelSettings(model="good", key=KEY, base_url=url)
    found = await checked(good)
    assert (found.level, found.said) == (
        "ok",
        f"{url} lets us in and has good. It was asked nothing.",
    )
    other = await checked(ModelSettings(model="gpt-9", key=KEY, base_url=url))
    assert (other.level, other.said) == ("problem", f"{url} lets us in and has no model gpt-9.")
    denied = await checked(ModelSettings(model="good", key="wrong", base_url=url))
    assert denied.level == "problem"
    assert denied.said == f"{url}: it does not accept the key (HTTP 401)."
    azure = Azure(f"{models.running.base_url}/model", "mine", "2024-10-21")
    assert (await checked(ModelSettings(model="mine", key=KEY, azure=azure))).level == "ok"
    assert model.control(models.running.place)["calls"] == 0


async def test_doctor_on_providers_that_do_not_list_or_are_not_there(
    models: Models, tmp_path: Path
) -> None:
    unlisted = await checked(
        ModelSettings(model="m", key=KEY, base_url=f"{models.running.base_url}/none")
    )
    assert (unlisted.level, unlisted.said.partition("; ")[2]) == (
        "ok",
        "whether it has m it does not say.",
    )
    gone = await checked(ModelSettings(model="m", key=KEY, base_url="http://127.0.0.1:9"))
    assert (gone.level, gone.said) == ("warning", "http://127.0.0.1:9: it cannot be reached.")
    file = tmp_path / "answers.jsonl"
    unread = await checked(ModelSettings(model="m", replay=str(file)))
    assert (unread.level, unread.remedy) == ("problem", "Mend COUNTERSIGN_AI_REPLAY.")
    file.write_text("")
    assert (await checked(ModelSettings(model="m", replay=str(file)))).level == "ok"


async def test_doctor_warns_of_an_address_without_tls() -> None:
    far = ModelSettings(model="m", key="s3cret", base_url="http://nowhere.invalid", timeout=0.01)
    found = (await everything(far, lambda: NOW))[0]
    assert (found.level, "has no TLS" in found.said) == ("warning", True)
    assert "s3cret" not in found.said
