"""Slack's own TypeScript types judge the blocks and views that we make."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.slack import absences, forms, listing, menu, modals, notices, render
from adapters.slack.actions import Where
from core.card import RemarkLine, Verb
from core.chat.port import AbsenceLine, Absences, Queue
from core.ports import Notice
from tests.adapters.slack.cards import MORE, NOW, REQUEST, card, form
from tests.judges.cards import EVERY_CARD, ITEM

ROOT = Path(__file__).parents[2]
TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not TSC.exists(),
    reason="Node and the packages of package.json are not installed (npm install)",
)


MENUS = ((), MORE[:5], MORE)
REMARKS = (RemarkLine(name="Ann", text="Which budget?", at=NOW, question=True),)
ACCOUNTS = (
    AbsenceLine(id="a1", giver="Ann", taker="Bob", starts=NOW, ends=None),
    AbsenceLine(id="a2", giver="*Ann*", taker="<@U1>", starts=NOW, ends=NOW),
)
KINDS = ("result", "reminder", "question", "held", "break_glass")
WHERE = Where(channel="C1", ts="1.2")


def messages() -> list[object]:
    """Messages of every kind."""
    found: list[object] = [render.blocks(card) for card in EVERY_CARD]
    found += [render.blocks(card(more=more, remarks=REMARKS, note="Revision 2")) for more in MENUS]
    found.append(listing.queue(Queue(items=(ITEM,), more=3)).blocks)
    found += [listing.usage("What?").blocks, absences.listed(Absences(items=ACCOUNTS)).blocks]
    notice = Notice(kind="", request="R1", title="New ERP *system*", text="<!here> Too dear")
    return found + [notices.message(replace(notice, kind=kind)).blocks for kind in KINDS]


def views() -> list[object]:
    """Modals of every kind."""
    found: list[object] = [forms.view(form(verb, intro="So."), "New ERP", WHERE) for verb in Verb]
    found += [menu.choices(card(more=more), WHERE) for more in MENUS]
    found += [modals.whole_action(EVERY_CARD[0]), modals.history("R1", "10:00 Ann asked.")]
    return [*found, modals.sentence("Recorded.")]


def test_every_message_and_view_is_of_slacks_own_types(tmp_path: Path) -> None:
    assert judged(tmp_path, messages(), views()) == ""


def test_the_judge_finds_a_wrong_block(tmp_path: Path) -> None:
    wrong = [{"type": "header", "text": {"type": "mrkdwn", "text": REQUEST}}]
    assert "error TS" in judged(tmp_path, [wrong], [])


def judged(folder: Path, messages: Sequence[object], views: Sequence[object]) -> str:
    """What the compiler says; nothing when all is well."""
    lines = ["import type { KnownBlock, View } from '@slack/types';"]
    lines += [
        f"const m{i} = {json.dumps(m)} satisfies KnownBlock[];" for i, m in enumerate(messages)
    ]
    lines += [f"const v{i} = {json.dumps(v)} satisfies View;" for i, v in enumerate(views)]
    lines.append("export {};")
    (folder / "check.ts").write_text("\n".join(lines))
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"]
    options += ["--module", "nodenext", "--moduleResolution", "nodenext"]
    done = subprocess.run(
        ["node", str(TSC), *options, "check.ts"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout
