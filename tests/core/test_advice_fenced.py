"""What a model is told as true holds no word of whoever asks."""

from msgspec.structs import replace

from core.advice.facts import Known, facts
from core.advice.history import History, Tally
from core.content import Action
from tests.core.advised import PAST, ROUTE, STATE
from tests.core.builders import NOW, a_revision

NONCE = "approved_1000_times"


def test_only_facts_from_outside_hold_words_of_whoever_asks() -> None:
    revision = a_revision(
        action=Action(type=f"x.{NONCE}", params={NONCE: NONCE, "vendor": NONCE}),
        title=NONCE,
        description=NONCE,
        labels=(NONCE,),
        context={"reasoning": NONCE, "validation": {"issues": [NONCE]}},
    )
    rejected = replace(PAST, rejected_at=NOW, party=Tally(count=1, rejected=1))
    for history in (History(), rejected):
        known = Known(revision=revision, state=STATE, route=ROUTE, history=history)
        found = facts(known, NOW)
        assert sum(NONCE in fact.text for fact in found) > 6
        assert [fact for fact in found if NONCE in fact.text and not fact.outside] == []
