"""The keys that seal chat tokens: as set, or made once beside an SQLite database."""

import stat
from pathlib import Path

import pytest

from bot.encryption_keys import load_keys
from bot.settings import Secret, SettingsError
from bot.slack_settings import is_key
from tests.bot.test_slack_settings import KEY, OTHER_KEY


def test_the_setting_counts_newest_first(tmp_path: Path) -> None:
    database = Secret(f"sqlite:///{tmp_path / 'a.db'}")
    assert load_keys(Secret(f"{OTHER_KEY} , {KEY}"), database) == (OTHER_KEY, KEY)
    assert list(tmp_path.iterdir()) == []


def test_beside_sqlite_one_is_made_for_its_owner_and_kept(tmp_path: Path) -> None:
    database = Secret(f"sqlite:///{tmp_path / 'a.db'}")
    [key] = load_keys(None, database)
    assert is_key(key)
    path = tmp_path / "a.encryption-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(None, database) == (key,)
    path.write_text(f"{KEY},{key}")
    assert load_keys(None, database) == (KEY, key)


@pytest.mark.parametrize("text", ["", "nonsense", "ä"])
def test_a_file_without_a_key_is_refused_and_left(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.encryption-key"
    path.write_text(text)
    with pytest.raises(SettingsError, match="COUNTERSIGN_ENCRYPTION_KEY"):
        load_keys(None, Secret(f"sqlite:///{tmp_path / 'a.db'}"))
    assert path.read_text() == text


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be used"):
        load_keys(None, Secret(f"sqlite:///{tmp_path / 'no' / 'a.db'}"))


def test_postgresql_has_no_place_for_one() -> None:
    with pytest.raises(SettingsError, match="is missing"):
        load_keys(None, Secret("postgresql://u@h/d"))
