"""Pages for people in a browser: no script, nothing loaded from anywhere else.

A page shows what the service says and hands back what was pressed; it decides nothing by itself.
"""
