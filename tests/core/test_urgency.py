"""The examples of urgency, run from the first minute to the end: who is told what, and when."""

from pathlib import Path
from typing import Any

from bot.files import load
from core.chat.audience import audience
from core.chat.digest import tells_of
from core.chat.holding import held_cards
from core.commands import Tick
from core.routing import route
from core.rows import IN_DIGEST, Delivery, Recipient, Snapshot
from core.submission import Submission
from tests.core.builders import HOUR, NOW
from tests.core.shown import asked

FOLDER = Path(__file__).parents[2] / "docs" / "policies"
MINUTE = 60_000
DAY = 24 * 60
"""Minutes."""
SLACK = frozenset({"slack"})
OWNER = "mara@example.com"


class Run:
    """A request under an example, Theo's unless it says, and what everybody gets of it.

    `log` has for each thing its minute, what it is and the person's name in the address: a card
    that was pushed, a digest that will tell of it, or the kind of a notice.
    """

    def __init__(
        self, example: str, submission: Submission, start: int = NOW, requester: str = "theo"
    ) -> None:
        policy, self.directory = load(FOLDER / f"{example}.yaml", FOLDER / "directory.yaml")
        who = self.directory.person(f"{requester}@example.com")
        assert who is not None
        found, amount, rule = route(
            policy, self.directory, submission, who, "agent", (who.email, OWNER), start
        )
        self.start = start
        self.cards: dict[Recipient, Delivery] = {}
        self.log: list[tuple[int, str, str]] = []
        self.story = asked(
            now=start,
            directory=self.directory,
            route=found,
            amount=amount,
            requester=who.email,
            owner=OWNER,
            expires_at=start + rule.expires_in,
        )
        self._see()

    def until(self, minute: int) -> "Run":
        """Let time go by, each moment at which something is due noticed as it comes."""
        while (wake := self.story.state.wake_at) is not None and self._minute(wake) <= minute:
            self.story.at(wake).when(Tick())
            self._see()
        self.story.at(max(self.story.now, self.start + minute * MINUTE))
        return self

    def approves(self, person: str) -> "Run":
        self.story.approves(f"{person}@example.com")
        self._see()
        return self

    def at(self, minute: int) -> list[tuple[str, str]]:
        """What happened in that minute."""
        return [(what, who) for when, what, who in self.log if when == minute]

    def minutes(self) -> list[int]:
        """The minutes in which somebody was told something."""
        return sorted({when for when, _, _ in self.log})

    def _see(self) -> None:
        story, events = self.story, self.story.history[self.story._seen :]
        everyone = audience(story.state, self.directory, SLACK)
        held = held_cards(story.before, story.state, events, everyone, self.directory, story.now)
        for to in everyone:
            self._card(to, held.get(to), waits=to in held)
        found = Snapshot(
            state=story.state, contents=story.contents, deliveries=tuple(self.cards.values())
        )
        for row in story.rows():
            if not tells_of(row, found, self.directory, story.now):
                self._tell(row.kind, row.to)

    def _card(self, to: Recipient, until: int | None, *, waits: bool) -> None:
        known = self.cards.get(to)
        if known is None or (known.in_digest and not waits):
            reason = IN_DIGEST if until is not None else None
            self.cards[to] = Delivery(
                request="R1", to=to, wanted=1, shown=0, attempts=0, waiting_reason=reason
            )
            self._tell("card" if until is None else f"digest {self._minute(until)}", to)

    def _tell(self, what: str, to: Recipient) -> None:
        self.log.append((self._minute(self.story.now), what, to.id.partition("@")[0]))

    def _minute(self, moment: int) -> int:
        return (moment - self.start) // MINUTE


def asks(action: str, **fields: Any) -> Submission:
    params = fields.pop("params", {})
    return Submission(action_type=action, params=params, title="t", **fields)


def everyone(what: str, *people: str) -> set[tuple[str, str]]:
    return {(what, who) for who in people}


# --- payments: fifteen minutes ----------------------------------------------------------------


def test_a_payment_that_nobody_decides_goes_up_every_fifteen_minutes() -> None:
    run = Run("payments", asks("payment", params={"amount": 100})).until(180)
    assert run.at(0) == [("card", "faye")]
    assert run.at(5) == run.at(10) == [("reminder", "faye")]
    assert run.at(15) == [
        *(("card", "finn"), ("escalated", "finn"), ("escalated", "faye"), ("escalated", "theo")),
    ]
    assert run.at(20) == run.at(25) == [("reminder", "faye"), ("reminder", "finn")]
    helpers = ("dana", "dev", "ada", "ivan")
    assert set(run.at(30)) == everyone("card", *helpers) | everyone(
        "escalated", *helpers, "faye", "finn", "theo"
    )
    asked_by_now = ("faye", "finn", *helpers)
    assert set(run.at(45)) == everyone("held", "theo", *asked_by_now)
    assert set(run.at(120)) == {("result", "theo"), *everyone("ended", "mara", *asked_by_now)}
    assert run.minutes() == [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 120]


def test_nobody_is_told_anything_twice() -> None:
    run = Run("payments", asks("payment", params={"amount": 100})).until(180)
    assert len(run.log) == len(set(run.log))


def test_a_payment_that_is_decided_in_time_disturbs_one_person() -> None:
    run = Run("payments", asks("payment", params={"amount": 100})).until(4)
    assert run.approves("faye").until(180).log == [(0, "card", "faye"), (4, "result", "theo")]


def test_a_large_payment_of_which_the_second_look_is_late_is_refused() -> None:
    run = Run("payments", asks("payment", params={"amount": 60_000})).until(4)
    run.approves("faye").until(180)
    assert set(run.at(4)) == everyone("card", "finn", "dana", "dev")
    assert set(run.at(19)) == {
        ("result", "theo"),
        *everyone("ended", "mara", "finn", "dana", "dev"),
    }


# --- customer mail: sixty minutes --------------------------------------------------------------


def test_a_mail_that_nobody_looks_at_is_late_after_an_hour() -> None:
    run = Run("customer-mail", asks("customer_mail"), requester="alice").until(600)
    assert run.at(0) == [("card", "sara"), ("card", "theo")]
    assert run.at(30) == [("reminder", "sara"), ("reminder", "theo")]
    helped = everyone("card", "ada", "ivan")
    assert set(run.at(60)) == helped | everyone("escalated", "ada", "ivan", "sara", "theo", "alice")
    assert set(run.at(120)) == everyone("held", "ada", "ivan", "sara", "theo", "alice")
    assert set(run.at(480)) == {
        ("result", "alice"),
        *everyone("ended", "mara", "sara", "theo", "ada", "ivan"),
    }
    assert not any(who == "dana" for _, _, who in run.log), "the directors are silent here"


# --- batch work: twenty-four working hours and one message a day --------------------------------


def test_batch_work_disturbs_nobody_before_the_working_day() -> None:
    """It is nine on Friday in Berlin, Rolf began at eight: he reads of it on Monday at eight."""
    run = Run("batch-work", asks("batch_job")).until(3 * DAY)
    assert run.log == [(0, f"digest {3 * DAY - 60}", "rolf")]


def test_batch_work_that_rolf_decides_is_one_line_of_one_message() -> None:
    run = Run("batch-work", asks("batch_job")).until(3 * DAY).approves("rolf")
    told = [what for _, what, _ in run.until(30 * DAY).log]
    assert told == [f"digest {3 * DAY - 60}"], "Theo reads of the result in his digest too"


def test_batch_work_that_is_late_is_told_at_once() -> None:
    run = Run("batch-work", asks("batch_job")).until(30 * DAY)
    escalated = run.minutes()[1]
    assert escalated == 5 * DAY, "Rolf has three working days of eight hours"
    assert set(run.at(escalated)) == {
        ("card", "olga"),
        *everyone("escalated", "olga", "rolf", "theo"),
    }
    reminded = [when for when, what, who in run.log if (what, who) == ("reminder", "rolf")]
    assert min(reminded) > escalated, "until then his digests tell him in time"
    assert [what for _, what, who in run.log if who == "rolf"][-1] == "ended"


def test_urgent_batch_work_at_night_asks_who_is_on_call_and_waits_for_no_digest() -> None:
    run = Run("batch-work", asks("batch_job", labels=("urgent",)), NOW + 12 * HOUR)
    assert set(run.at(0)) == everyone("card", "rolf", "olga")
    assert run.until(119).minutes() == [0]
    assert set(run.until(120).at(120)) == {
        ("card", "dana"),
        *everyone("escalated", "dana", "rolf", "olga", "theo"),
    }, "Dana wants one message a day, and this cannot wait for it"
