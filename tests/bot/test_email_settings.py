"""When people are asked by e-mail, and what is said where they are not; the doctor's look at it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot import email_settings
from bot.cli import app
from bot.doctor.mail import mail
from bot.platforms import platforms_of, switched_on
from bot.sample import DIRECTORY, POLICY
from bot.settings import Secret, Settings, read_settings
from core.checkup import Level
from tests.mailserver import mail_server

MAIL = {"SMTP_URL": "smtp://mail.example.com", "COUNTERSIGN_MAIL_FROM": "a@example.com"}


def told(**values: str) -> Settings:
    return read_settings({**MAIL, **values})


def test_with_a_mail_server_and_an_address_people_are_asked_by_letters() -> None:
    found = told(COUNTERSIGN_PUBLIC_URL="https://approve.example.com/")
    assert found.email is not None
    assert found.email.public_url == "https://approve.example.com"
    assert found.notes == ()
    assert switched_on(found) == {"email"}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, email_settings.NO_ADDRESS),
        ({"COUNTERSIGN_PUBLIC_URL": "http://approve.example.com"}, email_settings.IN_CLEAR),
    ],
)
def test_without_a_good_address_only_codes_are_sent_and_it_is_said(
    values: dict[str, str], said: str
) -> None:
    found = told(**values)
    assert (found.email, found.notes[0]) == (None, said)
    assert found.mail is not None
    assert switched_on(found) == frozenset()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_on_this_machine_alone_it_may_be_http(host: str) -> None:
    assert told(COUNTERSIGN_PUBLIC_URL=f"http://{host}:8080").email is not None


def test_an_address_without_a_mail_server_is_no_platform() -> None:
    found = read_settings({"COUNTERSIGN_PUBLIC_URL": "https://approve.example.com"})
    assert (found.email, found.notes) == (None, ())


def test_without_a_key_no_links_are_made() -> None:
    found = told(COUNTERSIGN_PUBLIC_URL="https://approve.example.com")
    nobody: Any = None
    with pytest.raises(ValueError, match="links in letters are signed"):
        platforms_of(found, nobody, nobody, lambda: 0, None, str, None)


# --- the doctor ----------------------------------------------------------------------------


async def test_the_doctor_knocks_at_the_mail_server_and_sends_nothing() -> None:
    async with mail_server() as box:
        given = Settings(
            database_url=Secret("sqlite:///x.db"), policy=None, directory="x", mail=box.settings()
        )
        [found] = await mail(given)
        assert (found.level, "lets us in: for codes." in found.said) == (Level.OK, True)
        box.locked = True
        [found] = await mail(given)
        assert found.level is Level.PROBLEM
        assert "refuses the user and password in SMTP_URL" in found.said
        assert "sample~pass" not in str(found)
        await box.close()
        [found] = await mail(given)
        assert (found.level, "SMTP_URL is right" in found.remedy) == (Level.WARNING, True)
        assert box.taken == []


def test_the_doctor_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in os.environ if n.startswith(("COUNTERSIGN_", "SLACK_", "MICROSOFT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY.read_text())
    (tmp_path / "directory.yaml").write_text(DIRECTORY.read_text())
    env = {"SMTP_URL": "smtp://127.0.0.1:9?tls=off", "COUNTERSIGN_MAIL_FROM": "a@example.com"}
    out = CliRunner().invoke(app, ["doctor", "--json"], env=env).stdout
    found = {one["check"]: one for one in json.loads(out)["items"]}
    assert found["settings"]["said"] == email_settings.NO_ADDRESS
    assert found["settings"]["remedy"] == ""
    assert found["e-mail"]["level"] == "warning"
    assert "nobody is asked anywhere" in found["chat platforms"]["said"]
