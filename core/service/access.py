"""Who may see a request and what a key may do.

Someone who may not see a request gets the answer of a request that does not exist.
"""

from msgspec.structs import replace

from core.directory.people import Directory, Person
from core.events import Actor
from core.refusals import Reason, Refused
from core.request import BY_PERSON, RequestState, involved
from core.rows import ApiKey, Recipient
from core.value import Millis, Value

ADMINS = "admins"
"""The directory group whose members see every request."""


class Caller(Value, frozen=True):
    """Who calls the API: a key, and the one person it stands for, if any.

    `left` is the address of that person where the directory has them no longer: then the key
    acts and sees as nobody's. `chat` is who a chat platform says acts: then there is no key.
    """

    key_id: str
    key_name: str
    key_hash: str
    scopes: tuple[str, ...]
    person: str | None = None
    owner: str | None = None
    requesters: tuple[str, ...] = ()
    left: str | None = None
    chat: Actor | None = None

    @property
    def actor(self) -> Actor:
        """Who acts, as the trail records it."""
        return self.chat or Actor(via="api", agent=self.key_id, person=self.person)

    def has(self, *scopes: str) -> bool:
        """Whether the key has any of these scopes."""
        return any(scope in self.scopes for scope in scopes)


ASKED_IN_CHAT = "chat"
"""What conditions see as `request.agent` where a person asked by themselves."""


def in_chat(actor: Actor, person: Person) -> Caller:
    """The caller that a person is who asks in chat: they submit in their own name only."""
    return Caller(
        key_id=f"{BY_PERSON}{person.email}",
        key_name=ASKED_IN_CHAT,
        key_hash="",
        scopes=("submit",),
        person=person.email,
        chat=actor,
    )


def of_today(caller: Caller, directory: Directory) -> Caller:
    """The caller as the directory has them: somebody who is gone is nobody."""
    if caller.person is None or directory.person(caller.person) is not None:
        return caller
    return replace(caller, person=None, left=caller.person)


def require_person(caller: Caller) -> str:
    """The person for whom the key stands, of a caller of today. Raises Refused."""
    if caller.left is not None:
        raise Refused(Reason.PERSON_LEFT, person=caller.left)
    if caller.person is None:
        raise Refused(Reason.NO_PERSON)
    return caller.person


def require_scope(caller: Caller, scope: str) -> None:
    """Raises Refused when the key has neither this scope nor `admin`."""
    if not caller.has(scope, "admin"):
        raise Refused(Reason.SCOPE_MISSING, scope=scope)


def require_usable(caller: Caller, key: ApiKey | None, now: Millis) -> None:
    """The caller's key must be valid now, unless it is a person in chat, who has none.

    Raises Refused.
    """
    if caller.chat is None:
        require_valid(key, now)


def require_valid(key: ApiKey | None, now: Millis) -> ApiKey:
    """The key as it stands in the store now; raises Refused when it may not be used."""
    if key is None:
        raise Refused(Reason.KEY_UNKNOWN)
    if key.revoked_at is not None:
        raise Refused(Reason.KEY_REVOKED)
    if key.expires_at is not None and now >= key.expires_at:
        replaced = key.by_older and key.older_until is not None and now >= key.older_until
        raise Refused(Reason.KEY_EXPIRED, **({"case": "rotated"} if replaced else {}))
    return key


def require_requester(caller: Caller, requester: str | None, directory: Directory) -> Person | None:
    """The person asked for, if the directory has them and the key may name them."""
    if requester is None:
        if caller.requesters:
            raise Refused(Reason.REQUESTER_NOT_ALLOWED, requester="nobody in particular")
        return None
    person = directory.person(requester)
    if person is None:
        raise Refused(Reason.UNKNOWN_REQUESTER, requester=requester)
    allowed = {name.removeprefix("group:") for name in caller.requesters}
    if caller.requesters and not allowed & {person.email, *person.groups}:
        raise Refused(Reason.REQUESTER_NOT_ALLOWED, requester=person.email)
    return person


def person_may_see(state: RequestState, person: str, directory: Directory) -> bool:
    """Requester, submitter, owner, anyone of any stage or to whom it was delegated (also when
    that is over), whoever may pass it by break-glass while it is open, and administrators."""
    if person in (state.requester, state.submitter, state.owner):
        return True
    if person in directory.group(ADMINS) or _may_break_glass(state, person, directory):
        return True
    planned = (e for s in state.stages for e in (*s.plan.entries, *s.entries))
    if any(person in entry.people for entry in planned):
        return True
    # What is left is rare, and dear to find out for each of a crowd.
    if any(d.taker == person for d in state.delegations):
        return person in involved(state)
    return any(person in stage.replaced for stage in state.stages)


def channel_may_see(state: RequestState, platform: str, place: str) -> bool:
    """Whether it is the rule's channel, whose members see its cards; "" is none."""
    channels = () if state.route is None else state.route.channels
    return any(channel.is_at(platform, place) for channel in channels)


def recipient_may_see(state: RequestState, to: Recipient, directory: Directory) -> bool:
    """Whether the person or channel to whom a card was sent may see the request as it is now:
    a revision can take it to another rule, with other people and another channel."""
    if to.kind == "channel":
        return channel_may_see(state, to.platform, to.id.rpartition("/")[2])
    return person_may_see(state, to.id, directory)


def _may_break_glass(state: RequestState, person: str, directory: Directory) -> bool:
    """Whoever has the rule's role decides in an emergency, and must see what."""
    glass = None if state.route is None else state.route.glass
    found = directory.person(person)
    return state.is_open and glass is not None and found is not None and glass.role in found.roles


def sees_everything(caller: Caller, directory: Directory) -> bool:
    """Keys that may read all, and keys that stand for an administrator."""
    return caller.has("read_all", "admin") or caller.person in directory.group(ADMINS)


def caller_may_see(state: RequestState, caller: Caller, directory: Directory) -> bool:
    """The submitting key, keys that may read all, and a key's person as that person, while the
    directory has them."""
    if caller.key_id == state.agent_key or sees_everything(caller, directory):
        return True
    person = of_today(caller, directory).person
    return person is not None and person_may_see(state, person, directory)


def unknown(request_id: str) -> Refused:
    """The one answer for what does not exist and what may not be seen."""
    return Refused(Reason.UNKNOWN_REQUEST, request=request_id[:64])
