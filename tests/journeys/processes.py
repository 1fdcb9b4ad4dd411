"""The service as it runs for real: gunicorn and the post as processes of their own, and a mail server beside
them."""

import email
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from begun import Begun, begun_and_done
from outreach.ground import clock
from ports import free_port

ROOT = Path(__file__).resolve().parents[2]
SECRET = "of the journey"


@dataclass
class MailServer:
    """Takes every mail, in the order in which it came."""

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=policy.default)
        for address in envelope.rcpt_tos:
            self.taken.append((address, mail))  # type: ignore[arg-type]
        return "250 taken"

    def to(self, address: str, at_least: int) -> list[EmailMessage]:
        """All mail to an address, once there are `at_least` so many; waits up to two minutes."""
        until = time.monotonic() + 120
        while True:
            found = [mail for to, mail in self.taken if to.lower() == address.lower()]
            if len(found) >= at_least:
                return found
            assert time.monotonic() < until, f"{len(found)} mails to {address}, {at_least} wanted"
            time.sleep(0.1)


@dataclass
class Service:
    """`url` is where its pages are, `mail` what its letters reach, `app` the module that is served."""

    url: str
    mail: MailServer
    environment: dict[str, str]
    app: str = "wsgi"

    def flask(self, *command: str) -> str:
        """Run one flask command of the service; what it printed."""
        done = begun_and_done(
            ["flask", "--app", self.app, *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def running(
    database_url: str, folder: Path, *, app: str = "wsgi", code: Path = ROOT, **settings: str
) -> Iterator[Service]:
    """Start all three on free ports and stop them in the end; the database is migrated already. `app` is the module
    that they serve, `code` where it lies; `settings` stand above ours."""
    mail = MailServer()
    smtp = Controller(mail, hostname="127.0.0.1", port=free_port(), ready_timeout=120)
    smtp.start()
    port = free_port()
    environment = (
        os.environ
        | {
            "DATABASE_URL": database_url,
            "OUTREACH_FOLDER": str(folder),
            "SECRET_KEY": SECRET,
            "PUBLIC_URL": f"http://127.0.0.1:{port}",
            "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
            "MAIL_DOMAIN": "outreach.example",
            "PYTHONUNBUFFERED": "1",
            "SESSION_HOURS": "1000000",  # for what make.session_of makes, and where a clock is put forward
            "SESSION_IDLE_MINUTES": "60000000",
        }
        | settings
    )
    log = (folder / "journey.log").open("w")

    def start(*command: str) -> subprocess.Popen[bytes]:
        told = {"cwd": code, "env": environment, "stdout": log, "stderr": log}
        if code != ROOT:  # another release, of which nothing was imported
            return subprocess.Popen([sys.executable, "-m", *command], **told)
        return Begun(command, **told)

    web = start(
        "gunicorn",
        "--bind",
        f"127.0.0.1:{port}",
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        "4",
        "--no-control-socket",
        "--graceful-timeout",
        "5",
        f"{app}:app",
    )
    post = start("flask", "--app", app, "post", "send", "--loop", "--every", "0.2")
    try:
        _wait_for(port, web, folder)
        yield Service(f"http://127.0.0.1:{port}", mail, environment, app)
        assert post.poll() is None, "the post ended by itself"
    finally:
        for process in (web, post):
            process.send_signal(signal.SIGTERM)
        for process in (web, post):
            process.wait(timeout=120)
        smtp.stop()
        log.close()
    assert "Traceback" not in (folder / "journey.log").read_text()


def as_if(now: datetime, folder: Path) -> dict[str, str]:
    """Settings of what serves `later` as if it were that moment just now."""
    days = folder / "days_forward"
    days.write_text(str((now - clock.now()) / timedelta(days=1)))
    return {"DAYS_FORWARD": str(days), "PYTHONPATH": str(Path(__file__).parent)}


def put_forward(file: Path, days: int) -> None:
    """So many days that clocks of the processes go forward (later.py), in one step: who looks at the clock meanwhile
    finds the number of before or the new one, and never a file without one."""
    written = file.with_name(f"{file.name}.new")
    written.write_text(str(days))
    written.replace(file)


def _wait_for(port: int, web: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert web.poll() is None, (folder / "journey.log").read_text()
        try:
            page = HTTPConnection("127.0.0.1", port, timeout=120)
            page.request("GET", "/health")
            if page.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("the service did not answer: " + (folder / "journey.log").read_text())
