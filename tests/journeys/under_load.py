"""A real service whose schools book and move without end while something breaks: each keeps what it was told, sends again what
was not answered, and in the end the database is asked."""

import http.client
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from aiosmtpd.controller import Controller
from flask.sessions import SecureCookieSessionInterface
from processes import ROOT, SECRET, MailServer

import make
from begun import Begun, begun_and_done
from how_many import is_longest
from outreach import create_app
from outreach.booking import holds
from outreach.county.partnerships import Authority
from outreach.county.school_days import bank_holiday
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.ground.school_year import year_of
from outreach.post import links
from outreach.post.outbox import SENT
from outreach.tour import slots
from ports import free_port

PATIENCE = 60
"""Seconds that a person waits for an answer before it counts as none."""

BOOKED_AT, MOVED_TO = "1000", "1130"

JOBS = {
    "post": ("post", "send", "--loop", "--every", "0.2"),
    "planner": ("planner", "work", "--every", "0.5"),
    "round": ("asking", "chase", "--loop"),
    "webhooks": ("webhooks", "send", "--loop"),
}
READS_THE_MAILBOX = {"poll": ("post", "poll", "--loop", "--every", "0.5")}
"""Where there is one."""
JOBS_OF = "wsgi" if is_longest() else "impatient"
"""See impatient.py."""


@dataclass(kw_only=True)
class School:
    """One that holds a time and has answered all; and what it was told since. `reference` and `at` are what an answer
    said; `unsure` when it gave up on its booking without one."""

    token: str
    address: str
    day_id: int
    organisation_id: int
    reference: str = ""
    at: str = ""
    unsure: bool = False

    @property
    def key(self) -> str:
        return f"{self.day_id}-{BOOKED_AT}"

    @property
    def other_key(self) -> str:
        return f"{self.day_id}-{MOVED_TO}"


@dataclass(kw_only=True)
class County:
    """Schools that are about to book, and somebody at the desk of the partnership of that `name`; `is_not`: names of
    others."""

    schools: Sequence[School]
    cookie: str
    partnership_id: int
    name: str
    is_not: tuple[str, ...] = ()


def lay(url: str, folder: Path, schools: int) -> County:
    """A partnership of its own in a database that is migrated, every school with a day to itself: so what each of them
    booked in the end is what it was told, and nothing else."""
    settings = {
        "SQLALCHEMY_DATABASE_URI": url.replace("postgresql://", "postgresql+psycopg://"),
        "OUTREACH_FOLDER": str(folder),
        "SECRET_KEY": SECRET,
        "MAIL_DOMAIN": "outreach.example",
    }
    app = create_app(settings)
    with app.app_context():
        now = clock.now()
        first = now.date() + timedelta(days=30)
        with transaction():
            partnership = make.partnership(la_codes=())
            la_code = str(100 + partnership.id)
            # No other's begins like it.
            partnership.name = f"Safeguarding Partnership of {la_code} Marlshire"
            db.session.add(Authority(la_code=la_code, name="Marlshire", partnership_id=partnership.id))
            programme = make.programme(
                partnership,
                academic_year=year_of(first),
                audience_ceiling=350,
                reply_by=first,
                notice_book_days=1,
                notice_move_days=1,
            )
            troupes = [make.troupe(partnership) for _ in range(schools // 100 + 1)]
            days = [
                make.tour_day(programme, troupe, day) for day in _weekdays(first, 100) for troupe in troupes
            ]
            rows = [make.school(la_code=la_code, number_of_pupils=742) for _ in range(schools)]
            tokens = [
                links.mint(
                    organisation_id=row.organisation_id,
                    programme_id=programme.id,
                    partnership_id=partnership.id,
                    address=f"lead@school{row.organisation_id}.example",
                    now=now,
                    expires_at=now + timedelta(days=200),
                ).token
                for row in rows
            ]
            person = make.person(partnership)
        found = []
        for row, token, day in zip(rows, tokens, days, strict=False):
            one = School(
                token=token,
                address=f"lead@school{row.organisation_id}.example",
                day_id=day.id,
                organisation_id=row.organisation_id,
            )
            with transaction():
                slot = slots.find(programme, row, one.key, now=now)
                assert slot is not None, one.key
                holds.hold(programme, row, [slot], who="the test", now=now)
                holds.save_draft(programme.id, row.organisation_id, _answers(one), now=now)
            found.append(one)
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signer is not None
        session = {"_user_id": make.session_of(person), "_fresh": True}
        county = County(
            schools=found,
            cookie=f"{app.config['SESSION_COOKIE_NAME']}={signer.dumps(session)}",
            partnership_id=partnership.id,
            name=partnership.name,
        )
        db.session.remove()
        db.engine.dispose()
    return county


def _answers(school: School) -> dict[str, object]:
    return {
        "slots": [school.key],
        "pupils": {"pupils-0-8": "108", "pupils-0-9": "104"},
        "hall": {"hall": "Main hall", "step_free": "yes", "access-0-wheelchair": "2"},
        "people": {
            "lead_name": "Joanna Fell",
            "lead_address": school.address,
            "lead_phone": "01632 960 204",
        },
    }


def _weekdays(first: date, count: int) -> list[date]:
    found, day = list[date](), first
    while len(found) < count:
        if day.weekday() < 5 and not bank_holiday(day):
            found.append(day)
        day += timedelta(days=1)
    return found


@dataclass
class Processes:
    """The service as it runs: gunicorn at `port`, the jobs beside it, and the mail server that letters reach."""

    port: int
    mail: MailServer
    log: Path
    environment: Mapping[str, str]
    jobs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    web: subprocess.Popen[bytes] | None = None

    def ended(self) -> list[str]:
        """Jobs that ended by themselves."""
        return [name for name, process in self.jobs.items() if process.poll() is not None]

    def flask(self, *command: str) -> str:
        done = begun_and_done(
            ["flask", "--app", "wsgi", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def serving(
    database_url: str, folder: Path, *, jobs: Sequence[str] = tuple(JOBS), **settings: str
) -> Iterator[Processes]:
    """Gunicorn, 2 workers of 4 threads, and the jobs; all told to stop in the end, which they have to do."""
    folder.mkdir(exist_ok=True)
    mail, port = MailServer(), free_port()
    smtp = Controller(mail, hostname="127.0.0.1", port=free_port(), ready_timeout=120)
    smtp.start()
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "OUTREACH_FOLDER": str(folder),
        "SECRET_KEY": SECRET,
        "HISTORY_KEY": "another one, of the tests alone",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SMTP_URL": f"smtp://127.0.0.1:{smtp.port}",
        "MAIL_DOMAIN": "outreach.example",
        "SESSION_HOURS": "1000000",
        "SESSION_IDLE_MINUTES": "60000000",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    found = Processes(port, mail, folder / "processes.log", environment | settings)
    log = found.log.open("a")

    def start(*command: str) -> subprocess.Popen[bytes]:
        return Begun(command, cwd=ROOT, env=found.environment, stdout=log, stderr=log)

    serve = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--workers", "2", "--threads", "4"]
    found.web = start("gunicorn", *serve, "--no-control-socket", "--graceful-timeout", "5", "wsgi:app")
    for name, words in ((JOBS | READS_THE_MAILBOX) if "IMAP_URL" in settings else JOBS).items():
        if name in jobs or name in READS_THE_MAILBOX:
            found.jobs[name] = start("flask", "--app", JOBS_OF, *words)
    started = [found.web, *found.jobs.values()]
    try:
        _wait_for(found)
        yield found
        assert found.ended() == [], found.log.read_text()[-3000:]
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(timeout=120)
        smtp.stop()
        log.close()


def _wait_for(service: Processes) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert service.web is not None and service.web.poll() is None, service.log.read_text()
        try:
            line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
            line.request("GET", "/ready")
            if line.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(service.log.read_text())


@dataclass(frozen=True)
class Said:
    """One answer, or none (`status` 0): when it came, how long that took, and what was asked for."""

    at: float
    seconds: float
    status: int
    what: str


class Broken(AssertionError):
    """An answer that no fault of the database excuses."""


class Load:
    """People who press on until told to stop: schools that book and move, one after the other, and desks that look.

    `gives_up`: the part of schools that do not send a booking again that was not answered.
    """

    def __init__(
        self,
        port: int,
        county: County,
        *,
        threads: int = 5,
        desks: int = 1,
        pause: float = 0.02,
        gives_up: float = 0.1,
    ) -> None:
        self.county, self._port, self._pause, self._gives_up = county, port, pause, gives_up
        self.said, self.wrong = list[Said](), list[str]()
        self._left = iter(county.schools)
        self._lock, self._over, self._chance = threading.Lock(), threading.Event(), random.Random(20261201)
        self._threads = [threading.Thread(target=self._keep_on, args=(self._book,)) for _ in range(threads)]
        self._threads += [threading.Thread(target=self._keep_on, args=(self._look,)) for _ in range(desks)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """What is under way is brought to its end first."""
        self._over.set()
        for thread in self._threads:
            thread.join(timeout=300)
            if thread.is_alive():
                self.wrong.append("somebody waits for ever")

    # --- what they came to

    @property
    def booked(self) -> list[School]:
        with self._lock:
            return [one for one in self.county.schools if one.reference]

    def failed_since(self, at: float) -> list[Said]:
        with self._lock:
            return [one for one in self.said if one.at >= at and one.status not in (200, 303)]

    def wait_for_bookings(self, more: int, within: float = 120) -> None:
        """Until so many more were answered."""
        before, until = len(self.booked), time.monotonic() + within
        while len(self.booked) < before + more:
            assert time.monotonic() < until and not self.wrong, (self.wrong, self.told_of())
            time.sleep(0.02)

    def good_again(self, since: float, *, within: float = 120) -> float:
        """Seconds from `since` until the last answer that was none; waits until answers have been good for a second, and
        a booking among them."""
        until = time.monotonic() + within
        while True:
            with self._lock:
                bad = max((one.at for one in self.said if one.status not in (200, 303)), default=since)
                booked = any(one.at > max(bad, since) and one.what == "book" for one in self.said)
            bad = max(bad, since)
            if booked and time.monotonic() - bad > 1:
                return bad - since
            assert time.monotonic() < until and not self.wrong, (self.wrong, self.told_of())
            time.sleep(0.05)

    @property
    def slowest(self) -> float:
        """Seconds."""
        with self._lock:
            return max((one.seconds for one in self.said), default=0.0)

    def told_of(self) -> str:
        with self._lock:
            answers = Counter(one.status or "none" for one in self.said)
        known = sum(1 for one in self.county.schools if one.reference)
        return f"{known} booked, answers {dict(answers)}, the slowest after {self.slowest:.1f} s"

    # --- what they do

    def _keep_on(self, deed: Any) -> None:
        try:
            while not self._over.is_set() and deed():
                time.sleep(self._pause)
        except Exception as error:  # told in the end, with all others
            self.wrong.append(repr(error))

    def _look(self) -> bool:
        """At the desk, whose page names its partnership and no other; it is asked for again where it was not answered."""
        status, _, body = self._ask("GET", "/desk", cookie=self.county.cookie, what="desk", again=False)
        if status not in (0, 503) and (
            self.county.name not in body or any(one in body for one in self.county.is_not)
        ):
            raise Broken(f"the desk says {status} {_words(body)}")
        return True

    def _book(self) -> bool:
        with self._lock:
            one = next(self._left, None)
            patient = self._chance.random() >= self._gives_up
        if one is None:
            return False
        at = f"/i/{one.token}"
        form, cookie = self._form(f"{at}/check")
        form["slots"] = one.key
        status, to, body = self._ask("POST", f"{at}/book", form, cookie, what="book", again=patient)
        if status in (0, 503):
            one.unsure = True
            return True
        # A booking that was made though nobody was told is what the same form gives again; or its page does.
        if status != 303 or "/booked/" not in to:
            raise Broken(f"a booking was answered {status} {to} {_words(body)}")
        one.reference, one.at = to.rpartition("/")[2], one.key
        page = f"{at}/booked/{one.reference}"
        status, _, body = self._ask("GET", page, cookie=cookie, what="booked")
        if "You are booked" not in body:
            raise Broken(f"the page of a booking says {status} {_words(body)}")
        form, cookie = self._form(f"{page}/move/to?slot={one.other_key}")
        form["slot"] = one.other_key
        status, to, body = self._ask("POST", f"{page}/move/to", form, cookie, what="move")
        if status != 303 or not to.endswith(f"/booked/{one.reference}"):
            raise Broken(f"a move was answered {status} {to} {_words(body)}")
        one.at = one.other_key
        return True

    def _form(self, path: str) -> tuple[dict[str, str], str]:
        """The token of a page's form and the cookie that belongs to it."""
        status, _, body, cookie = self._asked("GET", path, what="form")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', body)
        if status != 200 or not found:
            raise Broken(f"{path.split('/')[3]} was answered {status} {_words(body)}")
        return {"csrf_token": unescape(found[1])}, cookie

    def _ask(
        self,
        method: str,
        path: str,
        typed: dict[str, str] | None = None,
        cookie: str = "",
        *,
        what: str,
        again: bool = True,
    ) -> tuple[int, str, str]:
        return self._asked(method, path, typed, cookie, what=what, again=again)[:3]

    def _asked(
        self,
        method: str,
        path: str,
        typed: dict[str, str] | None = None,
        cookie: str = "",
        *,
        what: str,
        again: bool = True,
    ) -> tuple[int, str, str, str]:
        """Once, or as a person does who is told to try again: until there is an answer that is none of 'busy'."""
        until = time.monotonic() + 240
        while True:
            began = time.monotonic()
            status, to, body, new = self._send(method, path, typed, cookie)
            with self._lock:
                self.said.append(Said(time.monotonic(), time.monotonic() - began, status, what))
            if "Traceback" in body or "psycopg" in body or status == 500:
                raise Broken(f"{what} was answered {status} {_words(body)}")
            if status == 503 and "We are busy" not in body:
                raise Broken(f"{what} was answered 503 {_words(body)}")
            if status not in (0, 503) or not again:
                return status, to, body, new
            if time.monotonic() > until:
                raise Broken(f"{what} was not answered for four minutes")
            time.sleep(0.2)

    def _send(
        self, method: str, path: str, typed: dict[str, str] | None, cookie: str
    ) -> tuple[int, str, str, str]:
        line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)
        headers = {"Cookie": cookie} if cookie else {}
        if typed is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            line.request(method, path, urlencode(typed) if typed is not None else None, headers)
            answer = line.getresponse()
            body = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return 0, "", "", ""
        finally:
            line.close()
        new = (answer.getheader("Set-Cookie") or "").split(";")[0]
        return answer.status, answer.getheader("Location") or "", body, new


def _words(body: str) -> str:
    main = body[body.find("<main") : body.find("</main")] or body
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())[:600]


@dataclass(frozen=True, kw_only=True)
class Count:
    """Of what schools were told, what the database does not have (`lost`), has more than once (`doubled`) or otherwise
    (`wrong`); `kept_unsaid`: bookings that were made though nobody was told."""

    told: int
    lost: int
    doubled: int
    wrong: int
    kept_unsaid: int


def counted(url: str, county: County) -> Count:
    """The database is asked what became of each school's booking."""
    with psycopg.connect(url) as session:
        rows = session.execute(
            "SELECT b.organisation_id, b.reference, p.tour_day_id, p.starts_at AT TIME ZONE 'Europe/London' "
            "FROM booking b JOIN performance p ON p.id = b.performance_id "
            "WHERE b.partnership_id = %s AND b.ended_at IS NULL",
            [county.partnership_id],
        ).fetchall()
    of = dict[int, list[tuple[str, str]]]()
    for organisation_id, reference, day_id, starts in rows:
        of.setdefault(organisation_id, []).append((reference, f"{day_id}-{starts:%H%M}"))
    told = [one for one in county.schools if one.reference]
    return Count(
        told=len(told),
        lost=sum(1 for one in told if one.reference not in dict(of.get(one.organisation_id, []))),
        doubled=sum(len(found) - 1 for found in of.values()),
        wrong=sum(1 for one in told if (one.reference, one.at) not in of.get(one.organisation_id, [])),
        kept_unsaid=sum(1 for one in county.schools if one.unsure and one.organisation_id in of),
    )


@dataclass(frozen=True, kw_only=True)
class Letters:
    """Of what was put down for schools: `lost` were not handed over, or are marked so and did not come; `twice`: mails that came
    again, the same; `another_twice`: that came again as another."""

    sent: int
    lost: int
    twice: int
    another_twice: int


def letters_missing(service: Processes, url: str, county: County, *, within: float = 120) -> Letters:
    """Waits until nothing waits any more, or for so many seconds."""
    until = time.monotonic() + within
    while True:
        with psycopg.connect(url) as session:
            rows = session.execute(
                "SELECT message_id, status FROM letter WHERE partnership_id = %s AND status <> 'superseded'",
                [county.partnership_id],
            ).fetchall()
        came = Counter(str(mail["Message-ID"]).strip() for _, mail in list(service.mail.taken))
        lost = [message_id for message_id, status in rows if status != SENT or not came[message_id]]
        if not lost or time.monotonic() > until:
            break
        time.sleep(0.2)
    mails = [mail for _, mail in list(service.mail.taken) if str(mail["Message-ID"]).strip() in dict(rows)]
    bodies = {(str(mail["Message-ID"]).strip(), mail.as_bytes()) for mail in mails}
    return Letters(
        sent=len(rows),
        lost=len(lost),
        twice=len(mails) - len(bodies),
        another_twice=len(bodies) - len({message_id for message_id, _ in bodies}),
    )
