"""The connector API's roster calls.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/get-teams-context
Reads only; each function returns status and body, or raises Refusal.
"""

from typing import Any

from playground.teams import refusals
from playground.teams.gate import Call
from playground.teams.rooms import Room
from playground.world import Person

Answer = tuple[int, Any]
# "Page size less than 50, are treated as 50, and greater than 500, are capped at 500."
SMALLEST_PAGE, USUAL_PAGE, LARGEST_PAGE = 50, 200, 500


def all_members(call: Call) -> Answer:
    """Return everyone in the conversation as one list (deprecated by Teams, still answered)."""
    return 200, [call.rooms.member_json(person) for person in _members(call)]


def one_member(call: Call) -> Answer:
    """Return one member by Teams id, Entra object id or user principal name."""
    wanted = call.path["member"]
    known = call.rooms.person(wanted)
    for person in _members(call):
        if person is known or person.email.lower() == wanted.lower():
            return 200, call.rooms.member_json(person)
    raise refusals.member_unknown()


def paged_members(call: Call) -> Answer:
    """Return a page of members and the token of the next page, if there is one."""
    size, start = _page_size(call.query), _start(call.query)
    members = _members(call)
    page = [call.rooms.member_json(person) for person in members[start : start + size]]
    if start + size < len(members):
        return 200, {"continuationToken": f"from-{start + size}", "members": page}
    return 200, {"members": page}


def _members(call: Call) -> list[Person]:
    room = call.rooms.find(call.path["conversation"])
    if room is None:
        raise refusals.conversation_unknown()
    if not call.rooms.writable(room):
        raise refusals.not_in_roster()
    return _sorted(call, room)


def _sorted(call: Call, room: Room) -> list[Person]:
    return sorted(call.rooms.members(room), key=lambda person: person.name)


def _page_size(query: dict[str, str]) -> int:
    asked = query.get("pageSize", str(USUAL_PAGE))
    if not asked.isdecimal():
        raise refusals.bad_argument("pageSize must be a whole number")
    return min(max(int(asked), SMALLEST_PAGE), LARGEST_PAGE)


def _start(query: dict[str, str]) -> int:
    token = query.get("continuationToken", "from-0")
    number = token.removeprefix("from-")
    if number == token or not number.isdecimal():
        raise refusals.bad_argument("Invalid continuation token")
    return int(number)
