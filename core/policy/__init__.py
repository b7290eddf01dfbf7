"""The policy: its values, how it is read and checked, and what it would do."""
