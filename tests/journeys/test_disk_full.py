"""The disk of a service on SQLite fills up: a small one of its own, filled to some bytes less than a booking or a register
takes. Whoever sent a form is told that we are busy, nothing is half written, pages are shown, and once there is room the
same form is taken.

PostgreSQL's disk: tests/web/test_busy.py. The folder of letters and what jobs print: tests/post/test_postman.py,
tests/cli/test_what_jobs_say.py.
"""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from points import Sent, account, in_a_process_of_its_own, rows
from test_killed_at_each_point import WAYS, AsItWas, _stopped, applies_a_register, books  # noqa: F401

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SOME = (0, 24, 96)
"""KiB that are left: nothing, less than the first pages of a booking take, and most of them."""
EVERY = tuple(range(0, 400, 8))
PLENTY = 8 * 1024


class Disk:
    """A disk of 32 MiB where one can be mounted; else a process may make no file larger than some bytes beyond the
    database's log."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._filler = folder, folder / "filler"
        folder.mkdir()
        made = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(folder)]
        with suppress(OSError):
            subprocess.run(made, capture_output=True)
        self.is_mounted = os.path.ismount(folder)
        self._at_most = 0

    def fill(self, left: int) -> None:
        """To so many KiB."""
        self.make_room()
        if self.is_mounted:
            room = shutil.disk_usage(self.folder).free - left * 1024
            with self._filler.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, room)
        else:
            self._at_most = max(file.stat().st_size for file in self.folder.glob("*-wal")) + left * 1024

    def felt(self) -> None:
        """In the process that is to feel it, where nothing is mounted."""
        if self._at_most:
            _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self._at_most, most))

    def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)
        self._at_most = 0

    def away(self) -> None:
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    found = Disk(tmp_path / "disk")
    yield found
    found.away()


@pytest.fixture
def database_url(disk: Disk, sqlite_template: Path) -> str:
    shutil.copy(sqlite_template, disk.folder / "outreach.sqlite")
    return f"sqlite:///{disk.folder}/outreach.sqlite"


@pytest.mark.parametrize("left", [SOME, pytest.param(EVERY, marks=pytest.mark.long)], ids=["some", "every"])
@pytest.mark.parametrize(
    "way", [books, applies_a_register, *(pytest.param(way, marks=pytest.mark.long) for way in WAYS[1:-1])]
)
def test_a_form_that_finds_no_room_is_told_so_and_taken_when_there_is(
    request: pytest.FixtureRequest,
    app: Flask,
    client: FlaskClient,
    database_url: str,
    disk: Disk,
    way: Callable[[FlaskClient], Sent],
    left: tuple[int, ...],
) -> None:
    app.config["TESTING"] = False
    sent = way(client)
    before, busy = rows(), 0

    def send() -> dict[str, Any]:
        disk.felt()
        shown = client.get("/sign-in").status_code
        answer = client.post(sent.path, data=sent.typed)
        return {
            "status": answer.status_code,
            "later": answer.headers.get("Retry-After"),
            "said": "We are busy" in answer.text and "Nothing was lost" in answer.text,
            "shown": shown,
        }

    as_it_was = AsItWas(request, database_url)
    assert client.post(sent.path, data=sent.typed).status_code == 303
    after = account()
    assert after["rows"] != {name: len(found) for name, found in before.items()}
    as_it_was.lay()

    # Somebody else looks at pages, so that the files of the log are there, as they are in life.
    with closing(connect(disk.folder / "outreach.sqlite")) as another:
        another.execute("SELECT count(*) FROM booking").fetchone()
        for kib in left:
            disk.fill(kib)
            told = in_a_process_of_its_own(send)
            assert told is not None and told["shown"] < 400, kib
            if told["status"] == 303:
                break  # there was room for it
            assert (told["status"], told["later"], told["said"]) == (503, "60", True), kib
            busy += 1
            assert rows() == before, kib
        assert busy
        disk.make_room()
        told = in_a_process_of_its_own(send)
        assert told is not None and told["status"] == 303
        print(f"{way.__name__}: {busy} times no room, and then it was taken; mounted: {disk.is_mounted}")
        assert account() == after, "done once, as with room enough"
        assert another.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
