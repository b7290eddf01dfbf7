"""A person's inbox in the browser: what waits for them, each request in full, and what they ask.

Every act goes through the same ports as a click in chat, bound to exactly what the page showed.
"""
