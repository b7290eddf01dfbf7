"""Where a message stands, as a link that opens it in Teams. Pure.

https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/build-and-test/deep-link-teams
"""

import re
from typing import Final
from urllib.parse import quote

from adapters.teams.identity import key
from core.rows import MessageRef

_ADDRESS: Final = "https://teams.microsoft.com/l/message"
# A personal chat is known to a bot by an id of its own (a:...), which no link understands,
# unless the app was installed through Microsoft Graph, which names the chat itself.
_LINKED: Final = re.compile(r"19:[A-Za-z0-9._%+=@:-]{1,200}")
_ACTIVITY: Final = re.compile(r"[0-9]{1,20}")
_IN_CHAT: Final = quote('{"contextType":"chat"}', safe="")
_CHANNEL: Final = "@thread.tacv2"


def to(ref: MessageRef) -> str | None:
    """The address of a message; None where Teams has none for it."""
    activity = ref.fields.get("activity", "")
    conversation = key(ref.fields.get("conversation", ""), "").removesuffix("|")
    if not (_LINKED.fullmatch(conversation) and _ACTIVITY.fullmatch(activity)):
        return None
    where = f"{_ADDRESS}/{quote(conversation, safe='')}/{activity}"
    if conversation.endswith(_CHANNEL):
        return f"{where}?tenantId={quote(ref.fields.get('tenant', ''), safe='')}"
    return f"{where}?context={_IN_CHAT}"
