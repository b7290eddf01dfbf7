"""Mail: letters with codes, sent through the company's own mail server.

Pure settings, one function that sends; nothing is read from a mailbox.
"""
