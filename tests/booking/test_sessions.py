"""Training sessions: held at a venue or online, shared by several, changed in place, called off; never fuller than
they are, and nothing half-written."""

from datetime import time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from test_holds import at_once

import make
import training
from outreach.booking import bookings, guest_places, promises
from outreach.booking.guest_places import OPEN, GuestSeats
from outreach.booking.guests.seating import SeatsGone
from outreach.booking.promises import BookingEnded
from outreach.booking.sessions import holding, listed
from outreach.booking.sessions.holding import (
    JoiningTooLong,
    NotForPupils,
    NotTheirDay,
    NowhereToGo,
    PlacesMakeNoSense,
    SessionSaid,
    TrainerBusy,
    VenueRetired,
)
from outreach.county import venues
from outreach.coverage import standings
from outreach.ground.db import broken_guard, db, transaction
from outreach.ground.errors import Refusal
from outreach.ground.school_year import STAFF
from outreach.ground.timespans import day_of, wall
from outreach.tour import programmes, sessions
from outreach.tour.days import TourDay
from outreach.tour.performances import Performance
from outreach.tour.programmes import ProgrammeClosed
from outreach.tour.sessions import TrainingSession
from outreach.visits import outcomes, reminding, unreported
from training import (
    DAY,
    FELL,
    LATER,
    LEA,
    LINK,
    TRAINER,
    call_off,
    change,
    coming,
    hand_over,
    hold,
    join,
    last,
    mail,
    now,
)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    c = training.lay()
    c.app = app
    return c


def entry(address: str) -> str:
    """The calendar's part of the last letter to an address, its lines unfolded."""
    return last(address).calendar.decode().replace("\r\n ", "")


def letters_to(address: str) -> int:
    return len(mail(address))


# --- held


def test_a_session_stands_at_its_venue_with_places_that_are_everybodys(c) -> None:
    session = hold(c, joining="Ring at the side door.")
    show = session.performance
    assert (show.starts_at, show.host) == (wall(DAY, time(10)), c.hall)
    assert (show.get_in_at, show.away_at) == (wall(DAY, time(9)), wall(DAY, time(11, 45)))
    assert coming(session) == [("host", "Mill Lane Hall", 0)]
    consent = db.session.get(GuestSeats, show.id)
    assert (consent.how, consent.seats) == (OPEN, 30)
    assert guest_places.seats_of(show, c.programme.audience_ceiling).ceiling == 30


def test_the_trainer_is_told_and_nobody_else(c) -> None:
    hold(c, joining="Ring at the side door.")
    assert mail(TRAINER) == [("troupe", "REQUEST", 0)]
    assert db.session.scalar(text("SELECT count(*) FROM letter")) == 1
    letter = last(TRAINER)
    for words in ("Mill Lane Hall, 3 Mill Lane, Kestermere, ZZ1 4AA", "Ring at the side door."):
        assert words in letter.text and words in letter.html


def test_a_meeting_online_has_a_link_and_no_road_nor_setting_up(c) -> None:
    hold(c, time(9), venue=c.station)
    session = hold(c, time(11, 15), venue=c.online, link=f" {LINK} ")
    show = session.performance
    assert (session.link, show.easting, show.road_from_minutes) == (LINK, None, 0)
    assert (show.get_in_at, show.away_at) == (show.starts_at, show.ends_at)
    assert f"LOCATION:Online meeting\\, {LINK}" in entry(TRAINER)


def test_a_session_in_the_house_of_a_school_has_its_address_and_its_staff_come_as_anybodys(c) -> None:
    with transaction():
        house = venues.at(c.school, c.partnership.id, who="Priya", now=now())
        assert venues.at(c.school, c.partnership.id, who="Priya", now=now()) is house
    assert (house.name, house.town, house.easting) == ("Redmere Academy", "Kestermere", 450000)
    session = hold(c, venue=house)
    join(c, session, c.school, 8, FELL)
    assert coming(session) == [("host", "Redmere Academy", 0), ("guest", "Redmere Academy", 8)]


@pytest.mark.parametrize(
    ("said", "refusal", "field", "words"),
    [
        ({"places": 0}, PlacesMakeNoSense, "places", "Enter how many places there are, between 1 and 5,000."),
        ({"places": -3}, PlacesMakeNoSense, "places", "between 1 and"),
        ({"places": 5001}, PlacesMakeNoSense, "places", "between 1 and"),
        (
            {"places": 61},
            PlacesMakeNoSense,
            "places",
            "Mill Lane Hall holds 60. Enter that many places or fewer.",
        ),
        ({"link": "http://meet.example/a"}, NowhereToGo, "link", "It begins with https://"),
        ({"link": "https://"}, NowhereToGo, "link", "It begins with https://"),
        ({"link": "https://meet example/a b"}, NowhereToGo, "link", "It begins with https://"),
        ({"link": "javascript:alert(1)//https://a.example"}, NowhereToGo, "link", "It begins with https://"),
        ({"link": "https://[broken"}, NowhereToGo, "link", "It begins with https://"),
        ({"joining": "x" * 2001}, JoiningTooLong, "joining", "2,000 characters or fewer"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_nothing_is_kept(
    c, said: dict[str, Any], refusal: type[Refusal], field: str, words: str
) -> None:
    with pytest.raises(refusal, match=words.replace(".", "\\.")) as no:
        hold(c, **said)
    assert no.value.field == field
    for table in (TrainingSession, Performance, promises.Booking, GuestSeats):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


def test_a_session_without_venue_or_link_is_refused(c) -> None:
    with pytest.raises(NowhereToGo, match="Choose a venue, or enter the link of the meeting."):
        hold(c, venue=c.online)


def test_pupils_have_no_sessions_and_a_closed_programme_none_more(c) -> None:
    with transaction():
        pupils = make.programme(c.partnership, title="Someone Else")
        day = make.tour_day(pupils, make.troupe(c.partnership), DAY)
    with pytest.raises(NotForPupils), transaction():
        holding.hold(pupils, c.hall, day, time(10), SessionSaid(places=9), who="x", now=now())
    with transaction():
        programmes.close(c.programme, who="x", now=now())
    with pytest.raises(ProgrammeClosed):
        hold(c)


def test_a_trainer_is_in_one_place_and_has_time_for_the_road(c) -> None:
    hold(c, time(9), venue=c.station)  # away at 10:45; 13 minutes to the hall and an hour to set up
    for starts in (time(9), time(10), time(11, 57)):
        with pytest.raises(TrainerBusy, match="Sam Ibbot is at Fen Road Station from 8:00am to 10:45am"):
            hold(c, starts)
    assert hold(c, time(11, 58)).performance.road_from_minutes == 13


def test_a_meeting_online_leaves_the_drive_between_two_venues_its_time(c) -> None:
    hold(c, time(8, 30), venue=c.station)  # away at 10:15
    hold(c, time(12), venue=c.hall)  # sets up from 11:00, 13 minutes on
    for starts in (time(10, 15), time(9, 45)):
        with pytest.raises(TrainerBusy):
            hold(c, starts, venue=c.online, link=LINK)
    with transaction():
        c.programme.running_minutes = 25
        c.programme.discussion_minutes = 0
    with pytest.raises(TrainerBusy, match="drives 13 minutes from Fen Road Station to Mill Lane Hall"):
        hold(c, time(10, 27), venue=c.online, link=LINK)
    assert hold(c, time(10, 28), venue=c.online, link=LINK).link == LINK


def test_a_day_takes_no_more_sessions_than_it_has_and_none_out_of_its_hours(c) -> None:
    with transaction():
        c.days[0].shows_at_most = 1
    with pytest.raises(NotTheirDay, match="Sam Ibbot is out from 7:00am to 6:00pm that day"):
        hold(c, time(8))
    with pytest.raises(NotTheirDay, match="Choose another time or day"):
        hold(c, time(17))
    with pytest.raises(NotTheirDay, match="another day"):
        hold(c, time(23, 30))
    hold(c, time(10))
    with pytest.raises(TrainerBusy, match="has 1 session on Tue 9 March already|has 1 session"):
        hold(c, time(14))


def test_a_day_of_another_programme_or_given_back_or_past_is_not_theirs(c) -> None:
    with transaction():
        other = make.programme(c.partnership, (), for_adults=True, title="Another")
        theirs = make.tour_day(other, c.troupe, DAY + timedelta(days=1))
        past = make.tour_day(c.programme, c.troupe, make.NOW.date())
    with pytest.raises(NotTheirDay, match="does not give"), transaction():
        holding.hold(c.programme, c.hall, theirs, time(10), SessionSaid(places=9), who="x", now=now())
    with pytest.raises(NotTheirDay, match="That time is past"), transaction():
        holding.hold(
            c.programme, c.online, past, time(8), SessionSaid(places=9, link=LINK), who="x", now=now()
        )
    with transaction():
        db.session.get(TourDay, c.days[1].id).ended_at = now()
    with pytest.raises(NotTheirDay, match="does not give"):
        hold(c, day=1)


def test_a_retired_venue_takes_no_session_and_one_with_sessions_to_come_is_not_retired(c) -> None:
    def most(venue_id: int) -> int:
        return sessions.most_places_to_come(venue_id, now=now())

    session = hold(c)
    with pytest.raises(venues.VenueStillUsed, match="Sessions are still to come there"), transaction():
        venues.retire(c.hall, most_places=most, who="x", now=now())
    with pytest.raises(venues.VenueStillUsed, match="has 30 places"), transaction():
        fewer = venues.VenueFacts(**vars(venues.facts_of(c.hall)) | {"capacity": 29})
        venues.change(c.hall, fewer, most_places=most, who="x", now=now())
    call_off(session)
    with transaction():
        venues.retire(c.hall, most_places=most, who="x", now=now())
    with pytest.raises(VenueRetired, match="Mill Lane Hall is retired"):
        hold(c)


# --- shared


def test_several_share_a_session_up_to_its_places_whatever_the_programme_takes(c) -> None:
    session = hold(c, places=20)
    join(c, session, c.school, 12, FELL)
    with pytest.raises(SeatsGone, match="only 8"):
        join(c, session, c.small, 9, LEA)
    join(c, session, c.small, 8, LEA)
    line = listed.of_performance(session.performance_id)
    assert line is not None
    assert (line.taken, line.left, [b.organisation.name for b in line.coming]) == (
        20,
        0,
        ["Redmere Academy", "Littlemere School"],
    )
    assert "Redmere Academy: 12 staff, by staff cars" in last(TRAINER).text


def test_a_session_may_have_more_places_than_the_programme_seats_at_once(app: Flask) -> None:
    c = training.lay(audience_ceiling=10)
    session = hold(c, places=50)
    place = join(c, session, c.school, 40, FELL)
    with transaction():
        promised = holding.Promise(pupils={STAFF: 45})
        bookings.change(place.booking, promised, who="x", now=now())
    assert coming(session)[1:] == [("guest", "Redmere Academy", 45)]
    assert promises.fullest(c.programme.id) == 0


# --- changed


def test_whoever_takes_places_is_told_where_and_how_to_join(c) -> None:
    session = hold(c, joining="Ring at the side door.")
    join(c, session, c.school, 12, FELL)
    letter = last(FELL)
    for words in (
        "Your places are booked: your staff come to ‘Someone to Tell’, at Mill Lane Hall, on Tuesday 9 March at 10:00am.",
        "Ring at the side door.",
        "If the session moves, your places are kept and you may leave.",
    ):
        assert words in " ".join(letter.text.split()), words
    assert "How to join: Ring at the side door." in entry(FELL).replace("\\n", " ")
    assert "guests of" not in entry(FELL)
    hand_over()
    change(session, {"link": LINK}, venue=c.online, starts=time(15))
    said = " ".join(last(FELL).text.split())
    assert "The session has moved from Tuesday 9 March at 10:00am to Tuesday 9 March at 3:00pm" in said
    assert LINK in said and f"LOCATION:Online meeting\\, {LINK}" in entry(FELL)


def test_places_are_never_fewer_than_are_taken(c) -> None:
    session = hold(c, places=20)
    join(c, session, c.school, 12, FELL)
    hand_over()
    with pytest.raises(PlacesMakeNoSense, match="12 places are taken already. Enter that many or more."):
        change(session, {"places": 11})
    before = letters_to(FELL)
    change(session, {"places": 12})
    db.session.expire_all()
    assert db.session.get(GuestSeats, session.performance_id).seats == 12
    assert letters_to(FELL) == before
    assert "Places: 12, before 20." in last(TRAINER).text
    with pytest.raises(SeatsGone):
        join(c, session, c.small, 1, LEA)


def test_another_venue_is_told_to_all_and_raises_the_sequence(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    hand_over()
    change(session, venue=c.station)
    show = db.session.get(Performance, session.performance_id)
    assert (show.host.name, show.easting) == ("Fen Road Station", 460000)
    assert coming(session)[0] == ("host", "Fen Road Station", 0)
    assert mail(FELL) == [("booked", "REQUEST", 0), ("changed", "REQUEST", 1)]
    assert mail(TRAINER)[-1] == ("troupe", "REQUEST", 1)
    for address in (FELL, TRAINER):
        assert "New place: Fen Road Station, before Mill Lane Hall." in last(address).text
        assert "LOCATION:Fen Road Station" in entry(address)


def test_another_time_moves_it_in_place_with_everybody(c) -> None:
    session = hold(c)
    place = join(c, session, c.school, 12, FELL)
    hand_over()
    uid = place.booking.uid
    change(session, tour_day=c.days[1], starts=time(13), venue=c.station)
    show = db.session.get(Performance, session.performance_id)
    assert (show.starts_at, show.host.name) == (wall(LATER, time(13)), "Fen Road Station")
    assert mail(FELL) == [("booked", "REQUEST", 0), ("moved", "REQUEST", 1)]
    assert mail(TRAINER)[-1] == ("troupe", "REQUEST", 1)
    letter = last(FELL)
    assert f"UID:{uid}" in entry(FELL) and "LOCATION:Fen Road Station" in entry(FELL)
    assert "New place: Fen Road Station, before Mill Lane Hall." in letter.text
    assert "New time: Tuesday 16 March" in last(TRAINER).text
    assert guest_places.of_booking(place.booking).asked_again


def test_from_a_hall_to_a_link_and_back_at_the_same_time(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    hand_over()
    with pytest.raises(NowhereToGo, match="Choose a venue"):
        change(session, venue=c.online)
    change(session, {"link": LINK}, venue=c.online)
    show = db.session.get(Performance, session.performance_id)
    assert (show.easting, show.get_in_at) == (None, show.starts_at)
    assert mail(FELL)[-1] == ("changed", "REQUEST", 1)
    assert LINK in last(FELL).text
    hand_over()
    change(session, {"link": ""}, venue=c.hall)
    db.session.refresh(show)
    assert (show.easting, show.get_in_at) == (455000, wall(DAY, time(9)))
    assert "There is no link any more." in last(FELL).text


def test_joining_instructions_are_told_at_the_same_sequence_and_the_same_again_to_nobody(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    hand_over()
    change(session, {"joining": "Bring your warrant card."})
    assert mail(FELL)[-1] == ("changed", "REQUEST", 0)
    assert "Bring your warrant card." in last(FELL).text
    before = letters_to(FELL), letters_to(TRAINER)
    change(session, {"joining": " Bring your warrant card. "})
    assert (letters_to(FELL), letters_to(TRAINER)) == before


def test_a_change_that_is_refused_leaves_all_as_it_was(c) -> None:
    session, other = hold(c), hold(c, time(14), venue=c.station)
    before = letters_to(TRAINER)
    with pytest.raises(TrainerBusy):
        change(session, {"places": 40}, starts=time(13, 30))
    db.session.expire_all()
    assert (session.places, session.performance.starts_at) == (30, wall(DAY, time(10)))
    assert letters_to(TRAINER) == before
    change(other, {"places": 99})
    assert other.places == 99


# --- called off


def test_a_session_that_is_called_off_is_told_with_the_reason_and_its_time_is_free_again(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    hand_over()
    with pytest.raises(bookings.CancelReasonMissing):
        call_off(session, " ")
    call_off(session)
    assert mail(FELL)[-1] == ("cancelled", "CANCEL", 1)
    assert mail(TRAINER)[-1] == ("troupe", "CANCEL", 1)
    assert "The trainer is ill" in last(FELL).text
    assert coming(session) == []
    line = listed.of_performance(session.performance_id)
    assert line is not None and line.is_called_off and line.taken == 12
    before = letters_to(FELL)
    call_off(session)
    assert letters_to(FELL) == before
    with pytest.raises(BookingEnded):
        change(session, {"places": 10})
    assert hold(c).performance.starts_at == wall(DAY, time(10))


def test_what_is_over_is_neither_changed_nor_called_off(c) -> None:
    session = hold(c)
    over = session.performance.ends_at
    with pytest.raises(bookings.ShowIsOver), transaction():
        holding.change(session, SessionSaid(places=5), who="x", now=over)
    with pytest.raises(bookings.ShowIsOver), transaction():
        holding.call_off(session, reason="ill", who="x", now=over)


def test_the_sessions_of_a_programme_are_listed_by_start_in_two_queries(c, count_queries) -> None:
    late, early, off = hold(c, time(14)), hold(c, time(10), venue=c.online, link=LINK), hold(c, day=1)
    join(c, late, c.school, 2, FELL)
    call_off(off)
    programme_id = c.programme.id
    with count_queries() as asked:
        lines = listed.of_programme(programme_id)
        said = [
            (
                line.performance.host.name,
                line.performance.troupe.name,
                line.session.places,
                line.taken,
                line.is_called_off,
            )
            for line in lines
        ]
    assert said == [
        ("Online meeting", "Sam Ibbot", 30, 0, False),
        ("Mill Lane Hall", "Sam Ibbot", 30, 2, False),
        ("Mill Lane Hall", "Sam Ibbot", 30, 0, True),
    ]
    assert [line.session.performance_id for line in lines] == [s.performance_id for s in (early, late, off)]
    assert len(asked) == 2


# --- read


def test_the_venue_is_neither_seen_nor_counted_and_gets_no_part_of_a_head_count(c) -> None:
    session = hold(c)
    place = join(c, session, c.school, 12, FELL)
    performance_id, over = session.performance_id, session.performance.ends_at + timedelta(hours=1)
    with transaction():
        host = holding.host_of(session.performance)
        make.report(host, "company", over, pupils=10, performance_id=performance_id)
    found = outcomes.outcomes_of_shows([performance_id], now=over + timedelta(hours=1))
    assert list(found) == [place.booking_id]
    assert found[place.booking_id].counted == {STAFF: 10}
    later = over + timedelta(days=1)
    found_then = standings.standings_of_programme(c.programme.id, as_of=day_of(later), now=later)
    told = {s.organisation_id: s for s in found_then.target}
    assert c.hall.organisation_id not in told
    assert (told[c.school.organisation_id].standing, told[c.small.organisation_id].standing) == (
        "seen",
        "unreachable",
    )


def test_a_past_session_asks_nobody_at_the_venue_for_a_report(c) -> None:
    session = hold(c)
    join(c, session, c.school, 12, FELL)
    over = session.performance.ends_at + timedelta(hours=8)
    waits = unreported.unreported_of_programme(c.programme.id, now=over)
    assert waits.organisation_ids == (c.school.organisation_id,)
    asked = [m.booking.organisation.name for m in reminding.due_this_evening(c.programme, now=over)]
    assert "Mill Lane Hall" not in asked


# --- the database


def refused(what: Any, **values: Any) -> str:
    with pytest.raises(IntegrityError) as error, transaction():
        db.session.execute(what, values)
    return broken_guard(error.value)


def test_whoever_writes_no_session_has_fewer_places_than_are_taken_nor_lets_more_in(c) -> None:
    session = hold(c, places=20)
    place = join(c, session, c.school, 12, FELL)
    where = TrainingSession.performance_id == session.performance_id
    assert refused(update(TrainingSession).where(where).values(places=11)) == "session_places"
    assert refused(update(TrainingSession).where(where).values(places=0)) in (
        "ck_training_session_places",
        "session_places",
    )
    with transaction():
        db.session.execute(update(GuestSeats).values(seats=500))
    assert refused(
        update(promises.Booking).where(promises.Booking.id == place.booking_id).values(seats=21)
    ) == ("booking_seats")
    assert (
        refused(update(TrainingSession).where(where).values(link="http://a.example"))
        == "ck_training_session_link"
    )


def test_no_session_is_of_a_programme_for_pupils_nor_of_another_partnership_nor_online_without_a_link(
    c,
) -> None:
    with transaction():
        pupils = make.programme(c.partnership, title="Someone Else")
        show = make.show(pupils, c.school, wall(LATER, time(9))).id
        online = make.session(c.programme, c.online, wall(LATER, time(9))).performance_id
        bare = make.show(c.programme, c.hall, wall(LATER, time(9))).id
        other = make.partnership(("932",)).id
    put = text(
        "INSERT INTO training_session (performance_id, partnership_id, places, link, joining, created_at, created_by) "
        "VALUES (:show, :whose, 9, '', '', '2027-01-01 00:00:00+00:00', 'x')"
    )
    assert refused(put, show=show, whose=c.partnership.id) == "session_of_pupils"
    assert refused(text("UPDATE training_session SET link = '' WHERE performance_id = :id"), id=online) == (
        "session_without_link"
    )
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(put, {"show": bare, "whose": other})
        db.session.flush()


def test_two_take_the_last_places_at_once_and_one_is_refused(c) -> None:
    session = hold(c, places=20)
    ids = c.programme.id, session.performance_id, c.school.organisation_id, c.small.organisation_id

    def take(organisation_id: int, address: str) -> Any:
        from outreach.booking.colleagues import Colleague
        from outreach.booking.guests import joining
        from outreach.county.schools import Organisation

        office = Colleague(name="x", address=address, duty="safeguarding lead", phone="01632 960 204")
        wish = joining.JoiningWish(why="other", promise=holding.Promise(pupils={STAFF: 15}, people=(office,)))
        return joining.ask(
            db.session.get(programmes.Programme, ids[0]),
            db.session.get(Organisation, organisation_id),
            db.session.get(Performance, ids[1]),
            wish,
            who="x",
            now=now(),
        )

    raised = at_once(c, lambda: take(ids[2], FELL), lambda: take(ids[3], LEA))
    assert [type(e) for e in raised] == [SeatsGone]


def test_places_are_taken_away_while_they_are_taken_and_one_of_both_is_refused(c) -> None:
    session = hold(c, places=20)
    place = join(c, session, c.school, 5, FELL)
    performance_id, booking_id = session.performance_id, place.booking_id

    def fewer() -> None:
        found = sessions.of_performance(performance_id)
        holding.change(found, SessionSaid(places=6), who="x", now=now())

    def more() -> None:
        booking = db.session.get(promises.Booking, booking_id)
        bookings.change(booking, holding.Promise(pupils={STAFF: 12}), who="x", now=now())

    raised = at_once(c, more, fewer)
    assert [type(e) for e in raised] == [PlacesMakeNoSense]
    assert coming(session)[1:] == [("guest", "Redmere Academy", 12)]

    def straight() -> None:
        db.session.execute(update(TrainingSession).values(places=13))

    def one_more() -> None:
        booking = db.session.get(promises.Booking, booking_id)
        bookings.change(booking, holding.Promise(pupils={STAFF: 14}), who="x", now=now())

    raised = at_once(c, straight, one_more)
    assert len(raised) == 1 and isinstance(raised[0], Refusal)


def test_two_hold_a_session_with_one_trainer_at_once_and_one_is_refused(c) -> None:
    ids = c.programme.id, c.hall.organisation_id, c.station.organisation_id, c.days[0].id

    def held(venue_id: int) -> None:
        holding.hold(
            db.session.get(programmes.Programme, ids[0]),
            db.session.get(venues.Venue, venue_id),
            db.session.get(TourDay, ids[3]),
            time(10),
            SessionSaid(places=9),
            who="x",
            now=now(),
        )

    raised = at_once(c, lambda: held(ids[1]), lambda: held(ids[2]))
    assert [type(e) for e in raised] == [TrainerBusy]
