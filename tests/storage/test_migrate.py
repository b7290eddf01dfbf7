"""What is new is told without Alembic, which a server that has nothing to migrate never loads."""

import subprocess
import sys
from pathlib import Path

from alembic.script import ScriptDirectory

from storage.engine import open_engines
from storage.migrate import _config, _known, upgrade

ROOT = Path(__file__).parents[2]


def test_the_files_are_named_by_the_revisions_that_alembic_finds(tmp_path: Path) -> None:
    engines = open_engines(f"sqlite:///{tmp_path}/test.db")
    with engines.reader.connect() as connection:
        scripts = ScriptDirectory.from_config(_config(connection))
    engines.dispose()
    found = [script.revision for script in scripts.walk_revisions()]
    assert _known() == found[::-1]


def test_a_server_whose_tables_are_up_to_date_loads_no_alembic(tmp_path: Path) -> None:
    dsn = f"sqlite:///{tmp_path}/test.db"
    upgrade(dsn)
    assert loaded_by(dsn) == ""


def test_one_that_has_to_make_them_does(tmp_path: Path) -> None:
    assert loaded_by(f"sqlite:///{tmp_path}/test.db") == "alembic"


def loaded_by(dsn: str) -> str:
    """What of the heavy packages a process holds that has brought this database up to date."""
    code = (
        "import sys, bot.serve\n"
        f"bot.serve.upgrade({dsn!r})\n"
        "print(*sorted({'alembic', 'holidays'} & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
