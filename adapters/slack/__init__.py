"""Slack: cards, clicks, forms and `/approvals`, on Bolt for Python over HTTP.

Importing this package loads slack_bolt and slack_sdk, so it happens only when Slack is
configured. It decides nothing and keeps no state but one HTTP session.
"""
