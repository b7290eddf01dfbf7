"""Whether the mail server lets this server in; no letter is sent."""

from typing import Final

from bot.settings import Settings
from core.checkup import Found, ok, problem, warning
from core.ports import Dead, Delivered

MAIL: Final = "e-mail"


async def mail(given: Settings) -> list[Found]:
    """What the mail server says to us, where one is set."""
    if given.mail is None:
        return []
    # Loads the mail library only where mail is switched on.
    from adapters.email.wire import Wire

    where = f"{given.mail.host} port {given.mail.port}"
    outcome = await Wire(given.mail, keeps=False).greet()
    match outcome:
        case Delivered():
            use = "codes" if given.email is None else "codes, and letters that ask"
            return [ok(MAIL, f"The server at {where} lets us in: for {use}.")]
        case Dead(reason=reason):
            return [problem(MAIL, f"{where}: {reason}.", "Mend SMTP_URL, and restart the server.")]
    remedy = "See that this machine reaches it, and that SMTP_URL is right."
    return [warning(MAIL, f"{where}: {outcome.reason}.", remedy)]
