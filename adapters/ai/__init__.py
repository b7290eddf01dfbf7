"""Advice by a model: OpenAI's, Azure's, or any that speaks as theirs do.

The only place that imports the provider's library, and only once a model is configured.
"""
