"""What an account that is nobody's is told."""

from typing import Final

from core.directory.people import Identity
from core.refusals import Reason, Refused

LINK_WORDS: Final = {"slack": "/approvals link", "teams": "link"}
"""What one writes on each platform to have an account linked."""


def no_account(identity: Identity) -> Refused:
    """The refusal for an account that is nobody's."""
    platform = identity.platform.capitalize()
    command = LINK_WORDS.get(identity.platform)
    if command is None:
        return Refused(Reason.UNKNOWN_ACCOUNT, platform=platform)
    return Refused(Reason.UNKNOWN_ACCOUNT, platform=platform, case="link", command=command)
