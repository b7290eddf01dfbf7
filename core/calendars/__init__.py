"""When a stage's clock runs: working calendars, rotations, lengths of time."""
