"""Microsoft's own connector client and token validation against the simulated services."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationParameters,
    ErrorResponseException,
)
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import AppCredentials
from botframework.connector.auth.jwt_token_extractor import JwtTokenExtractor
from botframework.connector.auth.verify_options import VerifyOptions

if TYPE_CHECKING:
    from tests.playground.teams.conftest import Bot, Kit, Tenant


class _Granted(AppCredentials):  # type: ignore[misc]  # the package ships no types
    """Credentials that carry the token this test was granted."""

    def __init__(self, app_id: str, token: str) -> None:
        super().__init__(app_id)
        self._token = token

    def get_access_token(self, force_refresh: bool = False) -> str:
        return self._token


@pytest.fixture
async def client(tenant: Tenant, kit: Kit) -> Any:
    credentials = _Granted(kit.app, tenant.access)
    return ConnectorClient(credentials, base_url=tenant.connector).conversations


def _card_activity(card: dict[str, Any]) -> Any:
    attachment = Attachment(content_type="application/vnd.microsoft.card.adaptive", content=card)
    return Activity(type="message", attachments=[attachment])


async def test_the_client_posts_updates_and_deletes(tenant: Tenant, client: Any, kit: Kit) -> None:
    opening = ConversationParameters(
        is_group=False,
        bot=ChannelAccount(id=f"28:{kit.app}"),
        members=[ChannelAccount(id=kit.ann)],
        tenant_id=kit.tenant_id,
        channel_data={"tenant": {"id": kit.tenant_id}},
    )
    chat = (await client.create_conversation(opening)).id
    posted = await client.send_to_conversation(chat, _card_activity(kit.card()))
    updated = await client.update_activity(chat, posted.id, _card_activity(kit.card(actions=[])))
    assert updated.id == posted.id
    [kept] = tenant.activities(chat)
    assert (kept["edited"], kept["attachments"][0]["content"]["actions"]) == (True, [])
    reply = await client.reply_to_activity(chat, posted.id, Activity(type="message", text="ok"))
    await client.delete_activity(chat, posted.id)
    assert [one["id"] for one in tenant.activities(chat)] == [reply.id]


async def test_the_client_starts_a_thread_and_reads_the_roster(
    tenant: Tenant, client: Any, kit: Kit
) -> None:
    opening = ConversationParameters(
        is_group=True,
        channel_data={"channel": {"id": kit.finance}},
        activity=Activity(type="message", text="for all"),
    )
    made = await client.create_conversation(opening)
    assert made.id == f"{kit.finance};messageid={made.activity_id}"
    await client.send_to_conversation(made.id, Activity(type="message", text="below"))
    assert [one["text"] for one in tenant.activities(kit.finance)] == ["for all", "below"]
    member = await client.get_conversation_member(made.id, "29:1ben-mri")
    assert (member.name, member.aad_object_id) == ("Ben Baker", kit.ben)
    page = await client.get_conversation_paged_members(kit.finance)
    assert [one.name for one in page.members] == ["Ann Archer", "Ben Baker"]


async def test_the_client_sees_refusals_with_status_and_code(
    tenant: Tenant, client: Any, kit: Kit
) -> None:
    chat = await tenant.chat(kit.ann)
    tenant.place.faults.add("teams", "POST activities", "429", retry_after=2)
    with pytest.raises(ErrorResponseException) as refusal:
        await client.send_to_conversation(chat, Activity(type="message", text="x"))
    assert refusal.value.response.status_code == 429
    assert refusal.value.response.headers["Retry-After"] == "2"
    assert refusal.value.error.error.code == "Throttled"


async def test_the_library_takes_a_delivery_and_refuses_a_forged_one(
    tenant: Tenant, bot: Bot, kit: Kit
) -> None:
    """The extractor fetches keys with a blocking call, so it runs beside the event loop."""
    metadata = f"{tenant.place.base_url}/teams/v1/.well-known/openidconfiguration"
    options = VerifyOptions(
        issuer=["https://api.botframework.com"],
        audience=kit.app,
        clock_tolerance=300,
        ignore_expiration=False,
    )

    def claims(header: str) -> dict[str, Any]:
        extractor = JwtTokenExtractor(options, metadata, ["RS256"])
        identity = asyncio.run(
            extractor.get_identity_from_auth_header(header, "msteams", ["msteams"])
        )
        found: dict[str, Any] = identity.claims
        return found

    await tenant.act(kit.ann, "message", text="queue")
    good = await asyncio.to_thread(claims, bot.headers[-1]["Authorization"])
    assert good["serviceurl"] == tenant.connector
    await tenant.act(kit.ann, "message", text="queue", to_bot=["forged_token"])
    with pytest.raises(Exception, match=r"[Ss]ignature"):
        await asyncio.to_thread(claims, bot.headers[-1]["Authorization"])
