"""Settings of SCIM: whether an identity provider may keep people here, and how far that goes."""

from dataclasses import dataclass
from typing import Final

from bot.slack_settings import Reader

_ON: Final = "COUNTERSIGN_SCIM"
_ADMINS: Final = "COUNTERSIGN_SCIM_ADMINS"
NAMES: Final = (_ON, _ADMINS)

_REMEDY: Final = "Use on or off."


@dataclass(frozen=True, kw_only=True, slots=True)
class ScimSettings:
    """`admins`: whether SCIM may give what has power over all approvals."""

    admins: bool = False


def read_scim(reader: Reader) -> ScimSettings | None:
    """None where SCIM is off, as it is unless it is switched on."""
    is_on = reader.switch(_ON, _REMEDY, unset=False)
    admins = reader.switch(_ADMINS, _REMEDY, unset=False)
    if admins and not is_on:
        reader.wrong(_ADMINS, "has no effect while SCIM is off", f"Set {_ON}=on, or remove it.")
    return ScimSettings(admins=admins) if is_on else None
