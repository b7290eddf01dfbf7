"""SMTP_URL and COUNTERSIGN_MAIL_FROM: what is understood, and what is refused without a secret."""

import pytest

from adapters.email.settings import MailSettings, WrongSettings, read_mail

FROM = "approvals@example.com"


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://mail.example.com", "mail.example.com", 587, "starttls"),
        ("smtp://mail.example.com:25/", "mail.example.com", 25, "starttls"),
        ("smtps://mail.example.com", "mail.example.com", 465, "direct"),
        ("smtp://relay.internal:25?tls=off", "relay.internal", 25, "off"),
        ("smtp://127.0.0.1:2525", "127.0.0.1", 2525, "off"),
        ("smtp://localhost:2525", "localhost", 2525, "off"),
        ("smtp://[::1]:2525", "::1", 2525, "off"),
    ],
)
def test_an_address_says_how_to_connect(url: str, host: str, port: int, tls: str) -> None:
    found = read_mail(url, FROM)
    assert found == MailSettings(host=host, port=port, tls=tls, sender=FROM)


def test_user_and_password_may_hold_any_character() -> None:
    found = read_mail("smtp://ann%40example.com:p%3A%2Fw@mail.example.com", FROM)
    assert (found.user, found.password) == ("ann@example.com", "p:/w")
    assert "p:/w" not in repr(found)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://:587",
        "smtp://mail.example.com:0x1",
        "smtp://mail.example.com:99999",
        "smtp://mail.example.com/inbox",
        "smtp://[::1",
        "smtp://mail.example.com?tls=no",
        "smtp://u:secret@mail.example.com?tls=off",
    ],
)
def test_what_cannot_be_used_is_told_with_what_to_do(url: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        read_mail(url, FROM)
    assert wrong.value.key == "SMTP_URL"
    assert wrong.value.remedy.endswith(".")
    assert "secret" not in str(wrong.value)


def test_a_name_may_stand_before_the_senders_address() -> None:
    found = read_mail("smtp://localhost", "Countersign at Example <approvals@example.com>")
    assert found.sender == "Countersign at Example <approvals@example.com>"


@pytest.mark.parametrize(
    "sender",
    ["", "nobody", "a@b.c\nBcc: x@y.z", "a@b.c, d@e.f>", "@example.com", "ann@", "ä@example.com"],
)
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        read_mail("smtp://localhost", sender)
    assert wrong.value.key == "COUNTERSIGN_MAIL_FROM"
