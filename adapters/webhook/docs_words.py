"""Words and code as HTML, always escaped."""

import json
import re
from html import escape
from typing import Any, Final


def text(said: str) -> str:
    """Escaped, with `backticks` as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(said, quote=False))


def paragraphs(said: str) -> str:
    """One paragraph for each, told apart by an empty line."""
    return "".join(f"<p>{text(part)}</p>" for part in said.split("\n\n") if part)


def verb(method: str) -> str:
    """An HTTP method as a word in its colour."""
    return f'<b class="{escape(method)}">{escape(method.upper())}</b>'


def code(said: str) -> str:
    """A block of code that can be read with the keyboard, and copied."""
    return f'<pre tabindex="0"><code>{escape(said, quote=False)}</code></pre>'


def json_code(value: Any) -> str:
    """A JSON value as a block, its names told from its values."""
    shown = escape(written(value), quote=False)
    named = re.sub(r'^( *)("[^"\n]*")(?=: )', r"\1<i>\2</i>", shown, flags=re.MULTILINE)
    return f'<pre tabindex="0"><code>{named}</code></pre>'


def written(value: Any) -> str:
    """A JSON value as people write it; short lists of plain values stay on one line."""
    laid_out = json.dumps(value, indent=2, ensure_ascii=False)
    return _LIST.sub(_on_one_line, laid_out)


_LIST: Final = re.compile(r'\[\n((?: *(?:"(?:[^"\\\n]|\\.)*"|[\w.+-]+),?\n)+) *\]')
_WIDTH: Final = 80


def _on_one_line(found: re.Match[str]) -> str:
    line = " ".join(found[1].split())
    return f"[{line}]" if len(line) <= _WIDTH else found[0]
