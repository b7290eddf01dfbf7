"""The same work by others: LangGraph, DBOS and Procrastinate, beside the product.

`python -m bench.peers` (or `make bench-peers`, which installs them) runs everything once and
writes docs/performance.md. The files `*_peer.py` run in the peers' own environment and import
nothing of the product.
"""
