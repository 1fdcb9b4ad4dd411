"""A show, or a time kept for a school, moved in the diary and put back: who is told what, and every
refusal."""

import email
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from email.policy import default
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

import make
from outreach.booking import bookings, colleagues, holds, promises
from outreach.booking.agenda import moves, moving
from outreach.booking.agenda.moves import DiaryMove
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import proposing
from outreach.booking.desk.proposing import ProposalDraft
from outreach.booking.numbers import Promise
from outreach.booking.promises import Booking
from outreach.booking.proposals import Proposal
from outreach.county import school_days, school_lunch
from outreach.ground import history
from outreach.ground.db import db, transaction
from outreach.ground.timespans import local, wall
from outreach.post import copies
from outreach.post.outbox import SENT, Letter
from outreach.tour import performances, slots
from outreach.tour.performances import Performance, SlotTaken

NOW = make.NOW
DAY, NEXT = date(2027, 3, 9), date(2027, 3, 11)


@dataclass
class County:
    """A troupe with two days in March, a school that is booked on the first, and one that has nothing."""

    partnership: Any
    programme: Any
    days: list[Any]
    school: Any
    other: Any
    booking: Booking | None = None

    @property
    def show(self) -> Performance:
        assert self.booking is not None
        return self.booking.performance


def book(programme: Any, school: Any, key: str, now: datetime = NOW) -> Booking:
    """Held and booked, as a school does."""
    with transaction():
        slot = slots.find(programme, school, key, now=now)
        assert slot is not None, key
        kept = holds.hold(programme, school, [slot], who="Joanna", now=now)
        person = Colleague(
            name="Joanna Fell",
            address=f"j.fell{school.organisation_id}@redmere.example",
            duty=colleagues.LEAD,
        )
        [made] = bookings.book(
            programme,
            school,
            [(kept[0].id, Promise(pupils={8: 100, 9: 100}, hall="Main hall", people=(person,)))],
            who="Joanna",
            now=now,
        )
    return made


def propose(programme: Any, school: Any, key: str, now: datetime = NOW) -> Proposal:
    with transaction():
        slot = slots.find(programme, school, key, now=now)
        assert slot is not None, key
        people = [make.contact(school)]
        return proposing.propose(
            ProposalDraft(
                programme=programme, organisation=school, slot=slot, people=people, reply_by=date(2027, 2, 5)
            ),
            who="Priya",
            now=now,
        )


def lay() -> County:
    """The county before anybody booked."""
    with transaction():
        whose = make.partnership()
        programme = make.programme(whose)
        troupe = make.troupe(whose, base_name="Kestermere", base_easting=450000, base_northing=210000)
        days = [make.tour_day(programme, troupe, day) for day in (DAY, NEXT)]
        school = make.school(name="Thornleigh School", easting=470000, northing=210000)
        other = make.school(name="Ashcote High School", easting=471000, northing=211000)
    return County(whose, programme, days, school, other)


@pytest.fixture
def county(app: Flask) -> County:
    found = lay()
    programme, days, school = found.programme, found.days, found.school
    found.booking = book(programme, school, f"{days[0].id}-0930")
    all_sent()
    return found


def all_sent() -> None:
    with transaction():
        for letter in db.session.query(Letter):
            letter.status, letter.handed_at = SENT, NOW


def key(day: Any, at: str) -> str:
    return f"{day.id}-{at}"


def moved(county: County, to: str, **more: Any) -> DiaryMove:
    with transaction():
        return moving.move(county.show, to, who="Priya", now=NOW, **more)


def new_letters() -> list[tuple[str, str]]:
    """(kind, to) of what has not gone yet."""
    db.session.rollback()
    rows = db.session.query(Letter).filter(Letter.status == "waiting").order_by(Letter.id)
    return [(row.kind, row.recipient) for row in rows]


def at(show: Performance) -> tuple[date, time]:
    db.session.refresh(show)
    return local(show.starts_at).date(), local(show.starts_at).time()


def test_a_booked_show_goes_to_another_day_and_its_school_reads_the_note(county: County) -> None:
    made = moved(county, key(county.days[1], "1000"), note="  As we said on the phone.  ")
    assert at(county.show) == (NEXT, time(10))
    assert (made.told, made.was_tour_day_id, made.undone_at) == (True, county.days[0].id, None)
    [(kind, to)] = new_letters()
    assert (kind, to) == ("moved", f"j.fell{county.school.organisation_id}@redmere.example")
    letter = db.session.query(Letter).filter(Letter.status == "waiting").one()
    assert "As we said on the phone." in _text(letter) and letter.sequence == 1


def test_the_preview_is_the_letter_that_goes(county: County) -> None:
    look = moving.look(moving.find(county.show, now=NOW), key(county.days[1], "1000"), note="Exams.", now=NOW)
    assert look.letter is not None and "Exams." in look.letter.text
    assert new_letters() == []
    moved(county, key(county.days[1], "1000"), note="Exams.")
    sent = db.session.query(Letter).filter(Letter.status == "waiting").one()
    told = _text(sent)
    assert _without_link(told) == _without_link(look.letter.text)
    assert sent.subject == look.letter.subject


def test_with_our_words_left_out_everybodys_calendar_moves_all_the_same(county: County) -> None:
    with transaction():
        county.show.troupe.calendar_address = "van@lantern.example"
    moved(county, key(county.days[1], "1000"), tell=False, note="Not to be said.")
    (school, _), (troupe, van) = new_letters()
    assert (school, troupe, van) == ("moved in short", "troupe", "van@lantern.example")
    assert at(county.show) == (NEXT, time(10))
    short = db.session.query(Letter).filter(Letter.kind == "moved in short").one()
    assert f"DTSTART;TZID=Europe/London:{NEXT:%Y%m%d}T100000".encode() in copies.read(short.raw).calendar
    assert "brings your calendar up to date" in _text(short) and "Not to be said" not in _text(short)


def test_the_preview_of_a_short_letter_is_the_letter_that_goes(county: County) -> None:
    to = key(county.days[1], "1000")
    look = moving.look(moving.find(county.show, now=NOW), to, note="Exams.", tell=False, now=NOW)
    moved(county, to, tell=False)
    sent = db.session.query(Letter).filter(Letter.status == "waiting").one()
    assert look.letter is not None and _without_link(_text(sent)) == _without_link(look.letter.text)


def test_a_letter_with_the_old_time_that_has_not_gone_yet_is_replaced_even_so(county: County) -> None:
    booked = book(county.programme, county.other, key(county.days[1], "1000"))
    assert [kind for kind, _ in new_letters()] == ["booked"]
    with transaction():
        moving.move(booked.performance, key(county.days[1], "1330"), tell=False, who="Priya", now=NOW)
    assert [kind for kind, _ in new_letters()] == ["moved in short"]


def test_a_kept_time_moves_with_its_proposal(county: County) -> None:
    kept = propose(county.programme, county.other, key(county.days[1], "1000"))
    all_sent()
    assert kept.performance is not None
    with transaction():
        moving.move(kept.performance, key(county.days[1], "1330"), note="Later.", who="Priya", now=NOW)
    assert at(kept.performance) == (NEXT, time(13, 30))
    assert [kind for kind, _ in new_letters()] == ["proposal moved"]


@pytest.mark.parametrize("tell", [True, False])
def test_it_is_put_back_the_same_day_and_who_was_told_is_told_again(county: County, tell: bool) -> None:
    made = moved(county, key(county.days[1], "1000"), tell=tell)
    all_sent()
    with transaction():
        moving.undo(made, who="Owen", now=NOW + timedelta(hours=3))
    assert at(county.show) == (DAY, time(9, 30))
    assert [kind for kind, _ in new_letters()] == (["moved"] if tell else ["moved in short"])
    assert (made.undone_by, moves.of_today(county.programme.id, now=NOW)) == ("Owen", [])


def test_a_kept_time_that_is_put_back_is_kept_as_long_as_before(county: County) -> None:
    kept = propose(county.programme, county.other, key(county.days[1], "1000"))
    with transaction():
        soon = make.tour_day(county.programme, county.days[0].troupe, date(2027, 2, 2))
    assert kept.performance is not None
    with transaction():
        made = moving.move(kept.performance, key(soon, "1000"), who="Priya", now=NOW)
    assert kept.reply_by == date(2027, 1, 22)
    with transaction():
        moving.undo(made, who="Priya", now=NOW)
    db.session.refresh(kept)
    assert (kept.reply_by, at(kept.performance)) == (date(2027, 2, 5), (NEXT, time(10)))


def test_minutes_saved_are_the_roads_of_both_days_before_and_after(county: County) -> None:
    """Thornleigh is 20 km from the base, Ashcote about a kilometre on: alone, a show there costs 62 minutes
    of road."""
    book(county.programme, county.other, key(county.days[1], "0930"))
    places = moving.places_to_move_to(moving.find(county.show, now=NOW), now=NOW)
    by_day = {p.tour_day_id: p for p in places if not p.why_not}
    alone, beside = by_day[county.days[0].id], by_day[county.days[1].id]
    assert alone.saved == 0
    # From 62 to what a stop on the way home from Ashcote costs.
    ways = (31, 33, 8)  # base to Thornleigh, base to Ashcote, between the two
    assert beside.saved == 2 * ways[0] - (ways[2] + ways[0] - ways[1])
    made = moved(county, beside.key)
    assert made.minutes_saved == beside.saved


def test_a_place_that_somebody_took_meanwhile_is_refused_and_nothing_moves(county: County) -> None:
    book(county.programme, county.other, key(county.days[1], "1000"))
    with pytest.raises(moving.PlaceGone):
        moved(county, key(county.days[1], "1015"))
    db.session.rollback()
    assert at(county.show) == (DAY, time(9, 30))


def test_where_it_stands_is_no_move(county: County) -> None:
    with pytest.raises(moving.StandsThere):
        moved(county, key(county.days[0], "0930"))
    db.session.rollback()
    assert county.booking is not None and county.booking.sequence == 0


def test_a_note_can_be_too_long(county: County) -> None:
    with pytest.raises(moving.NoteTooLong):
        moved(county, key(county.days[1], "1000"), note="x" * 501)


def test_only_what_stands_and_is_to_come_can_be_moved(county: County) -> None:
    with transaction():
        slot = slots.find(county.programme, county.other, key(county.days[1], "1000"), now=NOW)
        assert slot is not None
        [held] = holds.hold(county.programme, county.other, [slot], who="x", now=NOW)
    with pytest.raises(moving.NotInTheDiary, match="just booking"):
        moving.find(held, now=NOW)
    with pytest.raises(moving.NotInTheDiary, match="has begun"):
        moving.find(county.show, now=county.show.starts_at)
    with transaction():
        bookings.cancel(county.booking, reason="Exams", by=promises.SCHOOL, who="x", now=NOW)
    with pytest.raises(moving.NotInTheDiary, match="not in the diary"):
        moving.find(county.show, now=NOW)


def test_a_move_is_undone_once_and_not_the_next_day(county: County) -> None:
    made = moved(county, key(county.days[1], "1000"))
    with pytest.raises(moving.CannotBeUndone, match="same day"):
        moving.undo(made, who="Priya", now=NOW + timedelta(days=1))
    db.session.rollback()
    with transaction():
        moving.undo(made, who="Priya", now=NOW)
    with pytest.raises(moving.CannotBeUndone, match="already"):
        moving.undo(made, who="Priya", now=NOW)


def test_a_move_is_not_undone_when_the_old_place_is_taken(county: County) -> None:
    made = moved(county, key(county.days[1], "1000"))
    book(county.programme, county.other, key(county.days[0], "1000"))
    with pytest.raises(moving.CannotBeUndone, match="not free"):
        moving.undo(made, who="Priya", now=NOW)
    db.session.rollback()
    assert at(county.show) == (NEXT, time(10))


def test_a_place_that_a_night_far_away_leaves_no_road_to_is_given_back_all_the_same(county: County) -> None:
    """The night came after the booking: no school would be offered that start any more, and who moves the show by
    mistake gets it back to the minute."""
    with transaction():
        county.days[0].stays_at, county.days[0].returns = "Inn", time(13)
        county.days[0].stays_easting, county.days[0].stays_northing = 640000, 310000
        county.programme.running_minutes += 10
    before = county.show.get_in_at, county.show.starts_at, county.show.ends_at, county.show.away_at
    made = moved(county, key(county.days[1], "1000"))
    assert slots.find(county.programme, county.school, key(county.days[0], "0930"), now=NOW) is None
    with transaction():
        moving.undo(made, who="Owen", now=NOW)
    show = county.show
    assert (show.get_in_at, show.starts_at, show.ends_at, show.away_at) == before
    assert show.tour_day_id == county.days[0].id


def test_nor_is_it_given_back_on_top_of_whoever_came_since(county: County) -> None:
    with transaction():
        county.partnership.slot_step_minutes = 20
    made = moved(county, key(county.days[1], "1000"))
    assert made.was_place is not None
    book(county.programme, county.other, key(county.days[0], "1000"))
    with pytest.raises(moving.CannotBeUndone, match="not free"):
        moving.undo(made, who="Priya", now=NOW)
    db.session.rollback()
    assert at(county.show) == (NEXT, time(10))


def test_nor_on_a_day_that_its_school_ruled_out_since(county: County) -> None:
    made = moved(county, key(county.days[1], "1000"))
    with transaction():
        school_days.rule_out(county.school, DAY, "Mocks", who="Jo", now=NOW)
    with pytest.raises(moving.CannotBeUndone, match="not free"):
        moving.undo(made, who="Priya", now=NOW)


def test_a_move_is_not_undone_when_the_show_went_on_since(county: County) -> None:
    made = moved(county, key(county.days[1], "1000"))
    moved(county, key(county.days[1], "1330"))
    with pytest.raises(moving.CannotBeUndone, match="since"):
        moving.undo(made, who="Priya", now=NOW)


def test_a_day_without_lunch_can_be_put_up_with_and_says_so(county: County) -> None:
    """Between a show at 10am and one at 1pm two hours for lunch are not to be had: offered to no school, but
    to a coordinator."""
    book(county.programme, county.other, key(county.days[1], "1000"))
    with transaction():
        county.days[1].troupe.lunch_minutes = 120
    found = moving.places_to_move_to(
        moving.find(county.show, now=NOW), only_days=[county.days[1].id], now=NOW
    )
    assert [p.breaks for p in found if not p.why_not] == ["no lunch for the company"]
    slot = slots.find(county.programme, county.school, found[0].key, now=NOW, instead_of=county.show.id)
    assert slot is None
    moved(county, found[0].key)
    assert at(county.show)[0] == NEXT


def with_lunch(county: County, *, hall: bool = True) -> None:
    with transaction():
        school_lunch.say(
            county.school,
            time(12),
            time(13),
            is_dining_hall=hall,
            set_may_stay=False,
            who="Jo",
            now=NOW,
        )


@pytest.mark.both_databases
def test_across_its_schools_lunch_it_goes_only_when_somebody_there_agreed_and_it_is_put_back_exactly(
    county: County,
) -> None:
    with_lunch(county)
    to = key(county.days[1], "1100")
    found = moving.find(county.show, now=NOW)
    beside = {p.key_at(at) for p in moving.places_to_move_to(found, now=NOW) for at in p.starts}
    across = {
        p.key_at(at)
        for p in moving.places_to_move_to(found, whatever_the_lunch=True, now=NOW)
        for at in p.starts
    }
    assert to in across - beside
    assert moving.look(found, to, now=NOW).over_lunch is not None
    assert moving.look(found, key(county.days[1], "0930"), now=NOW).over_lunch is None
    for said in ("", "   "):
        with pytest.raises(moving.NobodyAgreed):
            moved(county, to, agreed=said)
    with pytest.raises(moving.AgreedTooLong):
        moved(county, to, agreed="x" * 501)
    assert at(county.show) == (DAY, time(9, 30))
    made = moved(county, to, agreed=" The head, on the phone: lunch is in the gym. ")
    assert at(county.show) == (NEXT, time(11))
    assert county.show.lunch_overruled == "The head, on the phone: lunch is in the gym."
    words = [row.after for row in history.history_of("school", county.school.organisation_id)]
    assert "The head, on the phone: lunch is in the gym." in words
    again = moved(county, key(county.days[1], "0930"))
    assert (at(county.show), county.show.lunch_overruled) == ((NEXT, time(9, 30)), "")
    with transaction():
        moving.undo(again, who="Priya", now=NOW)
    assert at(county.show) == (NEXT, time(11))
    assert county.show.lunch_overruled == "The head, on the phone: lunch is in the gym."
    assert made.undone_at is None


@pytest.mark.both_databases
def test_pressed_twice_across_lunch_it_stands_there_already_and_nothing_is_written(county: County) -> None:
    with_lunch(county)
    to = key(county.days[1], "1100")
    made = moved(county, to, agreed="The head")
    with pytest.raises(moving.StandsThere):
        moving.look(moving.find(county.show, now=NOW), to, now=NOW)
    with pytest.raises(moving.StandsThere):
        moved(county, to, agreed="The head once more")
    db.session.rollback()
    assert [row.id for row in moves.of_today(county.programme.id, now=NOW)] == [made.id]
    assert (county.show.lunch_overruled, made.stands()) == ("The head", True)


def test_a_day_that_only_the_companys_rest_keeps_from_a_time_beside_lunch_says_so(county: County) -> None:
    """Rest until 10 leaves the morning too short for set-up, show and pack-up before the tables of lunch, and the
    afternoon is too short after it: who puts up with the short night is told what it breaks."""
    with_lunch(county)
    with transaction():
        county.programme.latest_finish = time(14)
        late = make.tour_day(county.programme, county.days[1].troupe, date(2027, 3, 10), returns=time(23, 30))
        county.days[1].troupe.rest_hours = 11
        make.show(
            county.programme,
            county.other,
            wall(late.day, time(20)),
            tour_day_id=late.id,
            troupe_id=late.troupe_id,
        )
    found = moving.places_to_move_to(
        moving.find(county.show, now=NOW), only_days=[county.days[1].id], now=NOW
    )
    assert [p.breaks for p in found if not p.why_not] == ["too short a night for the company"]


def test_where_somebody_agreed_and_it_keeps_out_of_lunch_nothing_is_overruled(county: County) -> None:
    with_lunch(county)
    moved(county, key(county.days[1], "0930"), agreed="The head")
    assert county.show.lunch_overruled == ""


def test_guests_are_asked_even_when_the_letter_to_the_host_is_left_out(county: County) -> None:
    with transaction():
        small = make.school(name="Littlemere School")
        place = make.booking(county.show, {8: 9}, of=small)
        make.visit_contact(
            place,
            name="Ann Reed",
            duty="colleague",
            address="a.reed@littlemere.example",
            added_at=NOW,
        )
    assert [guest.organisation.name for guest in moving.find(county.show, now=NOW).guests] == [
        "Littlemere School"
    ]
    moved(county, key(county.days[1], "1000"), tell=False, note="For the host alone.")
    (host, _), guest = new_letters()
    assert (host, guest) == ("moved in short", ("moved", "a.reed@littlemere.example"))
    for letter in db.session.query(Letter).filter(Letter.status == "waiting"):
        assert "For the host alone." not in _text(letter)


def test_one_revision_of_a_show_is_moved_once_whoever_bypasses_the_verb(county: County) -> None:
    made = moved(county, key(county.days[1], "1000"))
    facts = {c.key: getattr(made, c.key) for c in DiaryMove.__table__.columns if c.key != "id"}
    with db.engine.connect() as other, pytest.raises(IntegrityError), other.begin():
        other.execute(insert(DiaryMove).values(**facts))
    with db.engine.connect() as other, pytest.raises(IntegrityError), other.begin():
        other.execute(update(DiaryMove).values(undone_at=NOW, undone_by=""))


def test_who_bypasses_the_verb_meets_the_guards(county: County) -> None:
    """A place with no room for it on the road is no place, and the database refuses the move itself."""
    booked = book(county.programme, county.other, key(county.days[1], "1000"))
    with pytest.raises(SlotTaken), transaction():
        slot = slots.find(
            county.programme,
            county.other,
            key(county.days[1], "1015"),
            now=NOW,
            instead_of=booked.performance_id,
        )
        assert slot is not None
        performances.shift(county.show, slot, now=NOW)


def _text(letter: Letter) -> str:
    mail = email.message_from_bytes(letter.raw, policy=default)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _without_link(text: str) -> str:
    return re.sub(r"/i/\S+", "/i/…", text).strip()
