"""What each migration takes on a large database: its time, and which tables it keeps from others, in which way.

  python benchmarks/migrations.py [--quick | --smoke] [--share S] [--years N] [--since REVISION]

A made-up England (flask demonstration england) is taken back some steps and brought up again, a step at a time, as
`flask db upgrade` does. Locks are read at the end of each step's transaction, of tables that stood before it. An index
that is built beside who writes keeps nobody from anything. Floor: none; three seconds is what a step may wait for others
(cli/live_schema.py), and no step is to make others wait for longer.
"""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from serving import ROOT, databases, environment, options, size, status
from sqlalchemy import event, text

ASKED = 3.0
"""Seconds."""
SINCE = "0073_register_uploads"

STRONG = (
    "AccessExclusiveLock",
    "ExclusiveLock",
    "ShareRowExclusiveLock",
    "ShareLock",
    "ShareUpdateExclusiveLock",
)
"""From the strongest: the first keeps all others from a table, the next three whoever writes; the last nobody."""

HELD = """SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
AND l.mode = ANY(%s)"""


def flask(url: str, folder: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env=environment(url, folder),
        check=True,
        capture_output=True,
    )


def measure(url: str, folder: Path, since: str) -> bool:
    os.environ.update(environment(url, folder))
    from alembic import command
    from alembic.script import ScriptDirectory

    from outreach import create_app
    from outreach.cli import migrations
    from outreach.ground.db import db

    slowest, whole, steps = 0.0, 0.0, 0
    app = create_app({})
    migrations.init_app(app)  # else done where a command is asked for
    with app.app_context():
        with db.engine.connect() as line:
            megabytes = line.scalar(text("SELECT pg_database_size(current_database()) / 1048576"))
        found = ScriptDirectory(str(migrations.FOLDER)).walk_revisions(since, "head")
        config = app.extensions["migrate"].migrate.get_config(str(migrations.FOLDER))
        for name in [script.revision for script in found if script.revision != since][::-1]:
            taken = Taken()
            event.listen(db.engine, "commit", taken.look)
            event.listen(db.engine, "before_cursor_execute", taken.note)
            with db.engine.connect() as line:
                stood = set(line.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))
            began = time.perf_counter()
            command.upgrade(config, name)
            seconds = time.perf_counter() - began
            event.remove(db.engine, "commit", taken.look)
            event.remove(db.engine, "before_cursor_execute", taken.note)
            kept = taken.of(stood - {"alembic_version"})
            print(f"migrations, {name}: {seconds:.2f} s, {taken.in_words(kept)}", flush=True)
            steps, whole = steps + 1, whole + seconds
            slowest = max(slowest, seconds if kept else 0.0)
    reached = slowest <= ASKED
    print(
        f"migrations: {steps} steps in {whole:.1f} s on {megabytes:,} MB; the longest that keeps a table from others takes "
        f"{slowest:.2f} s (at most {ASKED:g} s asked: {'reached' if reached else 'MISSED'})"
    )
    return reached


class Taken:
    """What a step held when it was about to end, and what it built beside others."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}
        self.built = 0

    def look(self, connection: Any) -> None:
        with connection.connection.cursor() as cursor:
            for table, mode in cursor.execute(HELD, [list(STRONG)]).fetchall():
                before = self.held.get(table, STRONG[-1])
                self.held[table] = min(before, mode, key=STRONG.index)

    def note(self, _connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        self.built += statement.startswith(("CREATE INDEX CONCURRENTLY", "CREATE UNIQUE INDEX CONCURRENTLY"))

    def of(self, stood: set[str]) -> dict[str, str]:
        """Kept from others by the way in which."""
        kept: dict[str, str] = {}
        for table, mode in sorted(self.held.items()):
            if table in stood and mode != STRONG[-1]:
                kept[mode] = f"{kept[mode]}, {table}" if mode in kept else table
        return kept

    def in_words(self, kept: dict[str, str]) -> str:
        said = [f"{mode} on {tables}" for mode, tables in sorted(kept.items())]
        if self.built:
            said.append(f"{self.built} indexes built beside who writes")
        return "; ".join(said) or "keeps no table from anybody"


def main() -> int:
    parser = options(__doc__, quick="a hundredth of England over two years", on=())
    parser.add_argument("--share", help="of England")
    parser.add_argument("--years", type=int)
    parser.add_argument("--since", default=SINCE, help="the step to begin behind")
    asked = parser.parse_args()
    with databases(["postgresql"]) as each:
        for _, url, folder in each:
            if not asked.smoke:
                years = str(asked.years or size(asked, 10, 2, 1))
                share = asked.share or f"{size(asked, 10, 1, 1) / 100}"
                flask(url, folder, "demonstration", "england", "--years", years, "--share", share)
            flask(url, folder, "db", "downgrade", "--drop-data", asked.since)
            reached = measure(url, folder, asked.since)
    return status(asked, reached)


if __name__ == "__main__":
    sys.exit(main())
