"""The card that goes with an answer: only for who may see it, and as they may."""

from core.chat.present import present
from core.content import Text
from core.rows import OutboxRow, Recipient, Snapshot
from tests.core.builders import ALICE, DIRECTORY, MARA, NOW, a_revision, content
from tests.core.spec import submitted

FOUND = Snapshot(
    state=submitted().rejects(MARA, "Too dear").state,
    contents={
        "R1.r1": content("R1.r1", a_revision()).body,
        f"comment-{MARA}": content("c", Text(text="Too dear")).body,
    },
)


def answer(account: str, realm: str | None = "T1") -> OutboxRow:
    facts = {"channel": "C1"} | ({} if realm is None else {"realm": realm})
    to = Recipient(platform="slack", id=account, kind="account")
    return OutboxRow(id="a", dedupe="a", kind="answer", request="R1", to=to, facts=facts)


def test_who_may_see_the_request_sees_what_became_of_it() -> None:
    for account in ("U-Mara", "U-Alice"):
        shown = present(answer(account), FOUND, DIRECTORY, NOW)
        assert shown is not None
        assert (shown.headline, shown.buttons) == ("Rejected by Mara", ())


def test_nobody_else_gets_a_card() -> None:
    assert {MARA, ALICE} <= DIRECTORY.people.keys()
    assert present(answer("U-Dana", "T2"), FOUND, DIRECTORY, NOW) is None, "another workspace"
    assert present(answer("U-NOBODY"), FOUND, DIRECTORY, NOW) is None
    assert present(answer("U-Mara"), None, DIRECTORY, NOW) is None
    assert present(answer("U-Mara", realm=None), FOUND, DIRECTORY, NOW) is None, "an old row"
