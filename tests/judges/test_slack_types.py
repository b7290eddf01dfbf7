"""Slack's own TypeScript types judge the blocks and views that we make."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from adapters.slack import actions, listing, modals, render
from core.chat import Queue
from tests.adapters.slack.cards import REQUEST
from tests.judges.cards import EVERY_CARD, ITEM

ROOT = Path(__file__).parents[2]
TSC = ROOT / "node_modules" / "typescript" / "bin" / "tsc"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not TSC.exists(),
    reason="Node and the packages of package.json are not installed (npm install)",
)


def test_every_message_and_view_is_of_slacks_own_types(tmp_path: Path) -> None:
    messages = [render.blocks(card) for card in EVERY_CARD]
    messages.append(list(listing.queue(Queue(items=(ITEM,), more=3)).blocks))
    form = actions.Form(binding=EVERY_CARD[0].binding, channel="C1", ts="1.2")  # type: ignore[arg-type] # the first card is open
    views = [modals.reject(form, "New ERP system"), modals.whole_action(EVERY_CARD[0])]
    assert judged(tmp_path, messages, views) == ""


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
