"""A simulated Slack workspace and Teams tenant, spoken to over HTTP only."""
