"""PgBouncer as deploy/pgbouncer has it, in front of a test's server."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from own_server import account
from sqlalchemy import make_url

from ports import free_port

FILE = Path(__file__).resolve().parents[2] / "deploy/pgbouncer/outreach.ini"
PROGRAM = "/usr/sbin/pgbouncer"


@contextmanager
def bouncer(url: str, **settings: str | int) -> Iterator[str]:
    """The address of the same database through it; `settings` stand above those of the file."""
    to = make_url(url)
    with tempfile.TemporaryDirectory(prefix="outreach-bouncer-") as made:
        folder = Path(made)
        folder.chmod(0o777)
        here = {
            "listen_port": free_port(),
            "unix_socket_dir": "",
            "auth_type": "any",
            "logfile": folder / "log",
            "pidfile": folder / "pid",
        }
        words = FILE.read_text().replace(
            "port=5432 dbname=outreach", f"port={to.port} dbname={to.database} user={to.username}"
        )
        words = re.sub(r"^outreach =", f"{to.database} =", words, flags=re.MULTILINE)
        for name, value in (here | settings).items():
            words, found = re.subn(rf"^{name} =.*$", f"{name} = {value}", words, flags=re.MULTILINE)
            assert found == 1, name
        (folder / "pgbouncer.ini").write_text(words)
        (folder / "pgbouncer.ini").chmod(0o644)
        process = subprocess.Popen(
            [PROGRAM, "-q", folder / "pgbouncer.ini"], user=account(), cwd="/", stderr=subprocess.DEVNULL
        )
        through = to.set(port=int(here["listen_port"]))
        try:
            _wait_for(through.render_as_string(hide_password=False), process, folder)
            yield through.render_as_string(hide_password=False)
        finally:
            process.terminate()
            process.wait(timeout=60)


def _wait_for(url: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError as error:
            log = (folder / "log").read_text() if os.path.exists(folder / "log") else ""
            assert process.poll() is None and time.monotonic() < until, (error, log)
            time.sleep(0.05)
