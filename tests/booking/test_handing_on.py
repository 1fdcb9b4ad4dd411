"""A booking goes to the school that follows: same UID, people told, the past as it was; refused, the old
stands."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import handovers, promises
from outreach.booking import told as notify
from outreach.booking.bookings import ShowIsOver
from outreach.booking.desk import handing_on
from outreach.booking.desk.handing_on import (
    DoesNotFit,
    NothingToHandBack,
    NotItsSuccessor,
    SuccessorHasBooked,
    SuccessorNotOpen,
    SuccessorNotOurs,
)
from outreach.booking.handovers import Handover
from outreach.booking.promises import Booking, BookingEnded
from outreach.county import school_lunch
from outreach.county.register import lines
from outreach.county.schools import School
from outreach.coverage import standings
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import wall
from outreach.post import links
from outreach.post.feeds.entries import FeedEntry
from outreach.post.outbox import Letter
from outreach.tour import performances

DAY = date(2027, 3, 9)
VAN = "red.van@lantern-row.example"
FELL = "j.fell@redmere.example"
LATER = make.NOW + timedelta(days=20)


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    """Redmere School, booked for 9 March, became Redmere Academy at the same postcode; another show 3 km on
    that day."""
    c = SimpleNamespace()
    with transaction():
        c.partnership = make.partnership()
        c.programme = make.programme(c.partnership)
        c.troupe = make.troupe(c.partnership)
        c.troupe.calendar_address = VAN
        c.day = make.tour_day(c.programme, c.troupe, DAY)
        c.old = make.school(name="Redmere School", postcode="ZZ1 1AA")
        c.new = make.school(name="Redmere Academy", postcode="zz11aa", recorded_at=make.NOW)
        c.other = make.school(name="Kestermere School", easting=453000)
        c.booking = booked(c, c.old, time(9), {8: 148}, FELL)
        make.booking(show(c, c.other, time(12, 15)), {8: 100})
        c.link = links.mint(
            organisation_id=c.old.organisation_id,
            programme_id=c.programme.id,
            partnership_id=c.programme.partnership_id,
            address=FELL,
            now=make.EARLIER,
            expires_at=datetime(2027, 7, 1, tzinfo=UTC),
        )
    return c


def show(c, host: School, at: time):
    return make.show(c.programme, host, wall(DAY, at), tour_day_id=c.day.id, troupe_id=c.troupe.id)


def booked(c, school: School, at: time, pupils: dict[int, int], address: str) -> Booking:
    booking = make.booking(show(c, school, at), pupils, hall="Main hall")
    put_on(booking, address)
    return booking


def put_on(booking: Booking, address: str) -> None:
    make.visit_contact(
        booking,
        name="Joanna Fell",
        duty="on the day",
        address=address,
        added_at=make.EARLIER,
    )
    db.session.flush()


def closes(c, now: datetime = make.NOW, **facts) -> None:
    """The register says that the old school is closed, and which one follows."""
    with transaction():
        old = db.session.get_one(School, c.old.organisation_id)
        old.status = "Closed"
        for name, value in facts.items():
            setattr(old, name, value)
        make.record(old, now)
        make.succession(c.old, c.new, at=now)


def hand_on(c, now: datetime = LATER, to: School | None = None) -> None:
    with transaction():
        handing_on.hand_on(
            c.booking, db.session.get_one(School, (to or c.new).organisation_id), who="Priya", now=now
        )


def hand_back(c, now: datetime = LATER) -> None:
    with transaction():
        handing_on.hand_back(c.booking, who="Priya", now=now)


def read_mail(raw: bytes) -> str:
    part = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert part is not None
    return " ".join(part.get_content().split())


def told() -> list[tuple[str, str, str, int]]:
    rows = db.session.scalars(select(Letter).order_by(Letter.id))
    return [(r.recipient, r.kind, r.method, r.sequence) for r in rows]


def test_the_booking_goes_on_with_its_uid_and_everybody_is_told(c) -> None:
    closes(c)
    uid, reference = c.booking.uid, c.booking.reference
    hand_on(c)
    assert (c.booking.organisation_id, c.booking.uid, c.booking.reference) == (
        c.new.organisation_id,
        uid,
        reference,
    )
    assert c.booking.performance.organisation_id == c.new.organisation_id
    assert (c.booking.sequence, c.booking.place_sequence) == (1, 0)
    assert told() == [
        (FELL, "handed on", "REQUEST", 1),
        (VAN, "troupe", "REQUEST", 0),
    ]
    letter = db.session.scalars(select(Letter).where(Letter.recipient == FELL)).one()
    assert letter.subject == "‘Someone to Tell’ at Redmere Academy"
    assert [row.what for row in history.history_of("booking", reference)] == ["handed on"]
    assert {h.what for h in history.history_of("school", c.new.organisation_id)} == {"booking handed on"}


def test_the_link_in_an_old_letter_opens_the_booking_at_its_new_school(c, client) -> None:
    closes(c)
    page = f"/i/{c.link.token}/booked/{c.booking.reference}"
    hand_on(c)
    opened = client.get(page)
    assert opened.status_code == 200 and "Redmere Academy" in opened.text
    hand_back(c, now=LATER + timedelta(days=1))
    assert "Redmere School" in client.get(page).text


def test_links_that_went_along_go_back_with_it_and_the_new_schools_own_stay(c) -> None:
    closes(c)
    with transaction():
        own = links.mint(
            organisation_id=c.new.organisation_id,
            programme_id=c.programme.id,
            partnership_id=c.programme.partnership_id,
            address="office@new.example",
            now=make.EARLIER,
            expires_at=make.NOW + timedelta(days=400),
        )
    hand_on(c)
    db.session.expire_all()
    assert (c.link.link.organisation_id, own.link.organisation_id) == (
        c.new.organisation_id,
        c.new.organisation_id,
    )
    hand_back(c, now=LATER + timedelta(hours=1))
    db.session.expire_all()
    assert (c.link.link.organisation_id, own.link.organisation_id) == (
        c.old.organisation_id,
        c.new.organisation_id,
    )


def test_a_show_that_took_place_before_is_still_open_to_an_old_link(c, client) -> None:
    with transaction():
        past = make.booking(make.show(c.programme, c.old, make.NOW - timedelta(days=30)), {9: 100})
    closes(c)
    hand_on(c)
    assert client.get(f"/i/{c.link.token}/booked/{past.reference}").status_code == 200


def test_standings_as_of_an_earlier_day_stay_as_they_were(c) -> None:
    def of(day: date) -> dict[int, str]:
        return {
            s.organisation_id: s.standing
            for s in standings.standings_of_programme(
                c.programme.id, as_of=day, now=LATER + timedelta(days=9)
            ).target
        }

    handed = LATER.date()
    before = {
        c.old.organisation_id: "booked",
        c.new.organisation_id: "unreachable",
        c.other.organisation_id: "booked",
    }
    between = {c.new.organisation_id: "booked", c.other.organisation_id: "booked"}
    closes(c, now=make.NOW + timedelta(days=10))
    assert (of(make.NOW.date()), of(handed)) == (before, between)
    hand_on(c)
    assert (of(make.NOW.date()), of(handed - timedelta(days=1)), of(handed)) == (before, between, between)
    hand_back(c, now=LATER + timedelta(days=2))
    assert (of(make.NOW.date()), of(handed), of(handed + timedelta(days=3))) == (before, between, between)


def test_another_place_asks_for_the_answers_again_and_takes_the_road_into_account(c) -> None:
    closes(c)
    with transaction():
        new = db.session.get_one(School, c.new.organisation_id)
        new.postcode, new.easting = "ZZ9 9ZZ", 455000
    hand_on(c)
    assert (c.booking.sequence, c.booking.place_sequence, c.booking.performance.sequence) == (1, 1, 1)
    assert c.booking.performance.easting == 455000


def test_a_road_too_long_is_refused_and_the_old_stands(c) -> None:
    closes(c)
    with transaction():
        new = db.session.get_one(School, c.new.organisation_id)
        new.postcode, new.easting = "ZZ9 9ZZ", 550000
    with pytest.raises(DoesNotFit, match="stands elsewhere, and the road to it does not fit"):
        hand_on(c)
    db.session.expire_all()
    assert (c.booking.organisation_id, c.booking.performance.organisation_id, c.booking.sequence) == (
        c.old.organisation_id,
        c.old.organisation_id,
        0,
    )
    assert (told(), db.session.query(Handover).count()) == ([], 0)


def test_guests_of_the_show_are_told_and_keep_their_places(c) -> None:
    with transaction():
        guest = make.booking(c.booking.performance, {8: 9}, of=c.other)
        put_on(guest, "office@kestermere.example")
    closes(c)
    hand_on(c)
    assert (guest.organisation_id, guest.sequence) == (c.other.organisation_id, 1)
    assert ("office@kestermere.example", "handed on", "REQUEST", 1) in told()


def test_a_guest_is_handed_on_while_its_host_stays(c) -> None:
    with transaction():
        c.booking = make.booking(c.booking.performance, {8: 9}, of=c.other)
        put_on(c.booking, "office@kestermere.example")
        new = make.school(name="Kestermere Academy")
        make.succession(c.other, new)
    hand_on(c, to=new)
    assert (c.booking.organisation_id, c.booking.performance.organisation_id) == (
        new.organisation_id,
        c.old.organisation_id,
    )
    assert [r[:2] for r in told()] == [
        ("office@kestermere.example", "handed on"),
        ("red.van@lantern-row.example", "troupe"),
    ]


def turned_round(c) -> Booking:
    """A second show of the school, half an hour after its first, on a day without the other school's."""
    with transaction():
        c.other_day = make.tour_day(c.programme, c.troupe, DAY + timedelta(days=1))
        first, second = (
            make.booking(
                make.show(
                    c.programme,
                    c.old,
                    wall(c.other_day.day, at),
                    tour_day_id=c.other_day.id,
                    troupe_id=c.troupe.id,
                ),
                {year: 100},
                hall="Main hall",
            )
            for at, year in ((time(9), 8), (time(10, 45), 9))
        )
        c.booking.ended_at = make.EARLIER
        c.booking.performance.released_at = make.EARLIER
        for each in (first, second):
            put_on(each, FELL)
    c.booking = second
    return first


@pytest.mark.both_databases
def test_two_shows_between_which_the_hall_is_turned_round_go_together_and_come_back_together(c) -> None:
    first = turned_round(c)
    with transaction():
        db.session.get_one(School, c.new.organisation_id).street = "5 Mill Lane"
        for each in (first, c.booking):
            notify.troupe(each.performance, c.troupe.id, "REQUEST", now=make.EARLIER)
        db.session.execute(update(Letter).values(status="sent"))
    closes(c)
    both = (first, c.booking)
    times = [each.performance.starts_at for each in both]
    hand_on(c)
    assert {(b.organisation_id, b.performance.organisation_id) for b in both} == {
        (c.new.organisation_id,) * 2
    }
    assert [b.performance.released_at for b in both] == [None, None]
    assert [b.performance.starts_at for b in both] == times
    assert sorted(told()[2:]) == [(FELL, "handed on", "REQUEST", 1)] * 2 + [(VAN, "troupe", "REQUEST", 1)] * 2
    for letter in db.session.scalars(select(Letter).where(Letter.recipient == VAN, Letter.sequence == 1)):
        text = read_mail(letter.raw)
        assert "Redmere Academy has taken the booking over from Redmere School." in text
        assert "What else you play" not in text
    hand_back(c, now=LATER + timedelta(days=1))
    assert {(b.organisation_id, b.performance.organisation_id) for b in both} == {
        (c.old.organisation_id,) * 2
    }
    assert [b.performance.released_at for b in both] == [None, None]


@pytest.mark.both_databases
def test_of_two_shows_in_one_hall_neither_goes_when_one_of_them_cannot(c) -> None:
    first = turned_round(c)
    with transaction():
        make.own_number(c.new, 8, 20)
        make.own_number(c.new, 9, 120)
    closes(c)
    with transaction():
        old, new = (db.session.get_one(School, s.organisation_id) for s in (c.old, c.new))
        went = handing_on.hand_all_on(old, new, who="Priya", now=LATER)
    db.session.expire_all()
    assert (went.handed, len(went.left), told()) == (0, 2, [])
    for each in (first, c.booking):
        assert (each.organisation_id, each.sequence) == (c.old.organisation_id, 0)
        assert each.performance.released_at is None


def test_two_shows_with_time_to_pack_up_and_set_up_again_are_handed_on_each_by_itself(c) -> None:
    first = turned_round(c)
    with transaction():
        performances.shift(
            c.booking.performance,
            replace(performances.place_of(c.booking.performance), start_minute=13 * 60),
            now=make.NOW,
        )
    closes(c)
    hand_on(c)
    assert (c.booking.organisation_id, first.organisation_id) == (
        c.new.organisation_id,
        c.old.organisation_id,
    )


@pytest.mark.parametrize(
    ("easting", "postcode", "goes"), [(450000, "ZZ1 1AA", True), (452000, "ZZ9 9ZZ", False)]
)
def test_what_the_first_school_agreed_to_over_lunch_holds_in_its_own_hall_alone(
    c, easting: int, postcode: str, goes: bool
) -> None:
    with transaction():
        c.new.easting, c.new.postcode = easting, postcode
        c.booking.performance.lunch_overruled = "The head, on the phone"
        school_lunch.say(
            c.new, time(10), time(10, 45), is_dining_hall=False, set_may_stay=False, who="Jo", now=make.NOW
        )
    closes(c)
    if goes:
        hand_on(c)
    else:
        with pytest.raises(DoesNotFit, match="Redmere Academy has its lunch at that time"):
            hand_on(c)
        db.session.rollback()
    assert (c.booking.organisation_id == c.new.organisation_id) is goes


def test_whoever_subscribed_to_the_old_school_still_sees_the_visit_and_the_new_one_does_until_it_goes_back(
    c,
) -> None:
    def shown() -> dict[int, bool]:
        rows = db.session.scalars(
            select(FeedEntry).where(FeedEntry.kind == "school", FeedEntry.uid == f"{c.booking.uid}-school")
        )
        return {row.subject: "STATUS:CANCELLED" not in row.text for row in rows}

    closes(c)
    hand_on(c)
    assert shown() == {c.old.organisation_id: True, c.new.organisation_id: True}
    hand_back(c, now=LATER + timedelta(days=1))
    assert shown() == {c.old.organisation_id: True, c.new.organisation_id: False}


def test_handing_on_twice_is_once_and_back_is_back(c) -> None:
    closes(c)
    hand_on(c)
    hand_on(c)
    assert (c.booking.sequence, len(told())) == (1, 2)
    assert handing_on.can_be_handed_back(c.booking, now=LATER) == c.old.organisation_id
    hand_back(c, now=LATER + timedelta(hours=1))
    assert (c.booking.organisation_id, c.booking.performance.organisation_id, c.booking.sequence) == (
        c.old.organisation_id,
        c.old.organisation_id,
        2,
    )
    assert handing_on.can_be_handed_back(c.booking, now=LATER) is None
    with pytest.raises(NothingToHandBack):
        hand_back(c, now=LATER + timedelta(hours=2))
    hand_on(c, now=LATER + timedelta(hours=3))
    db.session.expire_all()
    assert (c.booking.organisation_id, handovers.newest(c.booking.id).to_organisation_id) == (
        c.new.organisation_id,
        c.new.organisation_id,
    )


def test_only_a_school_that_follows_by_the_register_gets_it(c) -> None:
    closes(c)
    with pytest.raises(NotItsSuccessor):
        hand_on(c, to=c.other)


def test_a_school_that_follows_in_an_authority_that_is_not_ours_does_not_get_it(c) -> None:
    closes(c)
    with transaction():
        db.session.get_one(School, c.new.organisation_id).la_code = "999"
    assert lines.heirs([c.old.organisation_id], c.partnership.id) == {}
    with pytest.raises(SuccessorNotOurs):
        hand_on(c)


def test_a_school_that_follows_at_two_removes_gets_it(c) -> None:
    closes(c)
    with transaction():
        last = make.school(name="Redmere Trust Academy", postcode="ZZ1 1AA")
        db.session.get_one(School, c.new.organisation_id).status = "Closed"
        make.succession(c.new, last)
    hand_on(c, to=last)
    assert c.booking.organisation_id == last.organisation_id


def test_a_school_that_is_not_open_yet_has_to_wait(c) -> None:
    closes(c)
    with transaction():
        new = db.session.get_one(School, c.new.organisation_id)
        new.status, new.open_date = "Proposed to open", date(2027, 3, 1)
    with pytest.raises(SuccessorNotOpen, match="It opens on 1 March 2027: hand the booking over then."):
        hand_on(c)


def test_a_school_with_a_booking_of_its_own_is_refused(c) -> None:
    with transaction():
        own = make.booking(make.show(c.programme, c.new, make.NOW + timedelta(days=60)), {8: 100})
    closes(c)
    with pytest.raises(SuccessorHasBooked, match=f"a booking of its own for Year 8, {own.reference}"):
        hand_on(c)
    assert told() == []


def test_in_a_merger_both_schools_bookings_go_to_the_one_that_follows(c) -> None:
    with transaction():
        theirs = db.session.scalars(
            select(Booking).where(Booking.organisation_id == c.other.organisation_id)
        ).one()
        make.own_number(c.new, 8, 300)
        make.succession(c.other, c.new)
        db.session.get_one(School, c.other.organisation_id).postcode = "ZZ1 1AA"
    closes(c)
    hand_on(c)
    c.booking = theirs
    hand_on(c)
    assert {b.organisation_id for b in db.session.scalars(select(Booking))} == {c.new.organisation_id}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"statutory_low_age": 4, "statutory_high_age": 11}, "has no Year 8 in this programme"),
        ({"number_of_pupils": 350}, "has 50 pupils in Year 8 by our count; 148 would be promised"),
    ],
)
def test_what_the_following_school_cannot_promise_is_refused(c, facts: dict, said: str) -> None:
    closes(c)
    with transaction():
        for name, value in facts.items():
            setattr(db.session.get_one(School, c.new.organisation_id), name, value)
    with pytest.raises(DoesNotFit, match=said):
        hand_on(c)


def test_a_day_that_the_following_school_ruled_out_is_refused(c) -> None:
    from outreach.county import school_days

    closes(c)
    with transaction():
        school_days.rule_out(c.new, DAY, "mock exams", who="Priya", now=make.NOW)
    with pytest.raises(DoesNotFit, match="cannot have a show on Tuesday 9 March: mock exams"):
        hand_on(c)


def lunch_of(school: School, begins: time, ends: time, *, in_hall: bool = False) -> None:
    with transaction():
        school_lunch.say(
            db.session.get_one(School, school.organisation_id),
            begins,
            ends,
            is_dining_hall=in_hall,
            set_may_stay=False,
            who="Jo Fell",
            now=make.NOW,
        )


@pytest.mark.parametrize(
    ("begins", "ends", "in_hall"),
    [
        (time(10), time(11), False),  # the show itself, 9:00 to 10:15, lies across it
        (time(10, 50), time(11, 30), True),  # pack-up, to 10:45, lies in the 15 minutes of the tables
    ],
)
def test_a_show_across_the_following_schools_lunch_is_refused_and_the_old_stands(
    c, begins: time, ends: time, in_hall: bool
) -> None:
    closes(c)
    lunch_of(c.new, begins, ends, in_hall=in_hall)
    with pytest.raises(
        DoesNotFit, match=r"Redmere Academy has its lunch at that time\. Move the date first\."
    ):
        hand_on(c)
    db.session.expire_all()
    assert c.booking.organisation_id == c.booking.performance.organisation_id == c.old.organisation_id
    assert told() == []


def test_a_show_that_ends_as_lunch_begins_is_handed_on_and_from_then_on_held_to_that_lunch(c) -> None:
    closes(c)
    lunch_of(c.new, time(10, 15), time(11))
    hand_on(c)
    show = c.booking.performance
    assert (show.lunch_from_at, show.lunch_until_at, show.lunch_keeps_out) == (
        wall(DAY, time(10, 15)),
        wall(DAY, time(11)),
        "show",
    )
    with pytest.raises(IntegrityError, match="lunch"), transaction():
        show.lunch_from_at -= timedelta(minutes=1)


def test_a_show_that_a_coordinator_let_lie_across_lunch_is_handed_on_with_those_words(c) -> None:
    with transaction():
        c.booking.performance.lunch_overruled = "Ms Fell agreed by phone"
    closes(c)
    lunch_of(c.new, time(10), time(11))
    hand_on(c)
    show = c.booking.performance
    assert (show.organisation_id, show.lunch_overruled, show.lunch_keeps_out) == (
        c.new.organisation_id,
        "Ms Fell agreed by phone",
        "show",
    )


def test_handed_back_to_a_school_that_has_its_lunch_then_by_now_it_stands_as_it_did(c) -> None:
    closes(c)
    hand_on(c)
    lunch_of(c.old, time(10), time(11))
    hand_back(c, now=LATER + timedelta(days=1))
    show = c.booking.performance
    assert (show.organisation_id, show.lunch_keeps_out) == (c.old.organisation_id, None)


def test_a_cancelled_booking_and_a_show_that_has_begun_stay_where_they_are(c) -> None:
    closes(c)
    with pytest.raises(ShowIsOver):
        hand_on(c, now=wall(DAY, time(9, 5)))
    with transaction():
        make.cancellation(c.booking, make.NOW)
    with pytest.raises(BookingEnded):
        hand_on(c)


def test_two_coordinators_at_once_hand_it_on_once(c, app: Flask) -> None:
    closes(c)
    start, wrong, reference, new_organisation_id = Barrier(2), [], c.booking.reference, c.new.organisation_id
    db.session.rollback()

    def press() -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    handing_on.hand_on(
                        promises.get(reference),
                        db.session.get_one(School, new_organisation_id),
                        who="Priya",
                        now=LATER,
                    )
            except Exception as error:
                wrong.append(error)
            finally:
                db.session.remove()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert wrong == []
    assert (db.session.query(Handover).count(), len(told())) == (1, 2)
