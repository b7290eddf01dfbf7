"""Signing in and out, and the page that says who one is."""
