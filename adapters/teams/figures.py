"""`stats` as a card: one's own figures, and those of everybody. Pure."""

from adapters.teams import moments
from adapters.teams.answers import Reply
from adapters.teams.render import wrapped
from adapters.teams.text import label, line, own
from core.chat.figures_port import Overview
from core.chat.figures_words import TITLE, everybodys, in_short, mine


def told(found: Overview) -> Reply:
    """The figures; what is not known is said to be unknown."""
    if found.refused is not None:
        return Reply(found.refused, private=True)
    body = [label(TITLE, weight="Bolder", size="Large")]
    for title, lines in (("You", mine(found)), ("Everybody", everybodys(found))):
        body.append(label(title, weight="Bolder", spacing="Medium"))
        body.extend(line(own(each), spacing="None") for each in lines)
    as_of = f"As of {moments.written(found.at, found.timezone)}"
    body.append(line(own(as_of, isSubtle=True), spacing="Medium"))
    return Reply(f"{TITLE}: {in_short(found)}", wrapped(body, [], "stats"), private=True)
