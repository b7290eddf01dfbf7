"""The route table: everything the API offers, once. Routing, scopes, types and OpenAPI
come from it; a route that does not stand here does not exist.
"""

from adapters.webhook.operation import Operation
from adapters.webhook.routes_acts import ACTS
from adapters.webhook.routes_callbacks import CALLBACKS
from adapters.webhook.routes_requests import REQUESTS
from adapters.webhook.routes_rules import RULES
from adapters.webhook.routes_statistics import STATISTICS
from adapters.webhook.routes_tokens import TOKENS

OPERATIONS: tuple[Operation, ...] = (
    *REQUESTS,
    *ACTS,
    *CALLBACKS,
    *TOKENS,
    *RULES,
    *STATISTICS,
)
