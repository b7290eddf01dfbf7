"""An agent of the OpenAI Agents SDK that orders chairs, once people agree.

    pip install 'countersign-client[openai-agents]'
    COUNTERSIGN_URL=... COUNTERSIGN_KEY=... python client/examples/with_openai_agents.py

With OPENAI_API_KEY a model of OpenAI's talks; without it a scripted one says what that would.
"""

import asyncio
import os

from agents import Agent, Model, RunConfig
from agents.testing import ScriptedModel, assistant_message, function_call

from countersign_client import AsyncCountersign
from countersign_client.frameworks.openai_agents import Approvals


def stand_in() -> Model | None:
    """A model that needs no key: it orders, and then says so. None where OpenAI's is to be used."""
    if os.environ.get("OPENAI_API_KEY"):
        return None
    order = {"vendor": "Office Example", "amount": 840}
    ordering = function_call("buy", order, call_id=os.urandom(8).hex())
    return ScriptedModel([[ordering], [assistant_message("I did what I could.")]])


async def main() -> None:
    url, key = os.environ["COUNTERSIGN_URL"], os.environ["COUNTERSIGN_KEY"]
    async with AsyncCountersign(url, key) as countersign:
        approvals = Approvals(countersign, requester="alice@example.com")

        @approvals.tool("purchase_order", "Buy from {vendor} for {amount}")
        def buy(vendor: str, amount: int) -> str:
            """Order from a vendor, for an amount in euros."""
            print(f"ordered from {vendor} for {amount}")
            return "ordered"

        agent = Agent(name="Buyer", tools=[buy], model=stand_in())
        quiet = RunConfig(tracing_disabled=True)
        result = await approvals.run(
            agent, "Two chairs from Office Example, 840 euros.", run_config=quiet
        )
        print(result.final_output)


if __name__ == "__main__":
    asyncio.run(main())
