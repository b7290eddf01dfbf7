"""One file a revision, oldest first by its number.

Each only adds what an older version need not know: tables, and columns that take NULL or have a
default. So servers of the version before go on while the new one migrates. One that takes away
says so in its docstring, in a line that begins with `Contract:` and names the version that no
longer needs it. `tests/contract/test_migrations_stages.py` holds this.
"""
