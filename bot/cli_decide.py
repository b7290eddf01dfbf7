"""`countersign approve`, `reject`, `request-changes`, ...: deciding as the person of the key.

In a terminal the request is shown first, and what is sent names the revision, the stage and its
round that were shown: what was seen is what is approved.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli_exit import Exit, examples
from bot.cli_options import (
    LONGEST,
    AsJson,
    Id,
    KeyFile,
    Reason,
    Refusal,
    Url,
    filled,
    in_terminal,
    told,
)

if TYPE_CHECKING:
    from bot.cli_ask import Answers
    from bot.cli_client import Server
    from bot.cli_trail import Trail
    from core.card import Card

PANEL = "Decide"
app = typer.Typer()

ASK_REASON = "Why? Everyone concerned will read it: "

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed outside a terminal.")]
Timeout = Annotated[
    int | None,
    typer.Option(
        "--timeout",
        min=1,
        max=LONGEST,
        metavar="SECONDS",
        help="Wait so long for your answer; without one nothing is changed.",
    ),
]
Stage = Annotated[
    str | None, typer.Option(help="The stage that is meant; any but the open one is refused.")
]
Revision = Annotated[
    int | None,
    typer.Option(min=1, help="The revision that was seen; any but the present one is refused."),
]
Round = Annotated[
    int | None,
    typer.Option(
        min=1, help="The round of the stage that was seen; any but the present one is refused."
    ),
]


APPROVE = examples(
    "countersign approve ID",
    "countersign approve ID --edit amount=900 --timeout 60",
    "countersign approve ID --yes --revision 2 --stage Finance",
    codes=True,
)
REJECT = examples(
    "countersign reject ID",
    "countersign reject ID --yes --reason 'No budget this year'",
    codes=True,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What somebody wants to do to a request; `verb` names it in the question."""

    id: str
    verb: str
    path: str
    body: dict[str, Any]
    reason_in: str
    reason: str | None
    reason_needed: bool
    edits: Mapping[str, str] = field(default_factory=dict)


@app.command(rich_help_panel=PANEL, epilog=APPROVE)
def approve(
    id: Id,
    reason: Reason = None,
    yes: Yes = False,
    timeout: Timeout = None,
    stage: Stage = None,
    revision: Revision = None,
    round: Round = None,
    edit: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Change this first; repeatable."),
    ] = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Approve; in a terminal, after showing the request and asking."""
    edits = dict(map(_edit, edit or ()))
    wish = _decision(id, "approve", reason, stage, revision, round)
    if edits:
        wish = replace(wish, body=wish.body | {"edits": edits}, edits=edits)
    _do(wish, yes, timeout, url, key_file, as_json)


@app.command(rich_help_panel=PANEL, epilog=REJECT)
def reject(
    id: Id,
    reason: Reason = None,
    yes: Yes = False,
    timeout: Timeout = None,
    stage: Stage = None,
    revision: Revision = None,
    round: Round = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Reject, with a reason; in a terminal, after showing the request and asking."""
    wish = _decision(id, "reject", reason, stage, revision, round)
    _do(wish, yes, timeout, url, key_file, as_json)


@app.command("request-changes", rich_help_panel=PANEL)
def request_changes(
    id: Id,
    reason: Annotated[str, typer.Option("--reason", help="What to change; the agent reads it.")],
    stage: Stage = None,
    revision: Revision = None,
    round: Round = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Send the request back to its agent."""
    wish = _decision(id, "request_changes", reason, stage, revision, round)
    _do(wish, True, None, url, key_file, as_json)


@app.command("break-glass", rich_help_panel=PANEL)
def break_glass(
    id: Id,
    reason: Annotated[str, typer.Option("--reason", help="Why there is no time to wait.")],
    yes: Yes = False,
    timeout: Timeout = None,
    revision: Revision = None,
    url: Url = None,
    key_file: KeyFile = None,
    as_json: AsJson = False,
) -> None:
    """EMERGENCY ONLY: approve alone, past everyone who was to decide; they are all told."""
    wish = Wish(
        id=id,
        verb="Break glass and approve",
        path="break-glass",
        body=filled({"revision": revision}),
        reason_in="reason",
        reason=reason,
        reason_needed=True,
    )
    _do(wish, yes, timeout, url, key_file, as_json)


@app.command("withdraw-vote", rich_help_panel=PANEL)
def withdraw_vote(
    id: Id, url: Url = None, key_file: KeyFile = None, as_json: AsJson = False
) -> None:
    """Take your vote back, while its stage is open."""
    with told(as_json):
        from bot.cli_acts import report
        from bot.cli_client import server

        report(server(url, key_file).delete(f"/v1/requests/{id}/decisions"), as_json)


def _decision(
    id: str,
    decision: str,
    reason: str | None,
    stage: str | None,
    revision: int | None,
    round: int | None,
) -> Wish:
    seen = {"stage": stage, "revision": revision, "round": round}
    return Wish(
        id=id,
        verb=decision.replace("_", " ").capitalize(),
        path="decisions",
        body={"decision": decision} | filled(seen),
        reason_in="comment",
        reason=reason,
        reason_needed=decision != "approve",
    )


def _do(wish: Wish, yes: bool, timeout: int | None, url: Any, key_file: Any, as_json: bool) -> None:
    _require_enough(wish, yes, as_json)
    with told(as_json):
        from bot.cli_acts import report
        from bot.cli_client import server

        to = server(url, key_file)
        meant = _asked(to, wish, yes, timeout)
        body = meant.body | filled({meant.reason_in: meant.reason})
        try:
            answer = to.post(f"/v1/requests/{meant.id}/{meant.path}", body)
        except Refusal as refusal:
            if refusal.status != 409 or as_json:
                raise
            _tell_now(to, meant.id, refusal)
            raise typer.Exit(Exit.REFUSED) from None
        report(answer, as_json)


def _require_enough(wish: Wish, yes: bool, as_json: bool) -> None:
    """Outside a terminal nobody can be shown anything or asked. Raises typer.BadParameter."""
    person = in_terminal() and not as_json
    missing = [] if yes or person else ["--yes"]
    if wish.reason_needed and not (wish.reason or "").strip() and not person:
        missing.append("--reason TEXT")
    if missing:
        where = "with --json" if in_terminal() else "without a terminal"
        raise typer.BadParameter(
            f"nothing can be asked {where}, so this needs {' and '.join(missing)}. "
            "See first what it is about: countersign status ID"
        )


def _asked(to: "Server", wish: Wish, yes: bool, timeout: int | None) -> Wish:
    """The wish with all that has to be asked for: about exactly what was shown, and why."""
    from bot.cli_ask import Answers

    shown = None if yes else _looked_at(to, wish)
    needs_reason = wish.reason_needed and not (wish.reason or "").strip()
    if shown is None and not needs_reason:
        return wish
    answers = Answers(timeout)
    meant = wish if shown is None else _agreed(wish, *shown, answers)
    return replace(meant, reason=_reason(answers)) if needs_reason else meant


def _looked_at(to: "Server", wish: Wish) -> "tuple[Trail, Card]":
    """What is shown before it is asked: the card, and what would become of it."""
    from bot.cli_ask import NOTHING_DONE
    from bot.cli_show import say

    trail, shown = _shown(to, wish.id)
    if not trail.state.is_open:
        say(NOTHING_DONE)
        raise typer.Exit(Exit.REFUSED)
    if wish.edits:
        say("With these changes:", *(f"  {each}" for each in _changes(wish.edits, shown)))
    for button in shown.buttons:
        if button.verb == "approve" and button.confirm is not None and wish.verb != "Reject":
            say(button.confirm.text)
    return trail, shown


def _changes(edits: Mapping[str, str], shown: "Card") -> Iterator[str]:
    """What an approver changes, each beside what it is now, where the card says that."""
    from bot.cli_show import line

    facts = {fact.label.lower(): fact.value for fact in shown.facts}
    for name, value in edits.items():
        now = facts.get(name.lower())
        yield line(f"{name} becomes {value}") + ("" if now is None else f" (it is {line(now)})")


def _agreed(wish: Wish, trail: "Trail", shown: "Card", answers: "Answers") -> Wish:
    """The wish about exactly what was shown, once the person has agreed to it."""
    from bot.cli_ask import NOTHING_DONE
    from bot.cli_show import say

    if not _yes(shown, f"{wish.verb} this?", answers):
        say(NOTHING_DONE)
        raise typer.Exit(Exit.DECLINED)
    stage = trail.state.current
    seen: dict[str, Any] = {"revision": trail.state.revision}
    if wish.path == "decisions" and stage is not None:
        seen |= {"stage": stage.plan.name, "round": stage.round}
    return replace(wish, body=seen | wish.body)


def _shown(to: "Server", id: str) -> "tuple[Trail, Card]":
    from bot import clock
    from bot.cli_show import card_lines, say, zone
    from bot.cli_trail import read_trail

    trail = read_trail(to, id)
    card = trail.card(zone(), clock.now())
    say(*card_lines(card), "")
    return trail, card


def _tell_now(to: "Server", id: str, refusal: Refusal) -> None:
    """Why not, and what is true now, where something else was meant."""
    from bot.cli_show import say

    say(*refusal.sentences, error=True)
    say("This is how it stands now:", "", error=True)
    _shown(to, id)


def _yes(shown: "Card", question: str, answers: "Answers") -> bool:
    from bot.cli_show import details, say

    while True:
        match answers.to(f"{question} [y]es / [n]o / [d]etails: ").strip().lower():
            case "y" | "yes":
                return True
            case "n" | "no":
                return False
            case "d" | "details":
                say("", *details(shown), "")


def _reason(answers: "Answers") -> str:
    while True:
        typed = answers.to(ASK_REASON).strip()
        if typed:
            return typed


def _edit(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise typer.BadParameter("use FIELD=VALUE, as in amount=900", param_hint="--edit")
    return name.strip(), value
