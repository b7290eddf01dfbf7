"""17,117 real cases end under our rules as they ended in life, or the difference is named."""

import sys
from collections import Counter

import pytest

from core.evolve import fold
from core.request import RequestState
from tests.real.approval_log import DATA, LOGS, Case, Played, cases, play

pytestmark = pytest.mark.skipif(
    not DATA.exists(), reason="the real approval logs (../shared/data/approvals) are not here"
)


def explained(case: Case, played: Played) -> str | None:
    """Why our rules end it otherwise than the log, if they do; "" has no explanation."""
    ours = played.state.status.value if played.requests else "never submitted"
    if ours == case.outcome:
        return None
    return "; ".join(dict.fromkeys(played.refusals)) or ""


@pytest.mark.parametrize("log", LOGS)
def test_every_case_ends_as_in_life_or_says_why_not(
    log: str, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes: Counter[str] = Counter()
    differences: Counter[str] = Counter()
    escalated = 0
    for case in cases(log):
        played = play(case)
        assert fold(RequestState(id=played.state.id), played.events) == played.state
        escalated += any(stage.escalated for stage in played.state.stages)
        why = explained(case, played)
        if why is None:
            outcomes[case.outcome] += 1
        else:
            assert why, f"{case.id}: {case.outcome} in life, {played.state.status} here"
            differences[why] += 1
    lines = [f"{log}: the same outcome {dict(outcomes)}; escalated on the way {escalated}"]
    lines += [f"  {count:4} otherwise: {why}" for why, count in differences.most_common()]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert sum(outcomes.values()) > 0.98 * (sum(outcomes.values()) + sum(differences.values()))
