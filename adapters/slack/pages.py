"""The pages somebody sees in the browser who installs the app: plain, and all from here."""

from html import escape
from typing import Final

HEADERS: Final = {
    # The address holds a code that must not travel on, and nothing is loaded from elsewhere.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

INSTALL_PATH: Final = "/slack/install"

_STYLE: Final = """
body { margin: 0; background: #f6f6f4; color: #1d1c1d;
       font: 17px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 32rem; margin: 12vh auto; padding: 2rem; background: #fff;
       border: 1px solid #ddd; border-radius: 10px; }
h1 { margin: 0 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1rem; }
p:last-child { margin: 0; }
a.button { display: inline-block; padding: .7rem 1.3rem; border-radius: 6px; background: #4a154b;
           color: #fff; font-weight: 600; text-decoration: none; }
a.button:focus-visible { outline: 3px solid #1264a3; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  body { background: #1a1a1a; color: #e8e8e8; }
  main { background: #222; border-color: #444; }
}
@media (max-width: 34rem) { main { margin: 0; min-height: 100vh; border: 0; border-radius: 0;
                                   box-sizing: border-box; } }
"""

_MATCHED: Final = " Those whose address in Slack is the one in the directory are linked by it."


def install(url: str) -> str:
    """Where it begins; `url` is Slack's own page that asks for permission."""
    return _page(
        "Add Countersign to Slack",
        "People decide there on what agents ask for. Slack shows you next what Countersign may "
        "do in your workspace, and asks whether you agree.",
        button=("Add to Slack", url),
    )


def installed(workspace: str, *, matching: bool) -> str:
    """It worked; `workspace` is its name, from outside. With `matching` people need not link their
    accounts where their addresses are those of the directory."""
    return _page(
        f"Countersign is installed in {workspace}",
        "Invite it to the channels that your rules name, and let people link their accounts: they "
        f"write /approvals link in Slack, and it says how.{_MATCHED if matching else ''} You can "
        "close this page.",
    )


def declined() -> str:
    return _page(
        "Nothing was installed",
        "You chose not to give Countersign access to the workspace. Nothing was changed.",
        button=("Begin again", INSTALL_PATH),
    )


def expired() -> str:
    return _page(
        "This attempt is over",
        "It was begun more than ten minutes ago, in another browser, or was used already. Nothing "
        "was changed just now. Please begin again, and finish in the same browser.",
        button=("Begin again", INSTALL_PATH),
    )


def not_confirmed() -> str:
    return _page(
        "Slack did not confirm the installation",
        "Nothing was changed. Please begin again; if it fails again, ask whoever runs this server "
        "to look into its log.",
        button=("Begin again", INSTALL_PATH),
    )


def not_allowed() -> str:
    return _page(
        "This workspace may not use this server",
        "Its operator keeps a list of workspaces, and yours is not on it. Nothing was kept, and "
        "the permission you gave was handed back. Ask the operator to add your workspace.",
    )


def _page(title: str, text: str, button: tuple[str, str] | None = None) -> str:
    link = ""
    if button is not None:
        link = f'<p><a class="button" href="{escape(button[1])}">{escape(button[0])}</a></p>'
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1><p>{escape(text)}</p>{link}</main></body></html>"
    )
