"""The recipe of docs/operating.md, taken at its word: the settings of docs/settings.md, the commands of deploy/systemd and
deploy/nginx, in front of PostgreSQL. `flask check` finds it ready, and nginx does what the page says of it."""

import json
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import date
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode

import psycopg
import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from processes import ROOT, MailServer
from small_county import register_file

import postgres as postgres_for_tests
from begun import Begun, begun_and_done
from deploy.units import DEPLOY, FLASK, processes
from ports import free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(NGINX is None, reason="nginx is not here")]

SERVERS = (DEPLOY / "nginx/outreach.conf").read_text(encoding="utf-8")
SETTINGS = (ROOT / "docs/settings.md").read_text(encoding="utf-8").partition("## The same in one file")[2]
HOST, LEAD = "outreach.example.org", "you@council.example"
MIGRATION = [command.removeprefix(FLASK) for command in processes()["outreach-migrate"]]
PROGRAMS = [processes()[f"outreach-{name}"][0] for name in ("web", "post", "planner", "round")]


def settings_of_the_page() -> dict[str, str]:
    lines = SETTINGS.split("```")[1].strip().splitlines()
    return {
        name: value.partition("#")[0].strip() for name, _, value in (line.partition("=") for line in lines)
    }


Answer = tuple[int, str | None, str]
"""Status, Retry-After, words."""


@dataclass
class Recipe:
    """`http`, `https`: ports of nginx; `log`: what it wrote of who came."""

    http: int
    https: int
    trust: ssl.SSLContext
    environment: dict[str, str]
    owners: dict[str, str]
    mail: MailServer
    log: Path

    def flask(self, *command: str) -> tuple[int, str]:
        done = begun_and_done(
            ["flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=self.environment | self.owners,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def https_connection(self, come_from: str = "127.0.0.1") -> HTTPSConnection:
        connection = HTTPSConnection(HOST, self.https, context=self.trust, timeout=60)
        line = socket.create_connection(("127.0.0.1", self.https), timeout=60, source_address=(come_from, 0))
        connection.sock = self.trust.wrap_socket(line, server_hostname=HOST)
        return connection

    def get(self, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
        connection = self.https_connection()
        try:
            names = {"Host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers=names)
            answer = connection.getresponse()
            return (
                answer.status,
                {k.lower(): v for k, v in answer.getheaders()},
                answer.read().decode("utf-8", "replace"),
            )
        finally:
            connection.close()


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recipe]:
    folder = tmp_path_factory.mktemp("recipe")
    with ExitStack() as running:
        server = running.enter_context(postgres_for_tests.Postgres.start())
        with psycopg.connect(server.url("postgres"), autocommit=True) as desk:
            desk.execute("CREATE DATABASE recipe ENCODING UTF8 TEMPLATE template0")
        port = server.server_url.rpartition(":")[2]
        mail = MailServer()
        smtp = Controller(mail, hostname="127.0.0.1", port=free_port(), ready_timeout=120)
        smtp.start()
        running.callback(smtp.stop)
        inside = free_port()
        backups = folder / "backups"
        backups.mkdir()
        environment = settings_of_the_page() | {
            "DATABASE_URL": f"postgresql://recipe@127.0.0.1:{port}/recipe",
            "SECRET_KEY": secrets.token_hex(32),
            "HISTORY_KEY": secrets.token_hex(32),
            "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
            "OUTREACH_FOLDER": str(folder),
            "BACKUP_FOLDER": str(backups),
            "ERASURES_FILE": str(folder / "erasures"),
            "POSTGRES_PROGRAMS": str(postgres_for_tests.binaries()),
            "PATH": "/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "WEB_CONCURRENCY": "2",
            "GUNICORN_CMD_ARGS": f"--bind 127.0.0.1:{inside}",
        }
        http, https = free_port(), free_port()
        certificate = _certificate(folder)
        found = Recipe(
            http,
            https,
            ssl.create_default_context(cafile=str(certificate)),
            environment,
            {"OWNER_DATABASE_URL": f"postgresql://recipe_owner@127.0.0.1:{port}/recipe"},
            mail,
            folder / "outreach.log",
        )
        status, said = found.flask("database", "roles", "--connect", server.url("recipe"))
        assert status == 0, said
        for command in MIGRATION:
            status, said = found.flask(*command.split())
            assert status == 0, said
        register = folder / "register.csv"
        register.write_bytes(register_file(date(2026, 9, 1)))
        status, said = found.flask(
            "setup", "--register", str(register), "--authority", "987", "--name", "Your name", "--email", LEAD
        )
        assert status == 0, said
        out = running.enter_context((folder / "recipe.log").open("w"))
        web, *jobs = (program.split() for program in PROGRAMS)
        told = {"cwd": ROOT, "stdout": out, "stderr": out}
        _ends_with(running, subprocess.Popen([sys.executable, "-m", *web], env=environment, **told))
        for words in jobs:
            _ends_with(running, Begun(words, env=environment, **told))
        conf = _nginx(folder, certificate, inside, http, https)
        assert NGINX is not None
        nginx = [NGINX, "-p", str(folder), "-c", str(conf), "-e", str(folder / "nginx.log")]
        _ends_with(running, subprocess.Popen(nginx, **told))
        _answers(found, folder)
        yield found


def _ends_with(running: ExitStack, process: "subprocess.Popen[bytes]") -> None:
    running.callback(process.wait, timeout=120)
    running.callback(process.send_signal, signal.SIGTERM)


def _certificate(folder: Path) -> Path:
    made = folder / "outreach.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        + ["-days", "3", "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
        + ["-keyout", str(folder / "outreach.key"), "-out", str(made)],
        check=True,
        capture_output=True,
    )
    return made


def _nginx(folder: Path, certificate: Path, inside: int, http: int, https: int) -> Path:
    """Both servers as they stand, on ports and with files of the test's own."""
    servers = SERVERS
    for theirs, ours in (
        ("listen 80;", f"listen 127.0.0.1:{http};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;"),
        ("/etc/ssl/certs/outreach.pem", str(certificate)),
        ("/etc/ssl/private/outreach.key", str(folder / "outreach.key")),
        ("/var/log/nginx/outreach.log", str(folder / "outreach.log")),
        ("127.0.0.1:8000", f"127.0.0.1:{inside}"),
    ):
        assert theirs in servers
        servers = servers.replace(theirs, ours)
    kept = "\n".join(
        f"{what}_temp_path {folder}/{what};" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; pid {folder}/nginx.pid; worker_processes 1;\n"
        "events { worker_connections 512; }\n"
        f"http {{\n{kept}\n{servers}\n}}\n",
        encoding="utf-8",
    )
    return conf


def _answers(recipe: Recipe, folder: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            if recipe.get("/health")[0] == 200:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError((folder / "recipe.log").read_text() + (folder / "nginx.log").read_text())


def test_what_is_started_here_is_what_the_units_start() -> None:
    assert [words.split()[0] for words in PROGRAMS] == ["gunicorn", "flask", "flask", "flask"]
    assert len(MIGRATION) == 2 and SERVERS.count("server {") == 2


def test_the_service_is_neither_the_owner_nor_past_the_walls(recipe: Recipe) -> None:
    with psycopg.connect(recipe.environment["DATABASE_URL"]) as service:
        who = service.execute(
            "SELECT rolsuper, rolbypassrls, has_schema_privilege('public', 'CREATE'), row_security_active('booking'), "
            "(SELECT count(*) FROM pg_tables WHERE tableowner = current_user) "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert who == (False, False, False, True, 0)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            service.execute("UPDATE history_link SET mac = ''")
    status, said = recipe.flask("check")
    assert "ready     The database lets recipe see one partnership at a time." in said, said


def test_check_finds_the_recipe_ready_once_a_backup_was_tried(recipe: Recipe) -> None:
    status, said = recipe.flask("check")
    assert status == 1 and "There is no backup in" in said, said
    for command in (["backup"], ["backup", "--verify"]):
        status, printed = recipe.flask(*command)
        assert status == 0, printed
    until = time.monotonic() + 90
    while (status := (done := recipe.flask("check"))[0]) and time.monotonic() < until:
        time.sleep(1)
    assert status == 0 and "NOT READY" not in done[1], done[1]
    assert done[1].rstrip().endswith("Ready for production.")
    assert "ready     People come by https: https://outreach.example.org." in done[1]


def test_pages_are_led_on_from_http_and_programs_are_not(recipe: Recipe) -> None:
    for path, status in (
        ("/find?q=a", 301),
        ("/calendar/anything.ics", 403),
        ("/api/v1/x", 403),
        ("/metrics", 403),
    ):
        connection = HTTPConnection("127.0.0.1", recipe.http, timeout=60)
        connection.request("GET", path, headers={"Host": HOST})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        assert answer.status == status, path
        if status == 301:
            assert answer.getheader("Location") == f"https://{HOST}{path}"


def test_headers_come_through_and_old_tls_does_not(recipe: Recipe) -> None:
    status, headers, page = recipe.get("/sign-in")
    assert status == 200 and "password" in page
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert "nginx/" not in headers["server"] and "gunicorn" not in headers["server"]
    assert "Secure" in headers["set-cookie"] and "HttpOnly" in headers["set-cookie"]
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    weak = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    weak.check_hostname, weak.verify_mode = False, ssl.CERT_NONE
    weak.maximum_version = ssl.TLSVersion.TLSv1_2
    weak.set_ciphers("kRSA:ECDHE+AESCCM:ECDHE+SHA:ECDHE+SHA256+AES128:!ECDHE+AESGCM")
    for refused in (old, weak):
        with socket.create_connection(("127.0.0.1", recipe.https)) as line, pytest.raises(ssl.SSLError):
            refused.wrap_socket(line, server_hostname=HOST)


def test_no_other_host_is_answered_and_no_header_of_a_visitor_is_believed(recipe: Recipe) -> None:
    assert recipe.get("/sign-in", Host="evil.example")[0] == 400
    status, _headers, page = recipe.get("/sign-in", X_Forwarded_Host="evil.example", X_Forwarded_Proto="http")
    assert status == 200 and "evil.example" not in page


def test_a_link_signs_in_through_nginx_and_a_letter_tells_of_it(recipe: Recipe) -> None:
    status, said = recipe.flask("people", "link", LEAD)
    link = re.search(rf"https://{re.escape(HOST)}(/sign-in/\S+)", said)
    assert status == 0 and link, said
    path = link[1]
    _status, headers, page = recipe.get(path)
    form = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert form, page
    connection = recipe.https_connection()
    sent = {
        "Host": HOST,
        "Cookie": headers["set-cookie"].partition(";")[0],
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"https://{HOST}{path}",
    }
    connection.request("POST", path, urlencode({"csrf_token": form[1]}), sent)
    answer = connection.getresponse()
    connection.close()
    assert answer.status == 303 and (answer.getheader("Location") or "").startswith("/desk")
    assert "new device" in recipe.mail.to(LEAD, 1)[0]["Subject"]
    assert path.rpartition("/")[2] not in "".join(one.read_text() for one in recipe.log.parent.glob("*.log"))


def test_no_address_with_a_key_is_logged(app: Flask, recipe: Recipe) -> None:
    """By every rule of the service whose address holds a key, none of them a page of the desk."""
    keys = {"token", "stop_token", "reminder_token", "code"}
    rules = [
        r.rule for r in app.url_map.iter_rules() if r.arguments & keys and not r.rule.startswith("/desk")
    ]
    firsts = {rule.split("/")[1] for rule in rules}
    assert {"i", "t", "q", "sign-in", "calendar"} <= firsts
    for first in sorted(firsts):
        recipe.get(f"/{first}/seen-by-nobody.ics")
    recipe.get("/find?q=seen-by-all")
    until = time.monotonic() + 30
    while "seen-by-all" not in (log := recipe.log.read_text()):  # written after the answer
        assert time.monotonic() < until, log
        time.sleep(0.05)
    assert "seen-by-nobody" not in log
    assert "seen-by-nobody" not in (recipe.log.parent / "nginx.log").read_text()


def test_a_hundred_that_never_end_their_request_hold_up_nobody(recipe: Recipe) -> None:
    """Headers that do not end, and bodies that were promised and do not come: more of each than gunicorn has threads."""
    held: list[ssl.SSLSocket] = []
    head = f"POST /sign-in HTTP/1.1\r\nHost: {HOST}\r\n"
    try:
        for n in range(100):
            line = socket.create_connection(("127.0.0.1", recipe.https), timeout=60)
            held.append(recipe.trust.wrap_socket(line, server_hostname=HOST))
            rest = "Content-Length: 90000\r\n\r\ncsrf_token=" if n % 2 else "X-Slow: "
            held[-1].sendall((head + rest).encode())
        began = time.monotonic()
        assert all(recipe.get("/sign-in")[0] == 200 for _ in range(5))
        assert time.monotonic() - began < 20, "less than what nginx waits for the others"
    finally:
        for line in held:
            line.close()


def test_what_is_too_large_is_refused_before_it_is_read(recipe: Recipe) -> None:
    connection = recipe.https_connection()
    connection.putrequest("POST", "/sign-in", skip_host=True)
    for name, value in (("Host", HOST), ("Content-Length", str(101 * 1024**2))):
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


FLOODER, COUNCIL = "127.0.0.2", "127.0.0.3"


def _sent(recipe: Recipe, come_from: str, method: str, path: str, times: int, **headers: str) -> list[Answer]:
    """What comes back of so many, one after the other by four lines at once."""

    def by_one_line(_line: int) -> list[Answer]:
        connection = recipe.https_connection(come_from)
        told = []
        for _ in range(times // 4):
            connection.request(method, path, headers={"Host": HOST} | headers)
            answer = connection.getresponse()
            words = answer.read().decode()
            told.append((answer.status, answer.getheader("Retry-After"), words))
            if answer.getheader("Connection") == "close":
                connection.close()
                connection = recipe.https_connection(come_from)
        connection.close()
        return told

    with ThreadPoolExecutor(4) as lines:
        return [one for told in lines.map(by_one_line, range(4)) for one in told]


@pytest.mark.long  # in each run those who send forms
def test_who_floods_it_is_slowed_in_words_and_nobody_else_is(recipe: Recipe) -> None:
    told = _sent(recipe, FLOODER, "GET", "/i/flooded-by-nobody", 2000)
    assert {status for status, _, _ in told} == {404, 429}
    assert sum(status == 404 for status, _, _ in told) >= 1000
    _, wait, words = next(one for one in told if one[0] == 429)
    _is_slowed_in_words(wait, words)
    assert recipe.get("/sign-in")[0] == 200
    time.sleep(0.5)
    assert "flooded-by-nobody" not in recipe.log.read_text()
    assert "flooded-by-nobody" not in (recipe.log.parent / "nginx.log").read_text()


def _is_slowed_in_words(wait: str | None, words: str) -> None:
    assert wait == "10" and words.startswith("More is asked from your network") and "ten seconds" in words


def test_a_hundred_behind_one_address_send_their_forms_at_once_and_the_next_wait(
    recipe: Recipe,
) -> None:
    first = _sent(recipe, COUNCIL, "POST", "/sign-in", 100)
    assert {status for status, _, _ in first} == {400}, "which lacked its token: the service answered each"
    second = _sent(recipe, COUNCIL, "POST", "/sign-in", 40)
    _, wait, words = next(one for one in second if one[0] == 429)
    _is_slowed_in_words(wait, words)
    assert recipe.get("/sign-in")[0] == 200, "nobody else is"
    pupils = _sent(recipe, COUNCIL, "POST", "/q/kite-4827/questions", 160)
    assert 429 not in {status for status, _, _ in pupils}


def test_one_network_has_three_hundred_requests_under_way_and_no_other_is_kept_out(recipe: Recipe) -> None:
    head = f"POST /q/kite-4827/questions HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 9\r\n\r\n"
    with ExitStack() as held:
        for _ in range(300):
            line = held.enter_context(closing(recipe.https_connection("127.0.0.5")))
            line.sock.sendall(head.encode())
        told = _sent(recipe, "127.0.0.5", "GET", "/find", 20)
        _, wait, words = next(one for one in told if one[0] == 429)
        _is_slowed_in_words(wait, words)
        assert recipe.get("/sign-in")[0] == 200, "nobody else is"


def test_a_program_that_asks_and_asks_is_told_to_wait_by_its_token(recipe: Recipe) -> None:
    told = _sent(recipe, "127.0.0.4", "GET", "/api/v1/", 120, Authorization="Bearer outreach_one")
    status, wait, words = told[-1]
    assert (status, wait, json.loads(words)["error"]["code"]) == (429, "10", "too_often")
    assert recipe.get("/api/v1/", Authorization="Bearer outreach_other")[0] == 401
