"""First times: the letter and the page offer the same, and every reason is so by the diary."""

import re
from datetime import date, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from school_story import TUESDAY, Story, lay
from sqlalchemy import select

import make
from outreach.asking import invitations
from outreach.booking import bookings, limits, promises
from outreach.county import school_days
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.timespans import day_of, local
from outreach.tour import first_times, roads
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance

pytestmark = pytest.mark.any_database

AT = "The company is at "


def cards(story: Story) -> list[tuple[str, str]]:
    """The cards of the page: key or keys, and the reason."""
    return faces(story.get().text)


def faces(page: str) -> list[tuple[str, str]]:
    found = re.findall(
        r'<button class="slot(?: pair)?" name="slot" value="([^"]+)">(.*?)</button>', page, re.S
    )
    whys = [re.search(r'class="why">(.*?)</span>', face, re.S) for _, face in found]
    return [
        (key, Markup(why[1]).unescape().strip() if why else "")
        for (key, _), why in zip(found, whys, strict=True)
    ]


def in_the_letter(story: Story) -> list[tuple[tuple[datetime, ...], str]]:
    words = invitations.asking(story.programme, story.school, now=make.NOW)
    return [(one.starts, one.why) for one in words.times]


def starts_of(key: str) -> tuple[datetime, ...]:
    """The instants of a card's key."""
    found = []
    for one in key.split("+"):
        day_id, _, at = one.partition("-")
        tour_day = db.session.get_one(TourDay, int(day_id))
        found.append(datetime.combine(tour_day.day, time(int(at[:2]), int(at[2:]))))
    return tuple(found)


def same(story: Story) -> list[tuple[str, str]]:
    """The cards, which the letter has too, in the same order and for the same reasons."""
    shown = cards(story)
    told = in_the_letter(story)
    assert [why for _, why in shown] == [why for _, why in told]
    assert [starts_of(key) for key, _ in shown] == [
        tuple(local(at).replace(tzinfo=None) for at in starts) for starts, _ in told
    ]
    return shown


def busy(client: FlaskClient, **school: object) -> Story:
    """Twenty days; neighbours near and far, one show only kept, exams ruled out."""
    story = lay(
        client, days=20, school={"easting": 450000, "northing": 210000, "town": "Kestermere", **school}
    )
    near = story.another_school(town="Eelbridge", easting=453000, northing=210000)
    far = story.another_school(town="Farholt", easting=489000, northing=240000)
    maybe = story.another_school(town="Maybury", easting=452000, northing=211000)
    ids = {d.day: d.id for d in db.session.scalars(select(TourDay))}
    near.book(f"{ids[date(2027, 3, 16)]}-1300")
    far.book(f"{ids[date(2027, 3, 10)]}-0900")
    maybe.choose(f"{ids[date(2027, 3, 11)]}-0900")
    with transaction():
        school_of = db.session.get_one(School, story.school.organisation_id)
        for n in (17, 18, 19):
            school_days.rule_out(school_of, date(2027, 3, n), "Year 9 mock exams", who="x", now=make.NOW)
    return story


def test_letter_and_page_offer_the_same_first_times(client: FlaskClient, stopped) -> None:
    shown = same(busy(client))
    assert len(shown) == 5
    assert [why for _, why in shown] == [
        "One of 4 days left that week",
        "The company is at Eelbridge that day",
        "Earliest day left",
        "Whole day free",
        "After your exams",
    ]


@pytest.mark.both_databases
def test_letter_and_page_offer_the_same_pairs_where_one_show_is_too_small(
    client: FlaskClient, stopped
) -> None:
    story = busy(client, number_of_pupils=2100)
    with transaction():
        limits.write(story.partnership.id, now=make.NOW)
    shown = same(story)
    assert len(shown) == 5 and all("+" in key for key, _ in shown)
    # the day on which the company is at Eelbridge has room for one show alone
    assert not any(why.startswith(AT) for _, why in shown)


def test_every_reason_is_true_by_the_diary(client: FlaskClient, stopped) -> None:
    story = busy(client)
    free = _free_days(story)
    for (key, why), (starts, _) in zip(cards(story), in_the_letter(story), strict=True):
        at = day_of(starts[0])
        booked = [p for p in _shows_on(at) if p.held_until is None]
        if why.startswith(AT):
            town = why.removeprefix(AT).removesuffix(" that day")
            minutes = [
                roads.roads_of_partnership(story.partnership).minutes(
                    roads.stop_at(story.school.organisation_id, 450000, 210000),
                    roads.stop_at(p.organisation_id, p.easting, p.northing),
                )
                for p in booked
                if p.host.town == town
            ]
            assert min(minutes) <= 20, key
        elif why == first_times.EARLIEST:
            assert at == min(free)
        elif why == first_times.AFTER_EXAMS:
            assert date(2027, 3, 19) < at <= date(2027, 4, 2)
        elif why == first_times.ONLY_ONE:
            assert [d for d in free if d.isocalendar()[:2] == at.isocalendar()[:2]] == [at]
        elif why == first_times.WHOLE_DAY:
            assert not _shows_on(at)
        else:
            in_week = [d for d in free if d.isocalendar()[:2] == at.isocalendar()[:2]]
            assert why == f"One of {len(in_week)} days left that week"


def test_a_time_that_is_only_kept_for_a_school_is_no_reason_to_another(client: FlaskClient, stopped) -> None:
    place = {"easting": 450000, "northing": 210000}
    story = lay(client, days=2, school=place)
    neighbour = story.another_school(town="Eelbridge", number_of_pupils=742, **place)
    key = neighbour.choose()
    assert not any("Eelbridge" in why for _, why in same(story))
    neighbour.fill()
    assert neighbour.post("/book", slots=key).status_code == 303
    assert same(story)[0][1] == "The company is at Eelbridge that day"


def test_a_day_on_which_the_company_called_it_off_is_offered_in_neither(client: FlaskClient, stopped) -> None:
    story = lay(client, days=3)
    booking = promises.get(story.book())
    assert day_of(booking.performance.starts_at) == TUESDAY
    with transaction():
        bookings.cancel(booking, reason="The van broke down", by=promises.COMPANY, who="x", now=make.NOW)
    assert {at.date() for key, _ in same(story) for at in starts_of(key)} == {
        TUESDAY + timedelta(days=1),
        TUESDAY + timedelta(days=2),
    }


def test_whoever_moves_a_show_or_proposes_a_time_sees_the_same_first_times(
    client: FlaskClient, stopped
) -> None:
    story = busy(client)
    first = cards(story)
    with transaction():
        make.contact(story.school)
        priya = make.person(story.partnership)
    desk = make.signed_in(client, priya)
    assert faces(desk.get(f"/desk/schools/{story.school.organisation_id}/propose").text) == first
    reference = story.book(first[0][0])
    there = [one for one in first if one != first[0]]
    for page in (
        story.get(f"/booked/{reference}/move").text,
        desk.get(f"/desk/bookings/{reference}/move").text,
    ):
        assert [key for key, _ in faces(page) if key != first[0][0]][:4] == [key for key, _ in there]
        assert 'name="slot"' in page and "<summary><b>March</b>" in page


def test_a_school_that_moves_its_show_is_not_offered_the_day_that_was_called_off(
    client: FlaskClient, stopped
) -> None:
    story = lay(client, days=3)
    fallen = promises.get(story.book())
    with transaction():
        bookings.cancel(fallen, reason="The van broke down", by=promises.COMPANY, who="x", now=make.NOW)
    reference = story.book()
    page = story.get(f"/booked/{reference}/move").text
    assert {at.date() for key, _ in faces(page) for at in starts_of(key)} == {TUESDAY + timedelta(days=2)}
    assert 'id="day-2027-03-09"' not in page


def test_a_coordinator_sees_the_days_of_two_troupes_apart(client: FlaskClient, stopped) -> None:
    story = lay(client, days=2)
    with transaction():
        make.contact(story.school)
        make.tour_day(story.programme, make.troupe(story.partnership, name="Blue van"), TUESDAY)
        priya = make.person(story.partnership)
    reference = story.book()
    page = make.signed_in(client, priya).get(f"/desk/bookings/{reference}/move").text
    days = re.findall(r'<details class="d" id="([^"]+)">\s*<summary><b>([^<]+)</b>', page)
    assert [name for _, name in days] == [
        "Tuesday 9 March, Red van",
        "Tuesday 9 March, Blue van",
        "Wednesday 10 March, Red van",
    ]
    assert len({at for at, _ in days}) == 3
    assert "Red van" not in story.get("/times").text


def _shows_on(at: date) -> list[Performance]:
    return list(
        db.session.scalars(
            select(Performance)
            .join(TourDay, TourDay.id == Performance.tour_day_id)
            .where(TourDay.day == at, Performance.released_at.is_(None))
        )
    )


def _free_days(story: Story) -> set[date]:
    """The days that the page lists with a time, over all its months."""
    found = set[date]()
    for month in ("2027-03-01", "2027-04-01"):
        page = story.get(f"/times?from={month}").text
        found |= {date.fromisoformat(at) for at in re.findall(r'id="day-(\d{4}-\d\d-\d\d)"', page)}
    return found
