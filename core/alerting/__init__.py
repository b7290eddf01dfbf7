"""Alerts: what is told to those who look after the approvals, once when it begins and once when it
is over."""
