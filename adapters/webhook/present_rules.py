"""The policy, its explanations, standing delegations and checkpoints into answers."""

from collections.abc import Sequence

import msgspec

from adapters.webhook import answers_rules as answers
from adapters.webhook.present import moment, moment_or_none
from core.policy import backtest, explain
from core.rows import PolicyRow
from core.rules.absence import Standing
from core.value import Millis


def versions(rows: Sequence[PolicyRow], in_force: str) -> answers.PolicyVersionList:
    """The versions, newest first; the newest row of the one in force is marked."""
    current = next((i for i, row in enumerate(rows) if row.version == in_force), None)
    return answers.PolicyVersionList(
        items=tuple(
            answers.PolicyVersion(
                version=row.version, at=moment(row.at), by=row.by, in_force=place == current
            )
            for place, row in enumerate(rows)
        ),
        next_cursor=None,
    )


def explanation(found: explain.Explanation, version: str) -> answers.Explanation:
    """What would become of a request."""
    return answers.Explanation(
        tried=tuple(answers.TriedRule(t.rule, t.condition, t.holds) for t in found.tried),
        refused=found.refused,
        rule=found.rule,
        category=found.category,
        why=found.why,
        amount=found.amount,
        expires_at=moment_or_none(found.expires_at),
        stages=tuple(_stage(stage) for stage in found.stages),
        left_out=found.left_out,
        told=found.told,
        told_later=found.told_later,
        warnings=found.warnings,
        policy_version=version,
    )


def _stage(stage: explain.StageExplained) -> answers.ExplainedStage:
    return answers.ExplainedStage(
        level=stage.level,
        name=stage.name,
        quorum=stage.quorum,
        asked=stage.asked,
        silent=stage.silent,
        in_order=stage.in_order,
        helped=stage.helped,
        deadline=moment_or_none(stage.deadline),
        moments=tuple(
            answers.StageMoment(moment(m.at), m.what, m.people, m.because) for m in stage.moments
        ),
        auto=stage.auto,
    )


def report(found: backtest.Report) -> answers.Backtest:
    """What another policy would have made of past requests."""
    # The core's values leave out defaults; an answer names every member.
    return msgspec.convert(found, answers.Backtest, from_attributes=True)


def absence(standing: Standing, now: Millis) -> answers.Absence:
    """A standing delegation."""
    return answers.Absence(
        id=standing.id,
        giver=standing.giver,
        taker=standing.taker,
        starts=moment(standing.starts),
        until=moment_or_none(standing.ends),
        categories=standing.categories,
        amount_cap=standing.amount_cap,
        currency=standing.currency,
        active=standing.active(now),
        created_at=moment(standing.created_at),
    )
