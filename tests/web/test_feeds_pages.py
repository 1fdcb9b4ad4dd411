"""Calendars to subscribe to, through the client: what a program is handed, and who can make, renew and stop
an address."""

import gzip
import re
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from school_story import TUESDAY, Story, lay, said
from sqlalchemy import select
from werkzeug.test import TestResponse

import make
from outreach.county import coordinators
from outreach.ground.db import db, transaction
from outreach.post import copies, troupe_links
from outreach.post.feeds import addresses, entries, tokens
from outreach.post.feeds.addresses import Feed
from outreach.post.feeds.entries import BOARD, COORDINATOR, SCHOOL, TROUPE, Entry
from outreach.post.outbox import Letter
from outreach.visits import board_dates
from outreach.visits.board_dates import BoardDate
from post.facts import appointment
from post.strict import feed_problems

pytestmark = pytest.mark.any_database

SUBSCRIBE = 'Subscribe<span class="vh"> in Google, Outlook or Apple</span>'
URL = re.compile(r'value="http://outreach\.example(/calendar/[0-9a-f]{48}\.ics)"')


@pytest.fixture
def story(client: FlaskClient, stopped) -> Story:
    return lay(client)


@pytest.fixture
def subscribed(story: Story, stopped) -> tuple[str, str]:
    """The school has booked and made its address, two minutes ago: (the reference, the address)."""
    reference = story.book()
    answer = story.post(f"/booked/{reference}/subscribe")
    assert answer.headers["Location"].endswith(f"/booked/{reference}#subscribe")
    stopped.after(minutes=2)
    return reference, addresses_on(story.get(f"/booked/{reference}"))[0]


@pytest.fixture
def desk(story: Story, client: FlaskClient) -> FlaskClient:
    with transaction():
        person = make.person(story.partnership)
    return make.signed_in(client, person)


def addresses_on(page: TestResponse) -> list[str]:
    return URL.findall(page.text)


def titles(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200
    assert feed_problems(answer.data) == []
    return [str(e["SUMMARY"]) for e in Calendar.from_ical(answer.data).walk("VEVENT")]


# What a program is handed


def test_a_school_subscribes_and_its_show_is_there(client: FlaskClient, story: Story, subscribed) -> None:
    answer = client.get(subscribed[1])
    assert titles(answer) == [f"‘Someone to Tell’ at {story.school.name}"]
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, max-age=300, must-revalidate"
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.headers["ETag"].startswith('W/"')
    assert "Content-Disposition" not in answer.headers
    assert "Set-Cookie" not in answer.headers


@pytest.mark.both_databases
def test_what_has_not_changed_is_not_sent_again_and_costs_one_query(
    client: FlaskClient, subscribed, count_queries: Any, stopped
) -> None:
    tag = client.get(subscribed[1]).headers["ETag"]
    stopped.after(hours=1)
    with count_queries() as queries:
        answer = client.get(subscribed[1], headers={"If-None-Match": f'"other", {tag}'})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert answer.headers["Cache-Control"] == "private, max-age=300, must-revalidate"
    assert len(queries) == 1
    assert client.get(subscribed[1], headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.both_databases
def test_a_feed_is_sent_in_two_queries_however_long_it_is(
    client: FlaskClient, story: Story, subscribed, count_queries: Any
) -> None:
    with count_queries() as queries:
        assert len(titles(client.get(subscribed[1]))) == 1
    assert len(queries) == 2
    more = (
        Entry(kind=SCHOOL, subject=story.school.organisation_id, appointment=appointment(uid=f"u{n}"))
        for n in range(600)
    )
    with transaction():
        entries.put(list(more), now=make.NOW, new=True)
    with count_queries() as queries:
        assert len(titles(client.get(subscribed[1]))) == 601
    assert len(queries) == 2


@pytest.mark.both_databases
def test_a_head_says_what_a_get_would_and_reads_no_entry(
    client: FlaskClient, subscribed, count_queries: Any
) -> None:
    whole = client.get(subscribed[1])
    with count_queries() as queries:
        head = client.head(subscribed[1])
    assert (head.status_code, head.data, len(queries)) == (200, b"", 1)
    assert {h: head.headers[h] for h in ("ETag", "Content-Type")} == {
        h: whole.headers[h] for h in ("ETag", "Content-Type")
    }
    assert "Content-Length" not in head.headers


@pytest.mark.parametrize(
    ("accepts", "packed"), [("gzip, br", True), ("gzip;q=0", False), ("identity", False)]
)
def test_a_feed_is_packed_for_whoever_takes_it_packed(
    client: FlaskClient, subscribed, accepts: str, packed: bool
) -> None:
    plain = client.get(subscribed[1])
    answer = client.get(subscribed[1], headers={"Accept-Encoding": accepts})
    assert answer.headers.get("Content-Encoding") == ("gzip" if packed else None)
    assert (gzip.decompress(answer.data) if packed else answer.data) == plain.data
    assert answer.headers["ETag"] == plain.headers["ETag"]


def test_a_change_a_move_and_a_cancellation_show_at_once(
    client: FlaskClient, story: Story, subscribed
) -> None:
    reference, address = subscribed
    tags = [client.get(address).headers["ETag"]]

    def event() -> Any:
        answer = client.get(address, headers={"If-None-Match": tags[-1]})
        assert titles(answer)
        tags.append(answer.headers["ETag"])
        (found,) = Calendar.from_ical(answer.data).walk("VEVENT")
        return found

    typed = {"pupils-0-8": "90", "pupils-0-9": "90", "hall": "Dining hall", "step_free": "yes"}
    assert story.send(f"/booked/{reference}/numbers", typed).status_code == 303
    first = event()
    assert "Dining hall" in first["LOCATION"]
    key = re.findall(r'name="slot" value="([^"]+)"', story.get(f"/booked/{reference}/move").text)[-1]
    assert story.post(f"/booked/{reference}/move/to", slot=key).status_code == 303
    moved = event()
    assert moved["UID"] == first["UID"] and moved["DTSTART"].dt != first["DTSTART"].dt
    assert moved["SEQUENCE"] > first["SEQUENCE"]
    assert story.post(f"/booked/{reference}/cancel", reason="exams").status_code == 303
    over = event()
    assert (over["UID"], over["STATUS"]) == (first["UID"], "CANCELLED")
    assert over["SEQUENCE"] > moved["SEQUENCE"]
    assert len(set(tags)) == 4


def test_no_person_and_no_personal_link_stands_in_a_feed(
    client: FlaskClient, story: Story, subscribed
) -> None:
    text = client.get(subscribed[1]).text
    for never in ("Fell", "@", "/i/", story.token, "01632", "ATTENDEE", "ORGANIZER", "METHOD"):
        assert never not in text, never


def secrets_that_open_more(app: Flask, story: Story) -> set[str]:
    """Every token there is but the feeds' own: of personal links, of troupes, of sign-ins, and of the JSON
    feed."""
    key, now = app.config["SECRET_KEY"], make.NOW
    with transaction():
        link = troupe_links.make(story.troupe.id, partnership_id=story.partnership.id, who="Priya", now=now)
        of_troupe = {troupe_links.token_of(link, key)}
        person = make.person(story.partnership)
        of_people = {coordinators.sign_in_link(person, now=now)}
        _, of_api = tokens.make(story.partnership.id, "x", who="Priya", now=now)
    in_letters = {
        token
        for letter in db.session.scalars(select(Letter))
        for token in re.findall(r"/i/([A-Za-z0-9_-]{20,})", copies.read(letter.raw).text)
    }
    assert in_letters
    return {*of_troupe, *of_people, of_api, *in_letters, story.token}


@pytest.mark.both_databases
def test_no_token_that_opens_more_than_itself_stands_in_any_feed_or_attachment(
    app: Flask, story: Story, client: FlaskClient
) -> None:
    """All kinds of feeds as the table knows them, the file to download, and the calendar part of every
    letter."""
    with transaction():  # a troupe has its link before its shows are written into calendars
        troupe_links.make(story.troupe.id, partnership_id=story.partnership.id, who="Priya", now=make.NOW)
    reference = story.book()
    with transaction():
        board_dates.add(story.partnership.id, "Board", TUESDAY, programme=None, who="Priya", now=make.NOW)
        subjects = {
            SCHOOL: story.school.organisation_id,
            TROUPE: story.troupe.id,
            COORDINATOR: story.partnership.id,
            BOARD: story.partnership.id,
        }
        feeds = {
            kind: addresses.make(
                kind, subject, partnership_id=story.partnership.id, label="x", who="x", now=make.NOW
            )
            for kind, subject in subjects.items()
        }
    (kinds,) = (str(c.sqltext) for c in Feed.__table__.constraints if str(c.name).endswith("kind"))
    assert set(re.findall(r"'(\w+)'", kinds)) == set(subjects)
    secrets = secrets_that_open_more(app, story)
    own = {kind: addresses.token_of(feed, app.config["SECRET_KEY"]) for kind, feed in feeds.items()}
    texts = {kind: client.get(f"/calendar/{token}.ics").text for kind, token in own.items()}
    assert all("BEGIN:VEVENT" in text for text in texts.values())
    texts["the file"] = story.get(f"/booked/{reference}/calendar.ics").text
    for letter in db.session.scalars(select(Letter).where(Letter.method != "")):
        texts[f"letter {letter.id}"] = copies.read(letter.raw).calendar.decode()
    for name, text in texts.items():
        whole = text.replace("\r\n ", "")
        assert not [secret for secret in {*secrets, *own.values()} if secret in whole], name
        assert re.findall(r"/(?:i|t|calendar|sign-in)/[A-Za-z0-9_-]{8,}", whole) == [], name
        for url in re.findall(r"https?://[^\s\\,;]+", whole):
            opened = app.test_client().get(url.rstrip(".").removeprefix("http://outreach.example"))
            assert not any(word in opened.text for word in ("Joanna", "01632 960 204", "j.fell@")), url


@pytest.mark.both_databases
def test_an_address_that_never_was_is_plainly_not_found(
    client: FlaskClient, app: Flask, count_queries: Any
) -> None:
    with count_queries() as queries:
        for false in ("x", "0" * 48, "%00" * 16, "é" * 48, "a" * 5000):
            answer = client.get(f"/calendar/{false}.ics")
            assert answer.status_code in (400, 404), false
        answer = client.get(f"/calendar/{'0' * 48}.ics")
        assert (answer.content_type, answer.status_code) == ("text/plain; charset=utf-8", 404)
        assert answer.text.startswith("There is no calendar at this address.")
    assert queries == []


def test_a_page_says_nothing_of_a_feeds_token_to_the_log(
    client: FlaskClient, subscribed, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", logger="outreach"):
        client.get(subscribed[1])
        client.get(f"/calendar/{'0' * 48}.ics")
    assert "calendar/" not in caplog.text


# A school's address


@pytest.mark.both_databases
def test_renewing_stops_the_old_address_and_the_new_one_shows_the_same(
    client: FlaskClient, story: Story, subscribed
) -> None:
    reference, old = subscribed
    answer = story.post(f"/booked/{reference}/subscribe/renew")
    assert (answer.status_code, answer.headers["Location"]) == (303, story.path(f"/booked/{reference}"))
    page = story.get(f"/booked/{reference}")
    assert "The old one has stopped" in said(page)
    (new,) = addresses_on(page)
    assert new != old and len(titles(client.get(new))) == 1
    gone = client.get(old)
    assert (gone.status_code, gone.content_type) == (410, "text/plain; charset=utf-8")
    assert "withdrawn" in gone.text
    assert client.get(old, headers={"If-None-Match": "*"}).status_code == 410


@pytest.mark.both_databases
def test_stopping_leaves_no_address_and_a_new_one_can_be_made(
    client: FlaskClient, story: Story, subscribed
) -> None:
    reference, old = subscribed
    assert story.post(f"/booked/{reference}/subscribe/stop").status_code == 303
    page = story.get(f"/booked/{reference}")
    assert addresses_on(page) == [] and SUBSCRIBE in page.text
    assert client.get(old).status_code == 410
    for again in ("stop", "renew"):
        answer = story.post(f"/booked/{reference}/subscribe/{again}")
        assert (answer.status_code, answer.headers["Location"]) == (303, story.path(f"/booked/{reference}"))
        page = story.get(f"/booked/{reference}")
        assert addresses_on(page) == [] and "The calendar address has stopped already." in page.text
    story.post(f"/booked/{reference}/subscribe")
    assert addresses_on(story.get(f"/booked/{reference}"))[0] != old


@pytest.mark.both_databases
def test_looking_at_a_booking_makes_no_address_and_making_it_twice_makes_one(story: Story) -> None:
    reference = story.book()
    assert SUBSCRIBE in story.get(f"/booked/{reference}").text
    assert db.session.scalars(select(Feed)).all() == []
    for _ in range(2):
        assert story.post(f"/booked/{reference}/subscribe").status_code == 303
    (feed,) = db.session.scalars(select(Feed))
    assert (feed.kind, feed.subject, feed.created_by) == (SCHOOL, story.school.organisation_id, "Joanna Fell")
    assert feed.label == f"Performances at {story.school.name}"


def test_a_school_reaches_neither_the_booking_nor_the_address_of_another(
    client: FlaskClient, story: Story, subscribed
) -> None:
    reference, address = subscribed
    other = story.another_school(easting=458000, number_of_pupils=742)
    for rest in ("", "/renew", "/stop"):
        assert other.post(f"/booked/{reference}/subscribe{rest}").status_code == 404
    theirs = other.book()
    other.post(f"/booked/{theirs}/subscribe")
    assert addresses_on(other.get(f"/booked/{theirs}"))[0] != address
    for rest in ("", "/renew", "/stop"):
        assert other.post(f"/booked/{reference}/subscribe{rest}").status_code == 404
    other.post(f"/booked/{theirs}/subscribe/renew")
    other.post(f"/booked/{theirs}/subscribe/stop")
    assert titles(client.get(address)) == [f"‘Someone to Tell’ at {story.school.name}"]


def test_the_buttons_open_a_calendar_program_and_give_the_address_to_paste(story: Story, subscribed) -> None:
    reference, address = subscribed
    page = story.get(f"/booked/{reference}")
    assert f'href="webcal://outreach.example{address}"' in page.text
    assert f'value="http://outreach.example{address}"' in page.text
    words = said(page)
    for program in (
        "Outlook Press Outlook, or Outlook.com for one of your own. Or: Calendar, Add calendar",
        "Google Copy the address. On a computer press Google, paste it, Add calendar",
        "Apple Press Apple or another",
    ):
        assert program in words, words


def test_google_and_outlook_subscribe_to_the_address_and_never_take_a_copy(story: Story, subscribed) -> None:
    reference, address = subscribed
    page = story.get(f"/booked/{reference}").text
    links = {urlsplit(unescape(to)) for to in re.findall(r'href="([^"]+)"', page) if "calendar" in to}
    asked = {(to.netloc, to.path): parse_qs(to.query) for to in links if to.netloc.count(".") > 1}
    name = [f"Performances at {story.school.name}"]
    assert asked == {
        ("calendar.google.com", "/calendar/r/settings/addbyurl"): {},
        **{
            (host, "/calendar/0/addfromweb"): {"url": [f"http://outreach.example{address}"], "name": name}
            for host in ("outlook.office.com", "outlook.live.com")
        },
    }
    for copy in ("TEMPLATE", "deeplink", "compose"):
        assert copy not in page


def test_an_address_outlives_a_change_of_the_services_key(
    app: Flask, client: FlaskClient, story: Story, subscribed
) -> None:
    reference, old = subscribed
    app.config.update(SECRET_KEY="another", SECRET_KEY_FALLBACKS=["for tests"])
    assert client.get(old).status_code == 200
    app.config["SECRET_KEY_FALLBACKS"] = []
    assert client.get(old).status_code == 404
    (new,) = addresses_on(story.get(f"/booked/{reference}"))
    assert new != old and client.get(new).status_code == 200


# The desk


def test_a_coordinator_makes_an_address_of_their_own_with_every_show(
    desk: FlaskClient, story: Story, client: FlaskClient
) -> None:
    assert "Make my address" in desk.get("/desk/calendars").text
    assert desk.post("/desk/calendars/mine").headers["Location"] == "/desk/calendars#mine"
    (address,) = addresses_on(desk.get("/desk/calendars"))
    assert titles(client.get(address)) == []
    story.book()
    other = story.another_school(easting=458000, number_of_pupils=742)
    other.book()
    assert titles(client.get(address)) == [f"‘Someone to Tell’ at {s.school.name}" for s in (story, other)]


@pytest.mark.both_databases
def test_each_coordinator_sees_their_own_address_and_it_stops_when_they_leave(
    desk: FlaskClient, story: Story, client: FlaskClient, stopped
) -> None:
    desk.post("/desk/calendars/mine")
    (hers,) = addresses_on(desk.get("/desk/calendars"))
    with transaction():
        sam = make.person(story.partnership, name="Sam Whitfield")
    make.signed_in(client, sam)
    assert addresses_on(client.get("/desk/calendars")) == []
    client.post("/desk/calendars/mine")
    (his,) = addresses_on(client.get("/desk/calendars"))
    assert his != hers
    her_feed = db.session.scalar(select(Feed).where(Feed.holder != sam.id))
    assert her_feed is not None
    for verb in ("renew", "stop"):
        assert client.post(f"/desk/calendars/{her_feed.id}/{verb}").status_code == 404
    with transaction():
        coordinators.end(sam, who="Priya Nandakumar", now=stopped.now)
    assert (client.get(his).status_code, client.get(hers).status_code) == (410, 200)


def test_a_troupe_has_its_own_shows_from_arrival_to_departure(
    desk: FlaskClient, story: Story, client: FlaskClient
) -> None:
    with transaction():
        idle = make.troupe(story.partnership)
    for troupe in (story.troupe, idle):
        answer = desk.post(f"/desk/calendars/troupes/{troupe.id}")
        assert answer.headers["Location"] == f"/desk/calendars#troupe-{troupe.id}"
    reference = story.book()
    ours, theirs = addresses_on(desk.get("/desk/calendars"))
    answer = client.get(ours)
    assert titles(answer) == [f"‘Someone to Tell’ at {story.school.name}"]
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert (event.decoded("DTEND") - event.decoded("DTSTART")) == timedelta(minutes=60 + 75 + 30)
    assert reference in event["DESCRIPTION"]
    assert "Fell" not in answer.text and "@" not in answer.text
    assert titles(client.get(theirs)) == []


@pytest.mark.both_databases
def test_renewing_and_stopping_on_the_desk_end_the_address(desk: FlaskClient, client: FlaskClient) -> None:
    desk.post("/desk/calendars/board")
    (first,) = addresses_on(desk.get("/desk/calendars"))
    (feed,) = db.session.scalars(select(Feed))
    assert desk.post(f"/desk/calendars/{feed.id}/renew").status_code == 303
    page = desk.get("/desk/calendars")
    assert "The old one has stopped" in said(page)
    (second,) = addresses_on(page)
    assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)
    newest = db.session.scalars(select(Feed).order_by(Feed.id.desc())).first()
    assert newest is not None
    assert desk.post(f"/desk/calendars/{newest.id}/stop").status_code == 303
    assert addresses_on(desk.get("/desk/calendars")) == []
    assert client.get(second).status_code == 410
    assert desk.post(f"/desk/calendars/{newest.id}/stop").status_code == 404


@pytest.mark.both_databases
def test_the_board_sees_dates_of_reports_and_nothing_else(
    desk: FlaskClient, story: Story, client: FlaskClient
) -> None:
    story.book()
    assert "No date yet." in said(desk.get("/desk/calendars"))
    desk.post("/desk/calendars/board")
    typed = {"title": "Spring report", "day": "6/4/2027", "programme": str(story.programme.id)}
    answer = desk.post("/desk/calendars", data=typed)
    assert answer.status_code == 303
    page = desk.get("/desk/calendars")
    assert "‘Spring report’ on 6 April 2027 is in the board’s calendar." in said(page)
    assert "Tuesday 6 April, Spring report Someone to Tell, 2026/27" in said(page)
    (address,) = addresses_on(page)
    answer = client.get(address)
    assert titles(answer) == ["Spring report"]
    assert story.school.name not in answer.text
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert str(event["DTSTART"].dt) == "2027-04-06" and event["DESCRIPTION"] == "‘Someone to Tell’, 2026/27"
    (row,) = db.session.scalars(select(BoardDate))
    assert desk.post(f"/desk/calendars/dates/{row.id}/remove").status_code == 303
    assert "No date yet." in said(desk.get("/desk/calendars"))
    assert titles(client.get(address)) == ["Cancelled: Spring report"]


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"title": " ", "day": "6/4/2027"}, "Enter what is reported, for example Spring report."),
        ({"title": "Spring report", "day": ""}, "Enter the date of the report."),
        ({"title": "Spring report", "day": "31/2/2027"}, "That is not a date."),
        (
            {"title": "Spring report", "day": "18/1/2027"},
            "That day is past. Enter today or a day to come.",
        ),
        ({"title": "Spring report", "day": "6/4/2072"}, "That day is more than three years ahead."),
    ],
)
def test_a_date_badly_typed_is_shown_again_with_what_is_wrong(
    desk: FlaskClient, typed: dict[str, Any], problem: str
) -> None:
    answer = desk.post("/desk/calendars", data={"programme": ""} | typed)
    assert answer.status_code == 422
    assert problem in said(answer)
    kept = typed["day"]
    stands = {"6/4/2027": "6 April 2027", "18/1/2027": "18 January 2027", "6/4/2072": "6 April 2072"}.get(
        kept, kept
    )
    assert re.search(rf'name="day"[^>]*value="{stands}"', answer.text)
    assert db.session.scalars(select(BoardDate)).all() == []


def test_a_date_sent_twice_stands_once(desk: FlaskClient) -> None:
    typed = {"title": "Spring report", "day": "6/4/2027", "programme": ""}
    assert desk.post("/desk/calendars", data=typed).status_code == 303
    answer = desk.post("/desk/calendars", data=typed)
    assert answer.status_code == 422
    assert "‘Spring report’ on 6 April 2027 is in the list already." in said(answer)


def test_another_partnership_reaches_none_of_it(desk: FlaskClient, story: Story, client: FlaskClient) -> None:
    for path in ("mine", "board", f"troupes/{story.troupe.id}"):
        assert desk.post(f"/desk/calendars/{path}").status_code == 303
    desk.post("/desk/calendars", data={"title": "Spring report", "day": "6/4/2027", "programme": ""})
    reference = story.book()
    story.post(f"/booked/{reference}/subscribe")
    feeds = list(db.session.scalars(select(Feed)))
    assert {f.kind for f in feeds} == {COORDINATOR, BOARD, TROUPE, SCHOOL}
    (row,) = db.session.scalars(select(BoardDate))
    with transaction():
        stranger = make.person(make.partnership(la_codes=("932",)))
    make.signed_in(client, stranger)
    page = client.get("/desk/calendars")
    assert addresses_on(page) == [] and "Spring report on" not in page.text and "Red van" not in page.text
    assert client.post(f"/desk/calendars/troupes/{story.troupe.id}").status_code == 404
    for feed in feeds:
        for verb in ("renew", "stop"):
            assert client.post(f"/desk/calendars/{feed.id}/{verb}").status_code == 404
    assert client.post(f"/desk/calendars/dates/{row.id}/remove").status_code == 404
    typed = {"title": "X", "day": "6/4/2027", "programme": str(story.programme.id)}
    assert client.post("/desk/calendars", data=typed).status_code == 422
    assert all(f.withdrawn_at is None for f in feeds) and row.ended_at is None


def test_a_school_shown_to_nobody_cannot_be_stopped_from_the_desk(desk: FlaskClient, story: Story) -> None:
    reference = story.book()
    story.post(f"/booked/{reference}/subscribe")
    (feed,) = db.session.scalars(select(Feed))
    assert addresses_on(desk.get("/desk/calendars")) == []
    assert desk.post(f"/desk/calendars/{feed.id}/stop").status_code == 404


@pytest.mark.both_databases
def test_the_desks_page_takes_the_same_queries_for_one_troupe_and_for_many(
    desk: FlaskClient, story: Story, count_queries: Any
) -> None:
    counted = []
    for _ in range(2):
        desk.post(f"/desk/calendars/troupes/{story.troupe.id}")
        desk.get("/desk/calendars")
        with count_queries() as queries:
            desk.get("/desk/calendars")
        counted.append(len(queries))
        with transaction():
            for n in range(3):
                made = make.troupe(story.partnership, name=f"Van {n}")
                addresses.make(
                    TROUPE, made.id, partnership_id=story.partnership.id, label="x", who="x", now=make.NOW
                )
        for n in (1, 2, 3):
            typed = {
                "title": f"Report {n}",
                "day": ["6", str(3 + n), "2027"],
                "programme": str(story.programme.id),
            }
            assert desk.post("/desk/calendars", data=typed).status_code in (303, 422)
    assert counted[0] == counted[1]


def test_the_desks_page_is_found_from_set_up_and_from_the_bookings(desk: FlaskClient) -> None:
    for path in ("/desk/setup", "/desk/bookings"):
        assert 'href="/desk/calendars"' in desk.get(path).text
