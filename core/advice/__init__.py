"""Advice by a model: the facts it is given, and what is checked before anybody reads its answer.

Pure. Whatever a model says, it can make the advice of the rules provider more cautious, never
less, and never touches category, route or buttons.
"""
