"""Signatures: the keys, and the approval token."""
