"""Measurements against floors, in one run on one machine: ratios, not absolutes.

`python -m bench` prints them. Nothing here is a test, and no test measures time.
"""
