"""The chat platforms' own checks, for the platforms that are switched on."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from bot import clock
from bot.doctor import own
from bot.encryption_keys import load_keys
from bot.settings import Problem, Secret, Settings, SettingsError, SlackSettings
from bot.slack_settings import ENCRYPTION, InstallSettings
from core.checkup import Found, problem, warning
from core.directory.people import Directory, Identity, Person
from core.installs import Installation

PLATFORMS: Final = "chat platforms"
INSTALLS: Final = "slack installs"
ALLOWED: Final = "slack allowed teams"
ASKED: Final = 5
"""Of how many workspaces the tokens are tried."""


def none(given: Settings) -> list[Found]:
    """That people are asked nowhere, where that is so."""
    if given.slack is not None or given.teams is not None or given.email is not None:
        return []
    remedy = "Set up Slack, Teams or e-mail, unless people decide with the API and the CLI only."
    said = "No chat platform is set up: nobody is asked anywhere."
    return [warning(PLATFORMS, said, remedy)]


def anybody(given: Settings) -> list[Found]:
    """That any workspace may install the app, where that is so."""
    installs = None if given.slack is None else given.slack.installs
    if installs is None or installs.allowed:
        return []
    said = "Whoever finds this server's address can install the app in their workspace."
    return [warning(ALLOWED, said, "Set SLACK_ALLOWED_TEAMS to the workspaces that you mean.")]


async def slack(
    given: Settings, people: Directory | None, installations: Sequence[Installation]
) -> list[Found]:
    """What Slack's adapter finds; without a directory nobody is looked up."""
    from adapters.slack import checks

    app, accounts = given.slack, _accounts(people, "slack", given)
    assert app is not None, "only where Slack is on"
    found: list[Found] = []
    if app.app_token.reveal():
        found += await checks.socket(_api(app), app.app_token.reveal())
    else:
        found += checks.settings(app.signing_secret.reveal())
    if app.installs is not None:
        return found + await _installed(given, app, accounts, installations)
    matching, token = app.match_email, app.bot_token.reveal()
    asked = checks.workspace(_api(app), token, accounts, clock.now, matching=matching)
    return found + await asked


async def teams(given: Settings, people: Directory | None) -> list[Found]:
    """What Teams' adapter finds; without a directory nothing is said of people."""
    from adapters.teams import checks

    assert given.teams is not None, "only where Teams is on"
    accounts = _accounts(people, "teams", given)
    return await checks.everything(given.teams.for_adapter(), accounts, clock.now)


def doors(given: Settings) -> list[str]:
    """The paths under which the platforms that are on call this server."""
    paths = []
    # In Socket Mode Slack calls no address.
    if given.slack is not None and not given.slack.app_token.reveal():
        from adapters.slack.manifest import PATH

        paths.append(PATH)
    if given.teams is not None:
        from adapters.teams.app import PATH as MESSAGES

        paths.append(MESSAGES)
    return paths


async def _installed(
    given: Settings,
    app: SlackSettings,
    accounts: Mapping[str, Identity | None],
    installations: Sequence[Installation],
) -> list[Found]:
    """The token of each workspace, as far as there are few."""
    from adapters.slack import checks
    from adapters.slack.sealing import Seal

    assert app.installs is not None, "only where workspaces install it"
    if not installations:
        page = f"{app.installs.public_url}/slack/install"
        said = "No workspace has installed the app."
        return [warning(INSTALLS, said, f"Open {page} as somebody who may install it.")]
    try:
        seal = Seal(_keys(app.installs, given.database_url))
    except SettingsError as error:
        return [own.mistake(INSTALLS, each) for each in error.problems]
    found = checks.placed(accounts, [row.id for row in installations])
    for row in islice(installations, ASKED):
        grant = seal.open_grant(row.body, row.id)
        if grant is None:
            said = f"The token of {row.id} does not open."
            remedy = f"Restore {ENCRYPTION}, or install the app there again."
            found.append(problem(INSTALLS, said, remedy))
            continue
        here = {name: each for name, each in accounts.items() if each and each.realm == row.id}
        found += await checks.workspace(
            _api(app), grant.bot_token, here, clock.now, matching=app.match_email
        )
    return found


def _keys(installs: InstallSettings, url: Secret) -> tuple[str, ...]:
    """The keys that seal tokens; makes none, since a new one would open nothing."""
    path = own.sqlite_file(url)
    if installs.encryption_keys is None and path is not None:
        file = path.with_name(f"{path.stem}.encryption-key")
        if not file.exists():
            gone = Problem(ENCRYPTION, f"is not set, and {file} is gone", "Restore that file.")
            raise SettingsError((gone,))
    return load_keys(installs.encryption_keys, url)


def _accounts(
    people: Directory | None, platform: str, given: Settings
) -> dict[str, Identity | None]:
    """Who is to be reached on a platform, and where: not those who are reached on another one."""
    on = {
        "slack": given.slack is not None,
        "teams": given.teams is not None,
        "email": given.email is not None,
    }

    def reached(person: Person) -> bool:
        if person.notify:
            return platform in person.notify
        return person.identity(platform) is not None or not any(map(on.get, person.platforms))

    everyone = () if people is None else people.people.values()
    return {person.name: person.identity(platform) for person in everyone if reached(person)}


def _api(app: SlackSettings) -> str:
    from adapters.slack.app import API_URL

    return app.api_url or API_URL
