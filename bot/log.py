"""Logging: one line for each thing that happened, to standard error, without secrets.

Libraries that use the standard library's logging come out the same way. Single requests
are logged at debug level only, which costs nothing while it is off.

What a line is about travels in context variables, so that whoever writes it need not know:
`docs/observe.md` has the names of all fields.
"""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import structlog
from structlog.typing import EventDict, Processor

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the HTTP request that is being answered, or that led to what is being done."""

request: ContextVar[str] = ContextVar("request", default="")
"""The id of the approval request that is being worked on."""

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The trace of the HTTP request that is being answered, where traces are kept."""

_CONTEXT: Final = {each.name: each for each in (request_id, request, trace_id)}

_SECRETS: Final = re.compile(
    r"\bcs_[A-Za-z0-9_-]{20,}"  # our API keys
    r"|\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{8,}"  # https://docs.slack.dev/authentication/tokens
    r"|\bsk-[A-Za-z0-9_-]{16,}"  # OpenAI's keys
    r"|(?i:\bbearer\s+)[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"  # JSON Web Tokens
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*"  # whole, or cut off before its end
    r"|(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"  # user:password in an address
)
HIDDEN: Final = "(hidden)"

_QUIET: Final = (
    "alembic",
    "apscheduler",
    "botbuilder",
    "httpcore2",
    "httpx2",
    "msal",
    "openai",
    "slack_bolt",
    "slack_sdk",
    "urllib3",
)
"""Libraries whose everyday lines say nothing to an operator."""


def configure(level: str = "info", *, as_json: bool = False) -> None:
    """Set up logging for the whole process; `level` is a name such as "info"."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_context,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                hide_secrets,
                _renderer(as_json=as_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=number, force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(number, logging.WARNING))
    # msrest logs whole requests, tokens included, below this level.
    logging.getLogger("msrest").setLevel(logging.ERROR)


@contextmanager
def about(**fields: str) -> Iterator[None]:
    """Name what the lines inside are about: any of the context variables above."""
    before = [(_CONTEXT[name], _CONTEXT[name].set(value)) for name, value in fields.items()]
    try:
        yield
    finally:
        for variable, token in before:
            variable.reset(token)


def add_context(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Name what the line is about, as far as that is known; its own fields count first."""
    for name, variable in _CONTEXT.items():
        if value := variable.get():
            event.setdefault(name, value)
    return event


def hide_secrets(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Keys, tokens and passwords never reach a log, whoever wrote the line."""
    for name, value in event.items():
        text = value if isinstance(value, str) else repr(value)
        hidden = _SECRETS.sub(HIDDEN, text)
        if hidden != text:
            event[name] = hidden
    return event


def _renderer(*, as_json: bool) -> Processor:
    if as_json:
        return structlog.processors.JSONRenderer()
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "logger", "event"], drop_missing=True, bool_as_flag=False
    )
