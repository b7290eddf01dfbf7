"""Settings from the environment and `.env`: read once, all mistakes told at once.

It only reads what it is given and touches no file, no network and no clock. A platform
without its settings is off; one that is half set up is a mistake. Secrets do not show.
"""

import difflib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from adapters.email.settings import MailSettings, WrongSettings, read_mail
from bot.ai_settings import NAMES as AI_NAMES
from bot.ai_settings import AiSettings as AiSettings
from bot.ai_settings import notes as ai_notes
from bot.ai_settings import read_ai
from bot.email_settings import EmailSettings as EmailSettings
from bot.email_settings import asking_by_mail
from bot.email_settings import note as email_note
from bot.key_settings import DEFAULTS as KEYS
from bot.key_settings import KeySettings as KeySettings
from bot.key_settings import read_keys
from bot.observe_settings import DEFAULTS as OBSERVED
from bot.observe_settings import ObserveSettings as ObserveSettings
from bot.observe_settings import read_observe
from bot.scim_settings import NAMES as SCIM_NAMES
from bot.scim_settings import ScimSettings as ScimSettings
from bot.scim_settings import read_scim
from bot.secret import Secret as Secret
from bot.siem_settings import NAMES as SIEM_NAMES
from bot.siem_settings import SiemSettings as SiemSettings
from bot.siem_settings import read_siem
from bot.slack_settings import SlackSettings as SlackSettings
from bot.slack_settings import encryption_keys, read_slack
from bot.teams_settings import TeamsSettings as TeamsSettings
from bot.teams_settings import read_teams
from bot.web_settings import NAMES as WEB_NAMES
from bot.web_settings import WebSettings as WebSettings
from bot.web_settings import note as web_note
from bot.web_settings import read_web
from bot.webhook_settings import NO_HOSTS, read_outgoing
from bot.webhook_settings import CallbackSettings as CallbackSettings
from bot.webhook_settings import WebhookSettings as WebhookSettings

DEFAULT_HOST: Final = "127.0.0.1"
DEFAULT_PORT: Final = 8080
STOP_SECONDS: Final = 20.0
"""How long a server that is told to stop may take: less than the 30 seconds after which
Kubernetes, and other supervisors, kill what they stop."""
LONGEST_STOP: Final = 600

_OURS: Final = "COUNTERSIGN_"
_TESTS: Final = "COUNTERSIGN_TEST_"
"""What the test suite reads; none of it concerns a running server."""

_KNOWN: Final = (
    "COUNTERSIGN_DATABASE_URL",
    "COUNTERSIGN_POLICY",
    "COUNTERSIGN_DIRECTORY",
    "COUNTERSIGN_SIGNING_KEY",
    "COUNTERSIGN_ENCRYPTION_KEY",
    "COUNTERSIGN_PUBLIC_URL",
    "COUNTERSIGN_CALLBACK_HOSTS",
    "COUNTERSIGN_WEBHOOK_SECRET",
    "COUNTERSIGN_MAIL_FROM",
    "COUNTERSIGN_STOP_SECONDS",
    "COUNTERSIGN_METRICS",
    "COUNTERSIGN_METRICS_TOKEN",
    "COUNTERSIGN_DEADMAN_URL",
    "COUNTERSIGN_RATE",
    "COUNTERSIGN_TRUSTED_PROXIES",
    # What the commands that call a server read; both may stand in one `.env`.
    "COUNTERSIGN_URL",
    "COUNTERSIGN_KEY",
    *WEB_NAMES,
    *AI_NAMES,
    *SCIM_NAMES,
    *SIEM_NAMES,
)
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"", "0", "false", "no", "off"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Everything a server needs to know. `notes` are settings that have no effect.

    `policy` is None where the working directory's `policy.yaml`, or else the database, has it.

    `signing_key` is a path or PEM text; None where the key lies beside an SQLite database.
    `callbacks` says why there are none where it is text. `stop_seconds` bounds how long the server
    may take to stop.
    """

    database_url: Secret
    policy: str | None
    directory: str
    signing_key: Secret | None = None
    public_url: str | None = None
    slack: SlackSettings | None = None
    teams: TeamsSettings | None = None
    mail: MailSettings | None = None
    observe: ObserveSettings = OBSERVED
    keys: KeySettings = KEYS
    webhook: WebhookSettings | None = None
    callbacks: CallbackSettings | str = NO_HOSTS
    ai: AiSettings | None = None
    web: WebSettings | None = None
    siem: SiemSettings | None = None
    scim: ScimSettings | None = None
    stop_seconds: float = STOP_SECONDS
    notes: tuple[str, ...] = ()

    @property
    def email(self) -> EmailSettings | None:
        """E-mail as a platform, beside its codes; None where nobody is asked by it."""
        return asking_by_mail(self.mail, self.public_url)


@dataclass(frozen=True, slots=True)
class Problem:
    """One setting that is wrong, and what to do."""

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}. {self.remedy}"


class SettingsError(Exception):
    """All that is wrong with the settings; never holds a value."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


def merged(environment: Mapping[str, str], file: Mapping[str, str | None]) -> dict[str, str]:
    """The environment on top of what `.env` says."""
    return {**{k: v for k, v in file.items() if v is not None}, **environment}


def read_settings(values: Mapping[str, str], *, host: str | None = None) -> Settings:
    """The settings; `host` is where the server will listen. Raises SettingsError."""
    reader = _Reader(values)
    reader.check_names()
    mail, public_url = reader.mail(), reader.url("COUNTERSIGN_PUBLIC_URL")
    webhook, callbacks = read_outgoing(reader)
    settings = Settings(
        database_url=reader.database_url(),
        policy=reader.text("COUNTERSIGN_POLICY") or None,
        directory=reader.text("COUNTERSIGN_DIRECTORY") or "directory.yaml",
        signing_key=reader.signing_key(),
        public_url=public_url,
        slack=read_slack(reader),
        teams=reader.teams(host),
        mail=mail,
        observe=read_observe(reader),
        keys=read_keys(reader),
        webhook=webhook,
        callbacks=callbacks,
        ai=read_ai(reader),
        web=read_web(reader, public_url),
        siem=read_siem(reader),
        scim=read_scim(reader),
        stop_seconds=reader.stop_seconds(),
        notes=(
            *ai_notes(reader),
            *filter(None, [email_note(mail, public_url), web_note(public_url)]),
        ),
    )
    reader.finish()
    return settings


def read_database_url(values: Mapping[str, str]) -> Secret:
    """Only the database's address, for commands that need nothing else."""
    reader = _Reader(values)
    found = reader.database_url()
    reader.finish()
    return found


def read_signing_key(values: Mapping[str, str]) -> tuple[Secret | None, Secret]:
    """The signing key's setting and the database's address, for commands that need no more."""
    reader = _Reader(values)
    found = reader.signing_key(), reader.database_url()
    reader.finish()
    return found


def read_encryption_keys(values: Mapping[str, str]) -> tuple[Secret | None, Secret]:
    """The keys that seal secrets and the database's address, for commands that need no more."""
    reader = _Reader(values)
    found = encryption_keys(reader), reader.database_url()
    reader.finish()
    return found


def read_web_settings(values: Mapping[str, str]) -> WebSettings | None:
    """The web pages, None where there are none, for commands that need no more."""
    reader = _Reader(values)
    found = read_web(reader, reader.url("COUNTERSIGN_PUBLIC_URL"))
    reader.finish()
    return found


def is_loopback(host: str) -> bool:
    """Whether a server that listens there can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class _Reader:
    """Takes values one by one and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._problems: list[Problem] = []

    def finish(self) -> None:
        """Raise SettingsError when anything was wrong."""
        if self._problems:
            raise SettingsError(tuple(self._problems))

    def text(self, key: str) -> str:
        """The value without white space around it; empty counts as not set."""
        return self._values.get(key, "").strip()

    def wrong(self, key: str, problem: str, remedy: str) -> None:
        found = Problem(key, problem, remedy)
        if found not in self._problems:  # two parts may need the same setting
            self._problems.append(found)

    def check_names(self) -> None:
        """A misspelt name must not be read as a setting left out."""
        for key in sorted(self._values):
            if key.startswith(_OURS) and not key.startswith(_TESTS) and key not in _KNOWN:
                own = [name.removeprefix(_OURS) for name in _KNOWN]
                near = difflib.get_close_matches(key.removeprefix(_OURS), own, n=1)
                known = f"Known are {', '.join(_KNOWN)}."
                remedy = f"Did you mean {_OURS}{near[0]}?" if near else known
                self.wrong(key, "is not a setting", remedy)

    def database_url(self) -> Secret:
        key = "COUNTERSIGN_DATABASE_URL"
        url = self.text(key) or "sqlite:///countersign.db"
        remedy = "Use sqlite:///path/to/file.db or postgresql://user:password@host/database."
        scheme, _, rest = url.partition("://")
        if scheme not in ("sqlite", "postgresql"):
            self.wrong(key, "is not an address of a database that can be used", remedy)
        elif scheme == "sqlite" and (not rest.startswith("/") or rest in ("/", "/:memory:")):
            self.wrong(key, "names no file", remedy)
        return Secret(url)

    def signing_key(self) -> Secret | None:
        key = "COUNTERSIGN_SIGNING_KEY"
        given = self.text(key)
        if not given and self.text("COUNTERSIGN_DATABASE_URL").startswith("postgresql://"):
            remedy = (
                "Run countersign signing-keys new > key.pem once, and set it to that file's path."
            )
            self.wrong(key, "is missing, and all servers on one database need the same", remedy)
        return Secret(given) if given else None

    def stop_seconds(self) -> float:
        key = "COUNTERSIGN_STOP_SECONDS"
        given = self.text(key) or str(int(STOP_SECONDS))
        if not (given.isascii() and given.isdigit() and 1 <= int(given[:9]) <= LONGEST_STOP):
            remedy = f"Use a number from 1 to {LONGEST_STOP}, less than what your supervisor waits."
            self.wrong(key, "is no number of seconds", remedy)
            return STOP_SECONDS
        return float(given)

    def url(self, key: str) -> str | None:
        """An http or https address without a slash at its end, None when not set."""
        given = self.text(key)
        if not given:
            return None
        try:
            parts = urlsplit(given)
            good = parts.scheme in ("http", "https") and bool(parts.hostname)
            good = good and parts.port != 0 and not parts.query and not parts.fragment
        except ValueError:
            good = False
        if not good:
            self.wrong(key, "is not a web address", "Use https://host or http://host:port.")
        return given.rstrip("/")

    def switch(self, key: str, remedy: str, *, unset: bool) -> bool:
        """Yes or no; `unset` where nothing is said."""
        given = self.text(key).lower()
        if given not in _YES | _NO:
            self.wrong(key, "is neither yes nor no", remedy)
        return given in _YES if given else unset

    def mail(self) -> MailSettings | None:
        url = self.text("SMTP_URL")
        if not url:
            return None
        try:
            return read_mail(url, self.text("COUNTERSIGN_MAIL_FROM"))
        except WrongSettings as wrong:
            self.wrong(wrong.key, wrong.problem, wrong.remedy)
            return None

    def teams(self, host: str | None) -> TeamsSettings | None:
        return read_teams(self, anonymous=self._anonymous(host))

    def _anonymous(self, host: str | None) -> bool:
        key = "TEAMS_ALLOW_ANONYMOUS"
        given = self.text(key).lower()
        if given not in _YES | _NO:
            self.wrong(key, "is neither yes nor no", "Use 1 or 0.")
        if given in _YES and host is not None and not is_loopback(host):
            remedy = f"Remove it, or serve with --host {DEFAULT_HOST}."
            self.wrong(key, "would let anyone on the network decide", remedy)
        return given in _YES
