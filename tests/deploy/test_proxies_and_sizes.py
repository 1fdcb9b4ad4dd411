"""deploy/nginx and deploy/caddy say the same where both can; PostgreSQL takes each of its three sizes."""

import json
import os
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import pytest
from units import DEPLOY

import postgres as postgres_for_tests
from outreach.ground.db import LINE, PATIENCE_SECONDS
from ports import free_port

NGINX = (DEPLOY / "nginx/outreach.conf").read_text()
CADDY = (DEPLOY / "caddy/Caddyfile").read_text()
SIZES = ("small", "county", "england")


def test_caddy_keeps_the_same_addresses_out_of_its_log_and_off_http() -> None:
    keys, programs = (re.findall(r"\^/\(([a-z|-]+)\)\(/\|\$\)", conf) for conf in (NGINX, CADDY))
    assert sorted(keys) == sorted(programs) and len(keys) == 2
    assert "client_max_body_size 100m;" in NGINX and "max_size 100MB" in CADDY
    for name, theirs in (("client_header_timeout", "read_header"), ("client_body_timeout", "read_body")):
        assert re.findall(rf"{name} (\d+s);", NGINX) == re.findall(rf"{theirs} (\d+s)", CADDY) != []


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not here")
@pytest.mark.long
def test_caddy_takes_its_file() -> None:
    command = ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "caddy/Caddyfile")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0 and "Valid configuration" in done.stderr + done.stdout, done.stderr


class Inside(BaseHTTPRequestHandler):
    """The service, as far as a proxy sees it: says what came in."""

    def do_GET(self) -> None:
        said = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("Server", "of the inside")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None: ...


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not here")
@pytest.mark.long
def test_caddy_hands_on_who_asks_and_logs_no_key(tmp_path: Path) -> None:
    inside = ThreadingHTTPServer(("127.0.0.1", 0), Inside)
    Thread(target=inside.serve_forever, daemon=True).start()
    http, https = free_port(), free_port()
    changed = (
        ("{\n\tservers", "{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tservers"),
        ("http://outreach.example.org", f"http://localhost:{http}"),
        ("https://outreach.example.org {", f"https://localhost:{https} {{\n\ttls internal"),
        ("/var/log/caddy/outreach.log", f"{tmp_path}/outreach.log"),
        ("127.0.0.1:8000", f"127.0.0.1:{inside.server_port}"),
    )
    words = CADDY
    for ours, theirs in changed:
        assert ours in words
        words = words.replace(ours, theirs, 1)
    (tmp_path / "Caddyfile").write_text(words)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    own = os.environ | {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    with (tmp_path / "caddy.log").open("w") as said:
        caddy = subprocess.Popen(command, env=own, stdout=said, stderr=said)
    try:
        until = time.monotonic() + 60
        while not (answer := _asked(https, "/desk")) and time.monotonic() < until:
            time.sleep(0.2)
        assert answer, (tmp_path / "caddy.log").read_text()
        status, headers, body = answer
        came = json.loads(body)
        assert status == 200 and "server" not in headers
        assert (came["x-forwarded-for"], came["x-forwarded-proto"]) == ("127.0.0.1", "https")
        assert len(came["x-request-id"]) == 36
        _asked(https, "/i/a-key-of-a-school")
        of_programs, of_people = _asked(http, "/api/v1/", plain=True), _asked(http, "/desk", plain=True)
        assert of_programs and of_programs[0] == 403
        assert of_people and of_people[0] == 301 and of_people[1]["location"].startswith("https://localhost")
    finally:
        caddy.terminate()
        caddy.wait(60)
        inside.shutdown()
    log = (tmp_path / "outreach.log").read_text()
    assert "/desk" in log and "a-key-of" not in log + (tmp_path / "caddy.log").read_text()


def _asked(port: int, path: str, *, plain: bool = False) -> tuple[int, dict[str, str], bytes] | None:
    """(status, headers, body), with whatever a visitor claims of itself; None while nobody listens."""
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    line = (
        HTTPConnection("localhost", port) if plain else HTTPSConnection("localhost", port, context=trusting)
    )
    try:
        line.request("GET", path, headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "mine"})
        answer = line.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    except OSError:
        return None
    finally:
        line.close()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here")
@pytest.mark.long
def test_prometheus_takes_the_alarms_and_the_scrape() -> None:
    for check, file in (("rules", "outreach.rules.yml"), ("config", "scrape.yml")):
        command = ["promtool", "check", check, *(["--syntax-only"] if check == "config" else [])]
        done = subprocess.run([*command, str(DEPLOY / "prometheus" / file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """That PostgreSQL's account may enter, which tmp_path is not."""
    with TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        yield Path(made)


def test_postgresql_takes_each_size_and_logs_no_statement(open_folder: Path) -> None:
    memory = []
    for size in SIZES:
        words = (DEPLOY / f"postgresql/{size}.conf").read_text()
        (open_folder / "postgresql.conf").write_text(words)
        assert _read(open_folder, "max_connections") == _said(words, "max_connections"), size
        assert _read(open_folder, "log_statement") == "none", size
        assert _read(open_folder, "log_min_duration_statement") == "-1", size
        assert _read(open_folder, "log_parameter_max_length") == "0", size
        memory.append(int(_read(open_folder, "shared_buffers")))
    assert memory == sorted(set(memory))
    (open_folder / "postgresql.conf").write_text(words + "shared_bufers = 1GB\n")
    with pytest.raises(AssertionError, match="shared_bufers"):
        _read(open_folder, "max_connections")


def test_pgbouncer_says_of_each_connection_what_the_service_would() -> None:
    words = (DEPLOY / "pgbouncer/outreach.ini").read_text()
    assert f"connect_query='SET lock_timeout = {int(PATIENCE_SECONDS * 1000)}'" in words
    assert _said(words, "pool_mode") == "transaction" and int(_said(words, "max_prepared_statements")) > 0
    for theirs, ours in (("idle", "idle"), ("intvl", "interval"), ("cnt", "count")):
        assert int(_said(words, f"tcp_keep{theirs}")) == LINE[f"keepalives_{ours}"]
    assert int(_said(words, "tcp_user_timeout")) == LINE["tcp_user_timeout"]
    assert {_said(words, f"log_{what}") for what in ("connections", "disconnections")} == {"0"}


def _said(words: str, name: str) -> str:
    return re.findall(rf"^{name} = (\S+)$", words, re.MULTILINE)[0]


def _read(folder: Path, name: str) -> str:
    """What a server with these files would be told, without starting it; it refuses root."""
    user = None
    if os.geteuid() == 0:
        user = (
            "postgres"
            if subprocess.run(["id", "postgres"], capture_output=True).returncode == 0
            else "nobody"
        )
    programs = postgres_for_tests.binaries()
    if user:
        programs = postgres_for_tests.for_another_user(programs, folder)
    done = subprocess.run(
        [programs / "postgres", "-D", folder, "-C", name], capture_output=True, text=True, user=user, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
