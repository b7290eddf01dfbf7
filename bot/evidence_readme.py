"""The README of an evidence pack: what each file proves, and how to check it without the server."""

from collections.abc import Mapping, Sequence
from typing import Final

from core.audit.cells import moment
from core.audit.pack import MANIFEST, Member
from core.value import Millis

_ABOUT: Final[Mapping[str, str]] = {
    "trail.jsonl": (
        "The events of the period as they were stored, under signed checkpoints, with a signed "
        "last line. It begins and ends with whole checkpoints, so that events shortly before and "
        "after the period may be in it. Proves that no event was changed, added, moved or removed."
    ),
    "checkpoints.jsonl": (
        "The same checkpoints alone. Keep this file: every later export must contain them, or the "
        "past was rewritten."
    ),
    "keys.json": (
        "The public keys as the server publishes them. They come from the same hands as "
        "everything else here: compare their ids (kid) with those you got at another time or in "
        "another way, and give --key the file that you got."
    ),
    "signing_keys.csv": (
        "From when until when each key signed checkpoints, over the whole trail, not only the "
        "period."
    ),
    "decisions.csv": (
        "A row for each request that ended in the period, as it stands when the pack is made: who "
        "decided, when and by which means. `bypass` names what approved where no person did. The "
        "events `finished` and `voted` in the trail are the proof of each row."
    ),
    "incidents.csv": (
        "What was out of the ordinary: approvals outside of the usual way, holds, freezes, tokens "
        "and keys taken back, failed executions, reported incidents, erasures. Each row names its "
        "record in the trail by `stream` and `number`."
    ),
    "policies.csv": "Which version of the policy was in force from when until when, and by whom.",
    "people.csv": (
        "Everybody in the directory when the pack is made, with roles and groups: these may sign "
        "in to the pages, and decide where a stage names them. The directory "
        "keeps no earlier versions: what a decision rested on stands in its event."
    ),
    "api_keys.csv": "Every API key that was ever made, with what it may do. No secret.",
    "accounts.csv": "Chat accounts that were linked to people, beside those of the directory.",
    "delegations.csv": "Standing delegations: who acts for whom, and until when.",
}

_HEAD: Final = """\
Countersign: evidence pack

Made {at}.
Period: {begins} until before {ends}. All times are UTC.

HOW TO CHECK IT

Everything can be checked without the server and without a network, with the public keys:

    countersign audit verify-pack THIS.zip --key keys.json

It compares every file with the signed list ({manifest}) and checks the trail in it. It ends with
exit code 0, or with 1 and a line for each file that was changed, added or removed. With
checkpoints that you received earlier it also finds a past that was rewritten:

    countersign audit verify-pack THIS.zip --key keys.json --checkpoints EARLIER.jsonl

The trail alone, once it is taken out of the zip file:

    countersign audit verify trail.jsonl --key keys.json --checkpoints checkpoints.jsonl

Without Countersign: the SHA-256 of each file stands in {manifest}; the signature there is
Ed25519, base64url, over the canonical JSON (RFC 8785) of {{"pack": manifest}}, by the key `kid` of
keys.json. docs/audit.md describes the trail's format line by line.

WHAT IS IN IT
"""

_POLICY_TEXT: Final = "The text of a policy version; its name begins with the text's SHA-256."
_TAIL: Final = """
What people wrote, titles and parameters are in no file of this pack: they can be erased where they
are kept, and a copy here could not. The trail holds a salted hash of each.
"""


def readme(begins: Millis | None, ends: Millis, at: Millis, members: Sequence[Member]) -> bytes:
    """The text, about these files."""
    first = "the first event" if begins is None else str(moment(begins))
    text = _HEAD.format(at=moment(at), begins=first, ends=moment(ends), manifest=MANIFEST)
    for member in sorted(members, key=lambda member: member.name):
        text += f"\n{member.name}\n{_wrapped(_ABOUT.get(member.name, _POLICY_TEXT))}\n"
    return (text + _TAIL).encode()


def _wrapped(text: str) -> str:
    import textwrap

    return textwrap.fill(text, 96, initial_indent="    ", subsequent_indent="    ")
