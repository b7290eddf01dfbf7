"""Charts as values: numbers laid out for SVG, which templates write and escape.

Every chart has a title, one sentence that says what it shows, and the table of its numbers, so
that nothing is said by a drawing alone. Places across are percentages of whatever width there is,
and heights are pixels, so text keeps its size on a phone. Pure.
"""
