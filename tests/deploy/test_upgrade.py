"""An upgrade of the pages in the order of scripts/install, asked without end meanwhile: nobody is refused, and nobody meets a
release that does not start. What systemd does is done here: the place is held open, and handed on (LISTEN_FDS)."""

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from load import Asking
from units import DEPLOY, read

ROOT = DEPLOY.parent
PARTS = ("outreach", "templates", "wsgi.py", "gunicorn.conf.py", "pyproject.toml", "docs")

pytestmark = [pytest.mark.browser, pytest.mark.any_database]


class Installation:
    """Releases in a folder, `current` that leads to one, and the place where pages are asked for."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self._environment = folder, environment
        self.place = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = self.place.getsockname()[1]

    def release(self, name: str) -> Path:
        made = self.folder / name
        made.mkdir()
        for part in PARTS:
            (made / part).symlink_to(ROOT / part)
        (made / ".venv/bin").mkdir(parents=True)
        (made / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        (made / ".venv/bin/python").chmod(0o755)
        return made

    def current(self, release: str) -> None:
        (self.folder / "current.new").symlink_to(release)
        (self.folder / "current.new").rename(self.folder / "current")

    @contextmanager
    def started(self, unit: str, log: Path) -> Iterator[subprocess.Popen[bytes] | None]:
        """A service, once it says that it is ready; None where it ends without."""
        [words] = read(f"{unit}.service").commands()
        notices = f"outreach-tests-{self.port}-{unit}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line, log.open("ab") as out:
            line.bind(f"\0{notices}")
            process = subprocess.Popen(
                ["sh", "-c", 'exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", *words],
                cwd=self.folder / "current",
                env=self._environment | {"NOTIFY_SOCKET": f"@{notices}", "WEB_CONCURRENCY": "1"},
                stdin=self.place.fileno(),
                stdout=out,
                stderr=out,
            )
            said = b""
            while said != b"READY=1" and process.poll() is None:
                if select.select([line], [], [], 0.1)[0]:
                    said = line.recv(4096)
        try:
            yield process if said else None
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)


@pytest.fixture
def installation(database_url: str, tmp_path: Path) -> Iterator[Installation]:
    folder = tmp_path / "installation"
    folder.mkdir()
    environment = os.environ | {"DATABASE_URL": database_url, "OUTREACH_FOLDER": str(tmp_path / "folder")}
    found = Installation(folder, environment)
    with found.place:
        yield found


def test_an_upgrade_refuses_nobody_and_a_release_that_does_not_start_is_met_by_nobody(
    installation: Installation, tmp_path: Path
) -> None:
    log = tmp_path / "pages.log"
    _old, new, broken = (installation.release(name) for name in ("old", "new", "broken"))
    (broken / "wsgi.py").unlink()
    (broken / "wsgi.py").write_text("raise RuntimeError('this release does not start')\n")
    installation.current("old")
    with installation.started("outreach-web", log) as first:
        assert first is not None, log.read_text()
        with Asking(f"http://127.0.0.1:{installation.port}", "localhost", pause=0.05) as asking:
            installation.current("broken")
            with installation.started("outreach-web-meanwhile", log) as never:
                assert never is None
            assert "this release does not start" in log.read_text()
            installation.current("new")
            with installation.started("outreach-web-meanwhile", log) as meanwhile:
                assert meanwhile is not None, log.read_text()
                first.send_signal(signal.SIGTERM)
                assert first.wait(timeout=60) == 0
                with installation.started("outreach-web", log) as second:
                    assert second is not None
                    assert os.readlink(f"/proc/{second.pid}/cwd") == str(new)
                    assert os.readlink(f"/proc/{meanwhile.pid}/cwd") == str(new)
                    meanwhile.send_signal(signal.SIGTERM)
                    assert meanwhile.wait(timeout=60) == 0
                    before = asking.asked.answered
                    while asking.asked.answered < before + 30:
                        assert second.poll() is None
                    asking.stop()
    assert asking.asked.refused == [] and asking.asked.answered > 100, asking.asked
    with Asking(f"http://127.0.0.1:{installation.port}", "localhost", threads=1) as asking:
        installation.place.close()
        while not asking.asked.refused:
            pass
    assert "Connection" in asking.asked.refused[0][1], "which is what a place that is not held open does"
