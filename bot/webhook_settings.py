"""Settings of outgoing webhooks: which hosts may be called, and what calls are signed with."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from adapters.webhook.hosts import Hosts, WrongHost, read_hosts
from bot.secret import Secret
from bot.slack_settings import Reader

_HOSTS: Final = "COUNTERSIGN_CALLBACK_HOSTS"
_SECRET: Final = "COUNTERSIGN_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting
_NEW: Final = 'Make one with: echo "whsec_$(openssl rand -base64 32)"'
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
_LEAST_BYTES, _MOST_BYTES = 24, 64


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookSettings:
    """Where people's own webhooks may be, and the secret that every call to them is signed with."""

    hosts: Hosts
    secret: Secret


def read_webhook(reader: Reader) -> WebhookSettings | None:
    """Both settings, or None where neither is there."""
    written, secret = reader.text(_HOSTS), reader.text(_SECRET)
    if not written and not secret:
        return None
    try:
        hosts = read_hosts(written)
    except WrongHost as wrong:
        remedy = "Write names, *.example.com, addresses or networks, between commas."
        reader.wrong(_HOSTS, f"'{wrong}' names no host", remedy)
        return None
    if not written:
        reader.wrong(_HOSTS, "is missing", "Name the hosts that webhooks may be sent to.")
    if not secret:
        reader.wrong(_SECRET, "is missing: receivers could not tell who calls them", _NEW)
    elif not _is_secret(secret):
        reader.wrong(_SECRET, "is not whsec_ and 24 to 64 bytes in base64", _NEW)
    return WebhookSettings(hosts=hosts, secret=Secret(secret))


def _is_secret(text: str) -> bool:
    try:
        found = b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and _LEAST_BYTES <= len(found) <= _MOST_BYTES
