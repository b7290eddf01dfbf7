"""The process: settings, composition root, HTTP server, scheduler, relay, command line.

Only here are the clock and the random source read, and only here do the floors below meet.
"""
