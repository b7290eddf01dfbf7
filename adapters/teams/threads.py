"""What people answer below a card, or quoting a card or a notice, as the service takes it. Pure.

In a channel a bot hears only what mentions it. In a personal chat nothing hangs below a
message, so that only a quote says what is answered.
"""

from collections.abc import Mapping

from adapters.teams.identity import Inbound
from adapters.teams.speech import Spoken
from core.chat.present import REALM
from core.chat.threads_port import Reply
from core.directory.people import Identity


def answers(where: Inbound, spoken: Spoken) -> str:
    """The id of the message that this one answers; "" where it answers none."""
    root = where.thread if where.channel and where.thread != where.activity else ""
    return spoken.quoted or root


def reply(
    person: Identity, where: Inbound, spoken: Spoken, accounts: Mapping[str, str]
) -> Reply | None:
    """A message that answers another one; None for one that answers nothing."""
    about = answers(where, spoken)
    if not about or not where.activity:
        return None
    text = spoken.text
    for word, named in spoken.names.items():
        if word not in accounts:
            text = text.replace(word, f"@{named.name}")
    return Reply(
        identity=person,
        key=where.key(where.activity),
        text=text,
        about=where.key(about),
        place=where.channel,
        mentions=dict(accounts),
        files=spoken.files,
        evidence={"conversation": where.conversation, "activity": where.activity},
        answer_to={REALM: person.realm},
    )
