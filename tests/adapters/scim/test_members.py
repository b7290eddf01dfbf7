"""A PATCH of a group's members, taken together, is what it is one operation after the other."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scim2_models import Context, PatchOp

from adapters.scim.errors import Turned
from adapters.scim.members import Bound, operations_of, require_few, taken_together
from adapters.scim.resources import POLICY, Group, GroupMember

Json = dict[str, Any]
SCHEMA = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
URN = "urn:ietf:params:scim:schemas:core:2.0:Group"
NAMED: Json = {"op": "replace", "path": "displayName", "value": "new"}

IDS = st.sampled_from(["a", "b", "c", "d"])
MEMBERS = st.lists(IDS.map(lambda id_: {"value": id_}), min_size=1, max_size=3)
OPERATIONS = st.one_of(
    st.builds(
        lambda op, value: {"op": op, "path": "members", "value": value},
        st.sampled_from(["add", "Add", "replace", "remove", "Remove"]),
        MEMBERS,
    ),
    IDS.map(lambda id_: {"op": "Remove", "path": f'members[value eq "{id_}"]'}),
    st.just(NAMED),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OPERATIONS, min_size=1, max_size=6), st.lists(IDS, unique=True))
def test_taken_together_they_do_what_they_do_one_by_one(
    operations: list[Json], present: list[str]
) -> None:
    taken = taken_together(operations, present)
    members = [GroupMember(value=id_, ref=None) for id_ in present]
    group = Group(display_name="old", members=members or None)
    patch = PatchOp[Group].model_validate(
        {"schemas": [SCHEMA], "Operations": operations},
        scim_ctx=Context.RESOURCE_PATCH_REQUEST,
        scim_policy=POLICY,
    )
    patch.patch(group, scim_policy=POLICY)
    assert taken is not None
    assert set(taken[0]) == {member.value for member in group.members or []}
    assert taken[1] == [each for each in operations if each == NAMED]


def test_thousands_are_taken_without_looking_at_each_for_each() -> None:
    """The library would need minutes, in which the server does nothing else."""
    present = [f"id{n}" for n in range(10_000)]
    out = [{"op": "remove", "path": f'members[value eq "{id_}"]'} for id_ in present[1:]]
    all_at_once = {
        "op": "remove",
        "path": f"{URN}:members",
        "value": [{"value": i} for i in present[1:]],
    }
    assert taken_together(out, present) == (("id0",), [])
    assert taken_together([all_at_once], present) == (("id0",), [])


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "remove", "path": 'members[value ne "a"]'},
        {"op": "remove", "path": "members"},
        {"op": "replace", "path": 'members[value eq "a"]', "value": {"value": "b"}},
        {"op": "add", "path": f"{URN}:members.value", "value": ["b"]},
        {"op": "add", "value": {"members": [{"value": "b"}]}},
        {"op": "add", "value": {"Members": [{"value": "b"}], "displayName": "x"}},
        {"op": "add", "path": "members", "value": [{"value": 5}]},
        {"op": "add", "path": "members", "value": "b"},
        {"OP": "remove", "PATH": 'members[value eq "a"]'},
        {"op": "move", "path": "members", "value": [{"value": "b"}]},
    ],
)
def test_what_is_said_in_another_way_is_left_to_the_library(operation: Json) -> None:
    assert taken_together([NAMED, operation], ["a"]) is None
    assert taken_together([NAMED], ["a"]) == (("a",), [NAMED])


def test_what_is_left_to_it_is_bounded() -> None:
    few = Bound(3, 100, 2)
    require_few([NAMED] * 3, few)
    require_few(None, few)
    with pytest.raises(Turned, match="at most 3 operations"):
        require_few([NAMED] * 4, few)
    with pytest.raises(Turned, match="at most 2 values"):
        require_few([{"op": "remove", "path": "members ", "VALUE": ["a", "b", "c"]}], few)
    for key in ("path", "PATH"):
        with pytest.raises(Turned, match="more than 100 characters"):
            require_few([{**NAMED, key: "x" * 45}] * 2, few)
    with pytest.raises(Turned, match="twice"):
        operations_of({"Operations": [], "operations": [NAMED]})
