"""Changes of the people who are kept: rules that hold whatever is asked for, in whatever order."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from core.directory import changes, groups
from core.directory.accounts import Account, How
from core.directory.changes import Change, Guarded
from core.directory.groups import file_id
from core.directory.kept import CSV, SCIM, KeptGroup, KeptPerson, Mail, PeopleLedger, ScimNames
from core.directory.merging import as_person, circle, ever_known, merged
from core.directory.people import Directory, Identity, Person
from core.directory.refusing import SENTENCES, NotKept, Why
from core.events import Actor
from core.policy.policy import GlassRule
from core.service.people import guarded_by
from core.system_events import PersonAdded, PersonChanged, PersonDeactivated, PersonReactivated
from tests.core.builders import a_policy, a_rule
from tests.core.people_ledger import MemoryPeople

ANN, BEN = "ann@example.com", "ben@example.com"
SLACK = Identity(platform="slack", realm="T1", account="U1")
FILE = Directory(
    [
        Person(email=ANN, name="Ann", groups=("admins", "finance"), identities=(SLACK,)),
        Person(email=BEN, name="Ben", manager=ANN),
    ]
)
GUARDED = Guarded(groups=frozenset({"admins"}), roles=frozenset({"breaker"}))
BY = Actor(via="api", agent="k1")


def a_change(ledger: PeopleLedger, *, source: str = SCIM, guarded: Guarded = GUARDED) -> Change:
    return Change(ledger=ledger, file=FILE, actor=BY, now=7, source=source, guarded=guarded)


def person(who: str, **fields: object) -> KeptPerson:
    return replace(KeptPerson(id=who, email=f"{who}@example.com", name=who), **fields)


def refused(fn: Callable[[], object]) -> Why:
    with pytest.raises(NotKept) as caught:
        fn()
    assert "{" not in caught.value.sentence
    return caught.value.why


def test_each_reason_has_its_sentence() -> None:
    assert set(SENTENCES) == set(Why)


def test_the_trail_says_how_somebody_came_to_have_a_say() -> None:
    ledger = MemoryPeople()
    change = a_change(ledger)
    changes.added(change, person("cleo", groups=("finance",), manager=ANN))
    changes.changed(change, person("cleo", groups=("finance", "board"), manager=ANN))
    changes.changed(change, person("cleo", groups=("finance", "board"), manager=ANN, name="Cleo"))
    changes.changed(change, person("cleo", manager=ANN, name="Cleo", active=False))
    changes.changed(change, person("cleo", manager=ANN, name="Cleo"))
    events = [recorded.event for _, recorded in ledger.trail]
    assert {stream for stream, _ in ledger.trail} == {"person:cleo@example.com"}
    assert all(recorded.actor == BY for _, recorded in ledger.trail)
    added, grown, renamed, shrunk, gone, back = events
    assert isinstance(added, PersonAdded)
    assert (added.source, added.authority.groups, added.authority.manager) == (
        "scim",
        ("finance",),
        ANN,
    )
    assert isinstance(grown, PersonChanged)
    assert grown.before is not None
    assert grown.after is not None
    assert (grown.before.groups, grown.after.groups) == (("finance",), ("finance", "board"))
    assert isinstance(renamed, PersonChanged)
    assert (renamed.fields, renamed.before, renamed.after) == (("name",), None, None)
    assert isinstance(shrunk, PersonChanged)
    assert (isinstance(gone, PersonDeactivated), isinstance(back, PersonReactivated)) == (
        True,
        True,
    )


def test_no_name_of_anybody_stands_in_an_event() -> None:
    """The trail cannot be erased."""
    ledger = MemoryPeople()
    names = ScimNames(given_name="Secretia", emails=(Mail("cleo@example.com"),))
    changes.added(a_change(ledger), person("cleo", name="Secretia", scim=names))
    changes.changed(a_change(ledger), person("cleo", name="Secretia Two", scim=names))
    changes.removed(a_change(ledger), "cleo")
    assert "Secretia" not in str(ledger.trail)
    assert "Secretia" not in str(ledger.people)


@pytest.mark.parametrize(
    ("new", "why"),
    [
        (person("ann"), Why.FROM_FILE),
        (person("cleo", email="no address"), Why.NO_ADDRESS),
        (person("dora", email="a\u200bnn@example.com"), Why.NO_ADDRESS),
        (person("dora", email="cleo@example.com"), Why.ADDRESS_TAKEN),
        (person("dora", scim=ScimNames(user_name="CLEO@example.com")), Why.USER_NAME_TAKEN),
        (person("dora", scim=ScimNames(user_name=ANN.upper())), Why.USER_NAME_TAKEN),
        (person("dora", manager="nobody@example.com"), Why.UNKNOWN_MANAGER),
        (person("dora", manager="dora@example.com"), Why.CIRCLE),
        (person("dora", groups=("admins",)), Why.PROTECTED),
        (person("dora", roles=("breaker",)), Why.PROTECTED),
        (person("dora", roles=tuple(map(str, range(201)))), Why.TOO_MUCH),
    ],
)
def test_who_cannot_stand_beside_the_others_is_not_kept(new: KeptPerson, why: Why) -> None:
    ledger = MemoryPeople()
    changes.added(a_change(ledger), person("cleo"))
    assert refused(lambda: changes.added(a_change(ledger), new)) is why


def test_power_is_not_given_back_by_reactivating_or_renaming() -> None:
    """An administrator whom a table brought in: SCIM may take the power away, and not give it."""
    ledger = MemoryPeople()
    by_table = a_change(ledger, source=CSV, guarded=Guarded())
    admin = changes.added(by_table, person("root", groups=("admins",)))
    mine = replace(admin, email="mallory@example.com")
    assert refused(lambda: changes.changed(a_change(ledger), mine)) is Why.PROTECTED
    off = changes.changed(a_change(ledger), replace(admin, active=False))
    back = replace(off, active=True)
    assert refused(lambda: changes.changed(a_change(ledger), back)) is Why.PROTECTED
    assert changes.changed(a_change(ledger), replace(off, department="IT")).department == "IT"


def test_a_new_address_takes_nothing_along_that_was_the_old_ones() -> None:
    ledger = MemoryPeople()
    change = a_change(ledger)
    changes.added(change, person("cleo"))
    changes.added(change, person("led", manager="cleo@example.com"))
    account = Account(id="a", identity=SLACK, person="cleo@example.com", how=How.ADMIN, bound_at=1)
    ledger.accounts.keep(account)
    changes.changed(change, person("cleo", email="cleo.new@example.com"))
    assert ledger.accounts.holding() == []
    assert ledger.people["led"].manager == "cleo.new@example.com"
    there = merged(FILE, ledger.kept())
    assert there.person("cleo@example.com") is None
    assert there.people["cleo.new@example.com"].conflicts == ("cleo@example.com",)
    changes.changed(change, person("cleo"))
    again = merged(FILE, ledger.kept()).people["cleo@example.com"]
    assert again.conflicts == ("cleo.new@example.com",)


@pytest.mark.parametrize(("led", "manager"), [(True, "led"), (False, "cleo")])
def test_no_circle_closes_by_a_new_address(led: bool, manager: str) -> None:
    """Whom they lead, they lead on under the new one: who is led by them cannot lead them."""
    ledger = MemoryPeople()
    change = a_change(ledger)
    changes.added(change, person("cleo"))
    if led:
        changes.added(change, person("led", manager="cleo@example.com"))
    wished = person("cleo", email="cleo.new@example.com", manager=f"{manager}@example.com")
    assert refused(lambda: changes.changed(change, wished)) is Why.CIRCLE


def test_a_group_is_another_version_when_its_members_are_others() -> None:
    """Else a provider that knows the old one is told that nothing changed, and a PATCH of the old
    members puts them back."""
    ledger = MemoryPeople()
    change = a_change(ledger)
    cleo = changes.added(change, person("cleo"))
    groups.group_added(change, KeptGroup(id="g", name="board"), ["cleo"])
    assert ledger.groups["g"].version == 1
    changes.changed(change, replace(ledger.people["cleo"], groups=()))
    changes.changed(change, replace(cleo, groups=("board",)))
    assert ledger.groups["g"].version == 3
    changes.changed(change, replace(ledger.people["cleo"], department="IT"))
    changes.removed(change, "cleo")
    assert ledger.groups["g"].version == 4


def test_the_file_comes_first() -> None:
    ledger = MemoryPeople()
    before = Directory([])
    change = Change(ledger=ledger, file=before, actor=BY, now=1, source=CSV)
    changes.added(change, person("ann", groups=("board",), name="Other Ann"))
    changes.added(change, person("eve", identities=(SLACK,), manager="ann@example.com"))
    now = merged(FILE, ledger.kept())
    assert now.people[ANN] == FILE.people[ANN]
    assert now.people["eve@example.com"].identities == ()
    assert now.people["eve@example.com"].manager == ANN
    assert now.by_identity(SLACK) == FILE.people[ANN]
    assert refused(lambda: changes.removed(a_change(ledger), "ann")) is Why.FROM_FILE


def test_a_policy_may_go_on_naming_who_left_and_groups_without_members() -> None:
    ledger = MemoryPeople()
    change = a_change(ledger)
    changes.added(change, person("cleo", groups=("board",)))
    groups.group_added(change, KeptGroup(id="g", name="empty"))
    changes.removed(change, "cleo")
    groups.group_removed(change, "g")
    now, ever = merged(FILE, ledger.kept()), ever_known(FILE, ledger.kept())
    assert (now.person("cleo@example.com"), now.has_group("board")) == (None, False)
    assert ever.person("cleo@example.com") is not None
    assert (ever.has_group("board"), ever.has_group("empty"), ever.group("empty")) == (
        True,
        True,
        (),
    )


def test_a_manager_who_does_not_count_leads_nobody() -> None:
    led = person("led", manager="gone@example.com")
    assert as_person(led, {"led@example.com"}).manager is None


def test_what_breaks_the_glass_is_guarded() -> None:
    policy = a_policy(a_rule(glass=GlassRule(role="breaker")), a_rule("other"))
    assert guarded_by(policy) == GUARDED


def test_a_circle_is_told_along_its_line() -> None:
    lead = {"b": "c", "c": "a", "x": "y", "y": "x"}.get
    assert circle("a", "b", lead) == ("a", "b", "c", "a")
    assert circle("a", "x", lead) == ()  # another circle, that a only leads to


# --- whatever is asked for ---------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "ann", "ben"])
EMAILS = NAMES.map(lambda name: f"{name}@example.com")
GROUPS = st.sampled_from(["finance", "Finance", "board", "admins", ""])
IDS = st.sampled_from(["i0", "i1", "i2", "i3", file_id(ANN), file_id(BEN), "nobody"])
PEOPLE = st.builds(
    KeptPerson,
    id=IDS,
    email=EMAILS,
    name=NAMES,
    active=st.booleans(),
    manager=st.none() | EMAILS,
    roles=st.lists(st.sampled_from(["clerk", "breaker"]), max_size=2, unique=True).map(tuple),
)
MEMBERS = st.lists(IDS, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), PEOPLE),
        st.tuples(st.just("change"), PEOPLE),
        st.tuples(st.just("remove"), IDS),
        st.tuples(st.just("add group"), GROUPS, MEMBERS),
        st.tuples(st.just("change group"), IDS, GROUPS, MEMBERS),
        st.tuples(st.just("remove group"), IDS),
    ),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_is_sent_the_directory_stays_whole(steps: list[tuple[object, ...]]) -> None:
    ledger = MemoryPeople()
    for n, step in enumerate(steps):
        try:
            ledger.whole(lambda inside, n=n, step=step: _do(a_change(inside), n, step))  # type: ignore[misc]  # bound now
        except NotKept:
            continue
        _is_whole(ledger)


def _do(change: Change, n: int, step: tuple[object, ...]) -> None:
    match step:
        case ("add", KeptPerson() as new):
            changes.added(change, replace(new, id=f"i{n % 4}" if n < 4 else f"n{n}"))
        case ("change", KeptPerson() as wished):
            kept = change.ledger.person(wished.id)
            changes.changed(change, replace(wished, groups=() if kept is None else kept.groups))
        case ("remove", str(id_)):
            changes.removed(change, id_)
        case ("add group", str(name), list(members)):
            groups.group_added(
                change, KeptGroup(id=f"i{n % 4}" if n < 4 else f"n{n}", name=name), members
            )
        case ("change group", str(id_), str(name), list(members)):
            groups.group_changed(change, KeptGroup(id=id_, name=name), members)
        case ("remove group", str(id_)):
            groups.group_removed(change, id_)


def _is_whole(ledger: MemoryPeople) -> None:
    there = ledger.everyone()
    emails = [p.email for p in there]
    assert len(set(emails)) == len(emails), "an address belongs to one person"
    assert not set(emails) & set(FILE.people), "nobody stands beside the file under its address"
    live = {g.name for g in ledger.groups.values() if g.deleted_at is None}
    assert len({name.casefold() for name in live}) == len(live)
    for each in there:
        assert set(each.groups) <= live, "a member's group is there"
        assert not (each.active and ("admins" in each.groups or "breaker" in each.roles))
        lead = each.manager
        assert lead is None or lead in FILE.people or _was_there(ledger, lead)
    now = merged(FILE, ledger.kept())
    assert {e: now.people[e] for e in FILE.people} == dict(FILE.people), "the file is untouched"
    for email in now.people:
        _leads_out(now, email)


def _was_there(ledger: MemoryPeople, email: str) -> bool:
    return any(p.email == email for p in ledger.people.values())


def _leads_out(directory: Directory, email: str) -> None:
    seen: set[str] = set()
    person: str | None = email
    while person is not None:
        assert person not in seen, "managers go in a circle"
        seen.add(person)
        person = directory.people[person].manager
