"""Two hosts behind a proxy that hands each request to the next: with folders of their own and clocks a second apart they
are one service to whoever sets it up, signs in, books, moves and reports, and in the longest run to whoever plans.

Every page of the way is asked of both and has to say the same; every form is filled in as one host shows it and goes to
the other.
"""

import json
import re
import time
from collections.abc import Iterator
from csv import DictReader
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pyotp
import pytest
from test_main_job import link_in
from two_hosts import A_MINUTE_APART, AHEAD, SITE, Hosts, Person, Shown, two_hosts

import openid_provider
from county.test_logos import png
from how_many import each_nth, is_longest
from openid_provider import JO, Provider
from outreach.county.sign_in_tries import FREE
from outreach.demonstration import county, seasons
from outreach.ground.timespans import LONDON
from passkey_devices import Device, options
from postgres import Postgres
from walled import address_of_service

pytestmark = pytest.mark.browser

COORDINATOR, PASSWORD = "priya@council.example", "lantern gravel otter"
LEAD = "lead@school{}.example"

DESK = (
    "",
    "/coverage",
    "/schools?standing=seen",
    "/gaps",
    "/news",
    "/diary",
    "/bookings",
    "/offers",
    "/plans",
    "/letters",
    "/inbox",
    "/chasing",
    "/invitations",
    "/contacts",
    "/register",
    "/reports",
    "/tour/season",
    "/history",
    "/setup",
    "/people",
    "/account/sessions",
    "/schools.csv",
)
"""Pages that tell what the whole way came to."""


@pytest.fixture
def database(postgres: Postgres) -> str:
    return postgres.fresh("template_outreach")


@pytest.fixture
def provider() -> Iterator[Provider]:
    with openid_provider.running() as provider:
        yield provider


@pytest.fixture(
    params=[AHEAD, pytest.param(A_MINUTE_APART, marks=pytest.mark.long)], ids=["a second", "a minute"]
)
def hosts(
    request: pytest.FixtureRequest, provider: Provider, database: str, tmp_path: Path
) -> Iterator[Hosts]:
    """By how much their clocks are apart."""
    told = {"owner_url": database, "ahead": request.param, "SIGN_IN_PROVIDERS": provider.toml(1)}
    with two_hosts(address_of_service(database), tmp_path, **told) as hosts:
        yield hosts


def test_two_hosts_are_one_service(hosts: Hosts, provider: Provider, database: str, tmp_path: Path) -> None:
    Way(hosts, database, provider).go_all(tmp_path)


class Way:
    """The people, what they hold in their hands, and the schools that they are about."""

    def __init__(self, hosts: Hosts, database: str, provider: Provider) -> None:
        self.hosts, self.database, self.provider = hosts, database, provider
        self.season = seasons.on(datetime.now(UTC).astimezone(LONDON).date())
        self.made = county.make(1, self.season.academic_year)
        self.desk, self.school = Person(hosts.each), Person(hosts.each, turn=1)
        rows = DictReader(StringIO(self.made.register.decode("cp1252"), newline=""))
        self.asked = [
            (int(row["URN"]), int(row["NumberOfPupils"]))
            for row in rows
            if row["EstablishmentStatus (name)"] == "Open"
            and row["PhaseOfEducation (name)"] == "Secondary"
            and (row["StatutoryLowAge"], row["StatutoryHighAge"]) in (("11", "16"), ("11", "18"))
            and 300 < int(row["NumberOfPupils"] or 0) < 620
        ][:4]
        self.reference = self.link = ""

    def go_all(self, folder: Path) -> None:
        """In each run without lists and plans."""
        self.found_partnership(folder)
        self.sign_in()
        self.sign_in_by_account()
        self.set_up()
        self.bring_register()
        self.set_up_tour()
        self.bring_contacts()
        if is_longest():
            self.bring_lists()
        self.send_round()
        self.book_and_move()
        if is_longest():
            self.plan()
            self.answer_what_was_proposed()
            self.two_want_one_time()
        self.report()
        self.look_at_all_of_it()
        self.sign_in_with_an_app()
        self.guess_passwords()
        self.sign_in_with_a_passkey()

    # --- the coordinator

    def found_partnership(self, folder: Path) -> None:
        (folder / "marlshire.csv").write_bytes(self.made.register)
        words = ("--authority", self.made.la_code, "--name", "Priya Nandakumar", "--email", COORDINATOR)
        self.hosts.each[0].flask("setup", "--register", str(folder / "marlshire.csv"), *words)

    def sign_in(self) -> None:
        """By a link, then by the password that was chosen with it; the device is known to both hosts from the first time on."""
        link = re.search(r"/sign-in/\S+", self.hosts.each[1].flask("people", "link", COORDINATOR))
        assert link
        page = self.desk.press(self.desk.open(link[0]), "Sign in")
        self.desk.press(page, "Choose this password", password=PASSWORD, again=PASSWORD)
        for _ in self.hosts.each:
            self.desk.press(self.desk.open("/desk/account"), "Sign out")
            self.desk.press(self.desk.open("/sign-in"), "Sign in$", email=COORDINATOR, password=PASSWORD)
            assert "Where you are signed in" in self.desk.open("/desk/account/sessions").words
        assert self._subjects() == ["Your account was signed in to on a new device"]

    def set_up(self) -> None:
        desk = self.desk
        contact = {"contact_name": "Priya Nandakumar", "contact_email": COORDINATOR}
        desk.press(desk.open("/desk/setup/partnership"), "Save", **contact, contact_phone="01632 960 118")
        logo = ("logo.png", png())
        page = desk.press(desk.open("/desk/setup/looks"), "Save", accent="#0e5a63", logo=logo)
        files = set(re.findall(r'/static/[^"]+', page.text))
        assert len([one for one in files if one.startswith("/static/looks/")]) == 2
        assert {desk.open(file).status for file in files} == {200}
        lines = [f"{first} to {last}" for first, last in seasons.terms(self.season.academic_year)]
        page = desk.open(f"/desk/setup/authorities/{self.made.la_code}")
        page = desk.press(page, "See what it would add", 200, lines="\n".join(lines))
        assert "6 terms" in desk.press(page, "Add these dates").words

    def bring_register(self) -> None:
        """A newer one, in which one school has seven pupils more."""
        urn, pupils = self.asked[0]
        lines = self.made.register.decode("cp1252").split("\r\n")
        newer = [
            line.replace(f'"{pupils}"', f'"{pupils + 7}"', 1) if line.startswith(f'"{urn}"') else line
            for line in lines
        ]
        files = {"file": ("register.csv", "\r\n".join(newer).encode("cp1252"))}
        files["links"] = ("links.csv", self.made.links)
        page = self.desk.press(self.desk.open("/desk/register"), "See what it would change", **files)
        assert "The daily job begins to read it" in page.words
        self.hosts.each[1].flask("asking", "chase")
        page = self.desk.open(page.path)
        assert f"{pupils} → {pupils + 7}" in page.words
        page = self.desk.press(page, "Apply the register")
        assert re.search(r"\d+ open schools of Marlshire", page.words)

    def set_up_tour(self) -> None:
        desk, days = self.desk, self.season.ahead
        notice = dict.fromkeys(("notice_book_days", "notice_move_days", "notice_cancel_days"), "3")
        page = desk.press(
            desk.open("/desk/programmes/new"),
            "Set up this programme",
            title="Chelsea’s Choice",
            audience="pupils",
            year_groups=["8", "9"],
            reply_by=_typed(self.season.reply_by),
            **notice,
        )
        assert "Chelsea’s Choice is set up." in page.words
        page = desk.press(desk.open("/desk/companies/new"), "Add company", name="Lantern Row Theatre")
        page = desk.press(page, "Add troupe", name="Red van", calendar_address="red@lanternrow.example")
        first, last = _typed(days[3]), _typed(days[18])  # late enough to be moved, whatever day it is
        page = desk.press(page, "See which days", first=first, last=last, weekdays=["0", "1", "2", "3"])
        assert re.search(r"0 of \d+ shows booked", desk.press(page, "Add the ticked days").words)

    def bring_contacts(self) -> None:
        lines = [
            f"{urn},Joanna Fell,Designated safeguarding lead,{LEAD.format(urn)}" for urn, _ in self.asked
        ]
        file = ("contacts.csv", "\r\n".join(["URN,Name,Role,Email", *lines]).encode())
        page = self.desk.press(self.desk.open("/desk/contacts"), "See what it would do", file=file)
        assert "New: 4 contacts" in page.words
        said = {"source": "the schools’ websites", "source_date": _typed(datetime.now(UTC).date())}
        assert "4 contacts added" in self.desk.press(page, "Take in 4", **said).words

    def bring_lists(self) -> None:
        """Bodies, and shows of earlier years: looked at on one host, taken in on the other, and taken back again."""
        head, line = "Organisation,Type,District,No of front line staff", "Redmere Response,Police,,42"
        said = {"source": "the partnership’s list", "source_date": _typed(datetime.now(UTC).date())}
        file = ("services.csv", f"{head}\n{line}\n".encode())
        page = self.desk.press(self.desk.open("/desk/bodies/lists"), "See what it would do", file=file)
        assert "Redmere Response" in self.desk.press(page, "Take in", **said).words
        assert self._asked("SELECT count(*) FROM organisation WHERE kind = 'body'") == 1
        urn, _ = self.asked[0]
        file = ("shows.csv", f"URN,Date,Pupils\n{urn},9/3/2024,210\n".encode())
        page = self.desk.press(self.desk.open("/desk/past-shows"), "See what it would do", file=file)
        page = self.desk.press(page, "Keep as earlier visits")
        assert "1 visit added" in page.words
        self.desk.press(self.desk.open("/desk/past-shows"), "Take back")
        assert "9 March 2024" not in self.desk.open(f"/desk/schools/{urn}").words

    def send_round(self) -> None:
        """Sent once, though the button reaches both hosts at the same moment; it goes when its minute is over."""
        page = self.desk.press(
            self.desk.open("/desk/invitations"),
            "Write to those ticked",
            200,
            organisation_id=[str(urn) for urn, _ in self.asked[:2]],
        )
        answers = self.desk.twice_at_once(page, "Send 2 letters")
        assert {answer.status for answer in answers} <= {200, 303, 422}
        assert "Round of" in self.desk.open("/desk/invitations/1?programme=1").words
        assert self._asked("SELECT count(*) FROM invitation") == 2
        self.hosts.go_on(1)
        self.link = link_in(self.hosts.mail.to(LEAD.format(self.asked[0][0]), 1)[0])

    # --- schools

    def book_and_move(self) -> None:
        """Held, filled in step by step, booked though the button was pressed at both hosts at once, moved and moved back."""
        page = self.school.press(self.school.open(self.link), r"9:\d\dam on")
        page = self._fill_in(self.school, page)
        first, second = self.school.twice_at_once(page, "Book this performance")
        assert first.status == second.status == 303
        assert first.headers["location"] == second.headers["location"]
        assert self._asked("SELECT count(*) FROM booking") == 1
        page = self.school.open(first.headers["location"])
        self.reference = page.path.rpartition("/")[2]
        assert "You are booked" in page.words and self._coverage() == {"Booked": 1, "Asked": 1, "Seen": 0}
        page = self.school.open(page.link("Move to another time"))
        page = self.school.press(self.school.press(page, r"10:\d\dam on"), "Move the performance")
        page = self.school.press(self.school.open(page.link("Move it back")), "Move the performance")
        page = self.school.open(page.link("Change numbers or hall"))
        assert "You are booked" in self.school.press(page, "Save the changes", hall="Gym").words

    def plan(self) -> None:
        """Asked for at one host, drawn up by the planner of the other, accepted at either."""
        page = self.desk.press(self.desk.open("/desk/plans/new"), "Draw it up", seconds="10")
        until = time.monotonic() + 60
        while "Drawn up in" not in page.words:
            assert time.monotonic() < until, page.words
            time.sleep(0.2)
            page = self.desk.open(page.path, alike=False)
        page = self.desk.press(self.desk.open(page.path), "Accept what is ticked")
        page = self.desk.press(page, "Offer 3 times")
        assert "3 proposals are waiting to go out" in page.words

    def answer_what_was_proposed(self) -> None:
        """One says no, one books and cancels."""
        second, third = (urn for urn, _ in self.asked[1:3])
        person = Person(self.hosts.each)
        page = person.open(link_in(self.hosts.mail.to(LEAD.format(second), 2)[-1]))
        page = person.press(person.open(page.link("It does not suit")), "Say no", reason="Mock exams")
        assert "Thank you for telling us" in page.words
        person = Person(self.hosts.each, turn=1)
        page = person.open(link_in(self.hosts.mail.to(LEAD.format(third), 1)[-1]))
        page = self._fill_in(person, person.open(page.link("Book this time")))
        page = person.press(page, "Book this")
        assert self._coverage()["Booked"] == 2
        page = person.open(page.link("Cancel this booking"))
        page = person.press(page, "Cancel this booking", reason="hall", more="The hall is flooded")
        assert "This booking is cancelled" in page.words and self._coverage()["Booked"] == 1
        page = self.desk.open(f"/desk/schools/{second}/answer")
        self.desk.press(page, "Keep the answer", kind="declined", reason="Exams until July")

    def two_want_one_time(self) -> None:
        """Of two that press for the same time at the same moment at different hosts one holds it, and the other is told."""
        people = []
        for n, (urn, _) in enumerate(self.asked[1:3]):
            person = Person(self.hosts.each, turn=n)
            address = link_in(self.hosts.mail.to(LEAD.format(urn), 1)[-1]) + "/times"
            people.append((person, person.open(address)))
        words = next(w for w in _times(people[0][1]) if w in _times(people[1][1]))
        answers = [person.send(page, re.escape(words)) for person, page in people]
        assert [answer.status for answer in answers] == [303, 422], [a.words[:900] for a in answers]
        held, refused = answers[0].headers["location"], answers[1]
        assert "taken" in refused.words
        (first, _), (second, times) = people
        page = first.open(held)
        self._sql("UPDATE performance SET held_until = clock_timestamp() WHERE held_until IS NOT NULL")
        assert "left" in second.press(second.open(times.path), re.escape(words)).words
        page = first.open(first.send(page, "Carry on").headers["location"])
        assert "That time was taken while you were typing" in page.words

    # --- after the show

    def report(self) -> None:
        """The school's, and the company's though its phone sends it to both hosts at once."""
        ends: datetime = self._asked(
            "SELECT f.ends_at FROM performance f JOIN booking b ON b.performance_id = f.id WHERE b.reference = %s",
            self.reference,
        )
        days = (ends.date() - datetime.now(UTC).date()).days + 1
        self.hosts.go_on(days)
        page = self.school.open(f"{self.link}/booked/{self.reference}")
        page = self.school.open(page.link("Tell us how it went"))
        done = dict.fromkeys(("lead_present", "staff_briefed", "letter_home"), "done")
        said = {"took_place": "yes", "year_8": "70", "year_9": "71", "lesson": "planned", "agencies": "no"}
        assert "It took place; 141 pupils" in self.school.press(page, "Send the report", **said, **done).words
        found = self._coverage()
        assert (found["Booked"], found["Seen"]) == (0, 1)
        page = self.desk.press(self.desk.open("/desk/troupes/1"), "Make a link")
        link = re.search(r'id="troupe-link" value="([^"]+)"', page.text)
        assert link
        company = Person(self.hosts.each)
        show: int = self._asked("SELECT performance_id FROM booking WHERE reference = %s", self.reference)
        page = company.open(f"{link[1]}/shows/{show}/report")
        answers = company.twice_at_once(page, "Send the report", took_place="yes", pupils="140")
        assert [answer.status for answer in answers] == [303, 303]
        assert self._asked("SELECT count(*) FROM visit_report WHERE side = 'company'") == 1
        assert company.open(link[1]).status == 200
        self.hosts.go_on(days + 1)
        page = self.desk.open(f"/desk/reports/new?programme=1&as_of={ends.date() + timedelta(days=1)}")
        page = self.desk.press(page, "Publish this report")
        assert re.search(r"/reports/\d+$", page.path)

    def look_at_all_of_it(self) -> None:
        """Pages, lists, the feed of a token and a calendar: from both alike, to the tag by which a program asks again."""
        page = self.desk.press(self.desk.open("/desk/reports/tokens"), "Make a token", 200, label="Dashboard")
        token = re.search(r"outreach_[\w-]{20,}", page.text)
        assert token
        program = Person(self.hosts.each, bearer=token[0])
        assert json.loads(program.open("/api/v1/").body)["programmes"]
        for path in each_nth(DESK, 3):
            assert self.desk.open(f"/desk{path}").status == 200, path
        page = self.desk.press(self.desk.open("/desk/calendars"), "Make my address")
        address = re.search(r'value="(http[^"]+\.ics)"', page.text)
        assert address
        feed = Person(self.hosts.each).open(address[1])
        assert feed.headers["etag"] and b"BEGIN:VEVENT" in feed.body

    def sign_in_with_an_app(self) -> None:
        """Set up across both, and a code is used once whichever host takes it, though their clocks differ."""
        page = self.desk.press(self.desk.open("/desk/account/second-factor"), "Set it up", password=PASSWORD)
        found = re.search(r'value="([A-Z2-7 ]{39})"', page.text)
        assert found
        app = pyotp.TOTP(found[1].replace(" ", ""))
        self.desk.press(page, "It works", 200, code=app.at(self._now()))
        there = [Person(self.hosts.each, turn=n) for n in range(2)]
        asked = [
            one.press(one.open("/sign-in"), "Sign in$", email=COORDINATOR, password=PASSWORD) for one in there
        ]
        code = app.at(self._now(), counter_offset=1)
        statuses = [
            one.send(page, "Sign in", code=code).status for one, page in zip(there, asked, strict=True)
        ]
        assert statuses == [303, 422]
        assert "Where you are signed in" in there[0].open("/desk/account/sessions").words

    def sign_in_by_account(self) -> None:
        """There from one host, back to the other."""
        self.provider.set(says=JO | {"email": COORDINATOR})
        person = Person(self.hosts.each)
        there = person.send(person.open("/sign-in"), "Sign in with")
        page = person.open(
            self.provider.visited(there.headers["refresh"].removeprefix("0; url=")), alike=False
        )
        assert "Where you are signed in" in person.open("/desk/account/sessions").words, page.words

    def sign_in_with_a_passkey(self) -> None:
        """Asked for by one host, shown to the other, though passwords have to wait now."""
        device = Device()
        device.origin = SITE
        page = self.desk.open("/desk/account/second-factor")
        page = self.desk.press(page, "Add a passkey", 200, password=PASSWORD)
        self.desk.press(page, "Add it", answer=device.makes(options(page)))
        person = Person(self.hosts.each, turn=1)
        page = person.press(person.open("/sign-in"), "Sign in with a passkey", 200)
        person.press(page, "Use a passkey", answer=device.shows(options(page)))
        assert "Where you are signed in" in person.open("/desk/account/sessions").words

    def guess_passwords(self) -> None:
        """Tries at both hosts are counted together; the code that was sent a second time was one already."""
        statuses, told = [], self._asked("SELECT count(*) FROM letter")
        for n in range(FREE + 2):
            stranger = Person(self.hosts.each, turn=n)
            page = stranger.open("/sign-in")
            statuses.append(stranger.send(page, "Sign in$", email=COORDINATOR, password=f"guess {n}").status)
        assert statuses == [422] * (FREE - 1) + [429] * 3
        assert self._asked("SELECT count(*) FROM letter") == told

    # ---

    def _fill_in(self, person: Person, page: Shown) -> Shown:
        """Step by step, to the page on which all of it is checked."""
        for _ in range(4):
            if "Check your answers" in page.words:
                return page
            said = {"hall": "Main hall", "step_free": "yes"} if "Hall and arrival" in page.words else {}
            page = person.press(page, "Carry on", **said)
        raise AssertionError(page.words)

    def _coverage(self) -> dict[str, int]:
        """A few of the standings, as the legend of the coverage page counts them."""
        legend = self.desk.open("/desk/coverage").text.partition('class="leg')[2]
        words = " ".join(re.sub(r"<[^>]+>", " ", legend).split())
        return {
            name: int(re.search(rf"\b{name} (\d+)", words)[1])  # type: ignore[index]
            for name in ("Booked", "Asked", "Seen")
        }

    def _subjects(self) -> list[str]:
        """Of the letters to the coordinator."""
        return [str(mail["Subject"]) for mail in self.hosts.mail.to(COORDINATOR, 1)]

    def _now(self) -> datetime:
        """By the clock of the service, which has gone on by days."""
        return datetime.now(UTC) + timedelta(days=int(self.hosts.days_forward.read_text()))

    def _asked(self, statement: str, *values: Any) -> Any:
        with psycopg.connect(self.database) as connection:
            return connection.execute(statement, values).fetchone()[0]  # type: ignore[arg-type, index]

    def _sql(self, statement: str) -> None:
        with psycopg.connect(self.database) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


def _times(page: Shown) -> list[str]:
    return re.findall(r"\d+:\d\dam on \w+ \d+ \w+", page.words)


def _typed(day: date) -> str:
    return f"{day:%d/%m/%Y}"
