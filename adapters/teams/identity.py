"""Who did something and where, read from an authenticated activity and from nothing else.

Names, addresses and card data say nothing about who somebody is; the Entra object id with its
tenant does. Whatever is missing or of another type is an empty string or None.
"""

from collections.abc import Mapping
from typing import Any

from botbuilder.schema import Activity

from core.directory.people import Identity
from core.value import Value

PLATFORM = "teams"
_THREAD = ";messageid="
_CHANNEL, _GROUP = "channel", "groupChat"
_GROUP_CHAT = "@thread.v2"


class Inbound(Value, frozen=True):
    """An activity's sender and place. `channel` is the channel's or group chat's id outside
    personal chats."""

    tenant: str
    person: Identity | None
    user: str
    bot: str
    conversation: str
    personal: bool
    channel: str
    service_url: str
    activity: str
    reply_to: str
    targeted: bool = False

    @property
    def thread(self) -> str:
        """The id of the message with which the thread began, in a channel."""
        return self.conversation.partition(_THREAD)[2]

    def key(self, activity: str) -> str:
        """What tells a message that stands here from all others."""
        alone = self.person.account if self.personal and self.person is not None else ""
        return key(alone or self.conversation, activity)

    @property
    def evidence(self) -> dict[str, str]:
        """What names the message of a click in the audit trail."""
        return {"conversation": self.conversation, "activity": self.reply_to or self.activity}


def inbound(activity: Activity) -> Inbound:
    """Who and where."""
    conversation, sender = activity.conversation, activity.from_property
    tenant = min(tenants(activity), default="")
    # The directory keeps these ids in lower case, as Microsoft usually writes them.
    oid = _text(sender, "aad_object_id").lower()
    where = _text(conversation, "id")
    kind = _text(conversation, "conversation_type")
    channel = nested(activity.channel_data, "channel", "id") or where.partition(_THREAD)[0]
    alone = kind == "personal" or (not kind and not getattr(conversation, "is_group", None))
    return Inbound(
        tenant=tenant,
        person=_person(tenant, oid, sender),
        user=_text(sender, "id"),
        bot=_text(activity.recipient, "id"),
        conversation=where,
        personal=alone and bool(where),
        channel=channel if kind in (_CHANNEL, _GROUP) else "",
        service_url=_text(activity, "service_url"),
        activity=_text(activity, "id"),
        reply_to=_text(activity, "reply_to_id"),
        targeted=_is_targeted(activity.recipient),
    )


def is_group_chat(conversation: str) -> bool:
    """Whether an id is a group chat's, which has no threads; else it is a channel's."""
    return conversation.endswith(_GROUP_CHAT)


def _person(tenant: str, oid: str, sender: Any) -> Identity | None:
    """Who it is in this tenant. In a channel that organisations share, people of others write
    too: what is known of them here is nothing, whatever their id."""
    more = getattr(sender, "additional_properties", None)
    home = nested(more, "tenantId").lower() or tenant
    if not oid or not tenant or home != tenant:
        return None
    return Identity(platform=PLATFORM, realm=tenant, account=oid)


def key(place: str, activity: str) -> str:
    """What tells a message from all others. `place` is a conversation, a thread's messages being
    those of its channel; or the person in whose chat it stands, since that chat has two ids: one
    for Bot Framework and one for Microsoft Graph."""
    return f"{place.partition(_THREAD)[0]}|{activity}"


def _is_targeted(recipient: Any) -> bool:
    # https://learn.microsoft.com/en-us/microsoftteams/platform/agents-in-teams/agent-slash-commands
    given = getattr(recipient, "additional_properties", None)
    return isinstance(given, Mapping) and given.get("isTargeted") is True


def tenants(activity: Activity) -> frozenset[str]:
    """Every tenant the activity names; more than one means it contradicts itself."""
    # Teams writes "tenantId", which the library knows as "tenantID" only.
    more = getattr(activity.conversation, "additional_properties", None)
    named = (
        nested(more, "tenantId"),
        _text(activity.conversation, "tenant_id"),
        nested(activity.channel_data, "tenant", "id"),
    )
    return frozenset(tenant.lower() for tenant in named if tenant)


def _text(owner: object, name: str) -> str:
    value = getattr(owner, name, None)
    return value if isinstance(value, str) else ""


def nested(value: Any, *names: str) -> str:
    """The text at the end of these members; "" where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
