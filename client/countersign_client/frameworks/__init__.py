"""Adapters for agents' frameworks, each an extra: `openai_agents`, `langgraph`, `temporal`.

An adapter pauses the framework's run while people decide, and runs what they approved through an
`ApprovalGate`. Nothing here is imported by the package itself.
"""


def missing(extra: str, error: ImportError) -> ImportError:
    """What is raised where an adapter's framework is not installed."""
    return ImportError(
        f"{error}. The adapter needs its framework: pip install 'countersign-client[{extra}]'"
    )
