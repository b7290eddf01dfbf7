"""The agents' HTTP API: reads hostile JSON strictly, calls the service, answers in problem+json.

It holds no rules of its own: what may happen is the core's affair. `app.build` gives the
routes; the OpenAPI document and the docs page are drawn from the same types and route
table that validate and answer.
"""
