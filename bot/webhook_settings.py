"""Settings of what is sent to others' addresses: to which hosts, and how it is signed.

People's own webhooks are signed with one secret, which is a setting. Callbacks to agents are
signed with a secret of each key, sealed in the database.
"""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from typing import Final

from adapters.webhook.hosts import Hosts, WrongHost, read_hosts
from bot.secret import Secret
from bot.slack_settings import ENCRYPTION, NEW_KEY, Reader, encryption_keys

_HOSTS: Final = "COUNTERSIGN_CALLBACK_HOSTS"
_SECRET: Final = "COUNTERSIGN_WEBHOOK_SECRET"  # noqa: S105 - the name of a setting
NEW_SECRET: Final = 'Make one with: echo "whsec_$(openssl rand -base64 32)"'  # noqa: S105 - how to make one
# https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
_LEAST_BYTES, _MOST_BYTES = 24, 64


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookSettings:
    """Where people's own webhooks may be, and the secret that every call to them is signed with."""

    hosts: Hosts
    secret: Secret


@dataclass(frozen=True, kw_only=True, slots=True)
class CallbackSettings:
    """Where agents may be called back, and the keys that open their secrets: None where they lie
    beside an SQLite database."""

    hosts: Hosts
    encryption_keys: Secret | None = None


NO_HOSTS: Final = f"{_HOSTS} is not set"
NO_KEYS: Final = f"{ENCRYPTION} is not set"


def read_outgoing(reader: Reader) -> tuple[WebhookSettings | None, CallbackSettings | str]:
    """People's webhooks, None where they are off; and callbacks, or why they are off."""
    written, secret = reader.text(_HOSTS), reader.text(_SECRET)
    if not written and not secret:
        return None, NO_HOSTS
    try:
        hosts = read_hosts(written)
    except WrongHost as wrong:
        remedy = "Write names, *.example.com, addresses or networks, between commas."
        reader.wrong(_HOSTS, f"'{wrong}' names no host", remedy)
        return None, NO_HOSTS
    if not written:
        reader.wrong(_HOSTS, "is missing", "Name the hosts that webhooks may be sent to.")
    if secret and not is_secret(secret):
        reader.wrong(_SECRET, "is not whsec_ and 24 to 64 bytes in base64", NEW_SECRET)
    own = WebhookSettings(hosts=hosts, secret=Secret(secret)) if secret else None
    return own, _callbacks(hosts, reader, needed=own is None)


def _callbacks(hosts: Hosts, reader: Reader, *, needed: bool) -> CallbackSettings | str:
    """Off without a key where the hosts are there for people's webhooks too; a mistake where
    callbacks are all that they are `needed` for."""
    on_postgres = reader.text("COUNTERSIGN_DATABASE_URL").startswith("postgresql://")
    if not reader.text(ENCRYPTION) and on_postgres:
        if needed:
            problem = "is missing: secrets of callbacks are sealed with it"
            reader.wrong(ENCRYPTION, problem, NEW_KEY)
        return NO_KEYS
    return CallbackSettings(hosts=hosts, encryption_keys=encryption_keys(reader))


def is_secret(text: str) -> bool:
    """Whether it can sign webhooks."""
    try:
        found = b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return False
    return text.startswith("whsec_") and _LEAST_BYTES <= len(found) <= _MOST_BYTES
