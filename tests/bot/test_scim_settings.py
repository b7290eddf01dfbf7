"""Settings of SCIM: off unless it is switched on, and careful with administrators."""

import pytest

from bot.settings import ScimSettings, SettingsError, read_settings


def test_it_is_off_unless_it_is_switched_on() -> None:
    assert read_settings({}).scim is None
    assert read_settings({"COUNTERSIGN_SCIM": "on"}).scim == ScimSettings(admins=False)
    both = {"COUNTERSIGN_SCIM": "on", "COUNTERSIGN_SCIM_ADMINS": "on"}
    assert read_settings(both).scim == ScimSettings(admins=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"COUNTERSIGN_SCIM": "maybe"}, "COUNTERSIGN_SCIM: is neither yes nor no. Use on or off."),
        (
            {"COUNTERSIGN_SCIM_ADMINS": "on"},
            "COUNTERSIGN_SCIM_ADMINS: has no effect while SCIM is off. "
            "Set COUNTERSIGN_SCIM=on, or remove it.",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as wrong:
        read_settings(given)
    assert str(wrong.value) == said
