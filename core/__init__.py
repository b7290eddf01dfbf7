"""The approval rules, pure.

Nothing here reads a clock, a file, a network or a random source: time, ids, salts and
today's directory come in as arguments. What happened is a list of events; `decide` says
which events a command leads to, `evolve` says what they mean, and `service` is the only
place that loads, decides and hands the result to a store in one transaction.

Times are integers: milliseconds since 1970-01-01 UTC (`Millis`).
"""
