"""A card that shows something old is brought up to date when somebody presses a button on it."""

from adapters.teams.actions import Press
from adapters.teams.identity import PLATFORM, Inbound
from core.chat.healing_port import OUT_OF_DATE, Healing
from core.chat.port import Answer
from core.directory.people import Identity
from core.rows import MessageRef


async def heal(
    healing: Healing, person: Identity, where: Inbound, press: Press, answer: Answer
) -> None:
    """Have the relay render the pressed message again, if what it showed misled.

    A message that only answered somebody is no card of the relay's, and is left as it is.
    """
    if answer.refused not in OUT_OF_DATE or press.apart or not where.reply_to:
        return
    if not (where.personal or where.channel):
        return
    fields = {
        "service_url": where.service_url,
        "conversation": where.conversation,
        "activity": where.reply_to,
        "tenant": where.tenant,
    }
    message = MessageRef(platform=PLATFORM, fields=fields, key=where.key(where.reply_to))
    await healing.out_of_date(person, press.request, message, where.channel)
