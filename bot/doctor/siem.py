"""Whether the receiver of events can be reached, and whether the stream keeps up."""

import asyncio
import ssl
from typing import Final

from bot.cli_table import counted
from bot.settings import Settings, SettingsError
from bot.siem_settings import SiemSettings
from core.audit.streaming import Standing
from core.checkup import Found, ok, problem, warning
from core.value import Millis

CHECK: Final = "stream of events"
SECONDS: Final = 10.0
LATE: Final[Millis] = 600_000


async def siem(settings: Settings, stands: Standing | None, now: Millis) -> list[Found]:
    """Connects and sends nothing; nothing to say where there is no stream."""
    given = settings.siem
    if given is None:
        return []
    late = [] if stands is None else _late(stands, now)
    if given.transport == "udp":
        said = f"Events go to {given.host}:{given.port} by UDP, which tells of no loss."
        return [*late, warning(CHECK, said, "Take syslog+tls:// or https:// where events count.")]
    try:
        tls = _tls(given)
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(given.host, given.port, ssl=tls)
            writer.close()
    except SettingsError as error:
        return [problem(CHECK, f"{e.key} {e.problem}.", e.remedy) for e in error.problems]
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or "no TLS is spoken there"
        remedy = "Set COUNTERSIGN_SIEM_CA to the authority that made its certificate."
        return [*late, problem(CHECK, f"{given.host}:{given.port} is not trusted: {why}.", remedy)]
    except (OSError, TimeoutError) as error:
        said = f"{given.host}:{given.port} cannot be reached ({type(error).__name__})."
        return [*late, problem(CHECK, said, "See that it runs and that this machine may reach it.")]
    return late or [ok(CHECK, f"{given.host}:{given.port} answers, and the stream keeps up.")]


def _tls(given: SiemSettings) -> ssl.SSLContext | None:
    plain = given.transport == "tcp" or given.url.reveal().startswith("http://")
    return None if plain else given.tls()


def _late(stands: Standing, now: Millis) -> list[Found]:
    since = stands.waits_since
    if since is None or now - max(since, stands.sent_at or 0) <= LATE:
        return []
    said = f"{counted(stands.behind, 'event')} wait, and nothing was sent for ten minutes."
    return [problem(CHECK, said, "Run: countersign siem status")]
