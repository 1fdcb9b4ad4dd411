"""The end of a command: its database is closed, and nothing of it is left beside SQLite's file."""

import os
import shutil
from pathlib import Path

from begun import ROOT, begun_and_done


def test_a_command_closes_its_database(sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "outreach.sqlite")
    here = {"DATABASE_URL": f"sqlite:///{tmp_path}/outreach.sqlite", "OUTREACH_FOLDER": str(tmp_path)}
    begun_and_done(
        ["flask", "--app", "wsgi", "post", "send"],
        cwd=ROOT,
        env=os.environ | here | {"SECRET_KEY": "for tests"},
        capture_output=True,
        check=True,
    )
    assert [path.name for path in tmp_path.glob("outreach.sqlite*")] == ["outreach.sqlite"]


def test_signals_that_come_as_it_closes_print_nothing(tmp_path: Path) -> None:
    code = """
import signal, wsgi
from sqlalchemy import Engine
Engine.dispose = lambda _: print("closed", *map(signal.raise_signal, (signal.SIGINT, signal.SIGTERM)))
"""
    done = begun_and_done(
        ["-c", code],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "", "OUTREACH_FOLDER": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "closed None None\n", "")
