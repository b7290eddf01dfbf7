"""Syslog: the trail's events to a SIEM, over TLS, TCP or UDP."""
