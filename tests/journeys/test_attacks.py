"""Attacks on the running service, by whoever has no business here and by whoever has little: nothing is told, nothing
is changed, and it goes on serving."""

import csv
import io
import re
import shutil
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from processes import as_if, running
from visitor import Answer, Visitor

import make
from every_address import County, but_noted, column_of, people_at_every_door, told_year, whole_database
from how_many import is_drawn, so_many, some_of
from lent_app import SETTINGS, new_app, settings_of
from outreach.county import coordinators, roles
from outreach.ground.db import db, transaction
from outreach.tour import companies
from worlds import Kept, SqliteFile, World

pytestmark = pytest.mark.browser

PASSWORD = "lantern gravel otter"
EVIL = "evil.example"
MARK = "typed-by-an-attacker"

OF_THE_PROCESSES = {"letter", "letter_mail", "postman", "sign_in_session", "sign_in_failure", "sign_in"}
OF_THE_PROCESSES |= {"answer_wave", "outcome_release", "released_wave", "link_request", "job_round"}
"""Tables in which the post and the day’s round beside write, that they did, and that somebody is here."""


@dataclass
class Attacked:
    """The told county as gunicorn serves it. `told`: addresses, links and numbers that an attack begins with."""

    url: str
    app: Flask
    county: County
    log: Path
    told: dict[str, str]

    def visitor(self) -> Visitor:
        return Visitor(self.url)

    def signed_in(self, role: str) -> Visitor:
        visitor = self.visitor()
        assert visitor.sign_in(f"{role}@attacked.example", PASSWORD).status == 303
        return visitor

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.app.app_context():
            found = {t: rows for t, rows in whole_database().items() if t not in OF_THE_PROCESSES}
            db.session.remove()
        return but_noted(found)

    def changed_since(self, before: dict[str, list[tuple[Any, ...]]]) -> list[str]:
        return [table for table, rows in self.rows().items() if rows != before[table]]


@pytest.fixture(scope="module")
def attacked(
    sqlite_template: Path,
    kept_worlds: dict[str, Kept] | None,
    of_the_run: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Attacked]:
    folder = tmp_path_factory.mktemp("attacked")
    shutil.copy(sqlite_template, folder / "outreach.sqlite")
    url, now = f"sqlite:///{folder}/outreach.sqlite", make.NOW
    app = new_app(SETTINGS | settings_of(url, folder), None)
    with app.app_context():
        file = SqliteFile(folder / "outreach.sqlite", sqlite_template)
        told_once = World(app, lambda: file, kept_worlds, of_the_run)(told_year, now)
        county = people_at_every_door(told_once, now=now)
        partnership_id = county.told.partnership.id
        with transaction():
            for role in roles.NAMES:
                who = {"name": f"The {role}", "email": f"{role}@attacked.example"}
                of = companies.of_partnership(partnership_id)[0] if role == roles.COMPANY else None
                coordinators.add(partnership_id, **who, password=PASSWORD, role=role, company=of, now=now)
            once = coordinators.sign_in_link(coordinators.get("reader@attacked.example"), now=now)
        booked = column_of("booking.reference")[0]
        asked = str(county.told.cast.everybody[0].organisation_id)
        school = next(door for door in county.doors if door.blueprint == "school")
        told = {"once": once, "reference": booked, "asked": asked, "school": school.known["token"][0]}
        db.session.remove()
        db.engine.dispose()
    settings = as_if(now, folder) | {"TRUSTED_HOSTS": "127.0.0.1", "SMTP_URL": ""}
    with running(url, folder, app="later", **settings, SECRET_KEY=str(app.config["SECRET_KEY"])) as service:
        yield Attacked(service.url, app, county, folder / "journey.log", told)
    with app.app_context():
        db.engine.dispose()


def alike(known: list[Answer], unknown: list[Answer]) -> None:
    """Whoever asks cannot tell one from the other: by status, length, headers or time."""
    assert set(known[-1].headers) == set(unknown[-1].headers)
    assert {(a.status, len(a.body)) for a in known} == {(a.status, len(a.body)) for a in unknown}
    fastest = [min(a.seconds for a in answers) for answers in (known, unknown)]
    assert max(fastest) < 2 * min(fastest) + 0.02, fastest


# What is there and what is not


def test_whoever_guesses_learns_of_no_address_no_link_and_no_booking(attacked: Attacked) -> None:
    """A person's address at the sign-in, links of every kind, and a booking's reference."""
    visitor = attacked.visitor()
    token = visitor.token("/sign-in")
    tries: dict[str, list[Answer]] = {"lead@attacked.example": [], "nobo@attacked.example": []}
    for _ in range(4):
        for email, answers in tries.items():
            typed = {"csrf_token": token, "email": email, "password": "wrong wrong wrong"}
            answers.append(visitor.send("POST", "/sign-in", typed))
    known, unknown = tries.values()
    assert {a.status for a in known} == {422}
    alike(known, unknown)

    for door, of_ours in (("/i/{}", 32), ("/t/{}", 48), ("/calendar/{}.ics", 48)):
        never = [visitor.get(door.format(sign * of_ours)) for sign in "abc"]
        cut = [
            visitor.get(door.format("a")),
            visitor.get(door.format("'")),
            visitor.get(door.format("0" * 400)),
        ]
        assert {(a.status, len(a.body)) for a in never + cut} == {(404, len(never[0].body))}
    used = [visitor.get(f"/sign-in/{sign * 32}") for sign in "ab"]
    assert {a.status for a in used} == {410}

    ours = attacked.told["reference"]
    other = ours[:-1] + ("2" if ours[-1] != "2" else "3")
    pages = {reference: [visitor.get(f"/b/{reference}") for _ in range(5)] for reference in (ours, other)}
    alike(*pages.values())
    sent = [visitor.post(f"/b/{one}", {"address": "me@evil.example", "name": ""}) for one in (ours, other)]
    assert {(a.status, a.location) for a in sent} == {(303, f"/b/{r}/asked") for r in (ours, other)}


# Requests in somebody's name


def test_no_forged_request_changes_anything_by_whatever_method(attacked: Attacked) -> None:
    """A lead's own browser is made to send it by another site: without a token, with one of another session, with the
    method hidden in a header or a field; and with each method that no page takes."""
    lead, foreign = attacked.signed_in(roles.LEAD), attacked.visitor()
    token = foreign.token("/sign-in")
    before = attacked.rows()
    site = {"Origin": f"https://{EVIL}", "Sec-Fetch-Site": "cross-site"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    forged: list[tuple[str, str, dict[str, str] | None, dict[str, str]]] = []
    for rule in some_of(attacked.app.url_map.iter_rules(), one_in=5):
        for path in attacked.county.addresses(rule):
            if "POST" in (rule.methods or ()):
                forged += [("POST", path, {"name": "x"}, site), ("POST", path, {"csrf_token": token}, site)]
            else:
                forged.append(("GET", path, None, site | {"X-HTTP-Method-Override": "POST"}))
            other = ("PUT", "PATCH", "DELETE", "TRACE")[len(forged) % 4]
            forged.append((other, path, {"_method": "POST"}, site | form))
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lambda one: lead.send(*one), forged))
    wrong = [
        (method, path, answer.status)
        for (method, path, _, _), answer in zip(forged, answers, strict=True)
        if answer.status not in {"POST": (400, 404, 410), "GET": range(200, 423)}.get(method, (404, 405))
        and not path.startswith("/q/")  # pupils have no session that another site could use
    ]
    assert wrong == [] and len([one for one in forged if one[0] == "POST"]) > so_many(300, least=80)
    assert attacked.changed_since(before) == []
    assert lead.get("/desk").status == 200


def test_a_session_that_somebody_planted_is_not_the_one_that_is_signed_in(attacked: Attacked) -> None:
    planter, victim = attacked.visitor(), attacked.visitor()
    planter.get("/sign-in")
    planted = dict(planter.cookies)
    victim.cookies = dict(planted)
    assert victim.sign_in("reader@attacked.example", PASSWORD).status == 303
    assert victim.cookies != planted and victim.get("/desk").status == 200
    planter.cookies = planted
    assert planter.get("/desk").location.startswith("/sign-in")
    # The token against forgery of before does nothing in the new session either.
    old = victim.send("POST", "/sign-out", {"csrf_token": "x"})
    assert old.status == 400 and victim.get("/desk").status == 200


def test_a_link_that_works_once_lets_one_of_eight_in(attacked: Attacked) -> None:
    together, path = Barrier(8), f"/sign-in/{attacked.told['once']}"

    def use(_: int) -> int:
        visitor = attacked.visitor()
        token = visitor.token(path)
        together.wait(120)
        return visitor.send("POST", path, {"csrf_token": token}).status

    with ThreadPoolExecutor(8) as eight:
        assert sorted(eight.map(use, range(8))) == [303] + [410] * 7


def test_nobody_is_led_away(attacked: Attacked) -> None:
    """By no name that a page might take an address under, and by no way of writing another host."""
    lead = attacked.signed_in(roles.LEAD)
    names = ("next", "back", "from", "to", "return", "url", "redirect", "then", "q")
    away = (f"https://{EVIL}/", f"//{EVIL}", f"/\\{EVIL}", f"https:{EVIL}", f"/%09/{EVIL}", f"\t//{EVIL}")
    asked = []
    for n, rule in enumerate(some_of(attacked.app.url_map.iter_rules(), one_in=5, nth=1)):
        for path in attacked.county.addresses(rule) if "GET" in (rule.methods or ()) else ():
            asked.append(f"{path}?{urlencode(dict.fromkeys(names, away[n % len(away)]))}")
    with ThreadPoolExecutor(4) as several:
        led = [a.location for a in several.map(lambda path: lead.get(path), asked) if a.location]
    for wanted in away:
        visitor = attacked.visitor()
        form = f"/sign-in?{urlencode({'next': wanted})}"
        typed = {"email": "reader@attacked.example", "password": PASSWORD}
        led.append(visitor.post(form, typed, form="/sign-in").location)
        school = f"/i/{attacked.told['school']}"
        led.append(visitor.post(f"{school}/renew", {"back": wanted}, form="/code").location)
    assert len(led) > 12
    assert [one for one in led if urlsplit(one).netloc not in ("", urlsplit(attacked.url).netloc)] == []
    assert [
        one for one in led if one.startswith(("//", "/\\", "\\")) or not one.startswith(("/", "http"))
    ] == []


# What goes into headers, logs, files and the database


def test_a_host_of_somebody_elses_is_answered_nowhere(attacked: Attacked) -> None:
    visitor = attacked.visitor()
    for name in (EVIL, f"127.0.0.1@{EVIL}", f"{EVIL}:80", "127.0.0.1.evil.example"):
        answer = visitor.get("/", Host=name)
        assert answer.status == 400 and EVIL not in answer.text + str(answer.headers)
    for name in ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"):
        answer = visitor.get("/find", **{name: f"host={EVIL}" if name == "Forwarded" else f"/{EVIL}"})
        assert answer.status == 200 and EVIL not in answer.text + str(answer.headers)


def test_nothing_that_is_sent_adds_a_header_or_stands_in_the_log(attacked: Attacked) -> None:
    lead = attacked.signed_in(roles.LEAD)
    broken = f"{MARK}\r\nX-Evil: 1\r\n\r\n<b>"
    said = quote(broken)
    paths = [
        *(f"{path}?{urlencode({name: broken for name in ('q', 'next', 'from', 'sort', 'as_of', 'programme')})}"
          for path in ("/find", "/sign-in", "/desk", "/desk/gaps", "/desk/gaps.csv", "/desk/coverage.csv", "/desk/search")),
        f"/{said}", f"/i/{said}", f"/t/{said}", f"/calendar/{said}.ics", f"/b/{said}", f"/static/{said}", f"/q/{said}",
        f"/desk/{said}", f"/desk/bookings/{said}", f"/api/v1/{said}",
    ]  # fmt: skip
    answers = [lead.get(path, User_Agent=MARK, Referer=f"http://{EVIL}/{MARK}") for path in paths]
    answers += [
        lead.send("POST", path, {"csrf_token": broken, "email": broken, "name": broken, "password": broken})
        for path in ("/sign-in", "/desk/setup/partnership", "/find/1", "/code")
    ]
    assert [a.status for a in answers if a.status >= 500 or "x-evil" in a.headers] == []
    host, port = urlsplit(attacked.url).netloc.split(":")
    for raw in (
        f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nX-{MARK}\x00: 1\r\n\r\n",
        f"GET /{MARK} HTTP/9.9\r\n\r\n",
        f"{MARK}\r\n\r\n",
        f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        f"0\r\n\r\nGET /{MARK} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n",
    ):
        with socket.create_connection((host, int(port)), timeout=30) as line:
            line.sendall(raw.encode("latin-1"))
            first = line.makefile("rb").read().decode("latin-1")
        assert first.count("HTTP/1.") <= 1, f"two answers to one request: {first[:300]}"
    log = attacked.log.read_text()
    assert [one for one in log.splitlines() if one.startswith((MARK, "X-Evil"))] == []
    # gunicorn names a line of a request that is none; nothing that came as a request stands there.
    assert [one for one in log.splitlines() if MARK in one and "Invalid" not in one] == []


@pytest.mark.parametrize("door", ["/static/", "/", "/desk/letters/", "/desk/contacts/", "/calendar/", "/i/"])
def test_no_path_leads_out_of_what_is_served(attacked: Attacked, door: str) -> None:
    visitor = attacked.signed_in(roles.LEAD)
    ups = ("../", "..%2f", "%2e%2e/", "..%5c", "....//", "%252e%252e%252f", "..%c0%af", "./../")
    ways = [up * 8 + to for up in ups for to in ("etc/passwd", "wsgi.py")]
    ways += [
        "//etc/passwd",
        "%2fetc%2fpasswd",
        ".git/config",
        ".env",
        "outreach.sqlite",
        "secret-key",
        "..;/wsgi.py",
    ]
    for way in ways:
        answer = visitor.get(door + way)
        assert answer.status in (301, 303, 308, 400, 404, 405), f"{door}{way}: {answer.status}"
        assert urlsplit(answer.location).netloc in ("", urlsplit(attacked.url).netloc)
        assert b"root:" not in answer.body and b"create_app" not in answer.body


SQL = (
    "' OR '1'='1",
    "1); DROP TABLE school; --",
    "%' UNION SELECT password_hash, email FROM person --",
    "name; SELECT 1",
    "1 AND (SELECT 1 FROM (SELECT SLEEP(3)) x)",
)


def test_no_filter_and_no_sort_reaches_the_database_as_words_of_its_own(attacked: Attacked) -> None:
    """Every name that a link or a form of a page sends in an address, filled with SQL."""
    lead = attacked.signed_in(roles.LEAD)
    before = attacked.rows()
    pages = [
        *LISTS,
        *(
            path
            for rule in some_of(attacked.app.url_map.iter_rules(), one_in=5, nth=2)
            for path in attacked.county.addresses(rule)
            if "GET" in (rule.methods or ())
            and rule.endpoint.startswith(("coordinator.", "public.", "school."))
        ),
    ]
    with ThreadPoolExecutor(4) as several:
        shown = list(several.map(lead.get, pages))
    names = {name for answer in shown for name in names_in_addresses(answer.text)}
    assert {"sort", "q", "programme", "as_of", "page"} <= names and len(names) > so_many(30, least=20)
    asked = [
        f"{path}?{urlencode(dict.fromkeys(sorted(names), SQL[n % len(SQL)]))}"
        for n, (path, answer) in enumerate(zip(pages, shown, strict=True))
        if answer.status == 200
    ]
    asked += [f"{path}?{urlencode({'q': sql, 'sort': sql, 'by': sql})}" for path in LISTS for sql in SQL]
    with ThreadPoolExecutor(4) as several:
        answers = list(several.map(lead.get, asked))
    assert [(p, a.status) for p, a in zip(asked, answers, strict=True) if a.status >= 500] == []
    assert [
        p
        for p, a in zip(asked, answers, strict=True)
        if re.search(r"scrypt:\d|OperationalError|syntax", a.text)
    ] == []
    assert attacked.changed_since(before) == []


LISTS = (
    "/desk/gaps",
    "/desk/schools",
    "/desk/bookings",
    "/desk/letters",
    "/desk/search",
    "/find",
    "/find/suggest",
)


def names_in_addresses(page: str) -> set[str]:
    """What a page's links and its forms that only ask send in an address, by their names."""
    found = {
        unescape(part).partition("=")[0]
        for query in re.findall(r'(?:href|action)="[^"?]*\?([^"#]+)', page)
        for part in unescape(query).split("&")
    }
    for form in re.findall(r"<form(?![^>]*method=\"post\")[^>]*>(.*?)</form>", page, re.S | re.I):
        found |= set(re.findall(r'name="([^"]+)"', form))
    return {name for name in found if re.fullmatch(r"[\w-]+", name)}


def test_fields_that_no_page_offers_are_written_nowhere(attacked: Attacked) -> None:
    """A reader makes themselves a lead, and a lead moves the partnership, by fields beside those of the form."""
    more = {"id": "1", "person_id": "1", "role": "lead", "partnership_id": "999", "email": "me@evil.example"}
    more |= {
        "password_hash": "x",
        "ended_at": "",
        "created_at": "2001-01-01",
        "la_code": "999",
        "reference_prefix": "EVL",
    }
    reader = attacked.signed_in(roles.READER)
    before = attacked.rows()
    assert reader.post("/desk/account", {"single_keys": "y"} | more, form="/desk/account").status == 303
    assert reader.post("/desk/people/1/role", more, form="/desk/account").status == 403
    after = attacked.rows()
    assert set(attacked.changed_since(before)) <= {"person", "history"}
    (told,) = [row for row in after["history"] if row not in before["history"]]
    assert "single keys" in str(told) and "evil" not in str(told)
    one = [(row, now) for row, now in zip(before["person"], after["person"], strict=True) if row != now]
    assert [sum(a != b for a, b in zip(row, now, strict=True)) for row, now in one] == [
        1
    ]  # single_keys alone
    assert before["person_role"] == after["person_role"]
    lead = attacked.signed_in(roles.LEAD)
    page = lead.get("/desk/setup/partnership").text
    typed = {
        unescape(name): unescape(value)
        for tag in re.findall(r"<input[^>]+>", page)
        if (name := (re.search(r'name="([^"]+)"', tag) or [""] * 2)[1])
        and 'type="checkbox"' not in tag
        and ('type="radio"' not in tag or " checked" in tag)
        for value in [(re.search(r'value="([^"]*)"', tag) or [""] * 2)[1]]
    }
    extra = {k: v for k, v in more.items() if k not in typed}
    assert lead.post("/desk/setup/partnership", typed | extra, form="/desk/setup/partnership").status in (
        303,
        422,
    )
    said = attacked.rows()["partnership"]
    assert "EVL" not in str(said) and [row[0] for row in said] == [row[0] for row in after["partnership"]]


# Too much, too slow, in no shape at all


def test_what_is_too_large_is_refused_at_once_and_others_are_served(attacked: Attacked) -> None:
    host, port = urlsplit(attacked.url).netloc.split(":")
    visitor = attacked.visitor()
    token = visitor.token("/sign-in")
    cookie = "; ".join(f"{k}={v}" for k, v in visitor.cookies.items())
    head = f"POST /sign-in HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\nX-CSRFToken: {token}\r\n"
    form = "Content-Type: application/x-www-form-urlencoded\r\n"
    wanted = {
        "more than any file": (f"{head}{form}Content-Length: {200 * 2**20}\r\n\r\na=1", (413,)),
        "a form of 3 MB": (f"{head}{form}Content-Length: {3 * 2**20}\r\n\r\n" + "a" * 3 * 2**20, (413,)),
        "a header of 100 kB": (f"{head}X-Much: {'x' * 100_000}\r\n\r\n", (400, 431)),
        "a thousand headers": (head + "".join(f"X-{n}: 1\r\n" for n in range(1000)) + "\r\n", (400, 431)),
        "an address of 100 kB": (f"GET /{'x' * 100_000} HTTP/1.1\r\n\r\n", (400, 414)),
        "a length below nothing": (f"{head}{form}Content-Length: -1\r\n\r\n", (400,)),
        "a length that is none": (f"{head}{form}Content-Length: x\r\n\r\n", (400,)),
    }
    for what, (raw, statuses) in wanted.items():
        with socket.create_connection((host, int(port)), timeout=30) as line:
            try:
                line.sendall(raw.encode("latin-1"))
            except (BrokenPipeError, ConnectionResetError):
                pass  # refused before all of it was sent
            try:
                first = line.recv(200).decode("latin-1")
            except ConnectionResetError:
                continue
        status = int(first.split()[1]) if first else statuses[0]
        assert status in statuses, f"{what}: {first[:80]}"
    many = {f"field-{n}": "1" for n in range(20_000)}
    assert visitor.send("POST", "/sign-in", many | {"csrf_token": token}).status in (413, 422)
    assert visitor.get("/health").status == 200


BOUNDARY = "b0undary"
PARTS = {
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n"),
    "another boundary": (f"multipart/form-data; boundary={BOUNDARY}", b"--other\r\n\r\nx\r\n--other--"),
    "no end": (f"multipart/form-data; boundary={BOUNDARY}", f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nURN'.encode()),
    "a part without a head": (f"multipart/form-data; boundary={BOUNDARY}", f"--{BOUNDARY}\r\nx\r\n--{BOUNDARY}--".encode()),
    "a head without end": (f"multipart/form-data; boundary={BOUNDARY}", f"--{BOUNDARY}\r\nX: ".encode() + b"x" * 300_000),
    "parts within parts": (f"multipart/form-data; boundary={BOUNDARY}", f'--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary=i\r\nContent-Disposition: form-data; name="file"\r\n\r\n--i\r\n\r\nx\r\n--i--\r\n--{BOUNDARY}--'.encode()),
    "ten thousand parts": (f"multipart/form-data; boundary={BOUNDARY}", f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.encode() * 10_000 + f"--{BOUNDARY}--".encode()),
}  # fmt: skip


def test_a_file_sent_in_no_proper_shape_is_refused_in_words(attacked: Attacked) -> None:
    lead = attacked.signed_in(roles.LEAD)
    before = attacked.rows()
    for path in (
        "/desk/contacts",
        "/desk/register",
        "/desk/past-shows",
        "/desk/bodies/lists",
        "/desk/setup/roads/minutes",
    ):
        token = lead.token(path) if lead.get(path).status == 200 else ""
        for what, (kind, body) in PARTS.items() if token else ():
            answer = lead.send("POST", path, body, {"Content-Type": kind, "X-CSRFToken": token})
            assert answer.status in (400, 413, 422), f"{path}, {what}: {answer.status} {answer.location}"
            assert "<h1" in answer.text, f"{path}, {what}: no page"
    assert attacked.changed_since(before) == []


def test_a_file_whose_name_leads_out_of_its_folder_is_read_and_put_nowhere(attacked: Attacked) -> None:
    lead, there = attacked.signed_in(roles.LEAD), Path(f"/tmp/{MARK}.csv")
    head = f'Content-Disposition: form-data; name="file"; filename="../../../../../../..{there}"'
    body = f"--{BOUNDARY}\r\n{head}\r\n\r\nURN,Email\r\n1,a@b.example\r\n--{BOUNDARY}--".encode()
    sent = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "X-CSRFToken": lead.token("/desk/contacts"),
    }
    answer = lead.send("POST", "/desk/contacts", body, sent)
    assert answer.status == 303 and answer.location.startswith("/desk/contacts/")
    assert not there.exists() and lead.get(answer.location).status == 200


# Formulas


FORMULAS = ('=HYPERLINK("http://evil.example";"x")', "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1)")


def test_formulas_go_out_as_words_and_come_in_again_as_they_were(attacked: Attacked) -> None:
    """Typed at the desk, taken out as CSVs, and a list with them sent in again. What workbooks hold:
    ground/test_tabular.py."""
    lead = attacked.signed_in(roles.LEAD)
    kind = unescape(re.findall(r'name="kind"[^>]*value="([^"]+)"', lead.get("/desk/bodies/new").text)[0])
    for formula in FORMULAS:
        answer = lead.post("/desk/bodies/new", {"name": formula, "kind": kind, "district": ""})
        assert answer.status == 303, re.findall(r"error-message.*?</p>", answer.text, re.S)
    found = {path: list(csv.reader(io.StringIO(text))) for path, text in lists_of(lead, attacked).items()}
    number = re.compile(r"-?[0-9.]+")
    live = [
        (path, cell)
        for path, rows in found.items()
        for row in rows
        for cell in row
        if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not number.fullmatch(cell)
    ]
    assert live == []
    told = {
        path
        for path, rows in found.items()
        for row in rows
        for cell in row
        if cell.removeprefix("'") in FORMULAS
    }
    assert "/desk/bodies.csv" in told
    before = attacked.rows()["organisation"]
    body = "".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name={name}\r\n\r\n{value}\r\n"
        for name, value in (
            ('"csrf_token"', lead.token("/desk/bodies/lists")),
            ('"file"; filename="bodies.csv"', lead.get("/desk/bodies.csv").text),
        )
    )
    sent = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = lead.send("POST", "/desk/bodies/lists", f"{body}--{BOUNDARY}--".encode(), sent)
    assert answer.status == 303
    page = unescape(lead.get(answer.location).text)
    assert "'=HYPERLINK" not in page and "'+1+1" not in page, (
        "a sign put before a formula came in as a part of a name"
    )
    assert attacked.rows()["organisation"] == before


def lists_of(lead: Visitor, attacked: Attacked) -> dict[str, str]:
    """{path: text} of the CSVs of the desk: the bodies', in which they stand, a third of the others, all of them in the
    longest run."""
    found = {}
    for rule in attacked.app.url_map.iter_rules():
        if not (rule.rule == "/desk/bodies.csv" or is_drawn(rule.rule, one_in=3)):
            continue
        if rule.rule.endswith(".csv") and rule.endpoint.startswith("coordinator."):
            for path in attacked.county.addresses(rule):
                answer = lead.get(path)
                if answer.status == 200:
                    found[path] = answer.body.decode("utf-8-sig")
    return found
