"""A day's sheet as the company and the coordinator open it: whole, theirs alone, and found from where people
are."""

import re
from datetime import date, datetime, time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar

import make
from booking import sheet_days
from outreach.booking import subscribed
from outreach.ground.db import transaction
from outreach.ground.timespans import wall
from outreach.post import troupe_links
from outreach.post.feeds import addresses
from outreach.post.feeds.entries import TROUPE
from outreach.web import kept_on_phone
from post.strict import feed_problems

pytestmark = pytest.mark.any_database


@pytest.fixture
def c(app: Flask, stopped: Any) -> Any:
    with transaction():
        c = sheet_days.lay()
        link = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        c.link = link
        c.token = troupe_links.token_of(link, "for tests")
    stopped.now = c.now
    return c


def words(page: str) -> str:
    """A page's main part as people read it."""
    main = page[page.index("<main") :]
    return " ".join(re.sub(r"<[^>]+>", " ", main.replace("&#39;", "’")).split())


def test_the_company_reads_the_whole_day(client: FlaskClient, c: Any) -> None:
    said = words(client.get(f"/t/{c.token}/days/{c.day.id}").text)
    for expected in (
        "Tuesday 9 March",
        "2 shows, 399 pupils, 92 minutes on the road",
        "Leave 7:49am",
        "Marlford base to St Brannoc’s Academy, 28 km as the crow flies",
        "Abbey Lane, Kestermere, KM4 2QT",
        "Entrance Second gate Parking Bay kept for the van Arrival Reception opens at 8am. Ring twice.",
        "Entrance not said, ask at reception Parking not said Hall Drama studio",
        "Main hall, ground floor, step-free way in",
        "212: 108 in Year 8, 104 in Year 9",
        "Samuel Okonkwo meets you",
        "Joanna Fell safeguarding lead",
        "Access 2 wheelchair places and 1 seat near the hearing loop",
        "There 11:23am, 52 minutes to spare",
        "Drama studio, no step-free way in",
        "with guests 187",
        "Hollybank Special School, 9: 4 in Year 8, 5 in Year 9. By minibus, with 2 adults, there at 1:00pm",
        "Agreed: Quiet seats by the door",
        "Safeguarding lead not named",
        "43 min, there 3:43pm",
        "Listen, promise nothing",
        "Late, ill, snow: Priya Nandakumar",
        "01632 960 118",
    ):
        assert expected in said, expected
    assert "Gone Away" not in said
    page = client.get(f"/t/{c.token}/days/{c.day.id}").text
    assert 'href="tel:01632960204"' in page and 'href="tel:01632960300"' in page


def test_a_stop_opens_in_the_phones_map_app_and_on_the_web(client: FlaskClient, c: Any) -> None:
    """450000, 228000 on the National Grid, south of Banbury: by hand near 51.948 north, 1.274 west."""
    page = client.get(f"/t/{c.token}/days/{c.day.id}").text
    at = re.search(r'href="geo:([0-9.-]+),([0-9.-]+)\?q=\1,\2\(St%20Brannoc%E2%80%99s%20Academy\)"', page)
    assert at and abs(float(at[1]) - 51.948) < 1e-3 and abs(float(at[2]) + 1.274) < 1e-3
    web = f"https://www.google.com/maps/dir/?api=1&amp;destination={at[1]}%2C{at[2]}"
    assert f'href="{web}" rel="noreferrer"' in page


def test_a_school_without_a_point_is_looked_for_by_its_address(client: FlaskClient, c: Any) -> None:
    with transaction():
        c.abbey.easting = c.abbey.northing = None
        c.mill.easting = c.mill.northing = None
    page = client.get(f"/t/{c.token}/days/{c.day.id}").text
    assert 'href="geo:0,0?q=Abbey%20Lane%2C%20Kestermere%2C%20KM4%202QT"' in page
    assert "destination=Abbey%20Lane%2C%20Kestermere" in page
    assert page.count("Open in the map app") == 2


def test_the_days_lead_to_their_sheets(client: FlaskClient, c: Any) -> None:
    page = client.get(f"/t/{c.token}").text
    assert f'href="/t/{c.token}/days/{c.day.id}"' in page


def test_the_sheet_of_another_troupe_is_no_page(client: FlaskClient, c: Any) -> None:
    with transaction():
        other = make.tour_day(c.programme, make.troupe(c.partnership), date(2027, 3, 9))
        theirs = make.partnership(("932",))
        far = make.tour_day(make.programme(theirs), make.troupe(theirs), date(2027, 3, 9))
    for day in (other, far):
        assert client.get(f"/t/{c.token}/days/{day.id}").status_code == 404


@pytest.mark.both_databases
def test_a_day_that_was_taken_back_says_so(client: FlaskClient, c: Any) -> None:
    with transaction():
        gone = make.tour_day(c.programme, c.troupe, date(2027, 3, 11), ended_at=make.NOW)
    answer = client.get(f"/t/{c.token}/days/{gone.id}")
    assert answer.status_code == 410 and "not in your tour any more" in answer.text


def test_the_sheet_is_no_file_that_stays_on_a_phone_for_good(client: FlaskClient, c: Any) -> None:
    """What a phone keeps goes a week after the show: web/kept_on_phone.py."""
    answer = client.get(f"/t/{c.token}/days/{c.day.id}")
    assert answer.headers[kept_on_phone.KEEP_UNTIL].startswith("2027-03-16T")
    assert "Content-Disposition" not in answer.headers and " download" not in answer.text
    assert client.get(f"/t/{c.token}/days/{c.day.id}/sheet.html").status_code == 404


def test_a_coordinator_sees_the_same_sheet_and_the_way_to_each_show(client: FlaskClient, c: Any) -> None:
    with transaction():
        person = make.person(c.partnership)
    make.signed_in(client, person)
    assert f"/desk/tour/days/{c.day.id}/sheet" in client.get(f"/desk/tour/days/{c.day.id}").text
    page = client.get(f"/desk/tour/days/{c.day.id}/sheet").text
    assert f'href="/desk/shows/{c.first.id}"' in page and "Samuel Okonkwo" in page


def test_another_partnerships_coordinator_sees_no_sheet(client: FlaskClient, c: Any) -> None:
    with transaction():
        person = make.person(make.partnership(("932",)))
    make.signed_in(client, person)
    assert client.get(f"/desk/tour/days/{c.day.id}/sheet").status_code == 404


@pytest.mark.both_databases
def test_a_day_without_a_show_says_so(client: FlaskClient, c: Any) -> None:
    with transaction():
        empty = make.tour_day(c.programme, c.troupe, date(2027, 3, 12))
    said = words(client.get(f"/t/{c.token}/days/{empty.id}").text)
    assert "No show is booked on this day." in said and "Save it" not in said


def test_two_shows_at_one_school_need_no_drive(client: FlaskClient, c: Any) -> None:
    with transaction():
        day = make.tour_day(c.programme, c.troupe, date(2027, 3, 15))
        for at in (time(9), time(13)):
            make.booking(sheet_days.show_on(day, c.abbey, at), {8: 1})
    said = words(client.get(f"/t/{c.token}/days/{day.id}").text)
    assert "Stay The next show is at the same school. 1 hour 15 minutes until you set up again" in said


def test_adults_come_as_staff_in_a_session(client: FlaskClient, c: Any) -> None:
    with transaction():
        training = make.programme(c.partnership, (), title="Staff training", for_adults=True)
        day = make.tour_day(training, c.troupe, date(2027, 3, 16))
        show = sheet_days.show_on(day, c.abbey, time(15))
        make.booking(show, {}, seats=14)
    said = words(client.get(f"/t/{c.token}/days/{day.id}").text)
    assert "1 session, 14 staff" in said and "Who comes 14 staff" in said and "pupil" not in said


# In the troupe's calendar


@pytest.fixture
def feed(c: Any) -> str:
    with transaction():
        subscribed.show(c.first, now=make.EARLIER)
        made = addresses.make(
            TROUPE, c.troupe.id, partnership_id=c.partnership.id, label="x", who="x", now=make.NOW
        )
    return f"/calendar/{addresses.token_of(made, 'for tests')}.ics"


def url_in(client: FlaskClient, feed: str) -> str:
    answer = client.get(feed)
    assert feed_problems(answer.data) == []
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    return str(event["URL"])


@pytest.mark.both_databases
def test_the_troupes_calendar_leads_to_the_sheet_by_asking_for_the_link(
    client: FlaskClient, c: Any, feed: str
) -> None:
    url = url_in(client, feed)
    assert url == f"http://outreach.example/company/days/{c.day.id}"
    asked = client.get(url)
    assert asked.status_code == 200 and "Okonkwo" not in asked.text and c.token not in asked.text
    for pasted in (c.token, f"https://outreach.example/t/{c.token}", f" http://x/t/{c.token}/days/1?a=b "):
        answer = client.post(url, data={"link": pasted})
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/t/{c.token}/days/{c.day.id}")
    assert "Samuel Okonkwo" in client.get(answer.headers["Location"]).text


@pytest.mark.both_databases
def test_what_is_no_link_opens_no_sheet(client: FlaskClient, c: Any) -> None:
    for typed, said in (
        ("", "Paste the link of your troupe."),
        ("https://example.org/", "Paste the whole link"),
    ):
        answer = client.post(f"/company/days/{c.day.id}", data={"link": typed})
        assert (answer.status_code, said in answer.text) == (422, True)


def test_the_way_to_a_sheet_is_the_same_for_a_day_that_never_was(client: FlaskClient, c: Any) -> None:
    def page(number: int) -> str:
        answer = client.get(f"/company/days/{number}")
        assert answer.status_code == 200
        return re.sub(r'value="[^"]*"|nonce-\S+', "", answer.text).replace(f"/days/{number}", "/days/N")

    assert page(c.day.id) == page(987654)


def test_the_calendar_says_the_same_whatever_becomes_of_the_link(
    client: FlaskClient, c: Any, feed: str
) -> None:
    was = client.get(feed)
    with transaction():
        link = troupe_links.renew(c.link, who="Priya", now=make.NOW)
    assert client.get(feed).data == was.data
    with transaction():
        troupe_links.withdraw(link, who="Priya", now=make.NOW)
    assert client.get(feed, headers={"If-None-Match": was.headers["ETag"]}).status_code == 304


@pytest.mark.both_databases
def test_no_token_stands_in_what_is_kept(c: Any, feed: str) -> None:
    from outreach.ground.db import db
    from outreach.post.feeds.entries import FeedEntry

    texts = [t.replace("\r\n ", "") for t in db.session.scalars(db.select(FeedEntry.text))]
    assert texts and not any("/t/" in t or "Okonkwo" in t or "01632" in t for t in texts)


@pytest.mark.parametrize(
    ("today", "named"),
    [
        (date(2027, 2, 8), False),
        (date(2027, 2, 9), True),
        (date(2027, 3, 16), True),
        (date(2027, 3, 17), False),
    ],
)
def test_the_company_sees_whom_to_ask_for_from_a_month_before_to_a_week_after(
    client: FlaskClient, c: Any, stopped: Any, today: date, named: bool
) -> None:
    stopped.now = wall(today, time(12))
    answer = client.get(f"/t/{c.token}/days/{c.day.id}")
    said, page = words(answer.text), answer.text
    for name in ("Samuel Okonkwo", "Joanna Fell", "Derek Stubbs", "Safeguarding lead not named"):
        assert (name in said) is named, name
    # The schools' own numbers, too.
    for number in ("01632960204", "01632960200", "01632960300", "01632960312"):
        assert (f'"tel:{number}"' in page) is named, number
    told = "Whom to ask for stands here from Tuesday 9 February until Tuesday 16 March."
    assert said.count(told) == (0 if named else 2)
    # What the phone keeps of it goes before that is over.
    kept = answer.headers.get(kept_on_phone.KEEP_UNTIL)
    assert kept is None or datetime.fromisoformat(kept) <= wall(date(2027, 3, 17), time(0))
    # The partnership's own number stands always, and so does the day itself.
    assert "Late, ill, snow: Priya Nandakumar" in said and "Second gate" in said


def test_the_desk_sees_whom_to_ask_for_always(client: FlaskClient, c: Any, stopped: Any) -> None:
    with transaction():
        person = make.person(c.partnership)
    make.signed_in(client, person)
    stopped.now = make.NOW
    assert "Samuel Okonkwo" in client.get(f"/desk/tour/days/{c.day.id}/sheet").text


@pytest.mark.parametrize("today", [date(2027, 2, 8), date(2027, 3, 17)])
def test_no_page_or_file_of_the_companys_names_anybody_of_a_school_outside_those_days(
    client: FlaskClient, c: Any, stopped: Any, today: date
) -> None:
    with transaction():
        subscribed.show(c.first, now=c.now)
        subscribed.show(c.second, now=c.now)
        feed = addresses.make(
            TROUPE, c.troupe.id, partnership_id=c.partnership.id, label="Red van", who="Priya", now=make.NOW
        )
    stopped.now = wall(today, time(12))
    door = f"/t/{c.token}"
    for path in (
        door,
        f"{door}/week",
        f"{door}/weeks/{c.day.day}",
        f"{door}/weeks/{c.day.day}/week.csv",
        f"{door}/days/{c.day.id}",
        f"{door}/shows/{c.first.id}/report",
        f"{door}/availability",
        f"{door}/who-comes",
        f"{door}/call-off?first={c.day.day}&part=day",
        f"/calendar/{addresses.token_of(feed, 'for tests')}.ics",
    ):
        answer = client.get(path)
        assert answer.status_code in (200, 422), path
        for hidden in ("Okonkwo", "Joanna Fell", "Stubbs", "960 204", "960 200", "960 300", "960312"):
            assert hidden not in answer.text, (path, hidden)
