"""Names and addresses that a visitor makes up, before a gunicorn that stands by itself and before one behind a proxy: whom
the service believes, and that nothing made up stands in an answer."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

import make
from outreach.asking.short_codes import WrongTry
from outreach.ground.db import db, transaction
from ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.any_database]

ROOT = Path(__file__).resolve().parents[2]

OURS, EVIL = "outreach.marlshire.org.uk", "evil.attacker.org"
BEHIND = {
    "PUBLIC_URL": f"https://{OURS}",
    "TRUSTED_HOSTS": OURS,
    "BEHIND_PROXIES": "1",
    "SECRET_KEY": secrets.token_hex(32),
}
MADE_UP = (
    "Forwarded",
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "X-Forwarded-Port",
    "X-Host",
    "X-Original-Host",
    "X-Original-URL",
    "X-Rewrite-URL",
    "X-Real-IP",
    "SCRIPT_NAME",
    "PATH_INFO",
    "X_FORWARDED_HOST",
)
"""What a proxy, a framework or a server somewhere believes."""


@dataclass
class Served:
    port: int

    def get(self, path: str, **headers: str) -> tuple[HTTPResponse, str]:
        return self.ask("GET", path, headers)

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: str = ""
    ) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.putrequest(method, path, skip_host="Host" in headers)
        if body:
            headers = headers | {
                "Content-Type": "application/x-www-form-urlencoded",
                "Content-Length": str(len(body)),
            }
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        answer = connection.getresponse()
        return answer, answer.read().decode()


@contextmanager
def served(database_url: str, folder: Path, **settings: str) -> Iterator[Served]:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
         "--threads", "2", "--no-control-socket", "wsgi:app"],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "OUTREACH_FOLDER": str(folder)} | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        until = time.monotonic() + 300
        while True:
            assert server.poll() is None and time.monotonic() < until
            try:
                Served(port).get("/health", Host=OURS)
                break
            except OSError:
                time.sleep(0.2)
        yield Served(port)
    finally:
        server.terminate()
        server.wait(timeout=120)


def origins() -> list[str]:
    db.session.remove()
    return list(db.session.scalars(select(WrongTry.origin).order_by(WrongTry.id)))


def try_a_code(at: Served, **headers: str) -> int:
    answer, page = at.get("/code", **headers)
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert found, page[:300]
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    body = urlencode({"csrf_token": found[1], "postcode": "ZZ1 1AA", "code": "BCDF-GHJK-MNPQ"})
    # A browser that came by https says from where it came; the check of forged forms wants it so.
    whence = {"Referer": f"https://{OURS}/code", "Cookie": cookie}
    return at.ask("POST", "/code", headers | whence, body)[0].status


@pytest.fixture
def laid(app: Flask) -> None:
    with transaction():
        make.programme(make.partnership())
    db.session.remove()


def test_a_service_by_itself_believes_no_visitor_who_says_whom_he_comes_for(
    laid: None, database_url: str, tmp_path: Path
) -> None:
    with served(database_url, tmp_path) as alone:
        plain = alone.get("/code")[1]
        for name in MADE_UP:
            answer, page = alone.get("/code", **{name: f"/{EVIL}" if "_" in name else EVIL})
            assert EVIL not in page + str(answer.headers), name
            assert answer.status == 200 and len(page) == len(plain), name
        answer, page = alone.get("/code", Host=EVIL)
        assert EVIL not in page + str(answer.headers)
        assert try_a_code(alone, **{"X-Forwarded-For": "8.8.8.8", "X-Real-IP": "8.8.8.8"}) == 422
    assert origins() == [""]


def test_behind_a_proxy_the_address_it_wrote_counts_and_no_other_name_is_answered(
    laid: None, database_url: str, tmp_path: Path
) -> None:
    with served(database_url, tmp_path, **BEHIND) as behind:
        by_proxy = {"Host": OURS, "X-Forwarded-Proto": "https", "X-Forwarded-Host": OURS}
        plain = behind.get("/code", **by_proxy)[1]
        for name in MADE_UP:
            told = by_proxy | {name: f"/{EVIL}" if "_" in name else EVIL}
            answer, page = behind.get("/code", **told)
            assert EVIL not in page + str(answer.headers), name
            if name == "X-Forwarded-Host":  # only where the proxy does not write its own, as it must
                assert answer.status == 400
            else:
                assert answer.status == 200 and len(page) == len(plain), name
        for host in (EVIL, f"{OURS}.{EVIL}", f"{OURS}@{EVIL}", f"{EVIL}:443", "127.0.0.1", ""):
            answer, page = behind.get("/code", **by_proxy | {"X-Forwarded-Host": host, "Host": host})
            assert (answer.status, EVIL in page + str(answer.headers)) == (400, False), host
        # Whoever makes up an address in front of the proxy's own is still counted by the proxy's.
        for forged in ("8.8.8.8", "1.1.1.1", "8.8.4.4, 1.0.0.1"):
            seen = by_proxy | {"X-Forwarded-For": f"{forged}, 9.9.9.9", "X-Real-IP": forged}
            assert try_a_code(behind, **seen) == 422
        # A visitor who says that he came unencrypted is still told to stay with https, and his cookie is.
        answer, _ = behind.get("/code", **by_proxy | {"X-Forwarded-Proto": "http"})
        assert "max-age=" in str(answer.getheader("Strict-Transport-Security"))
        assert "; Secure" in str(answer.getheader("Set-Cookie"))
    assert origins() == ["9.9.9.9"] * 3
