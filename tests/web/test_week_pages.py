"""A troupe's week as the company and a coordinator open it: each day whole, summed as one would by hand, theirs alone,
as a file."""

import csv
import io
import re
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import make
from booking import sheet_days
from outreach.booking.sheets import week_sheet
from outreach.ground.db import transaction
from outreach.post import troupe_links
from outreach.web.kept_on_phone import KEEP_UNTIL

pytestmark = pytest.mark.any_database


@pytest.fixture
def c(app: Flask, stopped: Any) -> Any:
    """A Tuesday with two shows, one with guests, from the base to a night away; a Wednesday with one, from there home;
    a Thursday without a show."""
    with transaction():
        c = sheet_days.lay()
        c.day.stays_at, c.day.stays_easting, c.day.stays_northing = "Harbour Inn", 450000, 240000
        c.next_day = make.tour_day(c.programme, c.troupe, date(2027, 3, 10), leaves=time(7), returns=time(18))
        c.bridge = make.school(name="Bridge School", postcode="KM9 1AA", easting=450000, northing=220000)
        c.third = sheet_days.show_on(c.next_day, c.bridge, time(10))
        make.booking(c.third, {8: 90})
        make.tour_day(c.programme, c.troupe, date(2027, 3, 11), leaves=time(7), returns=time(17))
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.home = f"/t/{troupe_links.token_of(link, 'for tests')}"
    stopped.now = c.now
    return c


def words(page: str) -> str:
    main = page[page.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main.replace("&#39;", "’")).split())


def lines(client: FlaskClient, path: str) -> list[dict[str, str]]:
    answer = client.get(path)
    assert answer.mimetype == "text/csv"
    *found, end = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert "Not for publication" in end["Date"]
    return found


@pytest.mark.both_databases
def test_a_week_is_summed_as_one_would_by_hand(c: Any) -> None:
    """6 minutes and 1.25 a kilometre, rounded up: 28 km are 41, 1 km 8, 11 km 20, 20 km 31 and 20 km 31 minutes."""
    week = week_sheet.week_of_troupe(c.troupe, date(2027, 3, 12))
    assert (week.monday, week.sunday) == (date(2027, 3, 8), date(2027, 3, 14))
    tuesday, wednesday, thursday = week.days
    assert [d.minutes for d in tuesday.drives if d] == [41, 8, 20]
    assert [d.minutes for d in wednesday.drives if d] == [31, 31]
    assert (week.road_minutes, week.kilometres, week.unknown) == (131, 80, 0)
    # In at 8:30am, 41 minutes before; away at 3pm, 20 minutes after.
    assert (tuesday.leaves_at, tuesday.home_at) == (at(9, 7, 49), at(9, 15, 20))
    assert (wednesday.leaves_at, wednesday.home_at) == (at(10, 8, 29), at(10, 12, 16))
    assert (tuesday.out_minutes, wednesday.out_minutes, thursday.out_minutes) == (451, 227, 0)
    assert week.out_minutes == 678 and week.nights == [date(2027, 3, 9)]
    assert [one.n for one in week.shows] == [1, 2, 3]
    assert [one.guests for one in week.shows] == [(), (("Hollybank Special School", 9),), ()]


def at(day: int, hour: int, minute: int) -> Any:
    return make.datetime(2027, 3, day, hour, minute, tzinfo=make.UTC)


def test_the_company_reads_its_week(client: FlaskClient, c: Any) -> None:
    said = words(client.get(f"{c.home}/week").text)
    for expected in (
        "8 to 14 March",
        "3 shows on 2 days.",
        "2 hours 11 minutes on the road, 80 km as the crow flies.",
        "11 hours 18 minutes from leaving to home.",
        "1 night away.",
        "7:49am Marlford base",
        "9:30am to 10:45am St Brannoc’s Academy",
        "187 pupils. Host to Hollybank Special School, 9",
        "3:20pm Harbour Inn Night away",
        "8:29am Harbour Inn",
        "12:16pm Marlford base",
        "Thursday 11 March from 7:00am none yet by 5:00pm",
    ):
        assert expected in said, expected


@pytest.mark.both_databases
def test_where_a_hall_is_turned_round_week_list_and_file_say_it_as_the_sheet_does(
    client: FlaskClient, c: Any
) -> None:
    """9:00 to 10:15 and 10:45 to midday in one hall: the set stays, from 8:00 to 12:30."""
    with transaction():
        friday = make.tour_day(c.programme, c.troupe, date(2027, 3, 12), leaves=time(7), returns=time(18))
        for starts in (time(9), time(10, 45)):
            make.booking(sheet_days.show_on(friday, c.bridge, starts), {8: 90})
    for page in ("", "/week"):
        said = words(client.get(c.home + page).text)
        assert "There by 8:00am, away 10:15am" in said
        assert "The hall is turned round from 10:15am, away 12:30pm" in said
    found = lines(client, f"{c.home}/weeks/2027-03-12/week.csv")
    assert [(row["Set-up"], row["Away"]) for row in found if row["Date"] == "2027-03-12"] == [
        ("2027-03-12T08:00:00+00:00", "2027-03-12T10:15:00+00:00"),
        ("2027-03-12T10:15:00+00:00", "2027-03-12T12:30:00+00:00"),
    ]
    sheet = words(client.get(f"{c.home}/days/{friday.id}").text)
    assert "Arrive 8:00am, play 9:00am to 10:15am, leave by 12:30pm." in sheet
    assert "Arrive 8:00am, play 10:45am to midday, leave by 12:30pm." in sheet


def test_a_week_of_two_programmes_says_of_each_day_which_it_plays(client: FlaskClient, c: Any) -> None:
    assert c.programme.title not in words(client.get(f"{c.home}/week").text)
    with transaction():
        other = make.programme(c.partnership, title="The Long Way Home")
        make.tour_day(other, c.troupe, date(2027, 3, 12), leaves=time(7), returns=time(18))
    said = words(client.get(f"{c.home}/week").text)
    assert f"Tuesday 9 March {c.programme.title}" in said
    assert "Friday 12 March The Long Way Home" in said


def test_the_map_has_every_stop_once_and_is_read_out(client: FlaskClient, c: Any) -> None:
    page = client.get(f"{c.home}/week").text
    drawn = page[page.index('<figure class="daymap"') : page.index("</figure>")]
    assert drawn.count("<circle") == 3 and drawn.count("Marlford base</text>") == 1
    assert "Harbour Inn</text>" in drawn
    assert "Wednesday 10 March: 3 Bridge School" in drawn


@pytest.mark.parametrize("place", ["base", "school"])
def test_where_a_place_is_not_known_there_is_no_map_and_the_rest_stands(
    client: FlaskClient, c: Any, place: str
) -> None:
    with transaction():
        if place == "base":
            c.troupe.base_easting = c.troupe.base_northing = None
        else:
            c.third.easting = c.third.northing = None
    said = words(client.get(f"{c.home}/week").text)
    assert "No map: where the van starts, or a school is, is not known." in said
    if place == "base":
        assert "2 drives not counted: the base of Red van is not on file." in said
        assert "not known: be there by 8:30am" in said and "not known: away at 11:45am" in said


def test_a_day_leads_to_its_sheet_and_the_sheet_to_its_week(
    client: FlaskClient, c: Any, stopped: Any
) -> None:
    assert f'href="{c.home}/days/{c.day.id}"' in client.get(f"{c.home}/week").text
    assert f'href="{c.home}/week"' in client.get(f"{c.home}/days/{c.day.id}").text
    stopped.after(days=-7)
    assert f'href="{c.home}/weeks/2027-03-08"' in client.get(f"{c.home}/days/{c.day.id}").text


def test_a_week_is_that_of_any_of_its_days_and_leads_to_its_neighbours(client: FlaskClient, c: Any) -> None:
    page = client.get(f"{c.home}/weeks/2027-03-14").text
    assert "<h1>8 to 14 March</h1>" in page
    assert f"{c.home}/weeks/2027-03-01" in page and f"{c.home}/weeks/2027-03-15" in page
    empty = words(client.get(f"{c.home}/weeks/2027-03-15").text)
    assert "No show is booked in this week." in empty and "Red van gives no day in this week." in empty
    for no_day in ("2027-02-30", "today", "1999-01-01", "20270308"):
        assert client.get(f"{c.home}/weeks/{no_day}").status_code == 404


def test_each_column_of_the_file_adds_up_to_the_week(client: FlaskClient, c: Any) -> None:
    rows = lines(client, f"{c.home}/weeks/2027-03-08/week.csv")
    assert [(row["Day"], row["School"], row["Coming"]) for row in rows] == [
        ("Tuesday", "St Brannoc’s Academy", "212"),
        ("Tuesday", "Kestermere School", "187"),
        ("Wednesday", "Bridge School", "90"),
        ("Thursday", "", ""),
    ]
    for column, total in (
        ("Minutes on the road", 131),
        ("Kilometres, straight where no road is known", 80),
        ("Minutes from leaving to home", 678),
    ):
        assert sum(int(row[column] or 0) for row in rows) == total, column
    assert (rows[0]["Leaves"], rows[0]["From"], rows[0]["Home"], rows[0]["Night away at"]) == (
        "2027-03-09T07:49:00+00:00",
        "Marlford base",
        "2027-03-09T15:20:00+00:00",
        "Harbour Inn",
    )
    assert (rows[1]["Guests"], rows[2]["URN"], rows[2]["Postcode"]) == (
        "Hollybank Special School (9)",
        str(c.bridge.urn),
        "KM9 1AA",
    )


def test_a_coordinator_sees_the_same_week_and_file(client: FlaskClient, c: Any) -> None:
    with transaction():
        person = make.person(c.partnership)
        other = make.troupe(c.partnership, name="Blue van")
    make.signed_in(client, person)
    path = f"/desk/troupes/{c.troupe.id}/weeks/2027-03-09"
    page = client.get(path).text
    assert "80 km as the crow flies" in words(page)
    assert f"/desk/tour/days/{c.day.id}/sheet" in page
    assert f"/desk/troupes/{other.id}/weeks/2027-03-08" in page
    assert path in client.get(f"/desk/tour/days/{c.day.id}").text
    assert f"/desk/troupes/{c.troupe.id}/week" in client.get(f"/desk/troupes/{c.troupe.id}").text
    assert len(lines(client, f"{path}/week.csv")) == 4


def test_another_partnerships_coordinator_sees_neither_week_nor_file(client: FlaskClient, c: Any) -> None:
    with transaction():
        person = make.person(make.partnership(("932",)))
    make.signed_in(client, person)
    for path in ("week", "weeks/2027-03-08", "weeks/2027-03-08/week.csv"):
        assert client.get(f"/desk/troupes/{c.troupe.id}/{path}").status_code == 404


def test_a_link_shows_its_own_troupes_week_alone(client: FlaskClient, c: Any) -> None:
    with transaction():
        other = make.tour_day(c.programme, make.troupe(c.partnership), date(2027, 3, 9))
        make.booking(sheet_days.show_on(other, make.school(name="Far School"), time(10)), {8: 90})
    assert "Far School" not in client.get(f"{c.home}/week").text


def test_the_phone_keeps_a_week_until_a_week_after_its_last_show(
    client: FlaskClient, c: Any, stopped: Any
) -> None:
    week = f"{c.home}/weeks/2027-03-08"
    assert client.get(week).headers[KEEP_UNTIL] == "2027-03-17T11:15:00+00:00"
    assert KEEP_UNTIL not in client.get(f"{c.home}/weeks/2027-03-15").headers
    stopped.after(days=-8)
    assert KEEP_UNTIL not in client.get(week).headers
    stopped.after(days=1)
    assert KEEP_UNTIL in client.get(week).headers


@pytest.mark.both_databases
@pytest.mark.parametrize("days", [1, 3])
def test_a_week_takes_as_many_statements_with_one_day_as_with_three(
    c: Any, count_queries: Any, days: int
) -> None:
    with transaction():
        for n in range(days - 1):
            day = make.tour_day(c.programme, c.troupe, date(2027, 3, 12 + n), leaves=time(6))
            show = sheet_days.show_on(day, make.school(), time(10))
            make.booking(show, {8: 10})
            make.booking(show, {8: 3}, of=make.school())
    with count_queries() as sent:
        week_sheet.week_of_troupe(c.troupe, date(2027, 3, 9))
    assert len(sent) == 9
