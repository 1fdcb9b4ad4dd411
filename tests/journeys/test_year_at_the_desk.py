"""A county run from its pages for a year: September to July in a real browser, the clock moved on by the
test.

Register, rounds, bookings, reminders, moves, a closure, an academy, reports, two reports to the board: all as
people do it. At each month's end every number on every page, in every file and in the feed agrees with the
slow reference, and axe finds nothing; in July every earlier month's end says what it said then.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path

import desk_deeds as deeds
import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from small_county import (
    ACADEMY,
    CHANGED_ON,
    CLOSED_ON,
    CLOSES,
    CONVERTED_ON,
    CONVERTS,
    COUNTY,
    FIRST,
    LA_CODE,
    NAMES,
    SHRUNK_ON,
    address_of,
)
from sqlalchemy import select

from browser import Site, sign_in
from came_in import answer, take
from numbers_add_up import Numbers
from outreach.booking import limits, promises
from outreach.booking.promises import Booking
from outreach.county import authorities, coordinators, partnerships
from outreach.county.partnerships import Partnership, PartnershipSettings
from outreach.ground import clock
from outreach.ground.db import db, transaction
from outreach.tour.performances import Performance
from outreach.tour.programmes import Programme
from outreach.visits.reports import COMPANY, SCHOOL, SETTLED, VisitReport

COORDINATOR = "priya@marlshire.example"
TITLE, YEAR = "Someone to Tell", 2026
WITHOUT_CONTACT = (FIRST + 11, FIRST + 23)
LAST_DAYS = [date(2026, m, d) for m, d in ((9, 30), (10, 31), (11, 30), (12, 31))] + [
    date(2027, m, d) for m, d in ((1, 31), (2, 28), (3, 31), (4, 30), (5, 31), (6, 30), (7, 31))
]

TOLD = ("as promised", "company", "both", "few", "as promised", "differ", "never", "both", "snow", "total")
"""How the shows are reported, one after the other; 'never' is left to the end of the year."""


class Year:
    """The people, what they hold in their hands, and the moment. `now` is what the service takes for now."""

    def __init__(self, site: Site, desk: Page, phone: Page, client: FlaskClient) -> None:
        self.site, self.desk, self.phone, self.client = site, desk, phone, client
        self.folder = Path(site.app.config["MAIL_FOLDER"])
        self.now = datetime(2026, 9, 1, 7, tzinfo=UTC)
        self.told = 0
        self.left: set[str] = set()
        self.disputed: list[str] = []
        self.reports: list[int] = []
        self.then: dict[date, list[str]] = {}

    # --- time

    def let_pass(self, until: date) -> None:
        """Day after day: early on each school day the post goes, on Fridays the week's reports are put
        down."""
        while self.today < until:
            self.now = datetime.combine(self.today + timedelta(days=1), self.now.time(), tzinfo=UTC)
            if self.today.weekday() < 5:
                self.now = self.now.replace(hour=6)
                deeds.post_goes(self.site.app)
                self.now = self.now.replace(hour=15)
                if self.today.weekday() == 4:
                    self.put_down_reports()

    @property
    def today(self) -> date:
        return self.now.date()

    # --- what is known of bookings, as the desk reads it from its pages

    def bookings(self, organisation_id: int | None = None, *, past: bool | None = None) -> list[Booking]:
        self.site.fresh()
        query = select(Booking).join(Performance).where(Booking.ended_at.is_(None)).order_by(Booking.id)
        if organisation_id is not None:
            query = query.where(Booking.organisation_id == organisation_id)
        if past is not None:
            query = query.where(Performance.ends_at <= self.now if past else Performance.starts_at > self.now)
        return list(db.session.scalars(query))

    def reference(self, organisation_id: int) -> str:
        return self.bookings(organisation_id, past=False)[-1].reference

    # --- deeds that need more than a page

    def link(self, organisation_id: int) -> str:
        return deeds.link_of(self.folder, organisation_id)

    def book(self, organisation_id: int, **how: object) -> None:
        deeds.book(self.phone, self.link(organisation_id), **how)  # type: ignore[arg-type]

    def move(self, organisation_id: int) -> None:
        deeds.move(self.phone, self.link(organisation_id), self.reference(organisation_id))

    def cancel(self, organisation_id: int) -> None:
        deeds.cancel(self.phone, self.link(organisation_id), self.reference(organisation_id))

    def bounce(self, organisation_id: int) -> None:
        take(
            deeds.came_back(deeds.letters_to(self.folder, address_of(organisation_id))[-1], self.now),
            self.now,
        )

    def decline_in_calendar(self, organisation_id: int) -> None:
        (booking, *_) = self.bookings(organisation_id, past=False)
        take(answer(booking, promises.people_of(booking)[0].address, "DECLINED", at=self.now), self.now)

    def school_closed(self, organisation_id: int) -> None:
        for booking in self.bookings(organisation_id, past=False):
            deeds.cancel_at_desk(
                self.site, self.desk, booking.reference, "coordinator", "The school has closed"
            )

    def call_off(self, organisation_id: int) -> None:
        (booking, *_) = self.bookings(organisation_id, past=False)
        deeds.call_off(self.site, self.desk, booking.performance.tour_day_id, "The cast is ill")

    def put_down_reports(self, whole: bool = False) -> None:
        """What came of every show that nobody told of yet; `whole`: of those left out too."""
        told = set(db.session.scalars(select(VisitReport.performance_id)))
        for booking in self.bookings(past=True):
            if booking.performance_id in told or booking.reference in self.left and not whole:
                continue
            how = "as promised" if whole else TOLD[self.told % len(TOLD)]
            self.told += 1
            self.tell(booking.reference, how, promises.pupils_of(booking), booking.seats)
            told.add(booking.performance_id)

    def tell(self, reference: str, how: str, pupils: dict[int, int], seats: int) -> None:
        say = partial(deeds.report, self.site, self.desk, reference)
        if how == "never":
            self.left.add(reference)
        elif how == "company":
            say(COMPANY, seats)
        elif how == "total":
            say(SCHOOL, seats)
        elif how == "snow":
            say(SCHOOL, None, "Snow")
        elif how == "few":
            say(SCHOOL, {y: n // 5 for y, n in pupils.items()})
        else:
            say(SCHOOL, pupils)
            if how == "both":
                say(COMPANY, seats + 2)
            elif how == "differ":
                say(COMPANY, seats // 2)
                self.disputed.append(reference)

    def settle(self) -> None:
        for reference in self.disputed:
            self.site.fresh()
            booking = db.session.scalars(select(Booking).where(Booking.reference == reference)).one()
            deeds.report(self.site, self.desk, reference, SETTLED, promises.pupils_of(booking))
        self.disputed = []

    def publish(self, as_of: date) -> None:
        self.reports.append(deeds.publish(self.site, self.desk, self.programme_id, as_of))

    # --- September the first

    def set_up(self) -> None:
        settings = PartnershipSettings(
            name="Marlshire Safeguarding Children Partnership",
            county=COUNTY,
            reference_prefix="MRL",
            contact_name="Priya Nandakumar",
            contact_email=COORDINATOR,
            contact_phone="01632 960 118",
        )
        with transaction():
            ours = partnerships.create(settings, who="test", now=self.now)
            authorities.add(ours, LA_CODE, COUNTY, who="test", now=self.now)
            person = coordinators.add(ours.id, "Priya Nandakumar", COORDINATOR, password=None, now=self.now)
            sign_in(self.client, person)
        db.session.remove()
        site, desk = self.site, self.desk
        deeds.sign_in(site, desk, COORDINATOR)
        deeds.bring_register(site, desk, self.today)
        deeds.add_terms(site, desk, YEAR)
        deeds.set_up_programme(site, desk, TITLE, YEAR, date(2027, 5, 28))
        deeds.set_up_company(site, desk)
        deeds.add_tour_days(site, desk, date(2026, 9, 22), date(2027, 7, 1))
        with_contact = [u for n in range(len(NAMES)) if (u := FIRST + n) not in WITHOUT_CONTACT]
        self.now += timedelta(minutes=10)  # as in life: what was set up a while ago is there
        deeds.bring_contacts(site, desk, with_contact, self.today)
        self.programme_id = db.session.scalars(select(Programme.id)).one()
        db.session.rollback()
        bearer = deeds.make_token(site, desk)
        self.numbers = Numbers(self.client, self.programme_id, bearer, look=self.look)

    def look(self, address: str) -> None:
        """The page in the browser, at a desk's width: axe finds nothing."""
        self.site.check(self.desk, address, widths=(1280,))

    # --- the end of a month

    def hold(self) -> None:
        self.now = self.now.replace(hour=20)
        self.numbers.hold(self.now, self.today, self.reports)
        self.then[self.today] = self.said_of(self.today)

    def said_of(self, day: date) -> list[str]:
        """All that is told of a day, in files and by the feed."""
        of = f"programme={self.programme_id}&as_of={day.isoformat()}"
        files = [self.client.get(f"/desk/{name}?{of}").text for name in ("coverage.csv", "schools.csv")]
        feed = self.numbers.fed(f"/api/v1/programmes/{self.programme_id}/standings?{of}")
        return [*files, str(feed["standings"])]

    def hold_the_past(self) -> None:
        for day, said in self.then.items():
            assert self.said_of(day) == said, f"what was said of {day} has changed"


def story(y: Year) -> dict[date, list[Callable[[], object]]]:
    """{day: what is done on it}."""
    site, desk, phone, s = y.site, y.desk, y.phone, FIRST
    return {
        date(2026, 9, 1): [y.set_up],
        date(2026, 9, 2): [
            lambda: deeds.send_round(site, desk, [s, s + 2, s + 3, s + 5, s + 6, s + 7, s + 8, s + 9])
        ],
        date(2026, 9, 3): [lambda: deeds.let_it_chase(site, desk)],
        date(2026, 9, 4): [lambda: y.book(s), lambda: y.book(s + 3)],
        date(2026, 9, 8): [lambda: y.book(s + 2), lambda: y.bounce(s + 7)],
        date(2026, 9, 10): [
            lambda: deeds.wish_other_days(phone, y.link(s + 8), "Any Tuesday after Easter"),
            lambda: deeds.answer_no(site, phone, y.link(s + 9)),
        ],
        date(2026, 9, 15): [lambda: y.book(s + 6, only_year=8)],
        date(2026, 9, 16): [lambda: y.move(s + 3)],
        date(2026, 10, 1): [
            lambda: deeds.send_round(site, desk, [s + n for n in (1, 4, 12, 13, 14, 15, 16, 18)]),
        ],
        date(2026, 10, 5): [
            lambda: y.book(CLOSES, after=date(2026, 12, 7)),
            lambda: y.book(CONVERTS, only_year=8),
            lambda: y.book(s + 12),
        ],
        date(2026, 10, 6): [lambda: deeds.raise_first(site, desk)],
        date(2026, 10, 8): [
            lambda: y.book(s + 13),
            lambda: y.book(s + 14),
            lambda: y.decline_in_calendar(s + 13),
        ],
        date(2026, 10, 9): [lambda: y.cancel(s + 14)],
        date(2026, 10, 22): [lambda: y.book(s + 5)],
        date(2026, 11, 3): [
            lambda: y.book(s + 15),
            lambda: deeds.note_answer(
                site, desk, s + 16, "waiting list", "Rang: would take any day in spring"
            ),
        ],
        date(2026, 11, 10): [lambda: deeds.take_out(site, desk, s + 17, "Has its own programme")],
        date(2026, 11, 12): [lambda: y.book(s + 18), y.settle],
        date(2026, 12, 1): [
            lambda: deeds.bring_register(site, desk, CLOSED_ON),
            lambda: y.school_closed(CLOSES),
        ],
        date(2026, 12, 3): [lambda: y.book(s + 16, after=date(2027, 1, 11))],
        date(2027, 1, 5): [lambda: y.publish(date(2026, 12, 31))],
        date(2027, 1, 6): [
            lambda: deeds.bring_register(site, desk, CONVERTED_ON),
            lambda: deeds.bring_contacts(site, desk, [ACADEMY], date(2027, 1, 6)),
            lambda: y.call_off(s + 16),
        ],
        date(2027, 1, 7): [lambda: deeds.send_round(site, desk, [ACADEMY, s + 16, s + 19, s + 20])],
        date(2027, 1, 11): [lambda: y.book(ACADEMY, only_year=9), lambda: y.book(s + 16)],
        date(2027, 1, 19): [lambda: deeds.own_numbers(site, desk, s + 6, {8: 110, 9: 200})],
        date(2027, 1, 20): [
            lambda: deeds.correct(site, desk, s + 7, "statutory_low_age", "11"),
            lambda: deeds.correct(site, desk, s + 7, "statutory_high_age", "16"),
        ],
        date(2027, 2, 2): [lambda: deeds.bring_register(site, desk, SHRUNK_ON), y.settle],
        date(2027, 2, 3): [lambda: deeds.send_round(site, desk, [s + 21, s + 24, s + 25])],
        date(2027, 2, 8): [lambda: y.book(s + 20), lambda: y.book(s + 21), lambda: y.book(s + 24)],
        date(2027, 3, 2): [lambda: deeds.bring_register(site, desk, CHANGED_ON), lambda: y.book(s + 14)],
        date(2027, 4, 14): [
            lambda: y.book(s + 6, only_year=9),
            lambda: y.book(s + 8, after=date(2027, 5, 4)),
        ],
        date(2027, 4, 20): [lambda: y.move(s + 8)],
        date(2027, 5, 11): [lambda: y.book(s + 19), y.settle],
        date(2027, 5, 18): [
            lambda: deeds.bring_contacts(site, desk, WITHOUT_CONTACT, date(2027, 5, 18)),
            lambda: deeds.send_round(site, desk, WITHOUT_CONTACT),
        ],
        date(2027, 6, 1): [lambda: y.book(FIRST + 11)],
        date(2027, 7, 22): [lambda: y.publish(date(2027, 7, 21))],
        date(2027, 7, 26): [lambda: y.put_down_reports(whole=True), y.settle],
    }


def hold_the_limits(now: datetime) -> None:
    """Whatever was done, the numbers that promises are held to are what the rule says by now."""
    db.session.rollback()
    for partnership_id in db.session.scalars(select(Partnership.id)).all():
        assert [each for each in limits.differences(partnership_id, now=now) if each.matters] == []
    db.session.rollback()


def play(y: Year, until: date) -> None:
    for day in sorted({*story(y), *LAST_DAYS}):
        if day > until:
            break
        y.let_pass(day)
        y.now = y.now.replace(hour=9)
        for deed in story(y).get(day, []):
            y.now += timedelta(minutes=3)
            deed()
            hold_the_limits(y.now)
        if day in LAST_DAYS:
            y.hold()
    print(f"{y.numbers.held:,} numbers held to the reference")


@pytest.fixture
def year(
    app: Flask, site: Site, wide_page: Page, page: Page, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> Year:
    year = Year(site, wide_page, page, client)
    monkeypatch.setattr(clock, "now", lambda: year.now)
    return year


@pytest.mark.long
@pytest.mark.any_database
@pytest.mark.browser
def test_september_at_the_desk(year: Year) -> None:
    play(year, date(2026, 9, 30))


@pytest.mark.long
@pytest.mark.browser
def test_a_whole_year_at_the_desk(year: Year) -> None:
    play(year, LAST_DAYS[-1])
    year.hold_the_past()
