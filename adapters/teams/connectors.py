"""Calls to Teams through Bot Framework's connector client: one client per service address.

Making a client costs milliseconds, so it is kept. Its own transport blocks and retries by
itself; ours is asynchronous, bounded in time and sends once, so that a retry is the relay's
decision. Nothing is logged here: headers hold the token.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec
from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout
from botbuilder.schema import Activity, ChannelAccount, ConversationParameters
from botframework.connector import BotFrameworkConnectorConfiguration
from botframework.connector.aio import ConnectorClient
from botframework.connector.auth import ConnectorFactory
from msrest.exceptions import ClientException
from msrest.pipeline import Request, Response
from msrest.pipeline.async_abc import AsyncHTTPPolicy, AsyncHTTPSender, AsyncPipeline
from msrest.pipeline.universal import RawDeserializer
from msrest.universal_http.async_abc import AsyncClientResponse
from yarl import URL

from adapters.teams.addresses import Trusted, hosted
from adapters.teams.errors import NotTrusted, Refused, Silent
from adapters.teams.pause import retry_after
from adapters.teams.tokens import AUDIENCE, Credential
from core.ports import Clock

T = TypeVar("T")
Http = Callable[[], ClientSession]
_TIMEOUT = ClientTimeout(total=10, sock_connect=5)
_MAX_CLIENTS = 64


class Connectors(ConnectorFactory):  # type: ignore[misc] # botframework ships no types
    """Everything that is sent to Teams. Calls raise errors.Failure, and nothing else."""

    def __init__(self, http: Http, credential: Credential, clock: Clock, trusted: Trusted) -> None:
        self._http = http
        self._credential = credential
        self._clock = clock
        self._trusted = trusted
        self._clients: dict[tuple[str, str], ConnectorClient] = {}

    async def create(self, service_url: str, audience: str | None = None) -> ConnectorClient:
        """The client of a service address; every audience gets the one credential's token."""
        key = (service_url, audience or AUDIENCE)
        client = self._clients.get(key)
        if client is None:
            # Where an address was kept matters nothing: the token goes to Teams alone.
            if not self._trusted(service_url):
                raise NotTrusted(hosted(service_url))
            client = self._made(service_url)
            if len(self._clients) >= _MAX_CLIENTS:
                self._clients.clear()
            self._clients[key] = client
        return client

    async def post(self, service_url: str, conversation: str, activity: Activity) -> str | None:
        """Post a message; its id."""
        client = await self.create(service_url)
        call = client.conversations.send_to_conversation(conversation, activity)
        return _id(await _told(call))

    async def put(self, service_url: str, conversation: str, id: str, activity: Activity) -> None:
        """Put other content in a message posted before."""
        client = await self.create(service_url)
        await _told(client.conversations.update_activity(conversation, id, activity))

    async def member(self, service_url: str, conversation: str, id: str) -> str:
        """The Entra object id of a member of a conversation, by the id that Teams gave for them.

        https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/get-teams-context
        """
        client = await self.create(service_url)
        found = await _told(client.conversations.get_conversation_member(conversation, id))
        oid = getattr(found, "aad_object_id", None)
        return oid.lower() if isinstance(oid, str) else ""

    async def open_chat(self, service_url: str, bot: str, tenant: str, oid: str) -> str:
        """The personal chat with a person by Entra object id; its conversation id."""
        # Teams reads the tenant from channelData; the client would spell tenantId "tenantID".
        asked = ConversationParameters(
            is_group=False,
            bot=ChannelAccount(id=bot),
            members=[ChannelAccount(id=oid)],
            channel_data={"tenant": {"id": tenant}},
        )
        chat = _id(await self._conversation(service_url, asked))
        if chat is None:
            # Asking again is harmless: there is one chat with each person.
            raise Silent("Teams gave no conversation", maybe_done=False)
        return chat

    async def open_thread(
        self, service_url: str, bot: str, tenant: str, channel: str, activity: Activity
    ) -> tuple[str, str | None]:
        """Start a thread in a channel with a message; conversation id and message id.

        Without both ids (an answer without a body) the message is there, but not to be edited.
        """
        asked = ConversationParameters(
            is_group=True,
            bot=ChannelAccount(id=bot),
            activity=activity,
            channel_data={"channel": {"id": channel}, "tenant": {"id": tenant}},
        )
        opened = await self._conversation(service_url, asked)
        thread = _id(opened)
        return (channel, None) if thread is None else (thread, opened.activity_id)

    async def _conversation(self, service_url: str, asked: ConversationParameters) -> Any:
        client = await self.create(service_url)
        return await _told(client.conversations.create_conversation(asked))

    def _made(self, service_url: str) -> ConnectorClient:
        def pipeline(config: BotFrameworkConnectorConfiguration) -> AsyncPipeline[Any, Any]:
            policies = [config.user_agent_policy, _Bearer(self._credential), RawDeserializer()]
            return AsyncPipeline(policies, _Sender(self._http, self._clock))

        # The client also makes a pipeline of its own, which is never run; a policy that stood
        # in both would send on through that one.
        unused = _Bearer(self._credential)
        config = BotFrameworkConnectorConfiguration(unused, service_url, pipeline_type=pipeline)
        return ConnectorClient(unused, custom_configuration=config)


async def _told(call: Awaitable[T]) -> T:
    try:
        return await call
    except (ClientException, ValueError) as problem:
        raise Silent(f"no usable answer ({type(problem).__name__})", maybe_done=True) from None


def _id(posted: Any) -> str | None:
    """The id in an answer, None when it has none or no body at all."""
    return str(posted.id) if posted is not None and posted.id else None


class _Bearer(AsyncHTTPPolicy[Any, Any]):
    """Adds the bot's token; one that Teams does not take is replaced once."""

    def __init__(self, credential: Credential) -> None:
        super().__init__()
        self._credential = credential

    async def send(self, request: Request[Any], **kwargs: Any) -> Response[Any, Any]:
        token = await self._authorise(request)
        try:
            return await self._next(request, **kwargs)
        except Refused as refused:
            if refused.status != 401 or not token:
                raise
        self._credential.forget(token)
        await self._authorise(request)
        return await self._next(request, **kwargs)

    async def _authorise(self, request: Request[Any]) -> str:
        token = await self._credential.token()
        if token:
            request.http_request.headers["Authorization"] = f"Bearer {token}"
        return token

    async def _next(self, request: Request[Any], **kwargs: Any) -> Response[Any, Any]:
        assert self.next is not None, "the pipeline has linked its policies"
        return await self.next.send(request, **kwargs)


class _Sender(AsyncHTTPSender[Any, Any]):
    """Sends a request once over the shared session."""

    def __init__(self, http: Http, clock: Clock) -> None:
        self._http = http
        self._clock = clock

    async def __aexit__(self, *exc_details: object) -> None:
        """The session belongs to the platform, which closes it."""

    async def send(self, request: Request[Any], **_config: Any) -> Response[Any, Any]:
        asked = request.http_request
        try:
            async with self._http().request(
                asked.method,
                URL(asked.url, encoded=True),
                data=asked.data,
                headers=dict(asked.headers),
                timeout=_TIMEOUT,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except ClientConnectorError as problem:
            raise Silent(f"no connection ({type(problem).__name__})", maybe_done=False) from None
        except (ClientError, TimeoutError) as problem:
            raise Silent(f"no answer ({type(problem).__name__})", maybe_done=True) from None
        if answer.status >= 300:
            raise Refused(answer.status, _code(body), retry_after(answer.headers, self._clock()))
        return Response(request, _Answer(asked, answer, body))


class _Answer(AsyncClientResponse):
    def __init__(self, request: Any, answer: Any, body: bytes) -> None:
        super().__init__(request, answer)
        self.status_code = answer.status
        self.headers = answer.headers
        self.reason = answer.reason
        self._body = body

    def body(self) -> bytes:
        return self._body


class _Error(msgspec.Struct):
    code: str = ""


class _Refusal(msgspec.Struct):
    error: _Error = msgspec.field(default_factory=_Error)


def _code(body: bytes) -> str:
    """The connector's own error code, for example MessageSizeTooBig."""
    try:
        return msgspec.json.decode(body, type=_Refusal).error.code[:60]
    except msgspec.DecodeError:
        return ""
