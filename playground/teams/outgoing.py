"""Reads what the bot wants to post or change, and refuses what Teams would refuse.

Returns the content to keep; knows no conversation, no person and no transport.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from playground.store import Json
from playground.teams import cards, refusals
from playground.teams.messages import ADAPTIVE_CARD

# About 100 KB for the whole message in UTF-16 without base64 images, 80 KB to be safe:
# https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/format-your-bot-messages
MOST_BYTES = 100 * 1024
SAFE_BYTES = 80 * 1024
_IMAGE = re.compile(r"data:image/[a-z.+-]+;base64,[A-Za-z0-9+/=]+")
_FORMATS = frozenset({None, "plain", "markdown", "xml"})


def read(activity: Mapping[str, Any]) -> Json:
    """Return text, attachments and warnings of a message, or raise Refusal."""
    size = _size(activity)
    if size > MOST_BYTES:
        raise refusals.too_big()
    text, attachments = activity.get("text") or "", activity.get("attachments") or []
    if not isinstance(text, str) or not isinstance(attachments, list):
        raise refusals.bad_argument("text must be a string and attachments a list")
    if activity.get("textFormat") not in _FORMATS:
        raise refusals.bad_argument("Unknown text format")
    if not text and not attachments:
        raise refusals.bad_syntax(
            "Activity must include non-empty 'text' field or at least one attachment"
        )
    warnings = [warning for attachment in attachments for warning in _attachment(attachment)]
    if size > SAFE_BYTES:
        warnings.append(f"message: {size} bytes in UTF-16, over the safe {SAFE_BYTES}")
    # Without a format, Teams takes the text for Markdown.
    shape = activity.get("textFormat") or "markdown"
    content = {"text": text, "textFormat": shape, "attachments": attachments, "warnings": warnings}
    summary = activity.get("summary")
    return {**content, "summary": summary} if isinstance(summary, str) else content


def _size(activity: Mapping[str, Any]) -> int:
    text = _IMAGE.sub("", json.dumps(activity, ensure_ascii=False, separators=(",", ":")))
    return len(text.encode("utf-16-le", "surrogatepass"))


def _attachment(attachment: object) -> list[str]:
    if not isinstance(attachment, Mapping):
        raise refusals.bad_argument("An attachment must be an object")
    if attachment.get("contentType") != ADAPTIVE_CARD:
        raise refusals.bad_argument("Unknown attachment type")
    report = cards.check(attachment.get("content"))
    if report.problems:
        raise refusals.bad_argument(f"Invalid card: {'; '.join(report.problems[:5])}")
    return report.warnings


def split(content: Json) -> list[Json]:
    """Return a message as Teams posts it: text and attachments together become two messages.

    https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability
    """
    if not (content["text"] and content["attachments"]):
        return [content]
    return [{**content, "attachments": [], "warnings": []}, {**content, "text": ""}]
