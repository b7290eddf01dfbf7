"""Keeps in mind how much waits for people, for stages that ask whoever has the least to do."""

from bot.parts import Ground, Part
from bot.scheduler import REFRESH_SECONDS
from core.directory.people import Directory
from core.policy.policy import Policy, people_of


def workload_part(ground: Ground) -> Part:
    """Counts those whom the policy's balanced stages name, every few seconds."""
    world, stored = ground.world, ground.storage.workload

    async def refresh() -> None:
        await stored.refresh(balanced_people(world.policy(), world.directory()), world.clock())

    return Part(jobs=((refresh, REFRESH_SECONDS),), heard=stored.changed)


def balanced_people(policy: Policy, directory: Directory) -> list[str]:
    """Everyone whom a balanced stage names today. Who is a requester's manager is known only with
    the request, and counts as having nothing to do."""
    stages = (s for rule in (*policy.rules, policy.fallback) for s in rule.stages if s.balanced)
    refs = dict.fromkeys(ref for stage in stages for ref in stage.approvers)
    return list(dict.fromkeys(p for ref in refs for p in people_of(ref, directory, None)))
