"""The route for how requests went."""

from adapters.webhook import answers_statistics as answers
from adapters.webhook import handlers_statistics as handlers
from adapters.webhook.operation import Operation
from adapters.webhook.schema_rules import StatsQuery
from adapters.webhook.statuses import HttpReason
from core.refusals import Reason

STATISTICS: tuple[Operation, ...] = (
    Operation(
        id="viewStats",
        method="GET",
        path="/v1/stats",
        summary="See how requests went",
        about=(
            "How many requests are open, and how those ended that ended in the period: in all, by "
            "policy rule, by category and by agent, with the usual time until the decision, and "
            "how often people decided as a model had advised. Nobody who decides is named. "
            "Without `since` and `until` the last 30 days; at most 366 days."
        ),
        handler=handlers.stats,
        scopes=("read_all",),
        answer=answers.Stats,
        query=StatsQuery,
        refusals=(HttpReason.INVALID_INPUT, Reason.INVALID_FIELD),
    ),
)
