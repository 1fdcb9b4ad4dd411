"""Two hosts of one service, each with a folder and a clock of its own, and people whose requests a proxy hands to one and
then to the other."""

import difflib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from uuid import uuid4

from aiosmtpd.controller import Controller
from processes import ROOT, MailServer, put_forward

from begun import Begun, begun_and_done
from ports import free_port

SITE = "http://localhost"
"""A name at which browsers let a page ask for passkeys."""
SECRET = "of both hosts, as docs/hosts.md says: one key"
AHEAD, A_MINUTE_APART = (0.0, 1.0), (-30.0, 30.0)
"""How far each host's clock is ahead, in seconds."""
LOOKS = 3
"""How often both are asked for a page that changes by itself meanwhile; all within a part of that second."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """One machine: where its gunicorn listens, and what its processes are told."""

    port: int
    folder: Path
    environment: dict[str, str]

    def flask(self, *command: str) -> str:
        done = begun_and_done(
            ["flask", "--app", "another_clock", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@dataclass(kw_only=True)
class Hosts:
    each: tuple[Host, ...]
    mail: MailServer
    days_forward: Path

    def go_on(self, days: int) -> None:
        """For all of them it is so many days later than it is."""
        put_forward(self.days_forward, days)


@contextmanager
def two_hosts(
    database_url: str, folder: Path, *, owner_url: str = "", ahead: Sequence[float] = AHEAD, **settings: str
) -> Iterator[Hosts]:
    """Both serve; the first has the post beside it and the second the planner. The database is migrated already;
    `settings` stand above ours."""
    mail = MailServer()
    with ExitStack() as running:
        smtp = Controller(mail, hostname="127.0.0.1", port=free_port(), ready_timeout=120)
        smtp.start()
        running.callback(smtp.stop)
        days_forward = folder / "days-forward"
        days_forward.write_text("0")
        hosts, started = list[Host](), list[subprocess.Popen[bytes]]()
        running.callback(_stop, started)
        for n, seconds in enumerate(ahead):
            own = folder / f"host-{n}"
            own.mkdir()
            environment = os.environ | {
                "DATABASE_URL": database_url,
                "OWNER_DATABASE_URL": owner_url,
                "OUTREACH_FOLDER": str(own),
                "SECRET_KEY": SECRET,
                "PUBLIC_URL": SITE,
                "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
                "MAIL_DOMAIN": "outreach.example",
                "SESSION_HOURS": "1000000",
                "SESSION_IDLE_MINUTES": "60000000",
                "PYTHONUNBUFFERED": "1",
                "PYTHONPATH": str(Path(__file__).parent),
                "CLOCK_AHEAD": str(seconds),
                "DAYS_FORWARD": str(days_forward),
            }
            environment |= settings
            hosts.append(Host(port=free_port(), folder=own, environment=environment))
        for host in hosts:
            serve = ["--bind", f"127.0.0.1:{host.port}", "--worker-class", "gthread", "--threads", "4"]
            _start(started, host, "gunicorn", *serve, "--no-control-socket", "another_clock:app")
        first, second = hosts
        flask = ("flask", "--app", "another_clock")
        _start(started, first, *flask, "post", "send", "--loop", "--every", "0.2")
        _start(started, second, *flask, "planner", "work", "--every", "0.2")
        for host in hosts:
            _wait_for(host)
        yield Hosts(each=tuple(hosts), mail=mail, days_forward=days_forward)
    for host in hosts:
        log = (host.folder / "host.log").read_text()
        assert "Traceback" not in log, log


def _start(started: list[subprocess.Popen[bytes]], host: Host, *command: str) -> None:
    with (host.folder / "host.log").open("a") as log:
        process = Begun(command, cwd=ROOT, env=host.environment, stdout=log, stderr=log)
    started.append(process)


def _stop(started: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in started:
        process.send_signal(signal.SIGTERM)
    for process in started:
        process.wait(timeout=120)


def _wait_for(host: Host) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            line = HTTPConnection("127.0.0.1", host.port, timeout=120)
            line.request("GET", "/health")
            if line.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError((host.folder / "host.log").read_text())


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A page as it came: `path` with its query."""

    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: Mapping[str, str]
    asked_for: bool
    """By GET."""

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def words(self) -> str:
        """What a person reads, in one line."""
        main = re.sub(r"<(script|style)\b.*?</\1>", " ", self.text, flags=re.S)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())

    def link(self, words: str) -> str:
        """Where the first link with these words leads."""
        for address, said in re.findall(
            r"""<a\b[^>]*?href=["']([^"']+)["'][^>]*>(.*?)</a>""", self.text, re.S
        ):
            if words in " ".join(unescape(re.sub(r"<[^>]+>", " ", said)).split()):
                return urljoin(self.path, unescape(address))
        raise AssertionError(f"no link ‘{words}’ on {self.path}: {self.words[:2000]}")


@dataclass
class Person:
    """Somebody with one browser. Each page is asked of both hosts with the same cookies and has to be the same; each form
    goes to the one that did not show it last."""

    hosts: Sequence[Host]
    turn: int = 0
    cookies: dict[str, str] = field(default_factory=dict)
    bearer: str = ""
    """A program's token."""

    def open(self, path: str, *, alike: bool = True) -> Shown:
        """`alike` False: of one host alone, where a page tells of what changes by itself."""
        first = self._of_next("GET", path)
        for again in range(LOOKS) if alike else ():
            second = self._of_next("GET", path)
            if _plain(first) == _plain(second):
                self.turn += 1  # whoever showed it last does not get the form
                break
            assert again + 1 < LOOKS, _differ(first, second)
            first = self._of_next("GET", path)  # the post took a letter in between, or a minute was over
        self._keep(first)
        if first.status in (301, 302, 303):
            return self.open(first.headers["location"], alike=alike)
        return first

    def press(self, page: Shown, button: str, status: int = 303, **typed: Any) -> Shown:
        """Fill in the form of that button, send it, and go where it leads. `typed`: by the names of boxes; a list for
        ticks, None to leave one out, (name, bytes) for a file. The page that follows; `status`: of the answer."""
        answer = self.send(page, button, **typed)
        if answer.asked_for:
            return answer
        assert answer.status == status, f"{answer.status} {answer.path}: {answer.words[:3000]}"
        return self.open(answer.headers["location"]) if status == 303 else answer

    def send(self, page: Shown, button: str, **typed: Any) -> Shown:
        """The same, not followed."""
        action, method, pairs, files = _filled(page, button, typed)
        if method == "GET":
            return self.open(
                urljoin(page.path, action or page.path).partition("?")[0] + "?" + urlencode(pairs)
            )
        answer = self._of_next("POST", urljoin(page.path, action or page.path), _packed(pairs, files))
        self._keep(answer)
        return answer

    def twice_at_once(self, page: Shown, button: str, **typed: Any) -> list[Shown]:
        """The same form to both hosts at the same moment."""
        action, _, pairs, files = _filled(page, button, typed)
        where = urljoin(page.path, action or page.path)
        with ThreadPoolExecutor(2) as both:
            answers = list(
                both.map(lambda host: self._ask(host, "POST", where, _packed(pairs, files)), self.hosts)
            )
        self._keep(answers[0])
        return answers

    def _of_next(self, *what: Any) -> Shown:
        host = self.hosts[self.turn % len(self.hosts)]
        self.turn += 1
        return self._ask(host, *what)

    def _ask(self, host: Host, method: str, path: str, packed: tuple[str, bytes] | None = None) -> Shown:
        path = path.removeprefix(SITE).partition("#")[0]
        headers = {"Host": urlsplit(SITE).netloc}
        if self.bearer:
            headers["Authorization"] = f"Bearer {self.bearer}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if packed:
            headers["Content-Type"] = packed[0]
        line = HTTPConnection("127.0.0.1", host.port, timeout=120)
        try:
            line.request(method, path, packed[1] if packed else None, headers)
            answer = line.getresponse()
            body = answer.read()
        finally:
            line.close()
        cookies = {}
        for told in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = told.partition(";")[0].partition("=")
            cookies[name] = value
        return Shown(
            path=path,
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            body=body,
            cookies=cookies,
            asked_for=method == "GET",
        )

    def _keep(self, answer: Shown) -> None:
        for name, value in answer.cookies.items():
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)


_EACH_ITS_OWN = re.compile(
    r'(name="(?:csrf_token|opened|key|waited)"[^>]*?value=)"[^"]*"'  # of one opening of a form
    r"|(nonce=)\"[^\"]*\""
    # Seconds that go by while both are asked.
    r"|(data-countdown=|data-left=|<progress max=\"\d+\" value=)\"\d+\"|(The letters go in )\d+ seconds"
)
HEADERS = (
    "content-type",
    "location",
    "etag",
    "cache-control",
    "vary",
    "content-language",
    "content-disposition",
)


def _plain(shown: Shown) -> tuple[Any, ...]:
    """What must be the same whichever host it comes from."""
    same = {name: shown.headers.get(name) for name in HEADERS}
    return shown.status, same, _EACH_ITS_OWN.sub(lambda m: m[m.lastindex or 0], shown.text)


def _differ(one: Shown, other: Shown) -> str:
    a, b = _plain(one), _plain(other)
    lines = difflib.unified_diff(
        a[2].splitlines(), b[2].splitlines(), "one host", "the other", n=0, lineterm=""
    )
    said = "\n".join(line.strip() for line in lines)
    return f"{one.path}: {a[:2]} {b[:2]}\n{said[:1500]}"


@dataclass(kw_only=True)
class _Form:
    action: str
    method: str
    pairs: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)
    """(words, name, value, where it sends the form instead)"""


class _Forms(HTMLParser):
    """The forms of a page, filled in as a browser has them when nobody has typed anything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[_Form] = []
        self._ids: dict[str, _Form] = {}
        self._here: _Form | None = None
        self._button: tuple[str, str, str, str] | None = None
        self._text: tuple[str, list[str]] | None = None
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._late: list[tuple[str, tuple[str, str, str, str] | None, tuple[str, str] | None]] = []
        self.feed(page)
        for of, button, pair in self._late:
            if form := self._ids.get(of):
                form.buttons += [button] if button else []
                form.pairs += [pair] if pair else []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        name, value = told.get("name", ""), told.get("value", "")
        if "disabled" in told and tag != "form":
            return
        if tag == "form":
            self._here = _Form(action=told.get("action", ""), method=told.get("method", "get").upper())
            self.found.append(self._here)
            self._ids[told.get("id", "")] = self._here
        elif tag == "input":
            kind = told.get("type", "text")
            if kind in ("submit", "image"):
                self._put(told.get("form"), button=(value, name, value, told.get("formaction", "")))
            elif kind in ("checkbox", "radio"):
                if "checked" in told:
                    self._put(told.get("form"), pair=(name, value or "on"))
            elif kind != "file" and name:
                self._put(told.get("form"), pair=(name, value))
        elif tag == "button":
            self._button = (told.get("form", ""), name, value, told.get("formaction", ""))
            self._words: list[str] = []
        elif tag == "textarea":
            self._text = (name, [])
        elif tag == "select":
            self._select = (name, [])
        elif tag == "option" and self._select:
            self._select[1].append((value, "selected" in told))

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)
        if self._button:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._here = None
        elif tag == "button" and self._button:
            of, name, value, instead = self._button
            self._put(of, button=(" ".join("".join(self._words).split()), name, value, instead))
            self._button = None
        elif tag == "textarea" and self._text:
            self._put(None, pair=(self._text[0], "".join(self._text[1]).removeprefix("\n")))
            self._text = None
        elif tag == "select" and self._select:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [value for value, _ in options[:1]]
            for value in chosen:
                self._put(None, pair=(name, value))
            self._select = None

    def _put(
        self,
        of: str | None,
        button: tuple[str, str, str, str] | None = None,
        pair: tuple[str, str] | None = None,
    ) -> None:
        if of:
            self._late.append((of, button, pair))
        elif self._here is not None:
            self._here.buttons += [button] if button else []
            self._here.pairs += [pair] if pair else []


def _filled(
    page: Shown, button: str, typed: Mapping[str, Any]
) -> tuple[str, str, list[tuple[str, str]], Any]:
    """(action, method, pairs, files) of the first form with such a button, filled in."""
    forms = _Forms(page.text).found
    for form in forms:
        for words, name, value, instead in form.buttons:
            if not re.match(button, words):
                continue
            pairs = [pair for pair in form.pairs if pair[0] not in typed]
            files = {}
            for box, said in typed.items():
                if isinstance(said, tuple):
                    files[box] = said
                elif isinstance(said, list):
                    pairs += [(box, str(one)) for one in said]
                elif said is not None:
                    pairs.append((box, str(said)))
            return instead or form.action, form.method, pairs + ([(name, value)] if name else []), files
    there = [words for form in forms for words, *_ in form.buttons]
    raise AssertionError(f"no button ‘{button}’ on {page.path}, but {there}: {page.words[:2000]}")


def _packed(pairs: list[tuple[str, str]], files: Mapping[str, tuple[str, bytes]]) -> tuple[str, bytes]:
    """(content type, body)."""
    if not files:
        return "application/x-www-form-urlencoded", urlencode(pairs).encode()
    edge = uuid4().hex
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in pairs
    ]
    parts += [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode()
        + body
        + b"\r\n"
        for name, (file, body) in files.items()
    ]
    return f"multipart/form-data; boundary={edge}", b"".join(parts) + f"--{edge}--\r\n".encode()
