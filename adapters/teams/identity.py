"""Who did something and where, read from an authenticated activity and from nothing else.

Names, addresses and card data say nothing about who somebody is; the Entra object id with its
tenant does. Whatever is missing or of another type is an empty string or None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botbuilder.schema import Activity

from core.directory.people import Identity

PLATFORM = "teams"
_THREAD = ";messageid="


@dataclass(frozen=True, slots=True)
class Inbound:
    """An activity's sender and place. `channel` is the channel's id outside personal chats."""

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

    @property
    def evidence(self) -> dict[str, str]:
        """What names the message of a click in the audit trail."""
        return {"conversation": self.conversation, "activity": self.reply_to or self.activity}


def inbound(activity: Activity) -> Inbound:
    """Who and where."""
    conversation, sender = activity.conversation, activity.from_property
    tenant = next(iter(sorted(tenants(activity))), "")
    # The directory keeps these ids in lower case, as Microsoft usually writes them.
    oid = _text(sender, "aad_object_id").lower()
    where = _text(conversation, "id")
    kind = _text(conversation, "conversation_type")
    channel = _nested(activity.channel_data, "channel", "id") or where.partition(_THREAD)[0]
    alone = kind == "personal" or (not kind and not getattr(conversation, "is_group", None))
    return Inbound(
        tenant=tenant,
        person=Identity(platform=PLATFORM, realm=tenant, account=oid) if oid and tenant else None,
        user=_text(sender, "id"),
        bot=_text(activity.recipient, "id"),
        conversation=where,
        personal=alone and bool(where),
        channel=channel if kind == "channel" else "",
        service_url=_text(activity, "service_url"),
        activity=_text(activity, "id"),
        reply_to=_text(activity, "reply_to_id"),
    )


def tenants(activity: Activity) -> frozenset[str]:
    """Every tenant the activity names; more than one means it contradicts itself."""
    named = (
        _text(activity.conversation, "tenant_id"),
        _nested(activity.channel_data, "tenant", "id"),
    )
    return frozenset(tenant.lower() for tenant in named if tenant)


def _text(owner: object, name: str) -> str:
    value = getattr(owner, name, None)
    return value if isinstance(value, str) else ""


def _nested(value: Any, *names: str) -> str:
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""
