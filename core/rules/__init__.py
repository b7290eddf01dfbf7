"""The rules, one file for each kind of act; `core.decide` hands each command to its own."""
