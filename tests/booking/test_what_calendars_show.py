"""After each deed of host, guest, colleague and troupe: what every calendar that anybody has shows is what the
diary says, people's own and those that they subscribed to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

import deeds
import life
import neighbours
import pytest
import subscribed_calendars
from calendars_of_people import PersonsCalendar
from deeds import Dice
from flask import Flask
from life import BLUE, FELL, HALE, RED
from sqlalchemy import select

import make
from at_work import at_work
from how_many import so_many
from outreach.booking import bookings, colleagues, promises, proposals, shows_listed, told
from outreach.booking.agenda import moving
from outreach.booking.colleagues import Colleague
from outreach.booking.desk import handing_on, proposing
from outreach.booking.guests import hosting
from outreach.booking.promises import GUEST, HOST, Booking
from outreach.booking.proposals import Proposal
from outreach.booking.shows_listed import OFF
from outreach.county.schools import School
from outreach.ground.db import db, transaction
from outreach.ground.errors import Refusal
from outreach.post import again, copies, letters
from outreach.post.envelopes import plain_address
from outreach.post.feeds.entries import TROUPE
from outreach.post.outbox import SENT, WAITING, Letter
from outreach.tour.performances import TroupeEvent
from outreach.tour.programmes import Programme

NEXT = make.NOW + timedelta(hours=1)
Shown = dict[tuple[str, str], tuple[datetime, str]]
"""(address, UID) of every entry that stands: its start, naive in UTC, and its place."""


class Post:
    """Every letter goes at once, and every person's calendar takes it."""

    def __init__(self) -> None:
        self.calendars: dict[str, PersonsCalendar] = {}
        self.went: list[tuple[str, str, str]] = []

    def goes(self, now: datetime) -> None:
        self.went = []
        with transaction():
            for letter in db.session.scalars(
                select(Letter).where(Letter.status == WAITING).order_by(Letter.id)
            ):
                to = plain_address(letter.recipient)
                if letter.method:
                    self.calendars.setdefault(to, PersonsCalendar(to)).take(letter.raw)
                    self.went.append((to, letter.kind, letter.method))
                letter.status, letter.handed_at, letter.raw = SENT, now, copies.masked(letter.raw)

    def shown(self) -> Shown:
        return {
            (address, uid): (held.starts_at, held.location)
            for address, calendar in self.calendars.items()
            for uid, held in calendar.shown().items()
        }


def diary(programme_id: int) -> Shown:
    """What stands in the rows: each promise, each time that is kept, and each troupe's show."""
    db.session.expire_all()
    return dict(_stands(programme_id))


def _stands(programme_id: int) -> Iterator[tuple[tuple[str, str], tuple[datetime, str]]]:
    for booking in _live(Booking, programme_id):
        place = _place(told.visit_of(booking))
        for person in promises.people_of(booking):
            yield (person.address, booking.uid), (_naive(booking.performance.starts_at), place)
        show = booking.performance
        if booking.role == HOST and show.troupe.calendar_address:
            yield (show.troupe.calendar_address, show.uid), (_naive(at_work(show)[0]), place)
    for kept in _live(Proposal, programme_id):
        for to in kept.people:
            yield (to.address, str(kept.uid)), (_naive(kept.starts_at), _place(proposals.visit_of(kept)))


def _live(model: Any, programme_id: int) -> Iterator[Any]:
    mine = model.programme_id == programme_id
    yield from db.session.scalars(select(model).where(mine, model.ended_at.is_(None)).order_by(model.id))


def _place(visit: letters.LetterVisit) -> str:
    return ", ".join(part for part in (visit.place_name, visit.hall, visit.place_address) if part.strip())


def _naive(at: datetime) -> datetime:
    return at.replace(tzinfo=None)


# Deed by deed


def test_when_a_guest_is_taken_out_the_company_keeps_its_show_and_never_gets_its_end(app: Flask) -> None:
    post, c = Post(), neighbours.lay()
    place = neighbours.ask(c)
    with transaction():
        guest = hosting.agree(place, seats=18, terms="", who="The office", now=neighbours.now())
    post.goes(neighbours.now())
    assert post.shown() == diary(c.programme.id)
    assert {address for address, _ in post.shown()} == {neighbours.HOST, neighbours.GUEST, neighbours.RED}
    with transaction():
        bookings.cancel(guest, reason="A trip", by="school", who="Ann Lea", now=neighbours.now())
    post.goes(neighbours.now())
    assert post.shown() == diary(c.programme.id)
    assert {address for address, _ in post.shown()} == {neighbours.HOST, neighbours.RED}
    assert (neighbours.GUEST, "cancelled", "CANCEL") in post.went
    assert (neighbours.RED, "troupe", "REQUEST") in post.went


def test_a_host_that_moves_changes_its_hall_or_cancels_takes_everybody_along(app: Flask) -> None:
    post, c = Post(), neighbours.lay()
    place = neighbours.ask(c)
    with transaction():
        hosting.agree(place, seats=18, terms="", who="The office", now=neighbours.now())
    neighbours.move(c)
    post.goes(neighbours.now())
    assert post.shown() == diary(c.programme.id)
    promise = life.promise(pupils={8: 148}, hall="Sports hall", people=())
    with transaction():
        bookings.change(c.host, promise, who="The office", now=neighbours.now())
    post.goes(neighbours.now())
    assert post.shown() == diary(c.programme.id)
    assert all("Sports hall" in place for _, place in post.shown().values())
    neighbours.cancel(c.host)
    post.goes(neighbours.now())
    assert post.shown() == diary(c.programme.id) == {}


@pytest.mark.parametrize("seed", range(so_many(3, least=1)))
def test_after_each_deed_of_a_crowded_county_every_calendar_shows_what_the_diary_says(
    app: Flask, seed: int
) -> None:
    live(seed, 45)


@pytest.mark.long
def test_after_each_deed_of_a_hundred_counties_every_calendar_shows_what_the_diary_says(app: Flask) -> None:
    for seed in range(100, 200):
        live(seed, 80, la_code=str(200 + seed))


def live(seed: int, many: int, la_code: str = "931") -> None:
    county, post, random, now = deeds.lay(la_code), Post(), Random(seed), make.NOW
    done = 0
    for _ in range(many):
        now += timedelta(minutes=20)
        for deed in random.choices(OFTEN, k=3):  # much is refused: what it then did to nobody is seen, too
            dice = Dice([random.randrange(60) for _ in range(30)])
            if _done(deed, dice, county, now):
                done += 1
                break
        post.goes(now)
        assert post.shown() == diary(county.programme_id), deed
        subscribed_calendars_are_so(county, deed, now)
    assert done > many // 2


def subscribed_calendars_are_so(county: deeds.County, deed: str, now: datetime) -> None:
    programme = db.session.get_one(Programme, county.programme_id)
    for kind, subject in subscribed_calendars.feeds(programme):
        shown = subscribed_calendars.shown(kind, subject, now)
        assert shown == subscribed_calendars.so(kind, subject), f"{deed}: {kind} {subject}"
        if kind == TROUPE:
            said = subscribed_calendars.of_troupe(subject, now)
            listed = _listed(programme, subject)
            assert {uid: listed.get(uid) for uid in said} == said, f"{deed}: /shows of {subject}"
            assert {listed[uid][0] for uid in listed.keys() - said.keys()} <= {OFF}, f"{deed}: /shows"


def _listed(programme: Programme, troupe_id: int) -> dict[str, tuple[str, int, datetime, datetime]]:
    """What the feed's list of shows has of a troupe, by the UIDs of the calendar that it subscribes to."""
    rows = shows_listed.shows(programme.partnership_id, programme_id=programme.id, at_most=500)
    return {
        f"{row.uid}-troupe": (row.standing, row.sequence, row.work.begins_at, row.work.away_at)
        for row in rows
        if row.troupe.id == troupe_id
    }


def _done(deed: str, dice: Dice, county: deeds.County, now: datetime) -> bool:
    if deed in deeds.DEEDS:
        return deeds.done(deed, dice, county, now)
    try:
        with transaction():
            return MORE[deed](dice, county, now)
    except Refusal:
        return False
    finally:
        db.session.expire_all()


def _add(dice: Dice, county: deeds.County, now: datetime) -> bool:
    found = deeds._live(county, dice.one((HOST, GUEST)))
    if not found:
        return False
    booking, number = dice.one(found), dice.one(range(3))
    person = Colleague(
        name="Sam", address=f"sam{number}@s{booking.organisation_id}.example", duty="colleague"
    )
    colleagues.add(booking, person, who="x", now=now)
    return True


def _remove(dice: Dice, county: deeds.County, now: datetime) -> bool:
    found = deeds._live(county, dice.one((HOST, GUEST)))
    if not found:
        return False
    booking = dice.one(found)
    colleagues.end(booking, dice.one(promises.people_of(booking)).id, who="x", now=now)
    return True


def _leave(dice: Dice, county: deeds.County, now: datetime) -> bool:
    found = deeds._live(county, GUEST)
    if not found:
        return False
    bookings.cancel(
        dice.one(found), reason="A trip", by=dice.one(("school", "coordinator")), who="x", now=now
    )
    return True


def _hold_and_book(dice: Dice, county: deeds.County, now: datetime) -> bool:
    return deeds.hold(dice, county, now) is None and deeds.book(dice, county, now) is None


def _join_and_agree(dice: Dice, county: deeds.County, now: datetime) -> bool:
    return deeds.join(dice, county, now) is None and deeds.agree(Dice([]), county, now) is None


def _hand_on(dice: Dice, county: deeds.County, now: datetime) -> bool:
    """A school closes and another follows it, where it stood or elsewhere: what it booked goes on there."""
    found = deeds._live(county, dice.one((HOST, GUEST)))
    if not found:
        return False
    booking = dice.one(found)
    old = booking.organisation
    there = old.easting if dice.one((True, False)) else (old.easting or 0) + 1000
    new = make.school(now, easting=there, number_of_pupils=old.number_of_pupils, postcode=old.postcode)
    old.status = "Closed"
    make.record(old, now)
    make.succession(old, new, at=now)
    handing_on.hand_on(booking, db.session.get_one(School, new.organisation_id), who="x", now=now)
    return True


def _hand_back(dice: Dice, county: deeds.County, now: datetime) -> bool:
    handed = [
        booking
        for booking in (*deeds._live(county, HOST), *deeds._live(county, GUEST))
        if handing_on.can_be_handed_back(booking, now=now)
    ]
    if not handed:
        return False
    handing_on.hand_back(dice.one(handed), who="x", now=now)
    return True


MORE: dict[str, Any] = {
    "add": _add,
    "remove": _remove,
    "leave": _leave,
    "hold and book": _hold_and_book,
    "join and agree": _join_and_agree,
    "hand on": _hand_on,
    "hand back": _hand_back,
}
OFTEN = (
    *deeds.OFTEN,
    "add",
    "add",
    "remove",
    "remove",
    "leave",
    "leave",
    "hand on",
    "hand back",
    *(("hold and book", "join and agree", "join", "agree") * 4),
    "change",
)


# What comes back


@pytest.fixture
def c(app: Flask) -> SimpleNamespace:
    c = life.lay()
    c.booking = life.book(c, make.NOW)
    life.hand_over(make.NOW)
    return c


def text_of(message: Any) -> str:
    return copies.read(message.raw).text


def test_who_is_added_again_keeps_the_event_and_reads_that_the_calendar_may_ask(c) -> None:
    for deed, asked in ((life.add_hale, False), (life.remove_hale, None), (life.add_hale, True)):
        deed(c, make.NOW + timedelta(hours=1 + len(db.session.query(Letter).all())))
        (message,) = (m for m in life.hand_over(make.NOW) if m.to == HALE.address)
        assert message.uid == c.booking.uid
        if asked is not None:
            assert ("your calendar may ask whether to take it in again: say yes" in text_of(message)) == asked


def test_nobody_else_reads_that_the_calendar_may_ask(c) -> None:
    life.move("wednesday", time(9))(c, make.NOW + timedelta(hours=1))
    assert not any("may ask" in text_of(m) for m in life.hand_over(make.NOW))


def test_a_troupe_that_gets_a_show_back_gets_it_under_a_new_uid(c) -> None:
    post, uids = Post(), []
    for hour, day in enumerate(("wednesday", "tuesday", "wednesday", "next_week"), 1):
        life.move(day, time(10))(c, make.NOW + timedelta(hours=hour))
        post.goes(make.NOW + timedelta(hours=hour))
        uids.append(c.booking.performance.uid)
        assert {key for key in post.shown() if key[0] in (RED, BLUE)} == {
            (BLUE if day == "wednesday" else RED, c.booking.performance.uid)
        }
    assert len(set(uids)) == 4
    assert {uid for address, uid in post.shown() if address == FELL.address} == {c.booking.uid}


def test_a_move_of_the_same_troupe_stays_the_same_event(c) -> None:
    was = c.booking.performance.uid
    life.move("next_week", time(10))(c, make.NOW + timedelta(hours=1))
    assert c.booking.performance.uid == was and db.session.query(TroupeEvent).count() == 0


def test_the_event_that_a_troupe_lost_is_over_whenever_it_is_sent_again(c) -> None:
    was = c.booking.performance.uid
    life.move("wednesday", time(10))(c, make.NOW + timedelta(hours=1))
    life.hand_over(make.NOW + timedelta(hours=1))
    with transaction():
        again.resend(was, RED, now=make.NOW + timedelta(hours=3))
    (message,) = life.hand_over(make.NOW + timedelta(hours=3))
    assert (message.to, message.method, message.uid) == (RED, "CANCEL", was)


def test_another_troupe_at_the_same_time_is_news_to_the_troupes_alone_unless_it_arrives_at_another(c) -> None:
    with transaction():
        day = make.tour_day(c.programme, c.blue, life.TUESDAY)
        there = life.slot(c, day, time(9), make.NOW, instead_of=c.booking.performance_id)
        bookings.move(c.booking, there, who="Priya", by="coordinator", now=NEXT)
    red, blue = life.hand_over(NEXT)
    assert (red.short, blue.short) == ((RED, "CANCEL", 1, "CANCELLED"), (BLUE, "REQUEST", 1, "CONFIRMED"))
    assert "it goes ahead with Blue van" in text_of(red) and "cancelled" not in text_of(red)
    with transaction():
        slot = life.slot(c, c.tuesday, time(9), NEXT, instead_of=c.booking.performance_id)
        early = replace(slot, get_in_minutes=slot.get_in_minutes + 5)
        bookings.put_on(c.booking, early, who="Priya", now=NEXT + timedelta(hours=1))
    told = life.hand_over(NEXT + timedelta(hours=1))
    assert [one.short for one in told if one.to == FELL.address] == [
        (FELL.address, "REQUEST", 0, "CONFIRMED")
    ]
    assert (c.booking.sequence, c.booking.place_sequence) == (0, 0)


def test_who_was_taken_off_reads_with_whom_it_goes_ahead(c) -> None:
    life.add_hale(c, make.NOW)
    life.hand_over(make.NOW)
    life.remove_hale(c, NEXT)
    (gone,) = life.hand_over(NEXT)
    assert "no longer on this visit; it goes ahead with Joanna Fell and Sam Whitfield." in text_of(gone)


def test_an_offer_of_the_same_times_with_another_troupe_is_no_news(c) -> None:
    life.cancel("company")(c, make.NOW)
    life.propose("fell")(c, make.NOW)
    life.hand_over(make.NOW)
    with transaction():
        day = make.tour_day(c.programme, c.blue, life.TUESDAY)
        there = life.slot(c, day, time(9), NEXT, instead_of=c.proposal.performance_id)
        assert proposing.move(c.proposal, there, who="Priya", now=NEXT)
    assert life.hand_over(NEXT) == []
    assert (c.proposal.sequence, c.proposal.performance.troupe_id) == (0, c.blue.id)


def test_an_offer_of_which_the_arrival_alone_changes_keeps_its_sequence(c) -> None:
    life.cancel("company")(c, make.NOW)
    life.propose("fell")(c, make.NOW)
    life.hand_over(make.NOW)
    with transaction():
        slot = life.slot(c, c.tuesday, time(9), NEXT, instead_of=c.proposal.performance_id)
        assert proposing.preview_move(c.proposal, slot, now=NEXT) is None  # it stands there already
        early = replace(slot, get_in_minutes=slot.get_in_minutes + 5)
        assert "how the company comes has changed" in proposing.preview_move(c.proposal, early, now=NEXT).text
        assert proposing.move(c.proposal, early, judged=True, who="Priya", now=NEXT)
    (told,) = life.hand_over(NEXT)
    assert told.short == (FELL.address, "REQUEST", 0, "TENTATIVE")
    assert "We still keep" in text_of(told) and "how the company comes has changed" in text_of(told)
    assert c.proposal.sequence == 0


def test_no_letter_is_shown_for_a_move_that_nobody_is_written_to_about(c) -> None:
    moved = moving.find(c.booking.performance, now=NEXT)
    day = make.tour_day(c.programme, c.blue, life.TUESDAY)
    there = life.slot(c, day, time(9), NEXT, instead_of=c.booking.performance_id)
    assert moving.letter(moved, there, "", tell=True, now=NEXT) is None
    assert moving.letter(moved, there, "Blue comes.", tell=True, now=NEXT).text.count("Blue comes.") == 1
    early = replace(there, get_in_minutes=there.get_in_minutes + 5)
    assert "how the company comes has changed" in moving.letter(moved, early, "", tell=True, now=NEXT).text
