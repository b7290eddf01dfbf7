"""A graph of LangGraph that orders chairs, once people agree.

    pip install 'countersign-client[langgraph]'
    COUNTERSIGN_URL=... COUNTERSIGN_KEY=... python client/examples/with_langgraph.py

With a checkpointer that outlives the process, `resume_when_decided` may run in another one.
"""

import os
from typing import TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import START, StateGraph

from countersign_client import Action, Ask, Countersign, Outcome
from countersign_client.frameworks.langgraph import approval_node
from countersign_client.frameworks.langgraph_resuming import resume_when_decided


class State(TypedDict, total=False):
    vendor: str
    amount: int
    said: str


def ask(state: State) -> Ask:
    action = Action("purchase_order", {"vendor": state["vendor"], "amount": state["amount"]})
    return Ask(action=action, title=f"Buy from {state['vendor']}", requester="alice@example.com")


def order(action: Action) -> State:
    return {"said": f"ordered from {action.params['vendor']} for {action.params['amount']}"}


def give_up(outcome: Outcome) -> State:
    return {"said": f"not ordered: {outcome.sentence}"}


def main() -> None:
    with Countersign(os.environ["COUNTERSIGN_URL"], os.environ["COUNTERSIGN_KEY"]) as countersign:
        graph = StateGraph(State)
        graph.add_node("buy", approval_node(countersign, ask=ask, execute=order, otherwise=give_up))
        graph.add_edge(START, "buy")
        app = graph.compile(checkpointer=InMemorySaver())
        config: RunnableConfig = {"configurable": {"thread_id": os.urandom(8).hex()}}

        paused = app.invoke({"vendor": "Office Example", "amount": 840}, config)
        print("waiting for", paused["__interrupt__"][0].value["title"])
        print(resume_when_decided(app, config, countersign)["said"])


if __name__ == "__main__":
    main()
