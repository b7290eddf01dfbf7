"""E-mail: people are asked by letters, and get codes, through the company's own mail server.

Nothing is read from a mailbox: who is asked decides on the page to which a letter's links lead.
"""
