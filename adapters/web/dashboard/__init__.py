"""How approvals go, as pages and files: the dashboard, its export and the review of a quarter."""
