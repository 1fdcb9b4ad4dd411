"""A PostgreSQL server that a test stops, kills, cuts off and follows with a standby: as durable as in life, and of nobody else."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from ports import free_port
from postgres import binaries, for_another_user
from walled import address_of_service

UP_WITHIN = 120
"""Seconds."""

DEPLOY = Path(__file__).resolve().parents[2] / "deploy/postgresql"


def deployed() -> list[str]:
    """What deploy/ says of sessions whose host is gone, as a test's server is told it."""
    lines = (DEPLOY / "county.conf").read_text().splitlines()
    return [line.replace(" ", "") for line in lines if line.startswith("tcp_")]


def account() -> str | None:
    """Whose process it is: initdb and postgres refuse root."""
    if os.geteuid() != 0:
        return None
    known = subprocess.run(["id", "postgres"], capture_output=True).returncode == 0
    return "postgres" if known else "nobody"


class Server:
    """One server: its data, its port, and the process while it runs."""

    def __init__(self, folder: Path, programs: Path, *settings: str) -> None:
        self.folder, self.programs, self.port = folder, programs, free_port()
        self.settings = ["max_connections=60", "listen_addresses=127.0.0.1", *settings]
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        return f"postgresql://outreach@127.0.0.1:{self.port}/{database}"

    def run(self, program: str, *words: str | Path) -> None:
        done = subprocess.run(
            [self.programs / program, *words], user=account(), cwd="/", capture_output=True, text=True
        )
        assert done.returncode == 0, (program, done.stderr)

    def start(self) -> None:
        """Returns once it answers; tried again while what a killed one left behind is still ending."""
        until = time.monotonic() + UP_WITHIN
        while not self._answers():
            assert time.monotonic() < until, (self.folder / "server.log").read_text()[-3000:]
            if self._process is None or self._process.poll() is not None:
                self._launch()
            time.sleep(0.05)

    def _launch(self) -> None:
        words = [self.programs / "postgres", "-D", self.folder / "data", "-p", str(self.port)]
        settings = [word for one in self.settings for word in ("-c", one)]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*words, "-k", self.folder, *settings], user=account(), cwd="/", stdout=log, stderr=log
            )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """As `systemctl stop` does: what is under way is rolled back, and every session ends."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As a machine that loses its power does: the next start has to recover."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(timeout=UP_WITHIN)

    def followed(self, name: str) -> "Server":
        """A standby, which has all that this one has and takes on what it writes; it is not started."""
        folder = self.folder / name
        folder.mkdir()
        if user := account():
            shutil.chown(folder, user)
        line = f"host=127.0.0.1 port={self.port} user=outreach application_name={name}"
        self.run("pg_basebackup", "-D", folder / "data", "-R", "-X", "stream", "-c", "fast", "-d", line)
        return Server(folder, self.programs, *self.settings)

    def waits_for(self, name: str) -> None:
        """From now on nothing is committed here that the standby of that name does not have on its disk."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as desk:
            desk.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")  # type: ignore[call-overload]
            desk.execute("SELECT pg_reload_conf()")
            until = time.monotonic() + UP_WITHIN
            while (
                desk.execute("SELECT FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone() is None
            ):
                assert time.monotonic() < until, "no standby follows"
                time.sleep(0.05)

    def takes_over(self) -> None:
        """A standby becomes a primary; returns once it can be written to."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as desk:
            assert desk.execute("SELECT pg_promote(true, 60)").fetchone() == (True,)

    def copied_from(self, url: str, name: str) -> str:
        """A database of that name as another server has it at `url`; its address."""
        file = self.folder / f"{name}.dump"
        self.run("pg_dump", "--format=custom", f"--file={file}", url)
        with psycopg.connect(self.url("postgres"), autocommit=True) as desk:
            desk.execute(f"CREATE DATABASE {name} TEMPLATE template0")  # type: ignore[call-overload]
        self.run("pg_restore", "--no-owner", f"--dbname={self.url(name)}", file)
        return self.url(name)


@contextmanager
def own_server(*settings: str, disk: int = 0) -> Iterator[Server]:
    """A new one that runs; whatever its test did with it, it is gone in the end. In memory where there is room: the test
    kills a process, and no disk. `disk`: its tables stand on one of so many megabytes; what it writes ahead does not."""
    with _folder() as (folder, programs), _disk(folder / "data", disk):
        server = Server(folder, programs, *settings)
        words = ["-U", "outreach", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", "-X", folder / "wal"]
        server.run("initdb", "-D", folder / "data", *words)
        with gone_in_the_end([server]):
            server.start()
            yield server


@contextmanager
def _disk(at: Path, megabytes: int) -> Iterator[None]:
    if not megabytes:
        yield
        return
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", at], check=True)
    try:
        if user := account():
            shutil.chown(at, user)
        at.chmod(0o700)
        yield
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)


@contextmanager
def with_standby(template: str) -> Iterator[tuple[Server, Server]]:
    """A primary with the database `outreach`, made as the one at `template` is, and the service's account; and a standby without
    which it commits nothing."""
    with own_server(*deployed()) as primary:
        primary.copied_from(template, "outreach")
        address_of_service(primary.url("outreach"))
        standby = primary.followed("standby")
        with gone_in_the_end([standby]):
            standby.start()
            primary.waits_for("standby")
            yield primary, standby


@contextmanager
def _folder() -> Iterator[tuple[Path, Path]]:
    """A folder that the server's account may enter, and the programs from where it may run them."""
    roomy = os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > 2**31
    folder = Path(tempfile.mkdtemp(prefix="outreach-own-pg-", dir="/dev/shm" if roomy else None))
    try:
        if user := account():
            shutil.chown(folder, user)
        yield folder, for_another_user(binaries(), folder) if account() else binaries()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def gone_in_the_end(servers: Sequence[Server]) -> Iterator[None]:
    try:
        yield
    finally:
        for server in servers:
            with suppress(subprocess.TimeoutExpired):
                server.stop()
            server.kill()
