"""What a batch knows beside the requests: absences, the freeze, refusals, the policy, streams.

Pure, like `batch`: what was loaded, overlaid by what the batch's commands did.
"""

from dataclasses import dataclass, field
from typing import Any

from core.rows import Changes, PolicyRow, Reads, Refusal
from core.rules.absence import Standing
from core.system_events import SystemRecorded
from core.value import encode
from storage.outcomes import outcomes
from storage.stage_times import Durations, Samples, durations

Pair = tuple[str, str]
Row = tuple[Any, ...]


@dataclass(slots=True)
class RuleRows:
    """The rows of the rule tables that a batch wants written; key columns come first."""

    freeze: bool | None = None
    standing: list[Row] = field(default_factory=list)
    policies: list[Row] = field(default_factory=list)
    in_force: list[Row] = field(default_factory=list)
    refusals: list[Row] = field(default_factory=list)
    stage_times: list[Row] = field(default_factory=list)
    stage_samples: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Rules:
    """What the commands of a batch read and wrote so far. `policies` counts how often a
    version came into force, None while no command asked for the one that is."""

    absences: dict[str, Standing] = field(default_factory=dict)
    frozen: bool = False
    directory: int = 0
    refusals: dict[Pair, Refusal] = field(default_factory=dict)
    followers: dict[str, str] = field(default_factory=dict)
    policy: PolicyRow | None = None
    policies: int | None = None
    streams: list[tuple[str, SystemRecorded]] = field(default_factory=list)
    times: Durations = field(default_factory=dict)
    samples: Samples = field(default_factory=dict)
    rows: RuleRows = field(default_factory=RuleRows)
    _standing: tuple[Standing, ...] | None = None

    @property
    def standing(self) -> tuple[Standing, ...]:
        """The standing delegations that are not over, in the order of their ids."""
        if self._standing is None:
            self._standing = tuple(each for _, each in sorted(self.absences.items()))
        return self._standing

    def loaded(self, reads: Reads) -> dict[str, Any]:
        """The fields of `Loaded` that the command asked for."""
        fields: dict[str, Any] = {}
        if reads.rules:
            fields["standing"] = self.standing
            fields["frozen"] = self.frozen
            fields["directory"] = self.directory
        if reads.repeat is not None:
            fields["refusal"] = self.refusals.get(reads.repeat)
        if reads.follows is not None:
            fields["follower"] = self.followers.get(reads.follows)
        if reads.policy:
            fields["policy"] = self.policy
        return fields

    def prepared(self, changes: Changes[Any]) -> list[Row]:
        """The rows of standing delegations; raises for whatever `keep` could not keep."""
        if changes.policy is not None and self.policies is None:
            raise ValueError("a policy comes into force in a command that reads the present one")
        return [standing_row(standing) for standing in changes.standing]

    def keep(self, changes: Changes[Any], standing: list[Row]) -> None:
        """Let what a command wants be seen by the next ones, and be written."""
        if changes.state is not None and changes.events:
            if changes.state.previous is not None:
                self.followers[changes.state.previous] = changes.state.id
            durations(self.times, self.samples, changes.state, changes.events)
            self.rows.outcomes += outcomes(changes.state, changes.events)
        if changes.freeze is not None:
            self.frozen = self.rows.freeze = changes.freeze
        if changes.standing:
            self.absences.update({each.id: each for each in changes.standing})
            self._standing = None
            self.rows.standing += standing
        for refusal in changes.refusals:
            self._refuse(refusal)
        if changes.policy is not None:
            self._come_into_force(changes.policy)
        self.streams += changes.streams

    def finish(self) -> RuleRows:
        """All rows to write."""
        self.rows.stage_times = [
            (*key, count, total // count) for key, (count, total) in self.times.items()
        ]
        self.rows.stage_samples = [(*key, took) for key, took in self.samples.items()]
        return self.rows

    def _refuse(self, refusal: Refusal) -> None:
        key = (refusal.agent_key, refusal.action_digest)
        known = self.refusals.get(key)
        if known is None or known.at <= refusal.at:
            self.refusals[key] = refusal
        self.rows.refusals.append((*key, refusal.request, refusal.at))

    def _come_into_force(self, policy: PolicyRow) -> None:
        assert self.policies is not None
        self.policy, self.policies = policy, self.policies + 1
        self.rows.policies.append((policy.version, policy.text))
        self.rows.in_force.append((self.policies, policy.version, policy.at, policy.by))


def standing_row(standing: Standing) -> Row:
    """(id, giver, taker, ends, turns_at, body): whatever was applied of it before, what it
    says now is to be applied at the first moment that it names."""
    turns_at = standing.starts if standing.ends is None else min(standing.starts, standing.ends)
    return (
        standing.id,
        standing.giver,
        standing.taker,
        standing.ends,
        turns_at,
        encode(standing),
    )
