"""The sample company that the demo and the tests run: people, policy, platforms, one agent."""

from pathlib import Path

FOLDER = Path(__file__).parent
POLICY = FOLDER / "policy.yaml"
DIRECTORY = FOLDER / "directory.yaml"
