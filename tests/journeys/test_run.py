"""scripts/run as a newcomer starts it: it makes everything, prints what to open, stops, and keeps what is
there."""

import fcntl
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from processes import ROOT
from test_disk_full import Disk

from cli.test_demonstration_command import old, titles
from outreach.county.roles import NAMES
from outreach.demonstration import county
from ports import free_port

pytestmark = pytest.mark.browser

LAST_LINE = "Ctrl-C stops the service"
PATIENCE = 300
"""Seconds for a first start, which makes a county: a tenth of that where nothing else runs."""


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """The addresses that scripts/run prints, while it runs: {'/sign-in/…': 'http://…'} by the page's first
    part."""
    port = free_port()
    environment = os.environ | {"OUTREACH_FOLDER": str(folder), "PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    log = folder.parent / f"run-{port}.log"
    with log.open("w") as said:
        run = subprocess.Popen(
            [ROOT / "scripts/run", *arguments],
            env=environment,
            stdout=said,
            stderr=said,
            start_new_session=True,
            # Who starts the tests in the background has them ignore Ctrl-C, and a shell cannot take that back.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        until = time.monotonic() + PATIENCE
        while LAST_LINE not in log.read_text():
            assert run.poll() is None and time.monotonic() < until, log.read_text()
            time.sleep(0.1)
        doors: dict[str, str] = {}
        for url in re.findall(r"http://\S+", log.read_text()):
            path = urlsplit(url).path
            doors.setdefault("report" if path.endswith("/report") else path.split("/")[1], url)
        yield doors
    finally:
        # As Ctrl-C does: to all of them at once.
        stopped = time.monotonic()
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait(timeout=120) == 0
        doors["seconds to stop"] = f"{time.monotonic() - stopped:.1f}"
    assert not re.search("Traceback|memory|Error", log.read_text()), log.read_text()
    assert not [one for one in [folder, *folder.rglob("*")] if one.stat().st_mode & 0o077], "the user's alone"
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.1", port).request("GET", "/")


def refused(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    """What a start says that ends by itself."""
    environment = os.environ | {"OUTREACH_FOLDER": str(folder), "PORT": str(free_port())} | settings
    for name in ("DATABASE_URL", "SECRET_KEY", "HISTORY_KEY"):
        environment.pop(name, None)
    return subprocess.run(
        [ROOT / "scripts/run", *arguments], env=environment, capture_output=True, text=True, cwd=ROOT
    )


def get(url: str) -> tuple[int, str]:
    parts = urlsplit(url)
    page = HTTPConnection(parts.netloc, timeout=120)
    page.request("GET", parts.path)
    answer = page.getresponse()
    return answer.status, answer.read().decode()


@pytest.mark.long  # the next one starts it in each run; the made-up county is told in many others
def test_a_first_start_makes_a_county_and_a_second_one_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "a folder with spaces"
    with started(folder) as doors:
        assert get(doors["sign-in"])[0] == 200
        said = "".join(file.read_text() for file in tmp_path.glob("run-*.log"))
        for role in (*NAMES.values(), "a school", "a company"):
            assert re.search(rf", {role}[^\n]*:\n +http://", said), role
        status, school = get(doors["i"])
        assert status == 200
        assert "Choose a time for" in school
        assert "How many" in get(doors["report"])[1]
        assert "Start" in get(doors["q"])[1], "a pupil's page, by the code on a poster"
        assert get(doors["desk"])[0] == 302, "the letters ask to sign in first"
        until = time.monotonic() + PATIENCE
        while not list((folder / "mail").glob("*.eml")):
            assert time.monotonic() < until, "no letter was posted"
            time.sleep(0.1)
    first_key = (folder / "secret-key").read_text()
    with started(folder) as again:
        assert get(again["i"])[0] == 200
        assert get(doors["i"].replace(urlsplit(doors["i"]).netloc, urlsplit(again["i"]).netloc))[0] == 200
    assert (folder / "secret-key").read_text() == first_key


@pytest.mark.long
def test_a_real_register_gets_a_database_of_its_own_and_no_programme(tmp_path: Path) -> None:
    (tmp_path / "the register.csv").write_bytes(county.make(1, 2026).register)
    folder = tmp_path / "data"
    with started(folder, "--register", str(tmp_path / "the register.csv"), "--authority", "987") as doors:
        assert get(doors["sign-in"])[0] == 200
        assert "i" not in doors, "nobody is invited to a programme that is not there"
    assert (folder / "authority-987" / "outreach.sqlite").exists()
    assert not (folder / "outreach.sqlite").exists()


@pytest.mark.long
def test_the_made_up_county_of_another_version_is_set_aside_and_a_new_one_made(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    old(folder / "outreach.sqlite")
    with started(folder) as doors:
        assert get(doors["sign-in"])[0] == 200
    [aside] = folder.glob("outreach-*.sqlite")
    assert titles(aside) == [("Someone to Tell",)]


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ([], "outreach.sqlite"),
        (["--register", "README.md", "--authority", "987"], "authority-987/outreach.sqlite"),
    ],
)
def test_a_real_database_of_another_version_is_refused_in_words(
    tmp_path: Path, arguments: list[str], name: str
) -> None:
    """Without --register a programme of somebody's own makes it a real one."""
    file = tmp_path / "data" / name
    file.parent.mkdir(parents=True)
    old(file, **({} if arguments else {"programme": "Out of Sight"}))
    before = titles(file)
    done = refused(tmp_path / "data", *arguments)
    assert done.returncode == 1
    assert f"To keep a copy: stop the service and copy {file}" in done.stderr
    assert "Traceback" not in done.stderr
    assert titles(file) == before
    assert [path.name for path in file.parent.glob("*.sqlite")] == ["outreach.sqlite"]


@pytest.mark.long
def test_twenty_stops_are_clean_and_take_two_seconds_at_most(tmp_path: Path) -> None:
    """Every other one while a browser keeps a line open."""
    (tmp_path / "register.csv").write_bytes(county.make(1, 2026).register)
    folder = tmp_path / "data"
    for n in range(20):
        with started(folder, "--register", str(tmp_path / "register.csv"), "--authority", "987") as doors:
            line = HTTPConnection(urlsplit(doors["sign-in"]).netloc, timeout=120)
            if n % 2:
                line.request("GET", "/health")
                assert line.getresponse().read()
            time.sleep(n / 20)
        assert float(doors["seconds to stop"]) < 2


def test_a_second_start_on_one_folder_says_that_one_is_at_work(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as first:
        fcntl.flock(first, fcntl.LOCK_EX)
        done = refused(tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        f"Another scripts/run is at work in {tmp_path}. Stop it first, or take another folder: OUTREACH_FOLDER=...\n",
    )
    assert [one.name for one in tmp_path.iterdir()] == ["lock"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of its own can be made by root alone")
@pytest.mark.parametrize("left", [0, 64], ids=["no room", "too little for the tables"])
def test_a_full_disk_is_said_in_a_sentence(tmp_path: Path, left: int) -> None:
    disk = Disk(tmp_path / "disk")
    try:
        assert disk.is_mounted
        disk.fill(left)
        done = refused(disk.folder)
        assert done.returncode == 1
        assert "isk is full" in done.stderr and done.stderr.count("\n") == 1
    finally:
        disk.away()


@pytest.mark.parametrize("port", ["80000", "0", "http"])
def test_a_port_that_is_none_is_refused_before_anything_is_made(tmp_path: Path, port: str) -> None:
    done = refused(tmp_path / "data", PORT=port)
    assert (done.returncode, done.stderr) == (2, f"PORT is {port}: take a number from 1 to 65535.\n")
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--register", "nowhere.csv", "--authority", "931"], "There is no file"),
        (["--register", "README.md"], "go together"),
        (["--help"], "scripts/run"),
        (["--authority"], "scripts/run"),
    ],
)
def test_a_start_that_makes_no_sense_says_so_and_makes_nothing(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    done = refused(tmp_path / "data", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert not (tmp_path / "data").exists()
