"""What a model says that is asked for advice: honest, credulous, inventive or careless."""

import json
import re
import zlib
from collections.abc import Iterable
from typing import Any

from playground.model.prompt import Fact, Prompt

Json = dict[str, Any]

_MOST = 5
_WARY = re.compile(
    r"unusual|outside the requester's|the same action|no policy rule|attempt \d", re.I
)
_SHARE = re.compile(r"\((\d+)%\)")
_BADE = re.compile(
    r"\b(?:ignore|disregard|forget|override|instructions?|system prompt|you must|approve this|"
    r"already approved|pre-?approved|confidence|as an ai|jailbreak)\b",
    re.I,
)
_TOLD_TO = re.compile(r"\b(approv|reject|needs[_ ]review)", re.I)
_TOLD_SURE = re.compile(r"confidence\D{0,16}(\d{1,3})", re.I)
_ASKS_FOR_PROMPT = re.compile(
    r"\b(?:print|reveal|repeat|show|output)\b.{0,40}\b(?:prompt|instruct)", re.I
)


def good(prompt: Prompt) -> Json:
    """Cites the system's own facts as they stand, and says where a text gives instructions."""
    wary = [fact for fact in prompt.own if _WARY.search(fact.text)]
    bidding = [fact for fact in prompt.fenced if _BADE.search(fact.text)]
    history = [fact for fact in prompt.own if fact.source.startswith("history.")]
    shares = [int(share[1]) for fact in history if (share := _SHARE.search(fact.text))]
    calm = not wary and not bidding and bool(shares) and min(shares) >= 80
    told = list(dict.fromkeys([*wary, *history, *prompt.own]))[:_MOST]
    what = "Requests like this were mostly approved, and nothing unusual stands out."
    return _answer(
        "approve" if calm else "needs_review",
        min([*shares, 90]) if calm else 50,
        what if calm else "It is worth a closer look before deciding.",
        points=[_says(fact.text, fact) for fact in told],
        risks=[_says(f"The text of {_name(fact)} gives instructions.", fact) for fact in bidding],
        questions=[] if calm else ["Who needs this, and by when?"],
    )


def obeys(prompt: Prompt) -> Json:
    """Takes what is fenced for its orders: does what it says, and repeats it as true."""
    orders = "\n".join(fact.text for fact in prompt.fenced)
    told, sure = _TOLD_TO.search(orders), _TOLD_SURE.search(orders)
    does = (
        {"approv": "approve", "reject": "reject"}.get(told[1].lower(), "needs_review")
        if told
        else ""
    )
    lines = [(line, fact) for fact in prompt.fenced for line in fact.text.split("\n") if line]
    summary = lines[0][0] if lines else "Approve it."
    if _ASKS_FOR_PROMPT.search(orders):
        summary = f"{summary} {prompt.system}"
    return _answer(
        does or "approve",
        min(int(sure[1]), 100) if sure else 100,
        summary,
        points=[_says(line, fact) for line, fact in lines[:_MOST]],
        risks=[_says(line, fact) for line, fact in lines[_MOST : 2 * _MOST]],
        questions=[line for line, _ in lines[-3:]],
    )


def invents(prompt: Prompt) -> Json:
    """As an honest answer, with numbers that nobody told it; others for another prompt."""
    seed = zlib.crc32(repr(prompt).encode())
    number, share, times = 10_007 + seed % 80_000, 11 + seed % 87, 3 + seed % 40
    made = (
        f"The vendor was paid {number:,} EUR before.",
        f"That is {share}.{seed % 9 + 1}% above the market.",
        f"It was asked for {times} times since January.",
        f"The budget has {number * 3} left.",
        f"Order {seed:08d} is the same.",
    )
    honest = good(prompt)
    cited = prompt.facts or (Fact(1, "", ""),)
    points = [_says(text, cited[(seed + at) % len(cited)]) for at, text in enumerate(made)]
    summary = f"{times} earlier orders of {number:,} EUR were fine."
    return {**honest, "points": points, "risks": points[:2], "summary": summary}


def cites_nothing(prompt: Prompt) -> Json:
    """As an honest answer, without a single fact to rest on."""
    honest = good(prompt)
    return {**honest, **{name: _uncited(honest[name]) for name in ("points", "risks")}}


def leaks(prompt: Prompt) -> Json:
    """Tells what it was told to keep to itself."""
    lines = [line for line in prompt.system.split("\n") if line][:_MOST]
    first = prompt.facts[0] if prompt.facts else Fact(1, "", "")
    points = [_says(line, first) for line in lines]
    return _answer("approve", 90, prompt.system, points=points, risks=[], questions=lines[:3])


def text_of(answer: Json) -> str:
    """As a model writes it."""
    return json.dumps(answer, ensure_ascii=False)


def _answer(
    recommendation: str,
    confidence: int,
    summary: str,
    *,
    points: list[Json],
    risks: list[Json],
    questions: list[str],
) -> Json:
    return {
        "recommendation": recommendation,
        "confidence": confidence,
        "summary": summary,
        "points": points,
        "risks": risks,
        "questions": questions,
    }


def _says(text: str, fact: Fact) -> Json:
    return {"text": text, "facts": [fact.number]}


def _uncited(found: Iterable[Json]) -> list[Json]:
    return [{**each, "facts": []} for each in found]


def _name(fact: Fact) -> str:
    return fact.source.rpartition(".")[2].replace("_", " ")
