"""What the benchmarks share: fresh databases, the service behind gunicorn 2 x 4, clients, and how a figure is
said."""

import argparse
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from ports import free_port  # noqa: E402
from postgres import Postgres  # noqa: E402


def options(
    says: str | None, *, quick: str = "fewer", on: Sequence[str] = ("sqlite", "postgresql")
) -> argparse.ArgumentParser:
    """What every benchmark can be asked for; one that runs on a single database leaves the choice out."""
    parser = argparse.ArgumentParser(description=says, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick", action="store_true", help=f"{quick}; exit status 1 when a figure is missed"
    )
    parser.add_argument(
        "--smoke",
        action="store_true",
        help="one tiny round, to see whether it runs at all; its figures say nothing",
    )
    if on:
        parser.add_argument("--database", choices=on)
    return parser


def size(asked: argparse.Namespace, whole: int, quick: int, smoke: int) -> int:
    """How many, as it was asked."""
    return smoke if asked.smoke else quick if asked.quick else whole


def kinds(asked: argparse.Namespace) -> list[str]:
    """The databases that are measured."""
    return [asked.database] if asked.database else ["sqlite"] if asked.smoke else ["sqlite", "postgresql"]


def status(asked: argparse.Namespace, reached: bool) -> int:
    """The exit status."""
    return 0 if reached or asked.smoke else 1


@contextmanager
def databases(kinds: Sequence[str]) -> Iterator[Iterator[tuple[str, str, Path]]]:
    """(kind, URL, folder) of a fresh, migrated database of each kind."""
    folder = Path(tempfile.mkdtemp(prefix="outreach-bench-"))
    try:
        with Postgres.start(durable=True) if "postgresql" in kinds else nothing() as server:

            def each() -> Iterator[tuple[str, str, Path]]:
                for kind in kinds:
                    here = folder / kind
                    here.mkdir()
                    url = f"sqlite:///{here}/outreach.sqlite" if kind == "sqlite" else server.create("bench")
                    subprocess.run(
                        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
                        cwd=ROOT,
                        env=environment(url, here),
                        check=True,
                        capture_output=True,
                    )
                    yield kind, url, here

            yield each()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def nothing() -> Iterator[None]:
    yield None


def environment(url: str, folder: Path) -> dict[str, str]:
    """The settings of one run; mail goes to a folder."""
    return os.environ | {
        "DATABASE_URL": url,
        "OUTREACH_FOLDER": str(folder),
        "SECRET_KEY": "benchmark",
        "SESSION_HOURS": "1000000",  # for what make.session_of makes
        "SESSION_IDLE_MINUTES": "60000000",
        "PYTHONPATH": f"{ROOT}:{ROOT}/benchmarks",
    }


@contextmanager
def gunicorn(application: str, url: str, folder: Path) -> Iterator[int]:
    """The port of a gunicorn as in production: gthread, 2 workers x 4 threads."""
    with gunicorn_of(application, url, folder) as (port, _):
        yield port


@contextmanager
def gunicorn_of(application: str, url: str, folder: Path, workers: int = 2) -> Iterator[tuple[int, int]]:
    """The same, and the number of its first process."""
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "--bind",
            f"127.0.0.1:{port}",
            "--workers",
            str(workers),
            "--threads",
            "4",
            "--no-control-socket",
            "--log-level",
            "error",
            "--keep-alive",
            "30",
            application,
        ],
        cwd=ROOT,
        env=environment(url, folder),
    )
    try:
        until = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < until, "gunicorn does not start"
                time.sleep(0.1)
        yield port, server.pid
    finally:
        server.terminate()
        server.wait(timeout=120)


def spread(work: Sequence[Callable[[http.client.HTTPConnection], object]], port: int, clients: int) -> float:
    """Do all the work with so many clients, each on a connection of its own; seconds from first to last."""
    queue = iter(list(work))
    lock = threading.Lock()
    failed: list[BaseException] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            with lock:
                item = next(queue, None)
            if item is None:
                return
            try:
                item(connection)
            except BaseException as error:
                failed.append(error)
                return

    threads = [threading.Thread(target=client) for _ in range(clients)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return time.perf_counter() - began


def median_seconds(call: Callable[[], object], times: int) -> float:
    """The median time of one call, after one to warm up."""
    call()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return median(taken)


def say(name: str, ratio: float, asked: float, *, at_least: bool = False, detail: str = "") -> bool:
    """Print one figure beside what was asked; True if it is reached."""
    reached = ratio >= asked if at_least else ratio <= asked
    word = "at least" if at_least else "at most"
    print(
        f"{name}: {ratio:.3g}x ({word} {asked:g}x asked: {'reached' if reached else 'MISSED'}) {detail}".rstrip()
    )
    return reached
