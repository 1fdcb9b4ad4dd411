"""Venues and sessions on the desk: listed, held, changed, moved, called off, with who comes; each no with its sentence
and what was typed, and nothing of another partnership's."""

import csv
import io
import re
from datetime import time
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

import make
import training
from outreach.booking import limits
from outreach.booking.promises import PromiseLimit
from outreach.booking.sessions import listed
from outreach.county.venues import Venue
from outreach.ground.db import db, transaction
from outreach.post import troupe_links
from outreach.tour.sessions import TrainingSession
from training import FELL, LEA, LINK, TRAINER, call_off, hold, join, mail

pytestmark = [pytest.mark.usefixtures("stopped"), pytest.mark.any_database]
VENUE = {
    "name": "Ash Street Hall",
    "kind": "Hall",
    "street": "9 Ash Street",
    "town": "Kestermere",
    "postcode": "ZZ1 1AA",
    "base": "",
    "capacity": "80",
}


@pytest.fixture
def c(client: FlaskClient) -> SimpleNamespace:
    """A training with two venues and two days; the client is signed in."""
    c = training.lay()
    with transaction():
        make.signed_in(client, make.person(c.partnership))
    c.desk = client
    return c


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub("<[^>]+>", " ", page)).split())


def typed(c: Any, **changes: str) -> dict[str, str]:
    return {
        "programme": str(c.programme.id),
        "day": str(c.days[0].id),
        "starts": "10am",
        "venue": str(c.hall.organisation_id),
        "house": "",
        "link": "",
        "places": "30",
        "joining": "Ring at the side door.",
    } | changes


def add(c: Any, **changes: str) -> Any:
    return c.desk.post("/desk/sessions/new", data=typed(c, **changes))


# --- venues


def test_before_the_first_venue_the_list_says_how_to_begin(client: FlaskClient) -> None:
    with transaction():
        make.signed_in(client, make.person(make.partnership()))
    page = client.get("/desk/venues").text
    assert "No venue yet" in page and 'href="/desk/venues/new">Add the first venue</a>' in page


def test_a_venue_is_added_changed_retired_and_brought_back(c) -> None:
    answer = c.desk.post("/desk/venues/new", data=VENUE)
    assert answer.status_code == 303
    page = text_of(c.desk.get("/desk/venues").text)
    assert "Ash Street Hall is added. Sessions can be held there." in page
    assert "Ash Street Hall Hall 9 Ash Street, Kestermere, ZZ1 1AA 80 0" in page
    venue = db.session.scalars(select(Venue).where(Venue.name == "Ash Street Hall")).one()
    assert (venue.easting, venue.northing) == (450000, 210000)  # a school has that postcode
    where = f"/desk/venues/{venue.organisation_id}"
    assert 'value="9 Ash Street"' in c.desk.get(where).text
    assert c.desk.post(where, data=VENUE | {"capacity": "", "base": "SP 513 061"}).status_code == 303
    db.session.expire_all()
    assert (venue.capacity, venue.easting) == (None, 451350)
    assert 'value="SP 513 061"' in c.desk.get(where).text
    c.desk.post(f"{where}/retire")
    assert "retired" in text_of(c.desk.get("/desk/venues").text)
    assert f'value="{venue.organisation_id}"' not in c.desk.get("/desk/sessions/new").text
    c.desk.post(f"{where}/open")
    db.session.expire_all()
    assert venue.is_open


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Enter the name of the venue."),
        ({"kind": ""}, "Choose what it is."),
        ({"street": "", "town": "", "postcode": ""}, "Enter the address, so that people find the way."),
        ({"base": "nowhere at all"}, "We know no place by that."),
        ({"capacity": "0"}, "between 1 and 5,000"),
        ({"capacity": "many"}, "figures"),
        ({"name": "mill lane HALL"}, "Mill Lane Hall is in the list already."),
    ],
)
def test_what_is_wrong_with_a_venue_is_told_with_what_was_typed(c, wrong: dict[str, str], words: str) -> None:
    before = db.session.scalar(select(func.count()).select_from(Venue))
    answer = c.desk.post("/desk/venues/new", data=VENUE | wrong)
    assert answer.status_code == 422
    assert words in unescape(answer.text)
    assert wrong.get("name", "Ash Street Hall") in answer.text
    assert db.session.scalar(select(func.count()).select_from(Venue)) == before


def test_a_venue_with_sessions_to_come_is_neither_retired_nor_made_smaller_than_they_are(c) -> None:
    hold(c)
    where = f"/desk/venues/{c.hall.organisation_id}"
    page = c.desk.post(f"{where}/retire", follow_redirects=True).text
    assert "Sessions are still to come there. Move them or call them off first." in unescape(page)
    answer = c.desk.post(where, data=VENUE | {"name": "Mill Lane Hall", "capacity": "29"})
    assert answer.status_code == 422 and "A session to come there has 30 places." in answer.text
    assert 'value="29"' in answer.text


# --- sessions


def test_a_programme_for_adults_without_sessions_leads_there(c) -> None:
    page = c.desk.get(f"/desk/sessions?programme={c.programme.id}").text
    assert "No session yet" in page
    assert f'href="/desk/sessions/new?programme={c.programme.id}">Add the first session</a>' in page
    settings = c.desk.get(f"/desk/programmes/{c.programme.id}").text
    assert f'href="/desk/sessions?programme={c.programme.id}"' in settings


def test_without_a_trainers_day_one_is_led_to_the_days_and_pupils_have_no_sessions(
    client: FlaskClient,
) -> None:
    with transaction():
        ours = make.partnership()
        pupils = make.programme(ours)
        make.signed_in(client, make.person(ours))
    page = client.get("/desk/sessions").text
    assert "Staff are trained in sessions of a programme for adults. There is none yet." in text_of(page)
    assert client.get(f"/desk/sessions?programme={pupils.id}").status_code == 404
    assert (
        f'href="/desk/sessions?programme={pupils.id}"' not in client.get(f"/desk/programmes/{pupils.id}").text
    )
    with transaction():
        training_ = make.programme(ours, (), for_adults=True, title="Training")
    page = client.get(f"/desk/sessions?programme={training_.id}").text
    assert f'href="/desk/tour/{training_.id}/add">First add a trainer’s days</a>' in page
    assert (
        "No trainer gives a day to Training"
        in client.get(f"/desk/sessions/new?programme={training_.id}").text
    )


def test_a_session_is_held_and_stands_in_the_list_and_on_its_page(c) -> None:
    form = c.desk.get(f"/desk/sessions/new?programme={c.programme.id}").text
    assert "Tuesday 9 March, Sam Ibbot, 7:00am to 6:00pm" in form and "Mill Lane Hall, hall" in form
    answer = add(c)
    assert answer.status_code == 303
    page = text_of(c.desk.get(answer.location).text)
    for words in (
        "The session is held. The trainer is told, and its places can be taken.",
        "Tuesday 9 March, 10:00am to 11:15am",
        "0 of 30 places taken, 30 left.",
        "Nobody has taken a place yet.",
        "3 Mill Lane, Kestermere, ZZ1 4AA",
        "Ring at the side door.",
    ):
        assert words in page
    assert mail(TRAINER) == [("troupe", "REQUEST", 0)]
    listing = text_of(c.desk.get(f"/desk/sessions?programme={c.programme.id}").text)
    assert "1 session, 0 of 30 places taken" in listing
    assert "Mill Lane Hall Sam Ibbot 30 0 30 nobody yet" in listing


@pytest.mark.parametrize(
    ("wrong", "words", "kept"),
    [
        ({"places": "0"}, "Places must be between 1 and 5,000.", 'value="0"'),
        ({"places": "61"}, "Mill Lane Hall holds 60. Enter that many places or fewer.", 'value="61"'),
        ({"places": "lots"}, "figures", 'value="lots"'),
        ({"venue": "online"}, "Choose a venue, or enter the link of the meeting.", "Ring at the side door."),
        (
            {"venue": "online", "link": "meet.example/a"},
            "Enter the whole link of the meeting. It begins with https://",
            'value="meet.example/a"',
        ),
        ({"venue": "house"}, "No open school or body here is called so.", "Ring at the side door."),
        (
            {"venue": "house", "house": "Nowhere"},
            "No open school or body here is called so.",
            'value="Nowhere"',
        ),
        ({"venue": "12"}, "Not a valid choice", "Ring at the side door."),
        ({"day": "999999"}, "Not a valid choice", "Ring at the side door."),
        ({"starts": ""}, "Enter when it starts.", "Ring at the side door."),
        ({"starts": "7am"}, "Sam Ibbot is out from 7:00am to 6:00pm that day", 'value="7am"'),
    ],
)
def test_what_is_wrong_with_a_session_is_told_with_what_was_typed(
    c, wrong: dict[str, str], words: str, kept: str
) -> None:
    answer = add(c, **wrong)
    assert answer.status_code == 422
    assert words in unescape(answer.text) and kept in answer.text
    assert db.session.scalar(select(func.count()).select_from(TrainingSession)) == 0


def test_the_trainer_who_is_elsewhere_is_told_on_the_form(c) -> None:
    hold(c, time(9), venue=c.station)
    answer = add(c)
    assert answer.status_code == 422
    assert "Sam Ibbot is at Fen Road Station from 8:00am to 10:45am that day" in unescape(answer.text)


def test_a_venue_that_was_retired_meanwhile_is_named_on_the_form(c) -> None:
    c.desk.post(f"/desk/venues/{c.station.organisation_id}/retire")
    answer = add(c, venue=str(c.station.organisation_id))
    assert answer.status_code == 422
    assert "Fen Road Station is retired. Choose another venue" in unescape(answer.text)
    assert "Not a valid choice any more" in unescape(add(c, venue="12").text)


def test_a_form_from_which_the_venue_was_left_out_is_shown_again(c) -> None:
    answer = c.desk.post(f"/desk/sessions/new?programme={c.programme.id}", data={"places": "30"})
    assert answer.status_code == 422 and "Not a valid choice" in unescape(answer.text)


def test_a_link_is_taken_however_its_scheme_is_written(c) -> None:
    page = c.desk.get(add(c, venue="online", link=LINK.replace("https", "HTTPS")).location).text
    assert f'href="{LINK}"' in page


def test_a_session_in_a_house_of_no_address_says_what_is_missing(c) -> None:
    with transaction():
        make.body(c.partnership, name="Kestermere Police Team")
    missing = "Kestermere Police Team has no address: put down how to join."
    for joining, is_said in (("", True), ("Ring at the side door.", False)):
        answer = add(
            c, venue="house", house="kestermere police", joining=joining, starts="9am" if joining else "2pm"
        )
        assert (missing in text_of(c.desk.get(answer.location).text)) is is_said


def test_a_session_online_and_one_in_the_house_of_a_body(c) -> None:
    with transaction():
        make.body(c.partnership, name="Kestermere Police Team")
    online = c.desk.get(add(c, venue="online", link=LINK).location).text
    assert f'href="{LINK}"' in online and "Online meeting" in online
    answer = add(c, venue="house", house="kestermere police", starts="2pm")
    page = text_of(c.desk.get(answer.location).text)
    assert "Kestermere Police Team" in page
    form = c.desk.get(f"{answer.location}/change").text
    assert 'value="Kestermere Police Team"' in form and '<option value="house" selected>' in form


def test_a_session_moves_into_a_house_where_none_was_and_the_venue_there_promises_nobody(c) -> None:
    where = f"/desk/sessions/{hold(c).performance_id}"
    moved = c.desk.post(f"{where}/change", data=typed(c, venue="house", house="Littlemere School", link=""))
    assert moved.status_code == 303 and "Littlemere School" in text_of(c.desk.get(where).text)
    with transaction():
        limits.write(c.partnership.id, now=make.NOW)
    house = db.session.query(Venue).filter_by(at_organisation_id=c.small.organisation_id).one()
    stored = {row.organisation_id for row in db.session.query(PromiseLimit)}
    assert c.small.organisation_id in stored and house.organisation_id not in stored


def test_who_comes_stands_on_its_page_and_in_a_file_without_a_name_of_anybody(c) -> None:
    session = hold(c, places=20)
    join(c, session, c.school, 12, FELL)
    join(c, session, c.small, 8, LEA)
    where = f"/desk/sessions/{session.performance_id}"
    page = text_of(c.desk.get(where).text)
    assert "20 of 20 places taken, none left." in page
    assert "Redmere Academy By staff cars School 12" in page
    rows = list(csv.DictReader(io.StringIO(c.desk.get(f"{where}/coming.csv").text.lstrip("\ufeff"))))
    assert [(row["Who comes"], row["Staff"]) for row in rows[:2]] == [
        ("Redmere Academy", "12"),
        ("Littlemere School", "8"),
    ]
    assert "fell@" not in page and "The office" not in page
    rows = list(
        csv.DictReader(
            io.StringIO(c.desk.get(f"/desk/sessions.csv?programme={c.programme.id}").text.lstrip("\ufeff"))
        )
    )
    assert (rows[0]["Venue"], rows[0]["Places"], rows[0]["Taken"], rows[0]["Left"]) == (
        "Mill Lane Hall",
        "20",
        "20",
        "0",
    )


def test_a_session_moves_with_everybody_told_and_one_typed_over_another_change_is_told(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    where = f"/desk/sessions/{session.performance_id}"
    form = c.desk.get(f"{where}/change").text
    assert "Whoever comes keeps the places and is told; so is the trainer." in text_of(form)
    opened = re.search(r'name="opened" value="([^"]*)"', form)
    assert opened
    answer = c.desk.post(f"{where}/change", data=typed(c, day=str(c.days[1].id), starts="1pm", joining=""))
    assert answer.status_code == 303
    assert "Tuesday 16 March, 1:00pm to 2:15pm" in text_of(c.desk.get(where).text)
    stale = c.desk.post(f"{where}/change", data=typed(c, places="31", opened=unescape(opened[1])))
    assert stale.status_code == 422 and "changed this after you opened it" in stale.text
    fewer = c.desk.post(f"{where}/change", data=typed(c, day=str(c.days[1].id), starts="1pm", places="11"))
    assert fewer.status_code == 422
    assert "12 places are taken already. Enter that many or more." in fewer.text


def test_a_session_is_called_off_after_a_question_and_stands_among_those_called_off(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    where = f"/desk/sessions/{session.performance_id}"
    asked = text_of(c.desk.get(f"{where}/call-off").text)
    assert "1 organisation with 12 places and the trainer are told why" in asked
    assert c.desk.post(f"{where}/call-off", data={"reason": ""}).status_code == 422
    assert not listed.of_performance(session.performance_id).is_called_off
    assert c.desk.post(f"{where}/call-off", data={"reason": "The trainer is ill"}).status_code == 303
    page = text_of(c.desk.get(where).text)
    assert "This session was called off" in page and "Who was to come" in page
    assert "Change or move" not in page
    listing = text_of(c.desk.get(f"/desk/sessions?programme={c.programme.id}&when=off").text)
    assert "Called off 1" in listing and "Mill Lane Hall" in listing
    for deed in ("change", "call-off"):
        assert c.desk.get(f"{where}/{deed}").status_code == 303


def test_a_venues_own_booking_leads_to_the_session_and_stands_in_no_list(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    host = listed.host_of(listed.of_performance(session.performance_id))
    for address in (f"/desk/bookings/{host.reference}", f"/desk/shows/{session.performance_id}"):
        answer = c.desk.get(address)
        assert (answer.status_code, answer.location) == (303, f"/desk/sessions/{session.performance_id}")
    page = text_of(c.desk.get("/desk/bookings").text)
    assert "Redmere Academy" in page and host.reference not in page
    assert "Coming 1" in page
    assert "Every promise for a session." in page and "at Mill Lane Hall" in page and "guest of" not in page


def test_nothing_of_another_partnership_is_shown_or_done(c) -> None:
    session = hold(c)
    with transaction():
        other = make.partnership(("932",))
        make.programme(other, (), for_adults=True)
        make.signed_in(c.desk, make.person(other))
    where = f"/desk/sessions/{session.performance_id}"
    for address in (
        where,
        f"{where}/change",
        f"{where}/call-off",
        f"{where}/coming.csv",
        f"/desk/sessions?programme={c.programme.id}",
        f"/desk/sessions.csv?programme={c.programme.id}",
        f"/desk/venues/{c.hall.organisation_id}",
    ):
        assert c.desk.get(address).status_code == 404, address
    assert c.desk.post(f"{where}/call-off", data={"reason": "x"}).status_code == 404
    assert c.desk.post(f"/desk/venues/{c.hall.organisation_id}/retire").status_code == 404
    assert "Mill Lane Hall" not in c.desk.get("/desk/venues").text


def test_the_list_takes_as_many_queries_for_three_sessions_as_for_one(c, count_queries) -> None:
    where = f"/desk/sessions?programme={c.programme.id}"
    join(c, hold(c), c.school, 2, FELL)
    with count_queries() as one:
        c.desk.get(where)
    join(c, hold(c, time(14)), c.small, 2, LEA)
    call_off(hold(c, day=1))
    hold(c, venue=c.station, day=1)
    with count_queries() as three:
        c.desk.get(where)
    assert len(one) == len(three)


# --- where a show is taken for granted


def test_the_diary_and_the_tour_days_show_the_session_and_lead_to_it(c) -> None:
    session = hold(c)
    hold(c, time(14), venue=c.online, link=LINK)
    join(c, session, c.school, 12, FELL)
    for view in ("week", "month"):
        page = c.desk.get(f"/desk/diary?programme={c.programme.id}&from=2027-03-09&view={view}")
        assert page.status_code == 200
        assert "Mill Lane Hall" in page.text and "Online meeting" in page.text
        assert f"/desk/shows/{session.performance_id}" in page.text or "/desk/bookings/" in page.text
        assert f"/desk/diary/move/{session.performance_id}" not in page.text
        assert f'href="/desk/sessions?programme={c.programme.id}">Sessions</a>' in page.text
    listing = text_of(c.desk.get(f"/desk/tour?programme={c.programme.id}").text)
    assert "Mill Lane Hall" in listing and "Online meeting" in listing
    assert "Mill Lane Hall" in c.desk.get(f"/desk/tour/days/{c.days[0].id}").text


def test_a_session_is_not_moved_as_a_show_is(c) -> None:
    session = hold(c)
    host = listed.host_of(listed.of_performance(session.performance_id))
    moving = c.desk.get(f"/desk/diary/move/{session.performance_id}", follow_redirects=True)
    assert "A session is moved on its own page" in moving.text or moving.status_code == 404
    for page in ("move", "change", "cancel"):
        answer = c.desk.get(f"/desk/bookings/{host.reference}/{page}")
        assert (answer.status_code, answer.location) == (303, f"/desk/sessions/{session.performance_id}"), (
            page
        )


def test_the_trainers_pages_and_sheet_show_the_venue_its_link_the_places_and_who_comes(c) -> None:
    session = hold(c, places=20, joining="Ring at the side door.")
    hold(c, time(14), venue=c.online, link=LINK)
    join(c, session, c.school, 12, FELL)
    join(c, session, c.small, 3, LEA)
    with transaction():
        made = troupe_links.make(c.troupe.id, partnership_id=c.partnership.id, who="Priya", now=make.NOW)
        token = troupe_links.token_of(made, "for tests")
    days = text_of(c.desk.get(f"/t/{token}").text)
    assert "Mill Lane Hall 15 staff of 2 organisations. There by 9:00am, away 11:45am." in days
    sheet = c.desk.get(f"/t/{token}/days/{c.days[0].id}")
    said = text_of(sheet.text)
    for words in (
        "Address 3 Mill Lane, Kestermere, ZZ1 4AA",
        "How to join Ring at the side door.",
        "Who comes 15 staff, 20 places in all",
        "Comes Redmere Academy, 12 staff. By staff cars.",
        "Comes Littlemere School, 3 staff.",
    ):
        assert words in said, words
    assert f'href="{LINK}"' in sheet.text
    assert "not settled" not in said
    assert "Safeguarding lead not named" not in said and "Nothing was said. Ask at reception." not in said
    assert "Mill Lane Hall" in c.desk.get(f"/desk/tour/days/{c.days[0].id}/sheet").text


def test_a_day_that_is_called_off_ends_its_session_and_asks_nobody_at_the_venue(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    page = c.desk.get(f"/desk/tour/days/{c.days[0].id}/call-off", follow_redirects=True)
    said = text_of(page.text)
    assert page.status_code == 200 and "Mill Lane Hall" in said and "Redmere Academy" in said
    assert "Whoever comes gets one." in said and "Ring the school" not in said and "0 pupils" not in said
    assert "A session is held anew on the page of sessions." in said
